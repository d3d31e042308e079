/*
 * The staging tree: every place of the host that a session may see, cloned by descriptor and marked, before bubblewrap
 * starts. Resolving by descriptor without symbolic links closes the race in which another agent swaps a folder for a link
 * between the decision and the mount.
 */
#pragma once
#include "config.h"

#include <sys/types.h>

#define STAGE_FOLDER "/run/gatehouse"
#define STAGES_MAX 1024

/* What went wrong, for the supervisor's message. */
struct stage_failure {
  const char *step;
  const char *path;
};

/*
 * Clones, marks and attaches every `stage` of the configuration. `foreign` is the first kernel uid of the session's own
 * range when the caller is root, else 0: then every tree is id-mapped so that what the session writes belongs to root outside.
 * Returns 0, or -1 with errno and `failure`.
 */
int stage_all(const struct config *config, uid_t foreign, struct stage_failure *failure);

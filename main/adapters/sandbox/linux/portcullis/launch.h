/*
 * Starts bubblewrap with exactly the descriptors, ids and environment it is meant to have.
 */
#pragma once
#include "config.h"
#include "wire.h"

#include <sys/types.h>

struct launch {
  /* Where the session's standard streams are. */
  int streams[3];
  /* The init's end of the socket to the holder. */
  int init_end;
  /* Write ends: what bubblewrap says when it fails, and who its child is. */
  int complaints;
  int information;
  /* Listening sockets of exposed ports, in the order of the configuration. */
  int exposed[EXPOSED_MAX];
  size_t exposed_count;
  /* The session's cgroup (its folder), or -1 when nothing of it is held by one. */
  int cgroup;
  /* First kernel uid of the session when the caller is root, else 0. */
  uid_t foreign;
};

/* Forks bubblewrap. Returns its pid, or -1 with errno. Closes nothing of the caller's. */
pid_t launch_bubblewrap(const struct config *config, const struct launch *launch);

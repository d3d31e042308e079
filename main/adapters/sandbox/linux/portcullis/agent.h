/*
 * Starts the session's command.
 */
#pragma once
#include "config.h"

#include <sys/types.h>

struct agent_failure {
  const char *step;
  int error;
};

/* Forks and executes the command. Returns its pid once it runs, or -1 with `failure`. */
pid_t agent_start(const struct config *config, struct agent_failure *failure);

/* No core of anything below leaves it. Before the system call filter, which keeps the limit as it is. Returns 0, or -1 with errno. */
int agent_limit_core(void);

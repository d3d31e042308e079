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

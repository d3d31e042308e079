/*
 * The outer end of exposed ports: one listening Unix socket each, made where the host can reach it and handed to the session's relay.
 */
#pragma once
#include "config.h"
#include "launch.h"

/* Opens a socket at every `exposed` path of the configuration. Returns 0, or -1 with errno. */
int exposed_listen(const struct config *config, struct launch *launch);

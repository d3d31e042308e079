/*
 * The relay: the only way from the session's loopback to its egress socket, and from outside to the ports it exposes.
 */
#pragma once
#include "config.h"

#include <sys/types.h>

#define EGRESS_SOCKET "/run/gatehouse/egress.sock"

/* How many sockets of exposed ports the holder handed over, or -1 when that is more than there may be. */
int relay_exposed_count(const struct config *config);
/* Opens every listener of the configuration. Returns NULL, or the step that failed with errno set. */
const char *relay_listen(const struct config *config);
/* Forks the relay and closes the listeners in this process. Returns its pid, or -1 with errno. */
pid_t relay_start(void);

/*
 * Says who is at the other end of a Unix socket.
 */
#pragma once

/* Prints `pid uid` of the peer of the Unix socket on descriptor 0 (unix(7), SO_PEERCRED). Returns 0, or 1 with a reason. */
int peer_main(void);

/*
 * Node cannot ask the kernel who connected; this can. The process and user are those at the time of connect(2), which
 * nobody can choose.
 */
#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int peer_main(void) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(0, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || length != sizeof peer) {
    fprintf(stderr, "peer: %s\n", strerror(errno));
    return 1;
  }
  printf("%d %u\n", (int)peer.pid, (unsigned)peer.uid);
  return 0;
}

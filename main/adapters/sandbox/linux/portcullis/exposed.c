/*
 * Guarantee: an exposed port is reached through a socket that has a name outside only. Inside it is a descriptor of the relay: the
 * session cannot put another one in its place, and cannot find that of another session.
 *
 * Threat: an agent that gets hold of the descriptor and goes out through it. A listening Unix socket can only accept: it connects to
 * nothing, and what it accepts is answered, never dialled (a TCP socket of the host could be disconnected and dial the host).
 *
 * Limits: whoever may enter the session's folder outside may connect: processes of the same user.
 */
#define _GNU_SOURCE
#include "exposed.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections that wait for the relay; it accepts at once unless the session is paused. */
#define WAITING_MAX 128

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  /* Non-blocking for the relay: a connection that is gone again before it is accepted must not hold it up. */
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  mode_t before = umask(0177);
  int result = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(before);
  if (result == 0 && listen(fd, WAITING_MAX) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

int exposed_listen(const struct config *config, struct launch *launch) {
  struct record record;
  size_t offset = 0;
  while (config_next(config, &offset, &record) == 1) {
    if (strcmp(record.key, "exposed") != 0) continue;
    if (launch->exposed_count == EXPOSED_MAX) {
      errno = E2BIG;
      return -1;
    }
    int fd = listen_at(record.value);
    if (fd < 0) return -1;
    launch->exposed[launch->exposed_count++] = fd;
  }
  return 0;
}

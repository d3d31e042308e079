/*
 * Guarantee: every byte that leaves goes through the session's egress socket, which decides; the relay itself decides nothing. What
 * comes in through an exposed port reaches that one port of the session's loopback.
 *
 * Threat: the agent exhausts it (connections, half-open streams), reads another connection's bytes, or keeps it spinning.
 *
 * Limits: it runs as the agent's uid; the agent can kill it and loses its network. It holds no secrets.
 */
#define _GNU_SOURCE
#include "relay.h"

#include "connection.h"
#include "kernel.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define LISTENERS_MAX 80
#define OUTWARD_MAX 512
/* Of their own, so that neither the agent nor whoever uses its ports can take the other's places. */
#define INWARD_MAX 512
#define EVENTS_MAX 64
/* A decision may wait for a person; a handshake that takes longer than this is given up. */
#define HANDSHAKE_SECONDS_MAX 300
/* Loopback answers at once, unless the session's server has a full queue. */
#define CONNECT_SECONDS_MAX 10

struct listener {
  int fd;
  /* `host:port` to ask for with CONNECT; empty for the proxy port itself, which speaks to egress directly. */
  char target[64];
  /* The session's own port that connections from outside lead to; 0 for those that lead out. */
  long inside_port;
};

static struct listener listeners[LISTENERS_MAX];
static size_t listener_count;
static struct connection *connections[OUTWARD_MAX + INWARD_MAX];
static size_t connection_count;
static size_t inward_count;

static int listen_at(const char *host, long port) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  int is_v4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1;
  if (!is_v4 && inet_pton(AF_INET6, host, &v6.sin6_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
  if (bind(fd, address, is_v4 ? sizeof v4 : sizeof v6) == 0 && listen(fd, 256) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

static int add_listener(const char *host, long port, int with_target) {
  if (port <= 0 || listener_count == LISTENERS_MAX) {
    errno = port <= 0 ? EINVAL : E2BIG;
    return -1;
  }
  struct listener *listener = &listeners[listener_count];
  listener->fd = listen_at(host, port);
  if (listener->fd < 0) return -1;
  listener->target[0] = '\0';
  listener->inside_port = 0;
  if (with_target) {
    int is_v6 = strchr(host, ':') != NULL;
    snprintf(listener->target, sizeof listener->target, "%s%s%s:%ld", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
  }
  listener_count++;
  return 0;
}

int relay_exposed_count(const struct config *config) {
  struct record record;
  size_t offset = 0;
  int count = 0;
  while (config_next(config, &offset, &record) == 1) count += strcmp(record.key, "expose") == 0;
  return count <= EXPOSED_MAX ? count : -1;
}

/* The holder has opened them already, where the host can reach them. */
static int add_exposed(int index, long port) {
  if (port <= 0 || listener_count == LISTENERS_MAX) {
    errno = port <= 0 ? EINVAL : E2BIG;
    return -1;
  }
  listeners[listener_count++] = (struct listener){.fd = FD_EXPOSED + index, .inside_port = port};
  return 0;
}

const char *relay_listen(const struct config *config) {
  if (add_listener("127.0.0.1", config_number(config_find(config, "proxy"), 65535), 0) != 0) return "proxy-port";
  struct record record;
  size_t offset = 0;
  const char *host = NULL;
  int exposed = 0;
  while (config_next(config, &offset, &record) == 1) {
    if (strcmp(record.key, "relay") == 0) host = record.value;
    if (strcmp(record.key, "expose") == 0 && add_exposed(exposed++, config_number(record.value, 65535)) != 0)
      return "exposed";
    if (host == NULL || strcmp(record.key, "relay.port") != 0) continue;
    if (add_listener(host, config_number(record.value, 65535), 1) != 0) return "relay-port";
  }
  return NULL;
}

static int connect_egress(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = EGRESS_SOCKET};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

/* Begins to connect to a port of the session's own, on one of its loopback addresses. */
static int connect_inside(int family, long port) {
  struct sockaddr_in v4 = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in6 v6 = {
      .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  const struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(fd, address, family == AF_INET ? sizeof v4 : sizeof v6) == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

/* Closes with a reset, so that the client sees an error and not an empty answer. */
static void reset(int fd) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

static int watch_both(int epoll, struct connection *connection) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->client, &event) != 0) return -1;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, connection->egress, &event);
}

static void drop(struct connection *connection, int clean) {
  for (size_t i = 0; i < connection_count; i++) {
    if (connections[i] == connection) {
      connections[i] = connections[--connection_count];
      inward_count -= connection->inside_port != 0;
      break;
    }
  }
  if (clean) {
    close(connection->client);
    close(connection->egress);
  } else {
    reset(connection->client);
    reset(connection->egress);
  }
  connection_free(connection);
}

static struct connection *begin(const struct listener *listener, int client) {
  long port = listener->inside_port;
  int far = port != 0 ? connect_inside(AF_INET, port) : connect_egress();
  if (far < 0) return NULL;
  struct connection *connection =
      port != 0 ? connection_new_inward(client, far, port) : connection_new(client, far, listener->target);
  if (connection == NULL) close(far);
  return connection;
}

static void accept_one(int epoll, const struct listener *listener) {
  int client = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  int inward = listener->inside_port != 0;
  int full = inward ? inward_count == INWARD_MAX : connection_count - inward_count == OUTWARD_MAX;
  struct connection *connection = full ? NULL : begin(listener, client);
  if (connection == NULL) {
    reset(client);
    return;
  }
  if (!inward) {
    int yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  connection->deadline = time(NULL) + (inward ? CONNECT_SECONDS_MAX : HANDSHAKE_SECONDS_MAX);
  connections[connection_count++] = connection;
  inward_count += (size_t)inward;
  if (watch_both(epoll, connection) != 0) drop(connection, 0);
}

/* Servers that say `localhost` may listen on either address. Returns 1 when the other one is being tried. */
static int try_other_address(int epoll, struct connection *connection) {
  if (connection->handshake != HANDSHAKE_CONNECTING || connection->other_tried) return 0;
  int other = connect_inside(AF_INET6, connection->inside_port);
  if (other < 0) return 0;
  close(connection->egress);
  connection->egress = other;
  connection->other_tried = 1;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, other, &event) == 0;
}

/* Moves what can be moved. Returns 1 when more is waiting than one turn allows. */
static int serve(int epoll, struct connection *connection) {
  enum progress progress = connection_advance(connection);
  if (progress == PROGRESS_BROKEN && try_other_address(epoll, connection)) return 0;
  if (progress == PROGRESS_DONE || progress == PROGRESS_BROKEN) {
    drop(connection, progress == PROGRESS_DONE);
    return 0;
  }
  connection->again = progress == PROGRESS_MORE;
  return connection->again;
}

static void give_up_late_handshakes(void) {
  time_t now = time(NULL);
  for (size_t i = connection_count; i > 0; i--) {
    if (connection_in_handshake(connections[i - 1]) && connections[i - 1]->deadline < now) drop(connections[i - 1], 0);
  }
}

/* Events name connections; one that was dropped earlier in the same batch must not be touched. */
static int is_alive(const struct connection *connection) {
  for (size_t i = 0; i < connection_count; i++) {
    if (connections[i] == connection) return 1;
  }
  return 0;
}

static const struct listener *listener_of(const void *pointer) {
  for (size_t i = 0; i < listener_count; i++) {
    if (pointer == &listeners[i]) return &listeners[i];
  }
  return NULL;
}

static void run(int epoll) {
  int more = 0;
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(epoll, events, EVENTS_MAX, more ? 0 : 10000);
    if (count < 0 && errno != EINTR) return;
    /* Connections first: an accept could reuse the memory of one that was dropped in this batch. */
    for (int i = 0; i < count; i++) {
      if (listener_of(events[i].data.ptr) == NULL && is_alive(events[i].data.ptr)) serve(epoll, events[i].data.ptr);
    }
    more = 0;
    for (size_t i = connection_count; i > 0; i--) {
      if (i <= connection_count && connections[i - 1]->again) more |= serve(epoll, connections[i - 1]);
    }
    for (int i = 0; i < count; i++) {
      const struct listener *listener = listener_of(events[i].data.ptr);
      if (listener != NULL) accept_one(epoll, listener);
    }
    give_up_late_handshakes();
  }
}

static void raise_own_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void relay_main(void) {
  prctl(PR_SET_NAME, "gatehouse-relay");
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* Asking the session to end must not cut connections that are finishing. */
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  raise_own_file_limit();
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) _exit(1);
  for (size_t i = 0; i < listener_count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listeners[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listeners[i].fd, &event) != 0) _exit(1);
  }
  run(epoll);
  _exit(1);
}

/* Keeps the listeners, and nothing else of the init's. */
static void keep_only_listeners(void) {
  for (size_t i = 0; i < listener_count; i++) {
    int moved = fcntl(listeners[i].fd, F_DUPFD_CLOEXEC, 1024 - LISTENERS_MAX);
    if (moved < 0) _exit(1);
    listeners[i].fd = moved;
  }
  if (kernel_close_range(0, 1024 - LISTENERS_MAX - 1, 0) != 0) _exit(1);
}

pid_t relay_start(void) {
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    keep_only_listeners();
    relay_main();
  }
  for (size_t i = 0; i < listener_count; i++) close(listeners[i].fd);
  return child;
}

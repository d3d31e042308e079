#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (256u * 1024)
/* Reads in one turn and direction, so that one fast stream does not starve the others. */
#define TURNS_MAX 8

/* Shared by all connections: bytes stay in it only within one call. */
static char buffer[BUFFER_BYTES];

struct connection *connection_new(int client, int egress, const char *target) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) return NULL;
  connection->client = client;
  connection->egress = egress;
  if (target[0] == '\0') return connection;
  connection->handshake = HANDSHAKE_SENDING;
  connection->header_to = (size_t)snprintf(connection->header, sizeof connection->header,
                                           "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target);
  return connection;
}

struct connection *connection_new_inward(int client, int inside, long port) {
  struct connection *connection = connection_new(client, inside, "");
  if (connection == NULL) return NULL;
  connection->inside_port = port;
  connection->handshake = HANDSHAKE_CONNECTING;
  return connection;
}

void connection_free(struct connection *connection) {
  free(connection->out.kept);
  free(connection->in.kept);
  free(connection);
}

int connection_in_handshake(const struct connection *connection) { return connection->handshake != HANDSHAKE_NONE; }

static int would_block(void) { return errno == EAGAIN || errno == EINTR; }

/* Keeps what a write left over. -1 when memory is short. */
static int keep(struct direction *direction, const char *bytes, size_t length) {
  if (direction->kept == NULL) direction->kept = malloc(BUFFER_BYTES);
  if (direction->kept == NULL) return -1;
  memcpy(direction->kept, bytes, length);
  direction->kept_from = 0;
  direction->kept_to = length;
  return 0;
}

/* 1: everything kept is written; 0: the other side is full; -1: broken. */
static int flush(struct direction *direction, int to) {
  while (direction->kept_from < direction->kept_to) {
    ssize_t sent = send(to, direction->kept + direction->kept_from, direction->kept_to - direction->kept_from, MSG_NOSIGNAL);
    if (sent < 0) return would_block() ? 0 : -1;
    direction->kept_from += (size_t)sent;
  }
  /* An idle connection costs no buffer. */
  free(direction->kept);
  direction->kept = NULL;
  direction->kept_from = direction->kept_to = 0;
  return 1;
}

static enum progress move(struct direction *direction, int from, int to) {
  for (int turn = 0; turn < TURNS_MAX; turn++) {
    int flushed = flush(direction, to);
    if (flushed < 0) return PROGRESS_BROKEN;
    if (flushed == 0) return PROGRESS_WAITING;
    if (direction->read_ended) {
      /* Half-close: the other direction goes on. */
      if (!direction->write_ended) shutdown(to, SHUT_WR);
      direction->write_ended = 1;
      return PROGRESS_DONE;
    }
    ssize_t got = recv(from, buffer, sizeof buffer, 0);
    if (got < 0) return would_block() ? PROGRESS_WAITING : PROGRESS_BROKEN;
    if (got == 0) {
      direction->read_ended = 1;
      continue;
    }
    ssize_t sent = send(to, buffer, (size_t)got, MSG_NOSIGNAL);
    if (sent < 0 && !would_block()) return PROGRESS_BROKEN;
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done < (size_t)got && keep(direction, buffer + done, (size_t)got - done) != 0) return PROGRESS_BROKEN;
  }
  return PROGRESS_MORE;
}

/* Reads the answer up to its empty line. Bytes behind it are the stream's and are kept for the client. */
static enum progress read_answer(struct connection *c) {
  for (;;) {
    size_t room = sizeof c->header - 1 - c->header_to;
    if (room == 0) return PROGRESS_BROKEN;
    ssize_t got = recv(c->egress, c->header + c->header_to, room, 0);
    if (got < 0) return would_block() ? PROGRESS_WAITING : PROGRESS_BROKEN;
    if (got == 0) return PROGRESS_BROKEN;
    c->header_to += (size_t)got;
    c->header[c->header_to] = '\0';
    char *end = memmem(c->header, c->header_to, "\r\n\r\n", 4);
    if (end == NULL) continue;
    int granted = strncmp(c->header, "HTTP/1.1 200", 12) == 0 || strncmp(c->header, "HTTP/1.0 200", 12) == 0;
    if (!granted) return PROGRESS_BROKEN;
    size_t header_length = (size_t)(end - c->header) + 4;
    size_t rest = c->header_to - header_length;
    if (rest > 0 && keep(&c->in, c->header + header_length, rest) != 0) return PROGRESS_BROKEN;
    c->handshake = HANDSHAKE_NONE;
    return PROGRESS_DONE;
  }
}

static enum progress finish_connecting(struct connection *c) {
  struct pollfd far = {.fd = c->egress, .events = POLLOUT};
  if (poll(&far, 1, 0) <= 0) return PROGRESS_WAITING;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(c->egress, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) return PROGRESS_BROKEN;
  c->handshake = HANDSHAKE_NONE;
  return PROGRESS_DONE;
}

static enum progress shake_hands(struct connection *c) {
  if (c->handshake == HANDSHAKE_CONNECTING) return finish_connecting(c);
  if (c->handshake == HANDSHAKE_SENDING) {
    while (c->header_from < c->header_to) {
      ssize_t sent = send(c->egress, c->header + c->header_from, c->header_to - c->header_from, MSG_NOSIGNAL);
      if (sent < 0) return would_block() ? PROGRESS_WAITING : PROGRESS_BROKEN;
      c->header_from += (size_t)sent;
    }
    c->header_to = 0;
    c->handshake = HANDSHAKE_WAITING;
  }
  return read_answer(c);
}

enum progress connection_advance(struct connection *c) {
  if (c->handshake != HANDSHAKE_NONE) {
    enum progress shaken = shake_hands(c);
    if (shaken != PROGRESS_DONE) return shaken;
  }
  enum progress out = move(&c->out, c->client, c->egress);
  enum progress in = move(&c->in, c->egress, c->client);
  if (out == PROGRESS_BROKEN || in == PROGRESS_BROKEN) return PROGRESS_BROKEN;
  if (out == PROGRESS_DONE && in == PROGRESS_DONE) return PROGRESS_DONE;
  return out == PROGRESS_MORE || in == PROGRESS_MORE ? PROGRESS_MORE : PROGRESS_WAITING;
}

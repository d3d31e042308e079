/*
 * One relayed connection and the bytes between its two ends: a client inside and the egress socket; or a client outside and the
 * session's own port.
 */
#pragma once
#include <stddef.h>
#include <time.h>

#define HEADER_BYTES_MAX 8192

enum progress { PROGRESS_WAITING, PROGRESS_MORE, PROGRESS_DONE, PROGRESS_BROKEN };

/* One direction. Bytes that could not be written yet are kept; meanwhile nothing more is read. */
struct direction {
  char *kept;
  size_t kept_from;
  size_t kept_to;
  int read_ended;
  int write_ended;
};

enum handshake { HANDSHAKE_NONE, HANDSHAKE_SENDING, HANDSHAKE_WAITING, HANDSHAKE_CONNECTING };

struct connection {
  int client;
  /* The far end: the egress socket, or the session's own port when `inside_port` is not 0. */
  int egress;
  long inside_port;
  /* That port was tried on IPv6 loopback too. */
  int other_tried;
  struct direction out;
  struct direction in;
  enum handshake handshake;
  char header[HEADER_BYTES_MAX];
  size_t header_from;
  size_t header_to;
  time_t deadline;
  /* Set while more can be moved at once. */
  int again;
};

/* `target` is `host:port` to CONNECT to first, or empty. NULL when memory is short. */
struct connection *connection_new(int client, int egress, const char *target);
/* From outside to the session's own port: `inside` is a TCP socket that is still connecting. NULL when memory is short. */
struct connection *connection_new_inward(int client, int inside, long port);
void connection_free(struct connection *connection);
int connection_in_handshake(const struct connection *connection);
/* Moves bytes both ways until both would block or a fair share has been moved. */
enum progress connection_advance(struct connection *connection);

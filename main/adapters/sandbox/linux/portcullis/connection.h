/*
 * One relayed connection: a client inside and the egress socket, and the bytes between them.
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

enum handshake { HANDSHAKE_NONE, HANDSHAKE_SENDING, HANDSHAKE_WAITING };

struct connection {
  int client;
  int egress;
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
void connection_free(struct connection *connection);
int connection_in_handshake(const struct connection *connection);
/* Moves bytes both ways until both would block or a fair share has been moved. */
enum progress connection_advance(struct connection *connection);

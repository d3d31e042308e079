/*
 * Part of the harness: what flows through the relay's connections, outward after an answer to CONNECT and inward through an exposed port.
 */
#pragma once

/* The answer to CONNECT: what comes behind a granted one reaches the client to the byte, and nothing else does. */
UNCOUNTED static void check_connection(const struct input *input) {
  int client[2];
  int egress[2];
  const int flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  if (socketpair(AF_UNIX, flags, 0, client) != 0 || socketpair(AF_UNIX, flags, 0, egress) != 0) abort();
  struct connection *connection = connection_new(client[0], egress[0], "127.0.0.1:5173");
  const char *bytes = (const char *)input->bytes + 1;
  size_t length = input->length - 1;
  enum progress progress = PROGRESS_WAITING;
  for (size_t at = 0; at < length && progress != PROGRESS_BROKEN;) {
    size_t piece = 1 + (unsigned char)bytes[at] * 31u;
    if (piece > length - at) piece = length - at;
    if (send(egress[1], bytes + at, piece, MSG_NOSIGNAL) != (ssize_t)piece) abort();
    at += piece;
    progress = connection_advance(connection);
  }
  shutdown(egress[1], SHUT_WR);
  for (int turn = 0; turn < 8 && progress != PROGRESS_BROKEN; turn++) progress = connection_advance(connection);
  static char received[INPUT_BYTES_MAX + 1];
  size_t got = 0;
  ssize_t some;
  while ((some = recv(client[1], received + got, sizeof received - got, 0)) > 0) got += (size_t)some;
  const char *end = memmem(bytes, length, "\r\n\r\n", 4);
  size_t header = end == NULL ? 0 : (size_t)(end - bytes) + 4;
  int granted = header >= 12 && (memcmp(bytes, "HTTP/1.1 200", 12) == 0 || memcmp(bytes, "HTTP/1.0 200", 12) == 0);
  if (got > 0 && (!granted || got != length - header || memcmp(received, bytes + header, got) != 0))
    broken("the client got something else than what came behind the answer", input);
  if (granted && header < HEADER_BYTES_MAX - 1 && got != length - header) broken("the client did not get it all", input);
  connection_free(connection);
  for (int i = 0; i < 2; i++) {
    close(client[i]);
    close(egress[i]);
  }
}

/* An exposed port: both directions to the byte, in whatever pieces they come, and each ends on its own. */
UNCOUNTED static void check_inward(const struct input *input) {
  int ends[2][2];
  const int flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  if (socketpair(AF_UNIX, flags, 0, ends[0]) != 0 || socketpair(AF_UNIX, flags, 0, ends[1]) != 0) abort();
  struct connection *connection = connection_new_inward(ends[0][0], ends[1][0], 5173);
  static char received[2][INPUT_BYTES_MAX + 1];
  const char *bytes = (const char *)input->bytes + 1;
  size_t length = input->length - 1;
  size_t sent[2] = {0, 0};
  size_t got[2] = {0, 0};
  int ended[2] = {0, 0};
  enum progress progress = PROGRESS_WAITING;
  for (size_t turn = 0; turn < 4096 && progress != PROGRESS_DONE; turn++) {
    for (int side = 0; side < 2; side++) {
      /* What the bytes say decides who speaks when, and how much. */
      size_t piece = 64 + (length == 0 ? 0 : (unsigned char)bytes[(turn + (size_t)side) % length] * 29u);
      if (piece > length - sent[side]) piece = length - sent[side];
      ssize_t done = send(ends[side][1], bytes + sent[side], piece, MSG_NOSIGNAL);
      if (done > 0) sent[side] += (size_t)done;
      if (sent[side] == length && !ended[side]) {
        shutdown(ends[side][1], SHUT_WR);
        ended[side] = 1;
      }
    }
    progress = connection_advance(connection);
    if (progress == PROGRESS_BROKEN) broken("an exposed port broke", input);
    for (int side = 0; side < 2; side++) {
      ssize_t some = recv(ends[side][1], received[side] + got[side], sizeof received[side] - got[side], 0);
      if (some > 0) got[side] += (size_t)some;
      if (got[side] > length || memcmp(received[side], bytes, got[side]) != 0) broken("other bytes through an exposed port", input);
    }
  }
  if (progress != PROGRESS_DONE || got[0] != length || got[1] != length)
    broken("an exposed port that does not deliver everything", input);
  connection_free(connection);
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < 2; i++) close(ends[side][i]);
  }
}

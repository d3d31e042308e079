/*
 * What holder, init and supervisor agree on: descriptor numbers, commands and messages.
 */
#pragma once
#include <stdint.h>

/* Supervisor and holder: one duplex socket. First comes the configuration (a 32-bit length, then records), then commands. */
#define FD_SUPERVISOR 3

/* Descriptors the holder leaves open for bubblewrap and the init. */
#define FD_STDIN 20
#define FD_STDOUT 21
#define FD_STDERR 22
#define FD_HOLDER 23
#define FD_CONFIG 24
#define FD_SELF 25
#define FD_INFO 26
/* The n-th exposed port's listening socket is FD_EXPOSED + n. */
#define FD_EXPOSED 40
#define EXPOSED_MAX 16
/* The n-th `data` record is readable at FD_DATA + n. */
#define FD_DATA 100

/* Commands of the supervisor, one byte each. End of file means: kill everything. */
#define COMMAND_STREAMS_OPEN 'g'
#define COMMAND_TERMINATE 't'
#define COMMAND_KILL 'k'
#define COMMAND_PAUSE 'p'
#define COMMAND_RESUME 'r'
/* Followed by one byte: the signal's number. */
#define COMMAND_SIGNAL 's'

/* Messages between init and holder, one per datagram. */
enum message_kind {
  MESSAGE_STARTED = 1,
  MESSAGE_FAILED = 2,
  MESSAGE_EXITED = 3,
  MESSAGE_SIGNALED = 4,
  MESSAGE_TERMINATE = 5,
  MESSAGE_SIGNAL = 6,
  MESSAGE_PAUSE = 7,
  MESSAGE_RESUME = 8,
};

#define MESSAGE_TEXT_BYTES 64
struct message {
  int32_t kind;
  int32_t value;
  char text[MESSAGE_TEXT_BYTES];
};

/*
 * The standard streams of a session: named pipes, or one terminal for all three.
 */
#define _GNU_SOURCE
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Named pipes instead of the sockets a Node parent would give: a program may open /dev/stdout, which a socket refuses.
 * They keep their names only until the supervisor has opened them.
 */
int make_pipes(const char *folder, uid_t foreign, int streams[3]) {
  static const char *const names[] = {"stdin", "stdout", "stderr"};
  for (int i = 0; i < 3; i++) {
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    if (mkfifo(path, 0600) != 0) return -1;
    streams[i] = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (streams[i] < 0 || (foreign != 0 && fchown(streams[i], foreign, foreign) != 0)) return -1;
    /* A larger pipe saves switches; the system's bound for ordinary users may refuse it, and then 64 KiB do. */
    if (fcntl(streams[i], F_SETPIPE_SZ, 1 << 18) < 0) errno = 0;
  }
  return 0;
}

/* The session's own ends: the holder's are for reading and writing, which would hide the end of a stream. */
int session_ends(int streams[3]) {
  int ends[3];
  for (int i = 0; i < 3; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", streams[i]);
    ends[i] = open(path, (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
    if (ends[i] < 0) return -1;
  }
  memcpy(streams, ends, sizeof ends);
  return 0;
}

int use_terminal(uid_t foreign, int streams[3]) {
  if (foreign != 0 && fchown(STDIN_FILENO, foreign, foreign) != 0) return -1;
  for (int i = 0; i < 3; i++) streams[i] = i;
  /* The supervisor's library made it non-blocking, for its own side only. */
  int flags = fcntl(STDIN_FILENO, F_GETFL);
  return flags < 0 ? -1 : fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
}

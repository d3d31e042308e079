/*
 * Guarantee: what bubblewrap leaves when it dies half-way is found and ended by the holder, or by the holder's parent.
 *
 * Threat: bubblewrap's child waits for its parent before it does anything, also for one that is dead, and asks the kernel to die
 * with it only later. Whatever kills bubblewrap in between would leave a process that nothing ends.
 *
 * Limits: whoever kills both of them at once, in these few milliseconds, leaves a process that waits for ever and does nothing.
 */
#define _GNU_SOURCE
#include "orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int orphans_adopt(int *children) {
  *children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void orphans_end(int children) {
  char text[4096];
  for (;;) {
    ssize_t got = children < 0 ? 0 : pread(children, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    char *rest = text;
    for (long pid = strtol(rest, &rest, 10); pid > 1; pid = strtol(rest, &rest, 10)) {
      /* A number without a space behind it was cut off, and is somebody else's. Ours are nobody else's until they are waited for. */
      if (*rest == ' ') kill((pid_t)pid, SIGKILL);
    }
    /* Without the list only what has ended already is waited for. Those that a child leaves become children in their turn. */
    pid_t waited = waitpid(-1, NULL, got > 0 ? 0 : WNOHANG);
    if (waited == 0 || (waited < 0 && errno != EINTR)) return;
  }
}

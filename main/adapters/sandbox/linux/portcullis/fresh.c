/*
 * Chromium opens descriptors that its children inherit, and whoever started it may have handed it some: a supervisor would hold them for
 * as long as it runs. Node cannot close what it did not open; this can.
 */
#define _GNU_SOURCE
#include "fresh.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int fresh_main(char **command) {
  if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0) {
    fprintf(stderr, "fresh: %s\n", strerror(errno));
    return 125;
  }
  execvp(command[0], command);
  fprintf(stderr, "%s: %s\n", command[0], strerror(errno));
  return errno == ENOENT ? 127 : 126;
}

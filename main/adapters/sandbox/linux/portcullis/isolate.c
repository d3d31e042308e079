/*
 * Guarantee: what the holder builds is seen by nobody outside its own namespaces, and it keeps only the capabilities that it
 * needs there.
 *
 * Threat: a mount that reaches the host's tree; a session that takes all that the kernel grants the person (inotify).
 *
 * Limits: for a root caller the holder stays in the first user namespace, whose limits it does not touch.
 */
#define _GNU_SOURCE
#include "isolate.h"

#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Limits the kernel counts for the person, in all user namespaces together, and that each namespace can lower for itself. */
static const char *const shared_limits[] = {"/proc/sys/user/max_inotify_instances", "/proc/sys/user/max_inotify_watches"};
#define SHARED_LIMITS 2

/* 0 where the kernel has no such limit. */
static long read_limit(const char *path) {
  char text[32];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (got <= 0) return 0;
  text[got] = '\0';
  long number = strtol(text, NULL, 10);
  return number > 0 ? number : 0;
}

static int write_limit(const char *path, long number) {
  char text[32];
  int length = snprintf(text, sizeof text, "%ld", number);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t written = write(fd, text, (size_t)length);
  int saved = errno;
  close(fd);
  errno = saved;
  return written == length ? 0 : -1;
}

/* A session may take half of what the person has, so that their editor can still watch files. A foreign uid has its own. */
static int enter_namespaces(void) {
  long limits[SHARED_LIMITS];
  for (int i = 0; i < SHARED_LIMITS; i++) limits[i] = read_limit(shared_limits[i]);
  if (idmap_enter_own_namespace(CLONE_NEWNS) != 0) return -1;
  for (int i = 0; i < SHARED_LIMITS; i++) {
    if (limits[i] > 1 && write_limit(shared_limits[i], limits[i] / 2) != 0) return -1;
  }
  return 0;
}

int isolate(void) {
  if (geteuid() == 0) {
    if (unshare(CLONE_NEWNS) != 0) return -1;
  } else if (enter_namespaces() != 0) {
    return -1;
  }
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int drop_capabilities(void) {
  const uint64_t kept =
      1ull << CAP_KILL | 1ull << CAP_SYS_ADMIN | 1ull << CAP_SYS_CHROOT | 1ull << CAP_SYS_PTRACE;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  for (int half = 0; half < 2; half++) {
    uint32_t mask = (uint32_t)(kept >> (32 * half));
    data[half].effective &= mask;
    data[half].permitted &= mask;
    data[half].inheritable = 0;
  }
  return (int)syscall(SYS_capset, &header, data);
}

#define _GNU_SOURCE
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t written = write(fd, text, strlen(text));
  int saved = errno;
  close(fd);
  errno = saved;
  return written == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_child(pid_t child, uid_t foreign) {
  char path[64];
  char map[64];
  snprintf(map, sizeof map, "0 %u %u", (unsigned)foreign, IDMAP_IDS);
  snprintf(path, sizeof path, "/proc/%d/uid_map", (int)child);
  if (write_file(path, map) != 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/gid_map", (int)child);
  if (write_file(path, map) != 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)child);
  return open(path, O_RDONLY | O_CLOEXEC);
}

int idmap_namespace(uid_t foreign) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return -1;
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char outcome = unshare(CLONE_NEWUSER) == 0 ? 1 : 0;
    if (write(ready[1], &outcome, 1) == 1) pause();
    _exit(0);
  }
  close(ready[1]);
  char outcome = 0;
  ssize_t got = read(ready[0], &outcome, 1);
  close(ready[0]);
  int fd = -1;
  errno = EPERM;
  if (got == 1 && outcome == 1) fd = map_child(child, foreign);
  int saved = errno;
  kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
  errno = saved;
  return fd;
}

int idmap_enter_own_namespace(unsigned long more_namespaces) {
  uid_t uid = getuid();
  gid_t gid = getgid();
  if (unshare(CLONE_NEWUSER | (int)more_namespaces) != 0) return -1;
  char map[64];
  if (write_file("/proc/self/setgroups", "deny") != 0) return -1;
  snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid);
  if (write_file("/proc/self/uid_map", map) != 0) return -1;
  snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)gid);
  return write_file("/proc/self/gid_map", map);
}

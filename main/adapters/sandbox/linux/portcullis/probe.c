#define _GNU_SOURCE
#include "probe.h"

#include "idmap.h"
#include "kernel.h"
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOREIGN_TRY 1879048192u

static int outcome(int result) { return result == 0 ? 0 : errno; }

static int try_namespaces(const char *folder) {
  (void)folder;
  if (geteuid() == 0) return outcome(unshare(CLONE_NEWNS));
  return outcome(idmap_enter_own_namespace(CLONE_NEWNS));
}

static int try_seccomp(const char *folder) {
  (void)folder;
  return outcome(seccomp_install());
}

/* Cloning a tree and marking it, as staging does; id-mapped when root. */
static int try_staging(const char *folder) {
  int entered = try_namespaces(folder);
  if (entered != 0) return entered;
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return errno;
  int tree = kernel_open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE_FLAG | O_CLOEXEC | AT_RECURSIVE_FLAG);
  if (tree < 0) return errno;
  struct mount_attr_v0 attr = {.attr_set = ATTR_NOSUID | ATTR_NODEV | ATTR_RDONLY};
  return outcome(kernel_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE_FLAG, &attr));
}

static int try_idmap(const char *folder) {
  int entered = try_namespaces(folder);
  if (entered != 0) return entered;
  int userns = idmap_namespace(FOREIGN_TRY);
  int tree = kernel_open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE_FLAG | O_CLOEXEC);
  if (userns < 0 || tree < 0) return errno;
  struct mount_attr_v0 map = {.attr_set = ATTR_IDMAP, .userns_fd = (uint64_t)userns};
  return outcome(kernel_mount_setattr(tree, "", AT_EMPTY_PATH, &map));
}

static int try_pidfd(const char *folder) {
  (void)folder;
  return kernel_pidfd_open(getpid()) >= 0 ? 0 : errno;
}

static void try_apart(const char *name, int (*attempt)(const char *), const char *folder) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) _exit(attempt(folder) & 0xff);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
    printf("%s %d\n", name, EIO);
    return;
  }
  printf("%s %d\n", name, WEXITSTATUS(status));
}

int probe_main(const char *folder) {
  try_apart("namespaces", try_namespaces, folder);
  try_apart("staging", try_staging, folder);
  try_apart("seccomp", try_seccomp, folder);
  try_apart("pidfd", try_pidfd, folder);
  if (geteuid() == 0) try_apart("idmap", try_idmap, folder);
  return 0;
}

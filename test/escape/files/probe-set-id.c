/* Tries every call that can give a file a set-uid or set-gid bit, in the working folder, and says how each went. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_FCHMODAT2 452

static void say(const char *call, unsigned mode, long result) {
  printf("%s %o: %s\n", call, mode, result >= 0 ? "OK" : strerrorname_np(errno));
}

/* A new file for each attempt, so that none is told by what another left. */
static int fresh(void) {
  unlink("made");
  return open("made", O_CREAT | O_EXCL | O_RDWR, 0755);
}

static void try_change(unsigned mode) {
  int fd = fresh();
  say("fchmod", mode, syscall(SYS_fchmod, fd, mode));
  close(fd);
  close(fresh());
  say("fchmodat", mode, syscall(SYS_fchmodat, AT_FDCWD, "made", mode));
  close(fresh());
  say("fchmodat2", mode, syscall(NR_FCHMODAT2, AT_FDCWD, "made", mode, 0));
#ifdef SYS_chmod
  close(fresh());
  say("chmod", mode, syscall(SYS_chmod, "made", mode));
#else
  say("chmod", mode, syscall(SYS_fchmodat, AT_FDCWD, "made", mode));
#endif
}

static void try_create(unsigned mode) {
  unlink("made");
  say("openat", mode, syscall(SYS_openat, AT_FDCWD, "made", O_CREAT | O_EXCL | O_WRONLY, mode));
  say("tmpfile", mode, syscall(SYS_openat, AT_FDCWD, ".", O_TMPFILE | O_WRONLY, mode));
  unlink("made");
  say("mknodat", mode, syscall(SYS_mknodat, AT_FDCWD, "made", S_IFREG | mode, 0));
  unlink("made");
#ifdef SYS_creat
  say("creat", mode, syscall(SYS_creat, "made", mode));
  unlink("made");
  say("open", mode, syscall(SYS_open, "made", O_CREAT | O_WRONLY, mode));
  unlink("made");
  say("mknod", mode, syscall(SYS_mknod, "made", S_IFREG | mode, 0));
#else
  say("creat", mode, syscall(SYS_openat, AT_FDCWD, "made", O_CREAT | O_WRONLY | O_TRUNC, mode));
  unlink("made");
  say("open", mode, syscall(SYS_openat, AT_FDCWD, "made", O_CREAT | O_WRONLY, mode));
  unlink("made");
  say("mknod", mode, syscall(SYS_mknodat, AT_FDCWD, "made", S_IFREG | mode, 0));
#endif
}

int main(void) {
  static const unsigned modes[] = {04755, 02755, 06711};
  umask(022);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    try_change(modes[i]);
    try_create(modes[i]);
  }
  /* What has nothing to do with it still works: a sticky folder, and a mode register that an open does not use. */
  say("sticky", 01777, mkdir("sticky", 0777) == 0 ? chmod("sticky", 01777) : -1);
  close(fresh());
  say("plain-open", 07777, syscall(SYS_openat, AT_FDCWD, "made", O_RDONLY, 07777));
  return 0;
}

#define _GNU_SOURCE
#include "launch.h"

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DATA_MAX 64
#define DESCRIPTORS_MAX (DATA_MAX + EXPOSED_MAX + 16)
/* Above every number the child is given, so that moving one never overwrites another. */
#define FD_PARKING 400

extern char **environ;

static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return -1;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

/* The records meant for the init, in a sealed file: nothing of it stands in an argument list or environment. */
static int init_config(const struct config *config) {
  int fd = memfd_create("gatehouse-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  struct record record;
  size_t offset = 0;
  while (config_next(config, &offset, &record) == 1) {
    if (strncmp(record.key, "init.", 5) != 0) continue;
    const char *key = record.key + 5;
    if (write_all(fd, key, strlen(key) + 1) != 0 || write_all(fd, record.value, strlen(record.value) + 1) != 0) return -1;
  }
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) return -1;
  return fd;
}

static int data_file(const char *text) {
  int fd = memfd_create("gatehouse-data", MFD_CLOEXEC);
  if (fd < 0 || write_all(fd, text, strlen(text)) != 0 || lseek(fd, 0, SEEK_SET) != 0) return -1;
  return fd;
}

/* Gives the child's descriptors their agreed numbers, and closes every other one. */
static int arrange_descriptors(const int *from, const int *to, size_t count) {
  int parked[DESCRIPTORS_MAX];
  for (size_t i = 0; i < count; i++) {
    parked[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_PARKING);
    if (parked[i] < 0) return -1;
  }
  if (kernel_close_range(0, FD_PARKING - 1, 0) != 0) return -1;
  for (size_t i = 0; i < count; i++) {
    if (dup2(parked[i], to[i]) < 0) return -1;
  }
  return kernel_close_range(FD_PARKING, ~0u, 0);
}

static int become_foreign(uid_t foreign) {
#ifdef GUARD_OFF_FOREIGN_UID
  (void)foreign;
  return 0;
#else
  if (foreign == 0) return 0;
  if (setgroups(0, NULL) != 0 || setresgid(foreign, foreign, foreign) != 0) return -1;
  return setresuid(foreign, foreign, foreign);
#endif
}

/* `0` means the writer. Before the change of ids: a foreign uid has no right to the file. */
static int enter_cgroup(int cgroup) {
  int fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  int result = write_all(fd, "0", 1);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}

/*
 * A child that is in the session's cgroup before its first instruction, so that nothing of the session was ever outside. Where
 * a filter of the host does not know clone3, the child enters by itself before it executes anything (`*late`).
 */
static pid_t fork_into(int cgroup, int *late) {
  *late = 0;
  if (cgroup < 0) return fork();
  pid_t child = kernel_fork_into(cgroup, SIGCHLD);
  if (child >= 0 || errno != ENOSYS) return child;
  *late = 1;
  return fork();
}

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_child(const struct config *config, const struct launch *launch, char **arguments, const int *from,
                      const int *to, size_t count, pid_t holder) {
  const char *program = config_find(config, "bubblewrap");
  int complaints = launch->complaints;
  if (become_foreign(launch->foreign) != 0) goto failed;
  /* After the change of ids, which clears it. The check closes the gap in which the holder has died already. */
#ifndef GUARD_OFF_DIE_WITH_PARENT
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != holder) goto failed;
#else
  (void)holder;
#endif
  /* A set-uid bubblewrap must not get privileges back. */
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) goto failed;
  if (arrange_descriptors(from, to, count) != 0) goto failed;
  complaints = STDERR_FILENO;
  reset_signals();
  char *empty[] = {NULL};
#ifdef GUARD_OFF_CLEAR_ENVIRONMENT
  (void)empty;
  execve(program, arguments, environ);
#else
  execve(program, arguments, empty);
#endif
failed:
  dprintf(complaints, "starting bubblewrap failed: %s", strerror(errno));
  _exit(125);
}

pid_t launch_bubblewrap(const struct config *config, const struct launch *launch) {
  size_t argument_count = 0;
  size_t data_count = 0;
  char **listed = config_list(config, "arg", &argument_count);
  char **data = config_list(config, "data", &data_count);
  if (listed == NULL || data == NULL) return -1;
  if (data_count > DATA_MAX) {
    errno = E2BIG;
    return -1;
  }
  char **arguments = calloc(argument_count + 5, sizeof *arguments);
  if (arguments == NULL) return -1;
  size_t at = 0;
  arguments[at++] = (char *)"bwrap";
  for (size_t i = 0; i < argument_count; i++) arguments[at++] = listed[i];
  arguments[at++] = (char *)"--";
  arguments[at++] = (char *)"/proc/self/fd/25";
  arguments[at++] = (char *)"init";

  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  int init_file = init_config(config);
  if (nothing < 0 || self < 0 || init_file < 0) return -1;
  int from[DESCRIPTORS_MAX] = {nothing,            nothing,            launch->complaints, launch->streams[0],
                               launch->streams[1], launch->streams[2], launch->init_end,   init_file,
                               self,               launch->information};
  int to[DESCRIPTORS_MAX] = {0,         1,         2,         FD_STDIN, FD_STDOUT,
                             FD_STDERR, FD_HOLDER, FD_CONFIG, FD_SELF,  FD_INFO};
  size_t count = 10;
  for (size_t i = 0; i < launch->exposed_count; i++, count++) {
    from[count] = launch->exposed[i];
    to[count] = FD_EXPOSED + (int)i;
  }
  size_t first_data = count;
  for (size_t i = 0; i < data_count; i++, count++) {
    from[count] = data_file(data[i]);
    to[count] = FD_DATA + (int)i;
    if (from[count] < 0) return -1;
  }
  pid_t holder = getpid();
  int late = 0;
  pid_t child = fork_into(launch->cgroup, &late);
  if (child == 0 && late && enter_cgroup(launch->cgroup) != 0) {
    dprintf(launch->complaints, "entering the cgroup failed: %s", strerror(errno));
    _exit(125);
  }
  if (child == 0) run_child(config, launch, arguments, from, to, count, holder);
  int saved = errno;
  close(nothing);
  close(self);
  close(init_file);
  for (size_t i = first_data; i < count; i++) close(from[i]);
  free(arguments);
  free(listed);
  free(data);
  errno = saved;
  return child;
}

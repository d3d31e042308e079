#define _GNU_SOURCE
#include "agent.h"

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

struct start_error {
  int32_t step;
  int32_t error;
};

static const char *const steps[] = {"terminal", "limits", "folder", "execute"};
enum { STEP_TERMINAL, STEP_LIMITS, STEP_FOLDER, STEP_EXECUTE };

/* A limit never rises above what the supervisor itself has. */
static int set_limit(int which, rlim_t value) {
  struct rlimit limit;
  if (getrlimit(which, &limit) != 0) return -1;
  if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max) limit.rlim_max = value;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(which, &limit);
}

static int set_limits(const struct config *config) {
  static const struct {
    const char *key;
    int which;
  } known[] = {{"limit.files", RLIMIT_NOFILE}, {"limit.processes", RLIMIT_NPROC}, {"limit.memory", RLIMIT_DATA}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const char *text = config_find(config, known[i].key);
    if (text == NULL) continue;
    long value = config_number(text, INT64_MAX);
    if (value < 0) {
      errno = EINVAL;
      return -1;
    }
    if (set_limit(known[i].which, (rlim_t)value) != 0) return -1;
  }
  /* The kernel counts these for the person, inside and outside together: a session that took all would leave none. */
  static const int shared[] = {RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_MEMLOCK};
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
    struct rlimit limit;
    if (getrlimit(shared[i], &limit) != 0) return -1;
    if (limit.rlim_max != RLIM_INFINITY && set_limit(shared[i], limit.rlim_max / 2) != 0) return -1;
  }
  return 0;
}

/*
 * A core file would put the memory of an agent into the workspace. One byte and not none: where cores go to a program (apport,
 * systemd-coredump) the kernel starts it outside the walls whatever the limit, except for exactly this one.
 */
int agent_limit_core(void) { return set_limit(RLIMIT_CORE, 1); }

/* A session of its own, and our pty as its terminal: /dev/tty, job control and Ctrl-C then stay inside. */
static int take_terminal(const struct config *config) {
#ifdef GUARD_OFF_OWN_TERMINAL
  (void)config;
  return 0;
#else
  if (setsid() < 0) return -1;
  if (config_find(config, "terminal") == NULL) return 0;
  return ioctl(STDIN_FILENO, TIOCSCTTY, 0);
#endif
}

/* Exactly what was asked for. The host's own environment ended before bubblewrap started. */
static char **environment_of(const struct config *config) {
#ifdef GUARD_OFF_CLEAR_ENVIRONMENT
  size_t asked = 0;
  size_t inherited = 0;
  char **list = config_list(config, "env", &asked);
  while (environ[inherited] != NULL) inherited++;
  char **all = calloc(asked + inherited + 1, sizeof *all);
  if (list == NULL || all == NULL) return NULL;
  /* The last of two values counts. */
  memcpy(all, environ, inherited * sizeof *all);
  memcpy(all + inherited, list, asked * sizeof *all);
  return all;
#else
  return config_list(config, "env", NULL);
#endif
}

static void execute(const struct config *config) {
  const char *path = config_find(config, "path");
  char **arguments = config_list(config, "argv", NULL);
  char **environment = environment_of(config);
  if (path == NULL || arguments == NULL || environment == NULL) return;
  execve(path, arguments, environment);
  if (errno != ENOEXEC) return;
  /* A script without an interpreter line: run by the shell, as every shell and execvp do. */
  size_t count = 0;
  while (arguments[count] != NULL) count++;
  char **script = calloc(count + 2, sizeof *script);
  if (script == NULL) return;
  script[0] = (char *)"sh";
  script[1] = (char *)path;
  for (size_t i = 1; i < count; i++) script[i + 1] = arguments[i];
  execve("/bin/sh", script, environment);
  errno = ENOEXEC;
}

static void run_child(const struct config *config, int complaint) {
  struct start_error failure = {STEP_TERMINAL, 0};
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (take_terminal(config) != 0) goto failed;
  failure.step = STEP_LIMITS;
  if (set_limits(config) != 0) goto failed;
  failure.step = STEP_FOLDER;
  const char *folder = config_find(config, "cwd");
  if (folder == NULL || chdir(folder) != 0) goto failed;
  failure.step = STEP_EXECUTE;
  /* Whatever else is open here, by mistake of ours or of bubblewrap's, ends with the execution. */
  if (kernel_close_range(STDERR_FILENO + 1, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) != 0) goto failed;
  execute(config);
failed:
  failure.error = errno;
  ssize_t sent = write(complaint, &failure, sizeof failure);
  _exit(sent < 0 ? 126 : 125);
}

pid_t agent_start(const struct config *config, struct agent_failure *failure) {
  int ends[2];
  failure->step = "fork";
  if (pipe2(ends, O_CLOEXEC) != 0) goto failed;
  pid_t child = fork();
  if (child < 0) goto failed;
  if (child == 0) run_child(config, ends[1]);
  close(ends[1]);
  struct start_error told;
  ssize_t got;
  do {
    got = read(ends[0], &told, sizeof told);
  } while (got < 0 && errno == EINTR);
  close(ends[0]);
  if (got == 0) return child;
  failure->step = got == (ssize_t)sizeof told && told.step >= 0 && told.step < 4 ? steps[told.step] : "execute";
  failure->error = got == (ssize_t)sizeof told ? told.error : EIO;
  return -1;
failed:
  failure->error = errno;
  return -1;
}

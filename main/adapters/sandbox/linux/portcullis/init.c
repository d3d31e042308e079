/*
 * Guarantee: every process of the session is below this one in its pid namespace, under its system call filter, and gone
 * when it exits (the kernel kills a pid namespace with its process 1).
 *
 * Threat: the agent attacks its own init: traces it, reads its memory or environment, kills the relay.
 *
 * Limits: killing or starving the relay only cuts the agent's own way out; what init reports about the command's exit is as
 * trustworthy as the command.
 */
#define _GNU_SOURCE
#include "init.h"

#include "agent.h"
#include "config.h"
#include "kernel.h"
#include "relay.h"
#include "seccomp.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void tell(enum message_kind kind, int value, const char *text) {
  struct message message = {.kind = kind, .value = value};
  snprintf(message.text, sizeof message.text, "%s", text);
  ssize_t sent = send(FD_HOLDER, &message, sizeof message, MSG_NOSIGNAL);
  (void)sent; /* The holder is gone, then the kernel is ending this process already. */
}

static int refuse(const char *step, int error) {
  tell(MESSAGE_FAILED, error, step);
  return 125;
}

/*
 * Creates the folders above a path, as far as they are missing. A link that an earlier session left in the place of a folder is
 * replaced: the way to the command must be the one that was decided on.
 */
static int make_parents(const char *path) {
  char folder[4096];
  if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder) {
    errno = ENAMETOOLONG;
    return -1;
  }
  for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    struct stat facts;
    int present = lstat(folder, &facts) == 0;
    if (present && S_ISLNK(facts.st_mode)) {
      if (unlink(folder) != 0) return -1;
      present = 0;
    }
    if (!present && mkdir(folder, 0755) != 0) return -1;
    *slash = '/';
  }
  return 0;
}

static int make_link(const char *at, const char *target) {
  char present[4096];
  if (make_parents(at) != 0) return -1;
  ssize_t length = readlink(at, present, sizeof present - 1);
  if (length >= 0) {
    present[length] = '\0';
    if (strcmp(present, target) == 0) return 0;
  }
  if (unlink(at) != 0 && errno != ENOENT) return -1;
  return symlink(target, at);
}

/*
 * Links below the home are made here, inside the walls and with the agent's own rights: the home lives on between sessions, and
 * a link planted there by an earlier one must not lead a process outside astray.
 */
static int make_links(const struct config *config) {
  struct record record;
  size_t offset = 0;
  const char *at = NULL;
  while (config_next(config, &offset, &record) == 1) {
    if (strcmp(record.key, "link") == 0) at = record.value;
    if (at == NULL || strcmp(record.key, "link.target") != 0) continue;
    if (make_link(at, record.value) != 0) return -1;
  }
  return 0;
}

static int take_descriptors(struct config *config) {
  if (config_read_file(FD_CONFIG, config) != 0) return -1;
  if (dup2(FD_STDIN, 0) < 0 || dup2(FD_STDOUT, 1) < 0 || dup2(FD_STDERR, 2) < 0) return -1;
  int exposed = relay_exposed_count(config);
  if (exposed < 0) {
    errno = E2BIG;
    return -1;
  }
  if (kernel_close_range(3, FD_HOLDER - 1, 0) != 0 || kernel_close_range(FD_HOLDER + 1, FD_EXPOSED - 1, 0) != 0 ||
      kernel_close_range((unsigned)(FD_EXPOSED + exposed), ~0u, 0) != 0)
    return -1;
  for (int i = 0; i < exposed; i++) {
    if (fcntl(FD_EXPOSED + i, F_SETFD, FD_CLOEXEC) != 0) return -1;
  }
  return fcntl(FD_HOLDER, F_SETFD, FD_CLOEXEC);
}

/* The agent's streams are at their end only when nobody else holds them. */
static void forget_streams(void) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < 3; i++) {
    if (nothing >= 0) {
      dup2(nothing, i);
    } else {
      close(i);
    }
  }
  if (nothing > 2) close(nothing);
}

/* Everybody but this process, but only in a pid namespace of its own: elsewhere it would be everything of the user's. */
static void signal_everybody(pid_t agent, int number) {
  kill(getpid() == 1 ? -1 : -agent, number);
}

static void obey(pid_t agent) {
  struct message message;
  ssize_t got = recv(FD_HOLDER, &message, sizeof message, MSG_DONTWAIT);
  if (got == (ssize_t)sizeof message && message.kind == MESSAGE_TERMINATE) {
    signal_everybody(agent, SIGTERM);
    signal_everybody(agent, SIGCONT);
  }
  /* Nobody inside can catch the one, and only this process, which it does not reach, sends the other. */
  if (got == (ssize_t)sizeof message && message.kind == MESSAGE_PAUSE) signal_everybody(agent, SIGSTOP);
  if (got == (ssize_t)sizeof message && message.kind == MESSAGE_RESUME) signal_everybody(agent, SIGCONT);
  if (got == (ssize_t)sizeof message && message.kind == MESSAGE_SIGNAL && message.value > 0 && message.value < NSIG) {
    kill(-agent, message.value);
  }
#ifndef GUARD_OFF_DIE_WITH_PARENT
  if (got == 0) _exit(125);
#endif
}

static int exit_of(int status) {
  if (WIFSIGNALED(status)) {
    tell(MESSAGE_SIGNALED, WTERMSIG(status), "");
    return 128 + WTERMSIG(status);
  }
  tell(MESSAGE_EXITED, WEXITSTATUS(status), "");
  return WEXITSTATUS(status);
}

/* Waits for children of all kinds. Returns the session's exit status when the command has ended, else -1. */
static int reap(int signals, pid_t agent) {
  struct signalfd_siginfo facts;
  ssize_t drained = read(signals, &facts, sizeof facts);
  (void)drained;
  for (;;) {
    int status = 0;
    pid_t child = waitpid(-1, &status, WNOHANG);
    if (child <= 0) return -1;
    if (child != agent) continue;
    int code = exit_of(status);
    signal_everybody(agent, SIGKILL);
    return code;
  }
}

static int watch(int signals, pid_t agent) {
  int code = reap(signals, agent);
  int holder = FD_HOLDER;
  while (code < 0) {
    struct pollfd watched[] = {{.fd = signals, .events = POLLIN}, {.fd = holder, .events = POLLIN}};
    if (poll(watched, 2, -1) < 0 && errno != EINTR) return 125;
    if (watched[1].revents != 0) {
      obey(agent);
      if ((watched[1].revents & POLLHUP) != 0) holder = -1;
    }
    if (watched[0].revents != 0) code = reap(signals, agent);
  }
  return code;
}

int init_main(void) {
  struct config config;
  /* Before anything else: no process inside may trace this one, or read its memory, environment or descriptors. */
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NAME, "portcullis") != 0) return 125;
  if (take_descriptors(&config) != 0) return refuse("descriptors", errno);

  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &child, NULL) != 0) return refuse("signals", errno);
  int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return refuse("signals", errno);
  signal(SIGPIPE, SIG_IGN);

  /* Ports are taken before the agent runs, so that it cannot take them first. */
  const char *step = relay_listen(&config);
  if (step != NULL) return refuse(step, errno);
  if (make_links(&config) != 0) return refuse("links", errno);
  if (agent_limit_core() != 0) return refuse("limits", errno);
  /* On this process, so that relay and agent and everything below inherit it. */
  if (seccomp_install() != 0) return refuse("seccomp", errno);
  if (relay_start() < 0) return refuse("relay", errno);

  struct agent_failure failure;
  pid_t agent = agent_start(&config, &failure);
  if (agent < 0) return refuse(failure.step, failure.error);
  tell(MESSAGE_STARTED, 0, "");
  forget_streams();
  return watch(signals, agent);
}

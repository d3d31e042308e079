/*
 * Guarantee: the session lives exactly as long as this process, and this process no longer than its supervisor.
 *
 * Threat: an agent that outlives its supervisor (a daemonised grandchild), or that reaches through what the chain of helpers
 * holds: an inherited descriptor, the host's environment, a keyring, a controlling terminal.
 *
 * Limits: for a root caller the holder stays root with few capabilities, because only it can attach id-mapped mounts later.
 */
#define _GNU_SOURCE
#include "config.h"
#include "exposed.h"
#include "hold.h"
#include "isolate.h"
#include "kernel.h"
#include "launch.h"
#include "orphans.h"
#include "stage.h"
#include "streams.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMPLAINT_BYTES 2048
#define KEYCTL_JOIN_SESSION 1

struct holder {
  pid_t bubblewrap;
  int bubblewrap_gone;
  /* Process 1 of the session, once bubblewrap told its pid. */
  int init_pidfd;
  int init_gone;
  int init_end;
  int information;
  int complaints;
  int signals;
  /* The kernel's list of this process's children, or -1 where it keeps none. */
  int children;
  int supervisor_gone;
  int reported;
  char information_text[256];
  size_t information_length;
  char complaint_text[COMPLAINT_BYTES];
  size_t complaint_length;
};

/* One line for the supervisor. It may be gone: then nobody misses the line. */
static void report(const char *format, ...) {
  char line[COMPLAINT_BYTES + 512];
  va_list values;
  va_start(values, format);
  int length = vsnprintf(line, sizeof line - 1, format, values);
  va_end(values);
  if (length < 0) return;
  if ((size_t)length > sizeof line - 2) length = (int)sizeof line - 2;
  for (int i = 0; i < length; i++) {
    if (line[i] == '\n' || line[i] == '\r') line[i] = ' ';
  }
  line[length] = '\n';
  ssize_t sent = send(FD_SUPERVISOR, line, (size_t)length + 1, MSG_NOSIGNAL);
  (void)sent;
}

/* `failed STEP ERRNO TEXT`: nothing of the session is left when this is sent. */
static int refuse(const char *step, int error, const char *text) {
  report("failed %s %d %s", step, error, text);
  return 1;
}

static int die_with_supervisor(pid_t supervisor) {
#ifdef GUARD_OFF_DIE_WITH_PARENT
  (void)supervisor;
  return 0;
#else
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
  /* It may have died before the call above took effect. */
  if (getppid() == supervisor) return 0;
  errno = ESRCH;
  return -1;
#endif
}

static void end_session(struct holder *holder) {
  if (holder->init_pidfd >= 0) {
    kernel_pidfd_kill(holder->init_pidfd, SIGKILL);
  } else if (holder->bubblewrap > 0 && !holder->bubblewrap_gone) {
    kill(holder->bubblewrap, SIGKILL);
  }
}

static void tell_init(struct holder *holder, enum message_kind kind, int value) {
  struct message message = {.kind = kind, .value = value};
  ssize_t sent = send(holder->init_end, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)sent; /* A full or closed socket means an init that is ending or stuck; the supervisor kills after its grace. */
}

static void obey(struct holder *holder, int *unopened) {
  unsigned char commands[64];
  ssize_t got = recv(FD_SUPERVISOR, commands, sizeof commands - 1, 0);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    holder->supervisor_gone = 1;
#ifndef GUARD_OFF_DIE_WITH_PARENT
    end_session(holder);
#endif
    return;
  }
  for (ssize_t i = 0; i < got; i++) {
    if (commands[i] == COMMAND_KILL) end_session(holder);
    if (commands[i] == COMMAND_TERMINATE) tell_init(holder, MESSAGE_TERMINATE, 0);
    if (commands[i] == COMMAND_PAUSE) tell_init(holder, MESSAGE_PAUSE, 0);
    if (commands[i] == COMMAND_RESUME) tell_init(holder, MESSAGE_RESUME, 0);
    for (int stream = 0; stream < 3 && commands[i] == COMMAND_STREAMS_OPEN; stream++) {
      if (unopened[stream] >= 0) close(unopened[stream]);
      unopened[stream] = -1;
    }
    if (commands[i] == COMMAND_SIGNAL) {
      if (i + 1 == got && recv(FD_SUPERVISOR, &commands[got++], 1, 0) != 1) return;
      tell_init(holder, MESSAGE_SIGNAL, commands[++i]);
    }
  }
}

static void learn_init(struct holder *holder) {
  size_t room = sizeof holder->information_text - 1 - holder->information_length;
  ssize_t got = read(holder->information, holder->information_text + holder->information_length, room);
  if (got < 0 && errno == EINTR) return;
  if (got > 0) holder->information_length += (size_t)got;
  holder->information_text[holder->information_length] = '\0';
  const char *key = strstr(holder->information_text, "\"child-pid\":");
  if (key != NULL && holder->init_pidfd < 0 && strpbrk(key + 12, ",}\n") != NULL) {
    long pid = strtol(key + 12, NULL, 10);
    /* bubblewrap holds its child until it has been waited for, so the number cannot have been given away. */
    if (pid > 1) holder->init_pidfd = kernel_pidfd_open((pid_t)pid);
    if (holder->supervisor_gone) end_session(holder);
  }
  if (got <= 0 || room == 0) {
    close(holder->information);
    holder->information = -1;
  }
}

static void hear_complaint(struct holder *holder) {
  char spare[256];
  size_t room = sizeof holder->complaint_text - 1 - holder->complaint_length;
  char *to = room > 0 ? holder->complaint_text + holder->complaint_length : spare;
  ssize_t got = read(holder->complaints, to, room > 0 ? room : sizeof spare);
  if (got < 0 && errno == EINTR) return;
  if (got > 0 && room > 0) holder->complaint_length += (size_t)got;
  if (got > 0) return;
  close(holder->complaints);
  holder->complaints = -1;
}

static void hear_init(struct holder *holder) {
  struct message message;
  ssize_t got = recv(holder->init_end, &message, sizeof message, MSG_DONTWAIT);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got != (ssize_t)sizeof message) {
    close(holder->init_end);
    holder->init_end = -1;
    return;
  }
  message.text[MESSAGE_TEXT_BYTES - 1] = '\0';
  if (message.kind == MESSAGE_STARTED) report("started");
  if (message.kind == MESSAGE_FAILED && !holder->reported) report("failed %s %d", message.text, message.value);
  if (message.kind == MESSAGE_EXITED && !holder->reported) report("exited %d", message.value);
  if (message.kind == MESSAGE_SIGNALED && !holder->reported) report("signaled %d", message.value);
  if (message.kind != MESSAGE_STARTED) holder->reported = 1;
}

/*
 * From here on the supervisor's death is a request: killed at once, this process could not clean up. bubblewrap's child waits for
 * its parent before it does anything, also for one that is dead, and nothing else would ever end it.
 */
static int end_with_supervisor(pid_t supervisor) {
#ifdef GUARD_OFF_DIE_WITH_PARENT
  (void)supervisor;
  return 0;
#else
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return -1;
  if (getppid() == supervisor) return 0;
  errno = ESRCH;
  return -1;
#endif
}

static void reap(struct holder *holder) {
  struct signalfd_siginfo facts;
  ssize_t got = read(holder->signals, &facts, sizeof facts);
  if (got == (ssize_t)sizeof facts && facts.ssi_signo == SIGTERM) {
    holder->supervisor_gone = 1;
    end_session(holder);
  }
  if (waitpid(holder->bubblewrap, NULL, WNOHANG) != holder->bubblewrap) return;
  holder->bubblewrap_gone = 1;
  /* bubblewrap may be gone before its child, when somebody killed it. */
  end_session(holder);
}

static int is_unheard(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  return fd >= 0 && poll(&one, 1, 0) > 0;
}

static void watch(struct holder *holder, int *unopened) {
  while (!holder->bubblewrap_gone || (holder->init_pidfd >= 0 && !holder->init_gone)) {
    struct pollfd watched[] = {
        {.fd = holder->supervisor_gone ? -1 : FD_SUPERVISOR, .events = POLLIN},
        {.fd = holder->information, .events = POLLIN},
        {.fd = holder->complaints, .events = POLLIN},
        {.fd = holder->init_end, .events = POLLIN},
        {.fd = holder->signals, .events = POLLIN},
        {.fd = holder->init_gone ? -1 : holder->init_pidfd, .events = POLLIN},
    };
    if (poll(watched, sizeof watched / sizeof *watched, -1) < 0) {
      if (errno == EINTR) continue;
      end_session(holder);
      return;
    }
    if (watched[1].revents != 0) learn_init(holder);
    if (watched[2].revents != 0) hear_complaint(holder);
    if (watched[3].revents != 0) hear_init(holder);
    if (watched[0].revents != 0) obey(holder, unopened);
    if (watched[4].revents != 0) reap(holder);
    if (watched[5].revents != 0) holder->init_gone = 1;
  }
  while (is_unheard(holder->init_end)) hear_init(holder);
  while (is_unheard(holder->complaints)) hear_complaint(holder);
}

static int prepare(struct holder *holder, struct launch *launch) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  holder->init_end = ends[0];
  launch->init_end = ends[1];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  holder->complaints = ends[0];
  launch->complaints = ends[1];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  holder->information = ends[0];
  launch->information = ends[1];
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigaddset(&child, SIGTERM);
  if (sigprocmask(SIG_BLOCK, &child, NULL) != 0) return -1;
  holder->signals = signalfd(-1, &child, SFD_CLOEXEC);
  return holder->signals < 0 ? -1 : 0;
}

/* Lets go of everything that is the session's: a stream is at its end only when nobody holds it. */
static void release(const struct launch *launch) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; i < 3; i++) {
    if (launch->streams[i] > FD_SUPERVISOR) close(launch->streams[i]);
    if (nothing >= 0) dup2(nothing, i);
  }
  if (nothing > FD_SUPERVISOR) close(nothing);
  for (size_t i = 0; i < launch->exposed_count; i++) close(launch->exposed[i]);
  if (launch->cgroup >= 0) close(launch->cgroup);
  close(launch->init_end);
  close(launch->complaints);
  close(launch->information);
}

static int hold(const struct config *config, pid_t supervisor) {
  const char *pipes = config_find(config, "pipes");
  long foreign = config_number(config_find(config, "foreign"), 0x7fffffff);
  const char *cgroup = config_find(config, "cgroup");
  struct launch launch = {.cgroup = -1, .foreign = foreign > 0 && geteuid() == 0 ? (uid_t)foreign : 0};
  struct holder holder = {.init_pidfd = -1, .children = -1};
  struct stage_failure failure = {"", ""};
  int unopened[3] = {-1, -1, -1};
#ifndef GUARD_OFF_FOREIGN_UID
  if (geteuid() == 0 && launch.foreign == 0) return refuse("foreign-uid", EINVAL, "");
#else
  launch.foreign = 0;
#endif
  if (cgroup != NULL) {
    /* While the host's tree is as it was; later a session's own view may cover it. */
    launch.cgroup = open(cgroup, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (launch.cgroup < 0) return refuse("cgroup", errno, cgroup);
  }
  if (pipes != NULL) {
    if (make_pipes(pipes, launch.foreign, launch.streams) != 0) return refuse("pipes", errno, pipes);
    memcpy(unopened, launch.streams, sizeof unopened);
    if (session_ends(launch.streams) != 0) return refuse("pipes", errno, pipes);
    report("pipes");
  } else if (use_terminal(launch.foreign, launch.streams) != 0) {
    return refuse("terminal", errno, "");
  }
  if (exposed_listen(config, &launch) != 0) return refuse("exposed", errno, "");
  if (isolate() != 0) return refuse("namespaces", errno, "");
  if (stage_all(config, launch.foreign, &failure) != 0) return refuse(failure.step, errno, failure.path);
  if (prepare(&holder, &launch) != 0 || orphans_adopt(&holder.children) != 0 || end_with_supervisor(supervisor) != 0)
    return refuse("prepare", errno, "");
  holder.bubblewrap = launch_bubblewrap(config, &launch);
  if (holder.bubblewrap < 0) return refuse("fork", errno, "");
  release(&launch);
  /* From here on nothing is read from /proc/self, which this closes to everybody but root. */
  if (drop_capabilities() != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) {
    int error = errno;
    end_session(&holder);
    orphans_end(holder.children);
    return refuse("capabilities", error, "");
  }
  watch(&holder, unopened);
  orphans_end(holder.children);
  if (!holder.reported) report("failed bubblewrap 0 %s", holder.complaint_text);
  report("gone");
  return 0;
}

/*
 * Waits until the supervisor has heard everything. It may be busy while a short session begins and ends: named pipes that nobody
 * holds any more cannot be opened, and a command it writes to a closed socket makes it drop the reports it has not read yet.
 */
static void farewell(void) {
  char late[256];
  ssize_t got;
  shutdown(FD_SUPERVISOR, SHUT_WR);
  do {
    got = recv(FD_SUPERVISOR, late, sizeof late, 0);
  } while (got > 0 || (got < 0 && errno == EINTR));
}

static int hold_configured(pid_t supervisor) {
  if (kernel_close_range(FD_SUPERVISOR + 1, ~0u, 0) != 0) return refuse("descriptors", errno, "");
  signal(SIGPIPE, SIG_IGN);
#ifndef GUARD_OFF_CLEAR_ENVIRONMENT
  clearenv();
#endif
  if (chdir("/") != 0) return refuse("folder", errno, "/");
  /* The supervisor's session keyring would come along; a kernel without keyrings has none to hide. */
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION, NULL, 0, 0, 0) < 0 && errno != ENOSYS)
    return refuse("keyring", errno, "");
  struct config config;
  if (config_read_stream(FD_SUPERVISOR, &config) != 0) return refuse("configuration", errno, "");
  return hold(&config, supervisor);
}

/*
 * The holder's parent does nothing but wait: whoever kills the holder itself leaves what bubblewrap left to this process. When this
 * one is killed, the holder ends the session as if its supervisor were gone.
 */
static int keep_watch(pid_t holder, int children) {
  int status = 0;
  /* Every descriptor is the holder's alone: a stream is at its end only when nobody else has it open. */
  if ((children > 0 && kernel_close_range(0, (unsigned)children - 1, 0) != 0) ||
      kernel_close_range((unsigned)(children + 1), ~0u, 0) != 0 || drop_capabilities() != 0 ||
      prctl(PR_SET_DUMPABLE, 0) != 0) {
    kill(holder, SIGTERM);
  }
  while (waitpid(holder, &status, 0) < 0 && errno == EINTR) continue;
  orphans_end(children);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

int hold_main(const char *supervisor) {
  long pid = config_number(supervisor, 0x7fffffff);
  int children = -1;
  if (pid <= 0) return 125;
  if (die_with_supervisor((pid_t)pid) != 0 || orphans_adopt(&children) != 0) return 125;
  pid_t keeper = getpid();
  pid_t holder = fork();
  if (holder < 0) return 125;
  if (holder > 0) return keep_watch(holder, children);
  if (die_with_supervisor(keeper) != 0) return 125;
  int status = hold_configured(keeper);
  farewell();
  return status;
}

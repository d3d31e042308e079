/*
 * Guarantee: no process of a session can call into the parts of the kernel listed here, whatever it executes.
 *
 * Threat: kernel attack surface an agent has no use for (keyrings, io_uring, bpf, perf, user namespaces), calls whose flags
 * a filter cannot see (clone3, openat2 pass them in memory), foreign ABIs with other call numbers (i386, x32), bytes typed
 * into a terminal (TIOCSTI), leases that hold up the person's programs, sockets that leave the network namespace (vsock) or reach drivers (packet, AF_ALG, SCTP), and
 * programs left in the workspace that run with their owner's rights outside, where no nosuid holds: the owner is the caller.
 *
 * Limits: ptrace stays allowed, because debuggers need it; the pid namespace bounds it, and init and relay are not dumpable.
 * process_vm_* and pidfd_getfd are refused all the same: nothing needs them. memfd_create stays allowed, agents use it.
 * A filter cannot tell a folder from a file, so a folder cannot be made set-group-id either; it inherits the bit all the same.
 */
#define _GNU_SOURCE
#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "portcullis has no system call table for this processor"
#endif

#define X32_BIT 0x40000000u
#define NAMESPACE_FLAGS 0x7E020000u
#define TIOCSTI_REQUEST 0x5412u
#define TIOCLINUX_REQUEST 0x541Cu
#define TIOCSETD_REQUEST 0x5423u
#define NEW_LISTENER_FLAG 8u
#define SET_LEASE_COMMAND 1024u
/* RLIMIT_CORE. */
#define CORE_RESOURCE 4u
/* S_ISUID and S_ISGID. */
#define SET_ID_BITS 06000u
/* O_CREAT and the bit that makes O_TMPFILE: without them an open has no mode, and its register holds anything. */
#define CREATE_FLAGS (0100u | 020000000u)
/* Numbers newer than the headers this may be built with; the same on every processor. */
#define NR_QUOTACTL_FD 443
#define NR_FCHMODAT2 452
#define NR_OPEN_TREE_ATTR 467

#define REFUSE(code) (SECCOMP_RET_ERRNO | ((code)&SECCOMP_RET_DATA))

struct refused_call {
  uint32_t number;
  uint32_t action;
};

static const struct refused_call refused[] = {
    /* Keyrings are not namespaced: a key of the user's would be readable. */
    {__NR_keyctl, REFUSE(EPERM)},
    {__NR_add_key, REFUSE(EPERM)},
    {__NR_request_key, REFUSE(EPERM)},
    /* Rings do file and network calls no filter sees. ENOSYS, because libuv then falls back in silence. */
    {__NR_io_uring_setup, REFUSE(ENOSYS)},
    {__NR_io_uring_enter, REFUSE(ENOSYS)},
    {__NR_io_uring_register, REFUSE(ENOSYS)},
    /* Their flags are in memory, where another thread can change them after the check. */
    {__NR_clone3, REFUSE(ENOSYS)},
    {SYS_openat2, REFUSE(ENOSYS)},
    /* Attack surface and race amplifiers. */
    {__NR_userfaultfd, REFUSE(EPERM)},
    {__NR_bpf, REFUSE(EPERM)},
    {__NR_perf_event_open, REFUSE(EPERM)},
    {__NR_fanotify_init, REFUSE(EPERM)},
    /* Mounts and namespaces: the walls themselves. */
    {__NR_mount, REFUSE(EPERM)},
    {__NR_umount2, REFUSE(EPERM)},
    {__NR_pivot_root, REFUSE(EPERM)},
    {__NR_chroot, REFUSE(EPERM)},
    {__NR_fsopen, REFUSE(EPERM)},
    {__NR_fsmount, REFUSE(EPERM)},
    {__NR_fsconfig, REFUSE(EPERM)},
    {__NR_fspick, REFUSE(EPERM)},
    {__NR_move_mount, REFUSE(EPERM)},
    {__NR_open_tree, REFUSE(EPERM)},
    {NR_OPEN_TREE_ATTR, REFUSE(EPERM)},
    {SYS_mount_setattr, REFUSE(EPERM)},
    {__NR_setns, REFUSE(EPERM)},
    {__NR_unshare, REFUSE(EPERM)},
    {__NR_name_to_handle_at, REFUSE(EPERM)},
    {__NR_open_by_handle_at, REFUSE(EPERM)},
    /* Memory and descriptors of other processes. */
    {__NR_process_vm_readv, REFUSE(EPERM)},
    {__NR_process_vm_writev, REFUSE(EPERM)},
    {SYS_pidfd_getfd, REFUSE(EPERM)},
    {__NR_kcmp, REFUSE(EPERM)},
    /* The machine. Capabilities forbid most of it already; a filter does not depend on them. */
    {__NR_kexec_load, REFUSE(EPERM)},
#ifdef __NR_kexec_file_load
    {__NR_kexec_file_load, REFUSE(EPERM)},
#endif
    {__NR_init_module, REFUSE(EPERM)},
    {__NR_finit_module, REFUSE(EPERM)},
    {__NR_delete_module, REFUSE(EPERM)},
    {__NR_reboot, REFUSE(EPERM)},
    {__NR_swapon, REFUSE(EPERM)},
    {__NR_swapoff, REFUSE(EPERM)},
    {__NR_quotactl, REFUSE(EPERM)},
    {NR_QUOTACTL_FD, REFUSE(EPERM)},
    {__NR_acct, REFUSE(EPERM)},
    {__NR_syslog, REFUSE(EPERM)},
    {__NR_settimeofday, REFUSE(EPERM)},
    {__NR_clock_settime, REFUSE(EPERM)},
    {__NR_adjtimex, REFUSE(EPERM)},
    {__NR_clock_adjtime, REFUSE(EPERM)},
    {__NR_sethostname, REFUSE(EPERM)},
    {__NR_setdomainname, REFUSE(EPERM)},
    {__NR_vhangup, REFUSE(EPERM)},
    {__NR_lookup_dcookie, REFUSE(EPERM)},
#ifdef __NR_iopl
    {__NR_iopl, REFUSE(EPERM)},
    {__NR_ioperm, REFUSE(EPERM)},
    {__NR_modify_ldt, REFUSE(EPERM)},
    {__NR_uselib, REFUSE(EPERM)},
    {__NR_ustat, REFUSE(EPERM)},
    {__NR_sysfs, REFUSE(EPERM)},
    {__NR__sysctl, REFUSE(EPERM)},
#endif
};

struct writer {
  struct sock_filter *program;
  size_t capacity;
  size_t length;
};

static void emit(struct writer *w, struct sock_filter instruction) {
  if (w->length < w->capacity) w->program[w->length] = instruction;
  w->length++;
}

static void emit_load(struct writer *w, uint32_t offset) {
  emit(w, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void emit_return(struct writer *w, uint32_t action) {
  emit(w, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Skips `then` further instructions when the test fails. */
static void emit_unless(struct writer *w, uint16_t test, uint32_t value, uint8_t then) {
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, then));
}

/* Arguments are 64 bits wide; the low half is what the kernel uses where a 32-bit value is expected (little-endian). */
static uint32_t argument(unsigned index) {
  return (uint32_t)(offsetof(struct seccomp_data, args) + index * sizeof(uint64_t));
}

static void emit_ioctl(struct writer *w) {
  emit_unless(w, BPF_JEQ, __NR_ioctl, 8);
  emit_load(w, argument(1));
  emit_unless(w, BPF_JEQ, TIOCSTI_REQUEST, 1);
  emit_return(w, REFUSE(EPERM));
  emit_unless(w, BPF_JEQ, TIOCLINUX_REQUEST, 1);
  emit_return(w, REFUSE(EPERM));
  emit_unless(w, BPF_JEQ, TIOCSETD_REQUEST, 1);
  emit_return(w, REFUSE(EPERM));
  emit_return(w, SECCOMP_RET_ALLOW);
}

static void emit_clone(struct writer *w) {
  emit_unless(w, BPF_JEQ, __NR_clone, 4);
  emit_load(w, argument(0));
  emit_unless(w, BPF_JSET, NAMESPACE_FLAGS, 1);
  emit_return(w, REFUSE(EPERM));
  emit_return(w, SECCOMP_RET_ALLOW);
}

/* Only unix, inet and inet6, and netlink for routes (os.networkInterfaces()). */
static void emit_socket(struct writer *w) {
  /* What agents speak. Any other protocol, even if only asked for, has the kernel load the module that knows it (SCTP, L2TP). */
  static const uint32_t protocols[] = {0, 1 /* ICMP */, 6 /* TCP */, 17 /* UDP */, 58 /* ICMPv6 */, 262 /* MPTCP */};
  const size_t count = sizeof protocols / sizeof *protocols;
  emit_unless(w, BPF_JEQ, __NR_socket, (uint8_t)(18 + 2 * count));
  emit_load(w, argument(0));
  emit_unless(w, BPF_JEQ, 1 /* AF_UNIX */, 1);
  emit_return(w, SECCOMP_RET_ALLOW);
  emit_unless(w, BPF_JEQ, 16 /* AF_NETLINK */, 4);
  emit_load(w, argument(2));
  emit_unless(w, BPF_JEQ, 0 /* NETLINK_ROUTE */, 1);
  emit_return(w, SECCOMP_RET_ALLOW);
  emit_return(w, REFUSE(EAFNOSUPPORT));
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2 /* AF_INET */, 2, 0));
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 10 /* AF_INET6 */, 1, 0));
  emit_return(w, REFUSE(EAFNOSUPPORT));
  emit_load(w, argument(1));
  emit(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf));
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1 /* SOCK_STREAM */, 2, 0));
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2 /* SOCK_DGRAM */, 1, 0));
  emit_return(w, REFUSE(EPERM));
  emit_load(w, argument(2));
  for (size_t i = 0; i < count; i++) {
    emit_unless(w, BPF_JEQ, protocols[i], 1);
    emit_return(w, SECCOMP_RET_ALLOW);
  }
  emit_return(w, REFUSE(EPROTONOSUPPORT));
}

/* It makes sockets of any family before it finds out that they cannot be paired. */
static void emit_socketpair(struct writer *w) {
  emit_unless(w, BPF_JEQ, __NR_socketpair, 4);
  emit_load(w, argument(0));
  emit_unless(w, BPF_JEQ, 1 /* AF_UNIX */, 1);
  emit_return(w, SECCOMP_RET_ALLOW);
  emit_return(w, REFUSE(EAFNOSUPPORT));
}

/* A call that gives a file its mode, in the argument of that index. */
static void emit_mode(struct writer *w, uint32_t call, unsigned index) {
  emit_unless(w, BPF_JEQ, call, 4);
  emit_load(w, argument(index));
  emit_unless(w, BPF_JSET, SET_ID_BITS, 1);
  emit_return(w, REFUSE(EPERM));
  emit_return(w, SECCOMP_RET_ALLOW);
}

/* The same for an open, which has a mode behind its flags when it creates. */
static void emit_open(struct writer *w, uint32_t call, unsigned flags_index) {
  emit_unless(w, BPF_JEQ, call, 6);
  emit_load(w, argument(flags_index));
  emit_unless(w, BPF_JSET, CREATE_FLAGS, 3);
  emit_load(w, argument(flags_index + 1));
  emit_unless(w, BPF_JSET, SET_ID_BITS, 1);
  emit_return(w, REFUSE(EPERM));
  emit_return(w, SECCOMP_RET_ALLOW);
}

/*
 * What the session writes belongs to the caller outside, also when the caller is root: a set-uid file would be a program that
 * everybody on the machine can run with those rights. mkdir drops the bits itself.
 */
static void emit_set_id(struct writer *w) {
  emit_mode(w, __NR_fchmod, 1);
  emit_mode(w, __NR_fchmodat, 2);
  emit_mode(w, NR_FCHMODAT2, 2);
  emit_mode(w, __NR_mknodat, 2);
  emit_open(w, __NR_openat, 2);
#ifdef __NR_chmod
  emit_mode(w, __NR_chmod, 1);
  emit_mode(w, __NR_mknod, 1);
  emit_mode(w, __NR_creat, 1);
  emit_open(w, __NR_open, 1);
#endif
}

/* A lease holds up, for most of a minute, whoever opens the file outside for writing: the person's editor. */
static void emit_lease(struct writer *w) {
  emit_unless(w, BPF_JEQ, __NR_fcntl, 4);
  emit_load(w, argument(1));
  emit_unless(w, BPF_JEQ, SET_LEASE_COMMAND, 1);
  emit_return(w, REFUSE(EPERM));
  emit_return(w, SECCOMP_RET_ALLOW);
}

/*
 * The limit of core files stays at 1 byte, see agent.c: a change of it succeeds and does nothing, since what asks for one only
 * wants what is so already.
 */
static void emit_core_limit(struct writer *w) {
  emit_unless(w, BPF_JEQ, __NR_prlimit64, 8);
  emit_load(w, argument(1));
  emit_unless(w, BPF_JEQ, CORE_RESOURCE, 5);
  /* Without a new limit it only asks. The pointer counts whole: its low half alone may be zero. */
  emit_load(w, argument(2));
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2));
  emit_load(w, argument(2) + (uint32_t)sizeof(uint32_t));
  emit(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
  emit_return(w, REFUSE(0));
  emit_return(w, SECCOMP_RET_ALLOW);
#ifdef __NR_setrlimit
  emit_unless(w, BPF_JEQ, __NR_setrlimit, 4);
  emit_load(w, argument(0));
  emit_unless(w, BPF_JEQ, CORE_RESOURCE, 1);
  emit_return(w, REFUSE(0));
  emit_return(w, SECCOMP_RET_ALLOW);
#endif
}

/* A listener of the agent's own would let a program inside answer for the filter of its children. */
static void emit_seccomp(struct writer *w) {
  emit_unless(w, BPF_JEQ, __NR_seccomp, 4);
  emit_load(w, argument(1));
  emit_unless(w, BPF_JSET, NEW_LISTENER_FLAG, 1);
  emit_return(w, REFUSE(EPERM));
  emit_return(w, SECCOMP_RET_ALLOW);
}

/* Default, 32-bit display, uname 2.6 and no address randomisation (debuggers); asking is allowed. */
static void emit_personality(struct writer *w) {
  static const uint32_t allowed[] = {0x0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff};
  const size_t count = sizeof allowed / sizeof *allowed;
  emit_unless(w, BPF_JEQ, __NR_personality, (uint8_t)(count * 2 + 2));
  emit_load(w, argument(0));
  for (size_t i = 0; i < count; i++) {
    emit_unless(w, BPF_JEQ, allowed[i], 1);
    emit_return(w, SECCOMP_RET_ALLOW);
  }
  emit_return(w, REFUSE(EPERM));
}

size_t seccomp_program(struct sock_filter *program, size_t capacity) {
  struct writer w = {.program = program, .capacity = capacity, .length = 0};
  emit_load(&w, offsetof(struct seccomp_data, arch));
  emit(&w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0));
  emit_return(&w, SECCOMP_RET_KILL_PROCESS);
  /* From here on the number is loaded; each block below either skips itself whole or returns. */
  emit_load(&w, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  emit_unless(&w, BPF_JSET, X32_BIT, 1);
  emit_return(&w, SECCOMP_RET_KILL_PROCESS);
#endif
  emit_ioctl(&w);
  emit_clone(&w);
  emit_socket(&w);
  emit_socketpair(&w);
  emit_set_id(&w);
  emit_lease(&w);
  emit_core_limit(&w);
  emit_seccomp(&w);
  emit_personality(&w);
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    emit_unless(&w, BPF_JEQ, refused[i].number, 1);
    emit_return(&w, refused[i].action);
  }
  emit_return(&w, SECCOMP_RET_ALLOW);
  return w.length;
}

int seccomp_install(void) {
#ifdef GUARD_OFF_SECCOMP
  return 0;
#else
  static struct sock_filter program[SECCOMP_PROGRAM_MAX];
  size_t length = seccomp_program(program, SECCOMP_PROGRAM_MAX);
  if (length > SECCOMP_PROGRAM_MAX) {
    errno = E2BIG;
    return -1;
  }
  struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
  /* Needed without privileges; bubblewrap set it already, setting it again costs nothing. */
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
#endif
}

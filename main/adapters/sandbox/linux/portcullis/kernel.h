/*
 * Kernel interfaces by number, so that portcullis builds with headers older than the kernel it runs on.
 */
#pragma once
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_TREE_CLONE_FLAG 1u
#define AT_RECURSIVE_FLAG 0x8000u
#define MOVE_MOUNT_F_EMPTY_PATH_FLAG 0x4u
#define MOVE_MOUNT_T_EMPTY_PATH_FLAG 0x40u
#define ATTR_RDONLY 0x1u
#define ATTR_NOSUID 0x2u
#define ATTR_NODEV 0x4u
#define ATTR_NOEXEC 0x8u
#define ATTR_IDMAP 0x100000u
#define FSCONFIG_STRING_COMMAND 1u
#define FSCONFIG_CREATE_COMMAND 6u
#define RESOLVE_NO_MAGICLINKS_FLAG 0x02u
#define RESOLVE_NO_SYMLINKS_FLAG 0x04u
#define RESOLVE_BENEATH_FLAG 0x08u

#define CLONE_INTO_CGROUP_FLAG 0x200000000ull

/* The second version (kernel 5.7), with `cgroup`. */
struct clone_args_v2 {
  uint64_t flags;
  uint64_t pidfd;
  uint64_t child_tid;
  uint64_t parent_tid;
  uint64_t exit_signal;
  uint64_t stack;
  uint64_t stack_size;
  uint64_t tls;
  uint64_t set_tid;
  uint64_t set_tid_size;
  uint64_t cgroup;
};

struct open_how_v0 {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

struct mount_attr_v0 {
  uint64_t attr_set;
  uint64_t attr_clr;
  uint64_t propagation;
  uint64_t userns_fd;
};

static inline int kernel_open_tree(int dir, const char *path, unsigned flags) {
  return (int)syscall(SYS_open_tree, dir, path, flags);
}
static inline int kernel_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
  return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
static inline int kernel_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr_v0 *attr) {
  return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}
static inline int kernel_fsopen(const char *name, unsigned flags) { return (int)syscall(SYS_fsopen, name, flags); }
static inline int kernel_fsconfig(int fd, unsigned command, const char *key, const char *value, int aux) {
  return (int)syscall(SYS_fsconfig, fd, command, key, value, aux);
}
static inline int kernel_fsmount(int fd, unsigned flags, unsigned attributes) {
  return (int)syscall(SYS_fsmount, fd, flags, attributes);
}
static inline int kernel_openat2(int dir, const char *path, struct open_how_v0 *how) {
  return (int)syscall(SYS_openat2, dir, path, how, sizeof *how);
}
static inline int kernel_close_range(unsigned first, unsigned last, unsigned flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}
static inline int kernel_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int kernel_pidfd_kill(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}
/* As fork, but the child exists in that cgroup from its first moment. */
static inline pid_t kernel_fork_into(int cgroup, int exit_signal) {
  struct clone_args_v2 arguments = {
      .flags = CLONE_INTO_CGROUP_FLAG, .exit_signal = (uint64_t)exit_signal, .cgroup = (uint64_t)cgroup};
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

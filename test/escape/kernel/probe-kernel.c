// The probe of the kernel escape tests: one system call, one line about how it ended, as `../harness/probe.c` does it.
//
//   ./probe-kernel call keyctl 0 -3 0         a call by name; arguments are numbers, `s:TEXT` (pointer to the text),
//                                             `z` (pointer to zeroes) or `r:HEX` (pointer to zeroes that begin with HEX)
//   ./probe-kernel socket FAMILY TYPE PROTOCOL
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#define NR_QUOTACTL_FD 443
#define NR_OPEN_TREE_ATTR 467

static const struct {
    const char *name;
    long number;
} calls[] = {
    {"keyctl", SYS_keyctl},
    {"add_key", SYS_add_key},
    {"request_key", SYS_request_key},
    {"io_uring_setup", SYS_io_uring_setup},
    {"io_uring_enter", SYS_io_uring_enter},
    {"io_uring_register", SYS_io_uring_register},
    {"clone3", SYS_clone3},
    {"openat2", SYS_openat2},
    {"userfaultfd", SYS_userfaultfd},
    {"bpf", SYS_bpf},
    {"perf_event_open", SYS_perf_event_open},
    {"fanotify_init", SYS_fanotify_init},
    {"mount", SYS_mount},
    {"umount2", SYS_umount2},
    {"pivot_root", SYS_pivot_root},
    {"chroot", SYS_chroot},
    {"fsopen", SYS_fsopen},
    {"fsmount", SYS_fsmount},
    {"fsconfig", SYS_fsconfig},
    {"fspick", SYS_fspick},
    {"move_mount", SYS_move_mount},
    {"open_tree", SYS_open_tree},
    {"open_tree_attr", NR_OPEN_TREE_ATTR},
    {"mount_setattr", SYS_mount_setattr},
    {"unshare", SYS_unshare},
    {"setns", SYS_setns},
    {"clone", SYS_clone},
    {"name_to_handle_at", SYS_name_to_handle_at},
    {"open_by_handle_at", SYS_open_by_handle_at},
    {"process_vm_readv", SYS_process_vm_readv},
    {"process_vm_writev", SYS_process_vm_writev},
    {"pidfd_getfd", SYS_pidfd_getfd},
    {"kcmp", SYS_kcmp},
    {"quotactl", SYS_quotactl},
    {"quotactl_fd", NR_QUOTACTL_FD},
    {"seccomp", SYS_seccomp},
    {"personality", SYS_personality},
};

static const char *name;

static int say(int failed) {
    if (failed) printf("%s: %s\n", name, strerrorname_np(errno));
    else printf("%s: OK\n", name);
    fflush(stdout);
    return 0;
}

static long pointed(const char *text) {
    unsigned char *zeroes = calloc(1, 4096);
    for (size_t index = 0; text[2 * index] != 0 && text[2 * index + 1] != 0; index++) {
        unsigned value = 0;
        sscanf(text + 2 * index, "%2x", &value);
        zeroes[index] = (unsigned char)value;
    }
    return (long)zeroes;
}

static long argument(const char *text) {
    if (strncmp(text, "s:", 2) == 0) return (long)(text + 2);
    if (strcmp(text, "z") == 0) return pointed("");
    if (strncmp(text, "r:", 2) == 0) return pointed(text + 2);
    return (long)strtoull(text, NULL, 0);
}

// Says how a call ended. A descriptor or a child that came of it goes with this process.
static int cmd_call(int count, char **a) {
    long values[6] = {0};
    name = a[0];
    for (int index = 1; index < count && index <= 6; index++) values[index - 1] = argument(a[index]);
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
        if (strcmp(calls[index].name, a[0]) != 0) continue;
        pid_t self = getpid();
        long result =
            syscall(calls[index].number, values[0], values[1], values[2], values[3], values[4], values[5]);
        int failure = errno;
        if (getpid() != self || (strncmp(name, "clone", 5) == 0 && result == 0)) _exit(0);
        errno = failure;
        return say(result < 0);
    }
    fprintf(stderr, "probe-kernel: no call %s\n", name);
    return 2;
}

static int cmd_socket(int count, char **a) {
    (void)count;
    int fd = socket(atoi(a[0]), (int)strtol(a[1], NULL, 0), atoi(a[2]));
    static char text[64];
    snprintf(text, sizeof text, "socket %s %s %s", a[0], a[1], a[2]);
    name = text;
    return say(fd < 0);
}

// A page of machine code, called. What comes back is printed, so that a call that ran shows.
static int run_code(const unsigned char *code, size_t length) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (page == MAP_FAILED) return say(1);
    memcpy(page, code, length);
    long (*run)(void) = (long (*)(void))page;
    printf("%s: started\n", name);
    fflush(stdout);
    printf("%s: came back %s\n", name, run() == getpid() ? "with the pid" : "without");
    return 0;
}

#if defined(__x86_64__)
// mov eax,39 (getpid) ; syscall ; ret
static int cmd_native(int count, char **a) {
    (void)count, (void)a;
    return run_code((const unsigned char *)"\xb8\x27\0\0\0\x0f\x05\xc3", 8);
}
// mov eax,20 (getpid of i386) ; int 0x80 ; ret
static int cmd_i386(int count, char **a) {
    (void)count, (void)a;
    return run_code((const unsigned char *)"\xb8\x14\0\0\0\xcd\x80\xc3", 8);
}
// mov eax,0x40000000+39 (getpid of x32) ; syscall ; ret
static int cmd_x32(int count, char **a) {
    (void)count, (void)a;
    return run_code((const unsigned char *)"\xb8\x27\0\0\x40\x0f\x05\xc3", 8);
}
#endif

// ioctl FILE REQUEST: FILE is opened as a terminal; the argument is a line feed, which even a
// terminal that collects lines passes on at once.
static int cmd_ioctl(int count, char **a) {
    (void)count;
    char byte = '\n';
    int fd = strcmp(a[0], "-") == 0 ? 0 : open(a[0], O_RDWR | O_CLOEXEC);
    return say(fd < 0 || ioctl(fd, strtoul(a[1], NULL, 0), &byte) != 0);
}

// Which terminal, session and foreground group this process has, as far as it can see.
static int cmd_terminal(int count, char **a) {
    (void)count, (void)a;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    printf("terminal: %s, session %s\n", fd < 0 ? strerrorname_np(errno) : "mine", getsid(0) > 0 ? "inside" : "outside");
    return 0;
}

static volatile char secret[] = "a text only the child knows";

// A child of its own, which everybody may look into: reads its memory.
static int cmd_vm_child(int count, char **a) {
    (void)count, (void)a;
    pid_t child = fork();
    if (child == 0) pause();
    char got[sizeof secret];
    struct iovec to = {got, sizeof got}, from = {(void *)secret, sizeof got};
    long result = syscall(SYS_process_vm_readv, child, &to, 1L, &from, 1L, 0L);
    int failure = errno;
    kill(child, SIGKILL);
    errno = failure;
    return say(result < 0);
}

// A child of its own: takes a descriptor out of it.
static int cmd_getfd_child(int count, char **a) {
    (void)count, (void)a;
    pid_t child = fork();
    if (child == 0) pause();
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    long result = syscall(SYS_pidfd_getfd, pidfd, 1, 0);
    int failure = errno;
    kill(child, SIGKILL);
    errno = failure;
    return say(result < 0);
}

// trace PID, or a child of its own with 0: seizes it and lets go at once.
static int cmd_trace(int count, char **a) {
    (void)count;
    pid_t child = 0, target = (pid_t)atoi(a[0]);
    if (target == 0) {
        child = fork();
        if (child == 0) pause();
        target = child;
    }
    long result = ptrace(PTRACE_SEIZE, target, 0, 0);
    int failure = errno;
    if (child > 0) kill(child, SIGKILL);
    errno = failure;
    return say(result != 0);
}

// A program from memory, without a name in any file system: this probe again, with the arguments that follow.
static int cmd_memfd(int count, char **a) {
    (void)count;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = (int)syscall(SYS_memfd_create, "memory", 1);
    struct stat facts;
    if (from < 0 || to < 0 || fstat(from, &facts) != 0) return say(1);
    char *bytes = malloc((size_t)facts.st_size);
    if (read(from, bytes, (size_t)facts.st_size) != facts.st_size) return say(1);
    if (write(to, bytes, (size_t)facts.st_size) != facts.st_size) return say(1);
    a[-1] = (char *)"memory";
    syscall(SYS_execveat, to, "", a - 1, environ, AT_EMPTY_PATH);
    return say(1);
}

// identity: what the kernel thinks this process may do.
static int cmd_identity(int count, char **a) {
    (void)count, (void)a;
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNewPrivs", 10) == 0 || strncmp(line, "Seccomp:", 8) == 0)
            fputs(line, stdout);
    printf("Uids:\t%d %d\n", (int)getuid(), (int)geteuid());
    return 0;
}

// key-plant NAME TEXT puts a key into the user's keyring for five minutes; key-read NAME finds and reads it.
static long find_key(const char *what) { return syscall(SYS_keyctl, 10L, -4L, "user", what, 0L); }
static int cmd_key_plant(int count, char **a) {
    (void)count;
    long key = syscall(SYS_add_key, "user", a[0], a[1], strlen(a[1]), -4L);
    return say(key < 0 || syscall(SYS_keyctl, 5L, key, 0x3f3f0000L) != 0 || syscall(SYS_keyctl, 15L, key, 300L) != 0);
}
static int cmd_key_read(int count, char **a) {
    (void)count;
    char text[256] = {0};
    long key = find_key(a[0]);
    if (key < 0 || syscall(SYS_keyctl, 11L, key, text, sizeof text - 1) < 0) return say(1);
    printf("%s: OK %s\n", name, text);
    return 0;
}

// shm-make prints the id of a segment with a text in it; shm-read KEY TEXT looks for it; shm-remove KEY.
static int cmd_shm_make(int count, char **a) {
    (void)count;
    int id = shmget((key_t)atoi(a[0]), 4096, IPC_CREAT | IPC_EXCL | 0666);
    char *place = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
    if (place == (void *)-1) return say(1);
    strncpy(place, a[1], 4000);
    return say(0);
}
static int cmd_shm_read(int count, char **a) {
    (void)count;
    int id = shmget((key_t)atoi(a[0]), 0, 0);
    char *place = id < 0 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);
    if (place == (void *)-1) return say(1);
    printf("%s: OK %s\n", name, place);
    return 0;
}
static int cmd_shm_remove(int count, char **a) {
    (void)count;
    int id = shmget((key_t)atoi(a[0]), 0, 0);
    return say(id < 0 || shmctl(id, IPC_RMID, NULL) != 0);
}

// Opens FILE until the kernel refuses; then closes all of it again.
static int cmd_exhaust(int count, char **a) {
    (void)count;
    int opened = 0;
    while (opened < 10000000 && open(a[0], O_RDONLY | O_CLOEXEC) >= 0) opened++;
    int failure = errno;
    printf("%s: %d %s\n", name, opened, strerrorname_np(failure));
    return 0;
}

// Takes and touches COUNT mebibytes.
static int cmd_memory(int count, char **a) {
    (void)count;
    for (int left = atoi(a[0]); left > 0; left--) {
        char *piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED) return say(1);
        memset(piece, 1, 1 << 20);
    }
    return say(0);
}

// The classic: every copy forks again, and again after each refusal, until SECONDS are over or the session is.
static int cmd_bomb(int count, char **a) {
    (void)count;
    int told = 0;
    alarm((unsigned)atoi(a[0]));
    while (told < 2) {
        pid_t child = fork();
        if (child == 0) {
            told = 1;
            alarm((unsigned)atoi(a[0]));
        } else if (child < 0) {
            if (!told) say(1);
            told = 1;
            // Tries go on, but leave the test's machine some time.
            usleep(2000);
        }
    }
    return 0;
}

static const struct {
    const char *name;
    int arguments_min;
    int (*run)(int count, char **arguments);
} commands[] = {
    {"call", 1, cmd_call},
    {"socket", 3, cmd_socket},
#if defined(__x86_64__)
    {"native", 0, cmd_native},
    {"i386", 0, cmd_i386},
    {"x32", 0, cmd_x32},
#endif
    {"ioctl", 2, cmd_ioctl},
    {"terminal", 0, cmd_terminal},
    {"vm-child", 0, cmd_vm_child},
    {"getfd-child", 0, cmd_getfd_child},
    {"trace", 1, cmd_trace},
    {"memfd", 1, cmd_memfd},
    {"identity", 0, cmd_identity},
    {"key-plant", 2, cmd_key_plant},
    {"key-read", 1, cmd_key_read},
    {"shm-make", 2, cmd_shm_make},
    {"shm-read", 1, cmd_shm_read},
    {"shm-remove", 1, cmd_shm_remove},
    {"exhaust", 1, cmd_exhaust},
    {"memory", 1, cmd_memory},
    {"bomb", 1, cmd_bomb},
};

int main(int argc, char **argv) {
    for (size_t index = 0; argc > 1 && index < sizeof commands / sizeof *commands; index++) {
        if (strcmp(argv[1], commands[index].name) != 0 || argc - 2 < commands[index].arguments_min) continue;
        name = argv[1];
        return commands[index].run(argc - 2, argv + 2);
    }
    fprintf(stderr, "probe-kernel: wrongly called: %s\n", argc > 1 ? argv[1] : "");
    return 2;
}

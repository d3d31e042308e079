// The probe of the escape tests: one system call, or a short sequence that belongs together, and one line about how it
// ended: `NAME: OK`, `NAME: EACCES`, or `NAME: OK CONTENT`. Exit status 0 whatever came of it; 2 when it was called wrongly.
//
//   ./probe read FILE
//
// The same program runs as the control outside and as the attempt inside.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

struct open_how_v0 {
    uint64_t flags, mode, resolve;
};

static const char *name;

static int say(int failed) {
    if (failed) printf("%s: %s\n", name, strerrorname_np(errno));
    else printf("%s: OK\n", name);
    fflush(stdout);
    return 0;
}

static int say_content(int fd) {
    char buffer[4096];
    ssize_t count = fd < 0 ? -1 : read(fd, buffer, sizeof buffer - 1);
    if (count < 0) return say(1);
    buffer[count] = 0;
    buffer[strcspn(buffer, "\n")] = 0;
    printf("%s: OK %s\n", name, buffer);
    return 0;
}

static int cmd_read(char **a) { return say_content(open(a[0], O_RDONLY | O_CLOEXEC)); }

static int cmd_write(char **a) {
    int fd = open(a[0], O_WRONLY | O_APPEND | O_CLOEXEC);
    return say(fd < 0 || write(fd, a[1], strlen(a[1])) < 0);
}

// Opens for writing and writes nothing: for places where success must do no harm.
static int cmd_open_write(char **a) { return say(open(a[0], O_WRONLY | O_CLOEXEC) < 0); }
static int cmd_open_read(char **a) { return say(open(a[0], O_RDONLY | O_NONBLOCK | O_CLOEXEC) < 0); }
static int cmd_create(char **a) { return say(open(a[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) < 0); }
static int cmd_truncate(char **a) { return say(truncate(a[0], 0)); }
static int cmd_unlink(char **a) { return say(unlink(a[0])); }
static int cmd_link(char **a) { return say(link(a[0], a[1])); }
static int cmd_symlink(char **a) { return say(symlink(a[0], a[1])); }
static int cmd_rename(char **a) { return say(rename(a[0], a[1])); }
static int cmd_exchange(char **a) { return say(renameat2(AT_FDCWD, a[0], AT_FDCWD, a[1], RENAME_EXCHANGE)); }
static int cmd_mkdir(char **a) { return say(mkdir(a[0], 0755)); }
static int cmd_stat(char **a) {
    struct stat facts;
    return say(stat(a[0], &facts));
}

static int cmd_list(char **a) {
    DIR *folder = opendir(a[0]);
    if (folder == NULL) return say(1);
    printf("%s: OK", name);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) printf(" %s", entry->d_name);
    printf("\n");
    return 0;
}

static int cmd_chmod(char **a) { return say(chmod(a[0], (mode_t)strtoul(a[1], NULL, 8))); }
static int cmd_chown(char **a) { return say(chown(a[0], (uid_t)atoi(a[1]), (gid_t)atoi(a[1]))); }
static int cmd_utimes(char **a) { return say(utimensat(AT_FDCWD, a[0], NULL, 0)); }
static int cmd_setxattr(char **a) { return say(setxattr(a[0], "user.probe", a[1], strlen(a[1]), 0)); }

static int cmd_mknod(char **a) {
    mode_t kind = a[1][0] == 'c' ? S_IFCHR : a[1][0] == 'b' ? S_IFBLK : a[1][0] == 'p' ? S_IFIFO : S_IFSOCK;
    return say(mknod(a[0], kind | 0600, makedev((unsigned)atoi(a[2]), (unsigned)atoi(a[3]))));
}

// Maps a file shared and changes its first byte through the map.
static int cmd_mmap_write(char **a) {
    int fd = open(a[0], O_RDWR | O_CLOEXEC);
    if (fd < 0) fd = open(a[0], O_RDONLY | O_CLOEXEC);
    char *map = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) return say(1);
    map[0] = 'X';
    return say(msync(map, 1, MS_SYNC));
}

// Maps it readable, then asks for writing afterwards.
static int cmd_mprotect_write(char **a) {
    int fd = open(a[0], O_RDONLY | O_CLOEXEC);
    char *map = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) return say(1);
    return say(mprotect(map, 1, PROT_READ | PROT_WRITE));
}

// A descriptor that only names the file, opened again for writing through /proc.
static int cmd_opath_reopen(char **a) {
    int fd = open(a[0], O_PATH | O_CLOEXEC);
    if (fd < 0) return say(1);
    char again[64];
    snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    int writable = open(again, O_WRONLY | O_APPEND | O_CLOEXEC);
    return say(writable < 0 || write(writable, a[1], strlen(a[1])) < 0);
}

static int cmd_openat2(char **a) {
    struct open_how_v0 how = {.flags = O_RDONLY | O_CLOEXEC};
    return say_content((int)syscall(SYS_openat2, AT_FDCWD, a[0], &how, sizeof how));
}

static int cmd_copy_range(char **a) {
    int from = open(a[0], O_RDONLY | O_CLOEXEC), to = open(a[1], O_WRONLY | O_CLOEXEC);
    if (from < 0 || to < 0) return say(1);
    return say(copy_file_range(from, NULL, to, NULL, 64, 0) < 0);
}

// mount SOURCE TARGET FLAGS: flags among b (bind), r (remount), w (writable: no MS_RDONLY), m (move).
static int cmd_mount(char **a) {
    unsigned long flags = strchr(a[2], 'w') == NULL ? MS_RDONLY : 0;
    if (strchr(a[2], 'b')) flags |= MS_BIND;
    if (strchr(a[2], 'r')) flags |= MS_REMOUNT;
    if (strchr(a[2], 'm')) flags = MS_MOVE;
    return say(mount(a[0], a[1], NULL, flags, NULL));
}
static int cmd_umount(char **a) { return say(umount2(a[0], MNT_DETACH)); }

static socklen_t unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strncpy(address->sun_path, path, sizeof address->sun_path - 1);
    size_t length = strlen(address->sun_path);
    if (path[0] == '@') address->sun_path[0] = 0;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '@' ? 0 : 1));
}

static int cmd_connect_unix(char **a) {
    struct sockaddr_un address;
    socklen_t length = unix_address(a[0], &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, length) != 0) return say(1);
    return say(write(fd, a[1], strlen(a[1])) < 0);
}

static int cmd_send_unix(char **a) {
    struct sockaddr_un address;
    socklen_t length = unix_address(a[0], &address);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return say(fd < 0 || sendto(fd, a[1], strlen(a[1]), 0, (struct sockaddr *)&address, length) < 0);
}

// Listens until it is killed and prints what it hears: stands in for a service of the host. KIND: stream or dgram.
static int cmd_serve_unix(char **a) {
    struct sockaddr_un address;
    socklen_t length = unix_address(a[1], &address);
    int stream = strcmp(a[0], "stream") == 0;
    // Nothing of a test outlives it, however it ends.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0) return say(1);
    if (stream && listen(fd, 16) != 0) return say(1);
    printf("listening\n");
    fflush(stdout);
    for (;;) {
        char buffer[256];
        int from = stream ? accept4(fd, NULL, NULL, SOCK_CLOEXEC) : fd;
        if (stream) printf("connected\n");
        ssize_t count = from < 0 ? -1 : read(from, buffer, sizeof buffer);
        if (count > 0) printf("heard %.*s\n", (int)count, buffer);
        fflush(stdout);
        if (stream && from >= 0) close(from);
    }
}

static int cmd_kill(char **a) { return say(kill((pid_t)atoi(a[0]), atoi(a[1]))); }

// Every descriptor that came with the start, one line.
static int cmd_fds(char **a) {
    (void)a;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return say(1);
    printf("%s: OK", name);
    for (int fd = 0; fd < 1024; fd++)
        if (fd != dirfd(folder) && fcntl(fd, F_GETFD) != -1) printf(" %d", fd);
    printf("\n");
    return 0;
}

// Reads a link that somebody swaps meanwhile, until CHANGES changes of what is behind it were seen; prints any content
// that is not EXPECTED.
static int cmd_race_read(char **a) {
    int before = 0;
    for (long seen = 0, changes = atol(a[1]); seen < changes;) {
        char buffer[256];
        int fd = open(a[0], O_RDONLY | O_CLOEXEC);
        ssize_t count = fd < 0 ? -1 : read(fd, buffer, sizeof buffer - 1);
        int now = count <= 0 ? errno : 0;
        if (fd >= 0) close(fd);
        if (now != before) seen++;
        before = now;
        if (count <= 0) continue;
        buffer[count] = 0;
        buffer[strcspn(buffer, "\n")] = 0;
        if (strcmp(buffer, a[2]) == 0) continue;
        printf("%s: OK %s\n", name, buffer);
        return 0;
    }
    printf("%s: NEVER\n", name);
    return 0;
}

// Swaps LINK between two targets until it is killed.
static int cmd_race_swap(char **a) {
    char staged[4096];
    snprintf(staged, sizeof staged, "%s.staged", a[0]);
    for (int turn = 0;; turn ^= 1) {
        unlink(staged);
        if (symlink(a[turn + 1], staged) != 0 || rename(staged, a[0]) != 0) return say(1);
    }
}

// Exchanges A and B (a folder and a link, say) until it is killed.
static int cmd_race_exchange(char **a) {
    for (;;)
        if (renameat2(AT_FDCWD, a[0], AT_FDCWD, a[1], RENAME_EXCHANGE) != 0) return say(1);
}

static const struct {
    const char *name;
    int arguments;
    int (*run)(char **arguments);
} commands[] = {
    {"read", 1, cmd_read},
    {"write", 2, cmd_write},
    {"open-write", 1, cmd_open_write},
    {"open-read", 1, cmd_open_read},
    {"create", 1, cmd_create},
    {"truncate", 1, cmd_truncate},
    {"unlink", 1, cmd_unlink},
    {"link", 2, cmd_link},
    {"symlink", 2, cmd_symlink},
    {"rename", 2, cmd_rename},
    {"exchange", 2, cmd_exchange},
    {"mkdir", 1, cmd_mkdir},
    {"stat", 1, cmd_stat},
    {"list", 1, cmd_list},
    {"chmod", 2, cmd_chmod},
    {"chown", 2, cmd_chown},
    {"utimes", 1, cmd_utimes},
    {"setxattr", 2, cmd_setxattr},
    {"mknod", 4, cmd_mknod},
    {"mmap-write", 1, cmd_mmap_write},
    {"mprotect-write", 1, cmd_mprotect_write},
    {"opath-reopen", 2, cmd_opath_reopen},
    {"openat2", 1, cmd_openat2},
    {"copy-range", 2, cmd_copy_range},
    {"mount", 3, cmd_mount},
    {"umount", 1, cmd_umount},
    {"connect-unix", 2, cmd_connect_unix},
    {"send-unix", 2, cmd_send_unix},
    {"serve-unix", 2, cmd_serve_unix},
    {"kill", 2, cmd_kill},
    {"fds", 0, cmd_fds},
    {"race-read", 3, cmd_race_read},
    {"race-swap", 3, cmd_race_swap},
    {"race-exchange", 2, cmd_race_exchange},
};

int main(int argc, char **argv) {
    for (size_t index = 0; argc > 1 && index < sizeof commands / sizeof commands[0]; index++) {
        if (strcmp(argv[1], commands[index].name) != 0 || argc - 2 != commands[index].arguments) continue;
        name = argv[1];
        return commands[index].run(argv + 2);
    }
    fprintf(stderr, "probe: no such command with %d arguments: %s\n", argc - 2, argc > 1 ? argv[1] : "");
    return 2;
}

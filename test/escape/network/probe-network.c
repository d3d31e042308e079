// The probe of the network escape tests: one thing done, one line about how it ended, as `../harness/probe.c` does it.
//
//   ./probe-network tcp ADDRESS PORT        ./probe-network udp ADDRESS PORT TEXT        ./probe-network ping ADDRESS
//   ./probe-network ask HEX...              bytes sent to the proxy one after the other, the first line of each answer
//   ./probe-network flood COUNT             begins COUNT requests at the proxy, never ends them, and waits
//
// The proxy is at 127.0.0.1:3128, as the session's environment says; PROBE_PORT names another port.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Only ends what hangs.
#define WAIT_MS 60000

static const char *name;

static int say(int failed) {
    if (failed) printf("%s: %s\n", name, strerrorname_np(errno));
    else printf("%s: OK\n", name);
    fflush(stdout);
    return 0;
}

static socklen_t address_of(const char *text, const char *port, struct sockaddr_storage *address) {
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)atoi(port));
        return sizeof *four;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)atoi(port));
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1 ? sizeof *six : 0;
}

static int connect_to(const char *host, const char *port) {
    struct sockaddr_storage address;
    socklen_t length = address_of(host, port, &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 5};
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, length) != 0) return -1;
    return fd;
}

static int proxy(void) {
    const char *port = getenv("PROBE_PORT");
    return connect_to("127.0.0.1", port == NULL ? "3128" : port);
}

static int cmd_tcp(int count, char **a) {
    (void)count;
    int fd = connect_to(a[0], a[1]);
    return say(fd < 0 || write(fd, "direct\r\n\r\n", 10) < 0);
}

static int cmd_udp(int count, char **a) {
    (void)count;
    struct sockaddr_storage address;
    socklen_t length = address_of(a[0], a[1], &address);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 1;
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    return say(fd < 0 || sendto(fd, a[2], strlen(a[2]), 0, (struct sockaddr *)&address, length) < 0);
}

// TCP fast open: data in the packet that opens the connection, without a call to connect.
static int cmd_fast_open(int count, char **a) {
    (void)count;
    struct sockaddr_storage address;
    socklen_t length = address_of(a[0], a[1], &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return say(fd < 0 || sendto(fd, "fast\r\n\r\n", 8, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0);
}

static int cmd_ping(int count, char **a) {
    (void)count;
    struct sockaddr_storage address;
    socklen_t length = address_of(a[0], "0", &address);
    unsigned char echo[8] = {8, 0, 0xf7, 0xff};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    return say(fd < 0 || sendto(fd, echo, sizeof echo, 0, (struct sockaddr *)&address, length) < 0);
}

static size_t bytes_of(const char *hex, unsigned char *bytes, size_t max) {
    size_t length = 0;
    unsigned value;
    while (length < max && sscanf(hex + 2 * length, "%2x", &value) == 1) bytes[length++] = (unsigned char)value;
    return length;
}

// Prints the first line of an answer, other characters escaped.
static void say_line(const unsigned char *bytes, size_t length) {
    printf("ask: ");
    for (size_t index = 0; index < length && index < 80; index++) {
        if (length > 4 && memcmp(bytes, "HTTP", 4) == 0 && bytes[index] == '\r') break;
        if (bytes[index] > 32 && bytes[index] < 127) putchar(bytes[index]);
        else if (bytes[index] == ' ') putchar(' ');
        else printf("\\%02x", bytes[index]);
    }
    putchar('\n');
    fflush(stdout);
}

// One whole answer: of HTTP head and body by its length, of anything else what comes first.
static int read_answer(int fd) {
    static unsigned char bytes[1 << 20];
    size_t length = 0, wanted = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, WAIT_MS) == 0) return printf("ask: SILENT\n"), -1;
        ssize_t got = read(fd, bytes + length, sizeof bytes - 1 - length);
        if (got <= 0) {
            if (length > 0) say_line(bytes, length);
            else printf("ask: CLOSED\n");
            return -1;
        }
        length += (size_t)got;
        bytes[length] = 0;
        if (memcmp(bytes, "HTTP", length < 4 ? length : 4) != 0) break;
        char *end = strstr((char *)bytes, "\r\n\r\n");
        if (end == NULL) continue;
        char *given = strcasestr((char *)bytes, "\r\ncontent-length:");
        wanted = (size_t)(end + 4 - (char *)bytes) + (given != NULL && given < end ? strtoul(given + 17, NULL, 10) : 0);
        if (length >= wanted) break;
    }
    say_line(bytes, length);
    return 0;
}

static int cmd_ask(int count, char **a) {
    static unsigned char bytes[1 << 20];
    int fd = proxy();
    if (fd < 0) return say(1);
    for (int index = 0; index < count; index++) {
        size_t length = bytes_of(a[index], bytes, sizeof bytes);
        ssize_t sent = write(fd, bytes, length);
        if (sent < 0) return printf("ask: CLOSED\n"), 0;
        if (read_answer(fd) != 0) return 0;
    }
    return 0;
}

// An endless head: what is written until the proxy has enough.
static int cmd_endless(int count, char **a) {
    (void)count, (void)a;
    int fd = proxy();
    if (fd < 0) return say(1);
    write(fd, "GET http://127.0.0.1/ HTTP/1.1\r\nX: ", 35);
    for (long written = 0; written < 64L << 20; written += 4096) {
        static char more[4096];
        memset(more, 'x', sizeof more);
        struct pollfd ready = {.fd = fd, .events = POLLIN | POLLOUT};
        poll(&ready, 1, WAIT_MS);
        if (ready.revents & (POLLIN | POLLHUP | POLLERR)) return read_answer(fd), 0;
        if (write(fd, more, sizeof more) < 0) return read_answer(fd), 0;
    }
    printf("endless: NEVER\n");
    return 0;
}

static int cmd_flood(int count, char **a) {
    (void)count;
    int opened = 0;
    for (int index = 0; index < atoi(a[0]); index++) {
        int fd = proxy();
        if (fd >= 0 && write(fd, "GET http://127.0.0.1/ HT", 24) > 0) opened++;
    }
    printf("flood: %d\n", opened);
    fflush(stdout);
    pause();
    return 0;
}

static const struct {
    const char *name;
    int arguments_min;
    int (*run)(int count, char **arguments);
} commands[] = {
    {"tcp", 2, cmd_tcp},
    {"udp", 3, cmd_udp},
    {"fast-open", 2, cmd_fast_open},
    {"ping", 1, cmd_ping},
    {"ask", 1, cmd_ask},
    {"endless", 0, cmd_endless},
    {"flood", 1, cmd_flood},
};

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    for (size_t index = 0; argc > 1 && index < sizeof commands / sizeof *commands; index++) {
        if (strcmp(argv[1], commands[index].name) != 0 || argc - 2 < commands[index].arguments_min) continue;
        name = argv[1];
        return commands[index].run(argc - 2, argv + 2);
    }
    fprintf(stderr, "probe-network: wrongly called: %s\n", argc > 1 ? argv[1] : "");
    return 2;
}

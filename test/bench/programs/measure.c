/*
 * The bench's own client and server: small, static and the same for every contestant, so that what differs is the walls
 * and the proxy, not a runtime's start or garbage collection. Every answer is one line of JSON with nanoseconds.
 *
 *   measure serve [PORT]                                   loopback server; prints its port
 *   measure requests HOST PORT COUNT [PROXY]          GET on a new connection each
 *   measure kept HOST PORT COUNT [PROXY]              GET after GET on one client connection
 *   measure down|up HOST PORT BYTES [PROXY]           throughput; through a CONNECT tunnel with a proxy
 *   measure files FOLDER ROUNDS                            open, stat, read and write
 *   measure run ROUNDS COMMAND [ARG...]                    wall time of a command, its output thrown away
 *   measure forget FILE...                                 asks the kernel to drop a file's pages from its cache
 *
 * PROXY is a port of loopback, the path of a Unix socket, or `env`: whatever HTTP_PROXY says, its credentials included.
 * COUNT requests are preceded by a tenth of that as a warm-up.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE_BYTES (256 * 1024)
#define HEAD_BYTES_MAX 65536

static void fail(const char *what) {
  fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
  exit(1);
}

static long long now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000ll + at.tv_nsec;
}

static int compare(const void *a, const void *b) {
  long long left = *(const long long *)a, right = *(const long long *)b;
  return left < right ? -1 : left > right;
}

static long long percentile(long long *values, long count, int percent) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return values[(count - 1) * percent / 100];
}

static void send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    bytes += sent;
    length -= (size_t)sent;
  }
}

/* The server. */

static void serve_http(int fd, char *head, size_t held) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\nContent-Type: text/plain\r\n\r\n"
                               "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  for (;;) {
    char *end = memmem(head, held, "\r\n\r\n", 4);
    if (end != NULL) {
      if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) return;
      size_t used = (size_t)(end - head) + 4;
      memmove(head, head + used, held - used);
      held -= used;
      continue;
    }
    ssize_t got = recv(fd, head + held, HEAD_BYTES_MAX - held, 0);
    if (got <= 0) return;
    held += (size_t)got;
  }
}

static void *serve_one(void *argument) {
  int fd = (int)(long)argument;
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  char *bytes = malloc(PIECE_BYTES);
  if (bytes == NULL) return NULL;
  memset(bytes, 'x', PIECE_BYTES);
  char first[64] = {0};
  ssize_t got = recv(fd, first, 1, 0);
  if (got == 1 && (first[0] == 'D' || first[0] == 'U')) {
    while (recv(fd, first + got, 1, 0) == 1 && first[got] != '\n' && got < 60) got++;
    long long left = atoll(first + 1);
    int up = first[0] == 'U';
    while (left > 0) {
      size_t size = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
      ssize_t moved = up ? recv(fd, bytes, size, 0) : send(fd, bytes, size, MSG_NOSIGNAL);
      if (moved <= 0) break;
      left -= moved;
    }
    /* The client reads one byte more, so that its time ends when the last byte of an upload is here. */
    if (up && left == 0) send(fd, "!", 1, MSG_NOSIGNAL);
  } else if (got == 1) {
    bytes[0] = first[0];
    serve_http(fd, bytes, 1);
  }
  close(fd);
  free(bytes);
  return NULL;
}

static void serve(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 512) != 0) fail("listen");
  if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&detached, 256 * 1024);
  for (;;) {
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    pthread_t thread;
    if (client >= 0 && pthread_create(&thread, &detached, serve_one, (void *)(long)client) != 0) close(client);
  }
}

/* The clients. */

static int open_connection(const char *host, const char *port, const char *proxy) {
  if (proxy != NULL && proxy[0] == '/') {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, proxy, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect to the proxy's socket");
    return fd;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(proxy == NULL ? port : proxy))};
  inet_pton(AF_INET, proxy == NULL ? host : "127.0.0.1", &address.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  return fd;
}

/* `http://NAME:WORD@HOST:PORT`: the port and, when there are any, the credentials as Basic wants them. */
static char proxy_port[16];
static char proxy_credentials[1024];

static void encode_base64(const char *text, char *encoded) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t length = strlen(text);
  for (size_t i = 0; i < length; i += 3) {
    unsigned value = (unsigned)(unsigned char)text[i] << 16;
    if (i + 1 < length) value |= (unsigned)(unsigned char)text[i + 1] << 8;
    if (i + 2 < length) value |= (unsigned char)text[i + 2];
    *encoded++ = digits[value >> 18];
    *encoded++ = digits[value >> 12 & 63];
    *encoded++ = i + 1 < length ? digits[value >> 6 & 63] : '=';
    *encoded++ = i + 2 < length ? digits[value & 63] : '=';
  }
  *encoded = '\0';
}

static void read_proxy_variable(void) {
  const char *url = getenv("HTTP_PROXY");
  if (url == NULL || strncmp(url, "http://", 7) != 0) {
    errno = EINVAL;
    fail("HTTP_PROXY");
  }
  char text[700] = {0}, plain[700];
  strncpy(text, url + 7, sizeof text - 1);
  char *at = strrchr(text, '@'), *place = at == NULL ? text : at + 1;
  char *colon = strrchr(place, ':');
  snprintf(proxy_port, sizeof proxy_port, "%d", colon == NULL ? 80 : atoi(colon + 1));
  if (at == NULL) return;
  *at = '\0';
  size_t length = 0;
  for (char *from = text; *from != '\0'; from++) {
    unsigned value = (unsigned char)*from;
    if (*from == '%' && sscanf(from + 1, "%2x", &value) == 1) from += 2;
    plain[length++] = (char)value;
  }
  plain[length] = '\0';
  strcpy(proxy_credentials, "Basic ");
  encode_base64(plain, proxy_credentials + 6);
}

static size_t request_text(char *text, size_t size, const char *host, const char *port, int absolute) {
  const char *credentials = absolute ? proxy_credentials : "";
  return (size_t)snprintf(text, size, "GET %s%s%s%s/measured HTTP/1.1\r\nHost: %s:%s\r\n%s%s%sAccept: */*\r\n\r\n",
                          absolute ? "http://" : "", absolute ? host : "", absolute ? ":" : "", absolute ? port : "", host,
                          port, credentials[0] == '\0' ? "" : "Proxy-Authorization: ", credentials,
                          credentials[0] == '\0' ? "" : "\r\n");
}

/* Reads one whole answer: its head, and as many bytes as Content-Length says, chunks, or the end. Returns its status. */
static int read_answer(int fd) {
  static char bytes[HEAD_BYTES_MAX + 1];
  size_t held = 0;
  for (;;) {
    ssize_t got = recv(fd, bytes + held, HEAD_BYTES_MAX - held, 0);
    if (got < 0) fail("recv");
    held += (size_t)got;
    bytes[held] = '\0';
    char *end = strstr(bytes, "\r\n\r\n");
    if (end == NULL && got == 0) {
      errno = EPIPE;
      fail("the answer ended early");
    }
    if (end == NULL) continue;
    char *length = strcasestr(bytes, "\r\ncontent-length:");
    int chunked = strcasestr(bytes, "\r\ntransfer-encoding: chunked") != NULL;
    size_t body = held - (size_t)(end + 4 - bytes);
    int whole = got == 0;
    if (length != NULL && length < end) whole |= body >= (size_t)atol(length + 17);
    if (chunked) whole |= memmem(end + 4, body, "0\r\n\r\n", 5) != NULL;
    if (whole) return atoi(bytes + 9);
  }
}

static int requests(char **given, int kept) {
  const char *proxy = given[3];
  long count = atol(given[2]), warm = count / 10;
  char text[2048];
  size_t length = request_text(text, sizeof text, given[0], given[1], proxy != NULL);
  long long *values = calloc((size_t)count, sizeof *values);
  int status = 0, fd = kept ? open_connection(given[0], given[1], proxy) : -1;
  for (long i = -warm; i < count; i++) {
    long long start = now_ns();
    if (!kept) fd = open_connection(given[0], given[1], proxy);
    send_all(fd, text, length);
    status = read_answer(fd);
    long long took = now_ns() - start;
    if (!kept) close(fd);
    if (i >= 0) values[i] = took;
  }
  long long p50 = percentile(values, count, 50), p95 = percentile(values, count, 95);
  printf("{\"p50\":%lld,\"p95\":%lld,\"status\":%d}\n", p50, p95, status);
  return 0;
}

static int open_tunnel(char **given) {
  const char *proxy = given[3];
  int fd = open_connection(given[0], given[1], proxy);
  if (proxy == NULL) return fd;
  char text[2048];
  const char *credentials = proxy_credentials;
  int length = snprintf(text, sizeof text, "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n%s%s%s\r\n", given[0], given[1], given[0],
                        given[1], credentials[0] == '\0' ? "" : "Proxy-Authorization: ", credentials,
                        credentials[0] == '\0' ? "" : "\r\n");
  send_all(fd, text, (size_t)length);
  size_t held = 0;
  while (held < sizeof text - 1 && recv(fd, text + held, 1, 0) == 1) {
    text[++held] = '\0';
    if (held >= 4 && memcmp(text + held - 4, "\r\n\r\n", 4) == 0) break;
  }
  if (strstr(text, " 200") == NULL) {
    errno = EACCES;
    fail(text);
  }
  return fd;
}

static int throughput(char **given, int up) {
  long long bytes = atoll(given[2]), moved = 0;
  char *piece = malloc(PIECE_BYTES);
  if (piece == NULL) fail("malloc");
  memset(piece, 'x', PIECE_BYTES);
  int fd = open_tunnel(given);
  long long start = now_ns();
  char text[64];
  send_all(fd, text, (size_t)snprintf(text, sizeof text, "%c%lld\n", up ? 'U' : 'D', bytes));
  if (up) {
    while (moved < bytes) {
      size_t size = bytes - moved < PIECE_BYTES ? (size_t)(bytes - moved) : PIECE_BYTES;
      send_all(fd, piece, size);
      moved += (long long)size;
    }
    if (recv(fd, piece, 1, 0) != 1 || piece[0] != '!') {
      errno = EPIPE;
      fail("the server did not get everything");
    }
  } else {
    ssize_t got;
    while ((got = recv(fd, piece, PIECE_BYTES, 0)) > 0) moved += got;
    if (moved != bytes) {
      errno = EPIPE;
      fail("not everything came");
    }
  }
  printf("{\"ns\":%lld,\"bytes\":%lld}\n", now_ns() - start, bytes);
  return 0;
}

/* Files: each figure is the median over rounds of the mean of a thousand calls. */

#define CALLS 1000

static int files(const char *folder, long rounds) {
  char path[4096];
  snprintf(path, sizeof path, "%s/measured", folder);
  char block[4096];
  memset(block, 'x', sizeof block);
  int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, block, sizeof block) != (ssize_t)sizeof block) fail(path);
  long long *values[4];
  for (int i = 0; i < 4; i++) values[i] = calloc((size_t)rounds, sizeof **values);
  for (long round = 0; round < rounds; round++) {
    struct stat facts;
    long long at = now_ns(), then;
    for (int i = 0; i < CALLS; i++) close(open(path, O_RDONLY | O_CLOEXEC));
    values[0][round] = (then = now_ns()) - at;
    for (int i = 0; i < CALLS; i++) if (stat(path, &facts) != 0) fail("stat");
    values[1][round] = (at = now_ns()) - then;
    for (int i = 0; i < CALLS; i++) if (pread(fd, block, sizeof block, 0) < 0) fail("read");
    values[2][round] = (then = now_ns()) - at;
    for (int i = 0; i < CALLS; i++) if (pwrite(fd, block, sizeof block, 0) < 0) fail("write");
    values[3][round] = now_ns() - then;
  }
  unlink(path);
  static const char *names[4] = {"open", "stat", "read", "write"};
  for (int i = 0; i < 4; i++)
    printf("%s\"%s\":%.1f", i == 0 ? "{" : ",", names[i], (double)percentile(values[i], rounds, 50) / CALLS);
  printf("}\n");
  return 0;
}

/* Commands. */

static int run(long rounds, char **command) {
  long long *values = calloc((size_t)rounds, sizeof *values);
  for (long round = 0; round < rounds; round++) {
    long long start = now_ns();
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      int nowhere = open("/dev/null", O_RDWR);
      dup2(nowhere, 0);
      dup2(nowhere, 1);
      execvp(command[0], command);
      _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      errno = ECHILD;
      fail(command[0]);
    }
    values[round] = now_ns() - start;
  }
  printf("{\"p50\":%lld}\n", percentile(values, rounds, 50));
  return 0;
}

static int forget(char **paths) {
  sync();
  for (; *paths != NULL; paths++) {
    int fd = open(*paths, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) fail(*paths);
    close(fd);
  }
  return 0;
}

int main(int count, char **given) {
  signal(SIGPIPE, SIG_IGN);
  if (count == 6 && strcmp(given[5], "env") == 0) {
    read_proxy_variable();
    given[5] = proxy_port;
  }
  const char *what = count > 1 ? given[1] : "";
  if (strcmp(what, "serve") == 0) serve(count == 3 ? atoi(given[2]) : 0);
  if (count >= 5 && strcmp(what, "requests") == 0) return requests(given + 2, 0);
  if (count >= 5 && strcmp(what, "kept") == 0) return requests(given + 2, 1);
  if (count >= 5 && strcmp(what, "down") == 0) return throughput(given + 2, 0);
  if (count >= 5 && strcmp(what, "up") == 0) return throughput(given + 2, 1);
  if (count == 4 && strcmp(what, "files") == 0) return files(given[2], atol(given[3]));
  if (count >= 4 && strcmp(what, "run") == 0) return run(atol(given[2]), given + 3);
  if (count >= 3 && strcmp(what, "forget") == 0) return forget(given + 2);
  fprintf(stderr, "measure: see the top of measure.c for what it does\n");
  return 2;
}

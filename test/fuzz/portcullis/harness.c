/*
 * Fuzzes what portcullis parses: its configuration, staging records, mount points, messages of its init, bubblewrap's information and
 * the answer to CONNECT, and what flows through an exposed port. The same seed and count give the same inputs. Built with the address and undefined-behaviour sanitizers;
 * gcc's trace-pc tells which inputs reach new code. Usage: harness SEED INPUTS SECONDS FOLDER.
 *
 * The program's own files are included, so that their inner functions can be called.
 */
#define _GNU_SOURCE
#define UNCOUNTED __attribute__((no_sanitize_coverage))

#include "config.c"
#include "connection.c"
#include "hold.c"
#include "stage.c"

#include <dirent.h>
#include <sys/mman.h>

#define INPUT_BYTES_MAX 12000
#define KEPT_MAX 2048
#define PLACES (1u << 16)
#define KINDS 7

static unsigned char now[PLACES];
static unsigned char seen[PLACES];
static uint64_t state;

void __sanitizer_cov_trace_pc(void);
UNCOUNTED void __sanitizer_cov_trace_pc(void) {
  uintptr_t place = (uintptr_t)__builtin_return_address(0) - (uintptr_t)&__sanitizer_cov_trace_pc;
  now[(place ^ (place >> 16)) % PLACES] = 1;
}

struct input {
  size_t length;
  unsigned char bytes[INPUT_BYTES_MAX];
};

static struct input *kept[KEPT_MAX];
static size_t kept_count;

UNCOUNTED static size_t below(size_t end) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return end == 0 ? 0 : (size_t)(state % end);
}

UNCOUNTED static void broken(const char *what, const struct input *input) {
  fprintf(stderr, "BROKEN: %s\ninput:", what);
  for (size_t i = 0; i < input->length; i++) fprintf(stderr, " %02x", input->bytes[i]);
  fprintf(stderr, "\n");
  abort();
}

#include "check-connection.h"

static const char *const words[] = {
    "stage", "stage.source", "stage.parent", "stage.at", "stage.create", "stage.text", "read-only", "hidden",
    "init.argv", "relay", "relay.port", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200\r\n", "\r\n\r\n", "\r\n", "HTTP/1.1 403 ",
    "{\"child-pid\": 12345,", "\"child-pid\":", "}\n", "-1", "0", "1", "9223372036854775807", "9223372036854775808", "0x10",
    "a/b", "../", "/", "..", ".", "01", " 1", "+1",
};

UNCOUNTED static void append(struct input *input, const void *bytes, size_t length) {
  if (length > INPUT_BYTES_MAX - input->length) length = INPUT_BYTES_MAX - input->length;
  memcpy(input->bytes + input->length, bytes, length);
  input->length += length;
}

UNCOUNTED static void generate(struct input *input) {
  input->length = 0;
  unsigned char kind = (unsigned char)below(KINDS);
  append(input, &kind, 1);
  for (size_t left = kind == 2 ? 2 * below(6) : below(12); left > 0; left--) {
    /* Keys come first in the list, and records are pairs. */
    const char *word = words[below(kind == 2 && left % 2 == 0 ? 6 : sizeof words / sizeof *words)];
    append(input, word, strlen(word) + (kind == 0 || kind == 2 ? below(8) != 0 : below(8) == 0));
  }
}

UNCOUNTED static void mutate(struct input *input) {
  for (size_t left = 1 + below(5); left > 0; left--) {
    size_t at = input->length < 2 ? 1 : 1 + below(input->length - 1);
    size_t many = 1 + below(16);
    if (at > input->length) at = input->length;
    if (many > input->length - at) many = input->length - at;
    struct input after = {0};
    const char *word = words[below(sizeof words / sizeof *words)];
    switch (below(7)) {
      case 0:
        if (at < input->length) input->bytes[at] ^= (unsigned char)(1u << below(8));
        continue;
      case 1:
        if (at < input->length) input->bytes[at] = (unsigned char)below(256);
        continue;
      case 2:
        append(&after, input->bytes + at + many, input->length - at - many);
        input->length = at;
        break;
      case 3:
        append(&after, input->bytes + at, input->length - at);
        input->length = at;
        append(input, word, strlen(word) + below(2));
        break;
      case 4:
        append(&after, input->bytes + at, input->length - at);
        input->length = at;
        for (size_t times = below(below(30) == 0 ? 700 : 6); times > 0; times--) append(input, after.bytes, many);
        break;
      case 5: {
        const struct input *other = kept[below(kept_count)];
        size_t from = below(other->length);
        input->length = at;
        append(&after, other->bytes + from, other->length - from);
        break;
      }
      default:
        append(&after, input->bytes + at, input->length - at);
        input->length = at;
        append(input, "\0", 1);
    }
    append(input, after.bytes, after.length);
  }
}

/* Configuration: every record lies inside the bytes, and finding and listing agree with stepping. */
UNCOUNTED static void check_config(const struct input *input) {
  const char *bytes = (const char *)input->bytes + 1;
  size_t length = input->length - 1;
  int file = memfd_create("config", MFD_CLOEXEC);
  if (write(file, bytes, length) != (ssize_t)length) abort();
  struct config config = {0};
  int read_file = config_read_file(file, &config);
  close(file);
  int whole = length > 0 && bytes[length - 1] == '\0';
  if ((read_file == 0) != whole) broken("a configuration that does not end is taken, or one that does is not", input);
  int ends[2];
  uint32_t said = (uint32_t)length + (length % 7 == 0);
  if (pipe2(ends, O_CLOEXEC) != 0 || write(ends[1], &said, sizeof said) < 0 || write(ends[1], bytes, length) < 0) abort();
  close(ends[1]);
  struct config streamed = {0};
  int read_stream = config_read_stream(ends[0], &streamed);
  close(ends[0]);
  if ((read_stream == 0) != (whole && said == length)) broken("a stream that does not end is taken, or one that does is not", input);
  if (read_stream == 0) free(streamed.bytes);
  if (read_file != 0) return;
  size_t nuls = 0;
  for (size_t i = 0; i < length; i++) nuls += bytes[i] == '\0';
  size_t offset = 0;
  size_t records = 0;
  struct record record;
  int step;
  while ((step = config_next(&config, &offset, &record)) == 1) {
    records++;
    const char *end = config.bytes + config.length;
    if (record.key < config.bytes || record.value >= end || record.value + strlen(record.value) >= end)
      broken("a record outside the configuration", input);
    size_t count = 0;
    char **list = config_list(&config, record.key, &count);
    const char *first = config_find(&config, record.key);
    if (list == NULL || count == 0 || list[count] != NULL || first != list[0]) broken("a list without its first value", input);
    free(list);
    if (records > 64) break;
  }
  if (records <= 64 && (records != nuls / 2 || step != (nuls % 2 == 0 ? 0 : -1))) broken("another number of records", input);
  free(config.bytes);
}

/* Numbers: plain digits within the bound, and nothing else. */
UNCOUNTED static void check_number(const struct input *input) {
  char text[64] = {0};
  size_t length = input->length - 1 < sizeof text - 1 ? input->length - 1 : sizeof text - 1;
  memcpy(text, input->bytes + 1, length);
  const long bounds[] = {-1, 0, 65535, 0x7fffffff, INT64_MAX};
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
    unsigned __int128 value = 0;
    int plain = text[0] != '\0';
    for (const char *at = text; *at != '\0' && plain; at++) {
      plain = *at >= '0' && *at <= '9' && value < ((unsigned __int128)1 << 100);
      value = value * 10 + (unsigned)(*at - '0');
    }
    int fits = plain && bounds[i] >= 0 && value <= (unsigned __int128)bounds[i];
    long wanted = fits ? (long)value : -1;
    if (config_number(text, bounds[i]) != wanted) broken("another number", input);
  }
}

/* Stages: a parent comes before its child, and has none itself. */
UNCOUNTED static void check_stages(const struct input *input) {
  struct config config = {.bytes = malloc(input->length), .length = input->length};
  memcpy(config.bytes, input->bytes + 1, input->length - 1);
  config.bytes[input->length - 1] = '\0';
  struct stage_failure failure = {0};
  stage_count = 0;
  int parsed = parse_stages(&config, &failure);
  if (parsed != 0 && failure.step == NULL) broken("a failure without a step", input);
  for (long i = 0; parsed == 0 && i < stage_count; i++) {
    long parent = stages[i].parent;
    if (parent < -1 || parent >= i || (parent >= 0 && stages[parent].parent != -1)) broken("a parent that is none", input);
  }
  free(config.bytes);
}

UNCOUNTED static size_t names_in(int folder) {
  DIR *listing = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  size_t names = 0;
  while (listing != NULL && readdir(listing) != NULL) names++;
  if (listing != NULL) closedir(listing);
  return names;
}

UNCOUNTED static void empty(int folder) {
  int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *listing = fdopendir(again);
  const struct dirent *entry;
  while (listing != NULL && (entry = readdir(listing)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0) {
      empty(inner);
      close(inner);
    }
    unlinkat(folder, entry->d_name, inner >= 0 ? AT_REMOVEDIR : 0);
  }
  if (listing != NULL) closedir(listing);
}

/* Mount points: made below their folder, never beside it. A link in the way is replaced and not followed. */
UNCOUNTED static void check_mount_point(const struct input *input, int outside) {
  char relative[INPUT_BYTES_MAX + 1];
  memcpy(relative, input->bytes + 1, input->length - 1);
  relative[input->length - 1] = '\0';
  int inside = openat(outside, "inside", O_PATH | O_DIRECTORY | O_CLOEXEC);
  size_t before = names_in(outside);
  if (symlinkat("..", inside, "a") != 0) abort();
  int made = create_mount_point(inside, relative, input->length % 2 == 0);
  if (names_in(outside) != before) broken("a mount point beside its folder", input);
  struct stat facts;
  if (made == 0 && fstatat(inside, relative, &facts, AT_SYMLINK_NOFOLLOW) != 0) broken("a mount point that is not there", input);
  empty(inside);
  close(inside);
}

/* What init and bubblewrap say: one line for the supervisor each time, whatever is in it. */
UNCOUNTED static void check_messages(const struct input *input, int supervisor) {
  struct holder holder = {.init_pidfd = -1, .information = -1, .complaints = -1};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0 || write(ends[1], input->bytes + 1, input->length - 1) < 0) abort();
  close(ends[1]);
  holder.information = ends[0];
  while (holder.information >= 0) learn_init(&holder);
  if (holder.information_length >= sizeof holder.information_text) broken("more information than there is room", input);
  if (holder.init_pidfd >= 0) close(holder.init_pidfd);
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0 || write(ends[1], input->bytes + 1, input->length - 1) < 0) abort();
  close(ends[1]);
  holder.complaints = ends[0];
  while (holder.complaints >= 0) hear_complaint(&holder);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) abort();
  struct message message = {0};
  size_t length = input->length - 1 < sizeof message ? input->length - 1 : sizeof message;
  memcpy(&message, input->bytes + 1, length);
  message.kind = 1 + message.kind % 6;
  if (send(ends[1], &message, input->length % 5 == 0 ? length : sizeof message, MSG_NOSIGNAL) < 0) abort();
  holder.init_end = ends[0];
  hear_init(&holder);
  if (holder.init_end >= 0) close(holder.init_end);
  close(ends[1]);
  refuse("step", 5, holder.complaint_text);
  char lines[8192];
  ssize_t got = recv(supervisor, lines, sizeof lines, MSG_DONTWAIT);
  size_t count = 0;
  for (ssize_t i = 0; i < got; i++) count += lines[i] == '\n';
  if (got <= 0 || lines[got - 1] != '\n' || count > 2) broken("not one line for each message", input);
}

UNCOUNTED static void check(const struct input *input, int outside, int supervisor) {
  switch (input->bytes[0] % KINDS) {
    case 0: return check_config(input);
    case 1: return check_number(input);
    case 2: return check_stages(input);
    case 3: return check_mount_point(input, outside);
    case 4: return check_connection(input);
    case 5: return check_inward(input);
    default: return check_messages(input, supervisor);
  }
}

UNCOUNTED static int keep_if_new(const struct input *input) {
  size_t fresh = 0;
  for (size_t i = 0; i < PLACES; i++) {
    if (now[i] != 0 && seen[i] == 0) fresh += seen[i] = 1;
  }
  if (fresh == 0 || kept_count == KEPT_MAX) return 0;
  kept[kept_count] = malloc(sizeof *input);
  memcpy(kept[kept_count++], input, sizeof *input);
  return 1;
}

/* Inputs that broke something once: the first byte chooses the check. They are tried first. */
static const char *const crashers[] = {
    "\003../}\n/",
    "\003../outside",
    "\003b/../../c",
    "\003..",
};

UNCOUNTED int main(int count, char **arguments) {
  if (count != 5) return 64;
  state = strtoull(arguments[1], NULL, 10) * 2 + 0x9e3779b97f4a7c15u;
  unsigned long inputs = strtoul(arguments[2], NULL, 10);
  time_t end = time(NULL) + strtol(arguments[3], NULL, 10);
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) return 1;
  int supervisor = fcntl(sockets[0], F_DUPFD_CLOEXEC, 64);
  if (dup2(sockets[1], FD_SUPERVISOR) < 0) return 1;
  int outside = open(arguments[4], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (outside < 0 || mkdirat(outside, "inside", 0700) != 0) return 1;
  outside = fcntl(outside, F_DUPFD_CLOEXEC, 64);
  static struct input input;
  for (size_t i = 0; i < sizeof crashers / sizeof *crashers; i++) {
    input.length = 0;
    append(&input, crashers[i], strlen(crashers[i]));
    check(&input, outside, supervisor);
  }
  unsigned long done = 0;
  for (; done < inputs && (done % 256 != 0 || time(NULL) < end); done++) {
    if (kept_count == 0 || below(4) == 0) {
      generate(&input);
    } else {
      memcpy(&input, kept[below(kept_count)], sizeof input);
      mutate(&input);
    }
    memset(now, 0, sizeof now);
    check(&input, outside, supervisor);
    keep_if_new(&input);
  }
  size_t places = 0;
  for (size_t i = 0; i < PLACES; i++) places += seen[i];
  printf("%lu inputs, %zu kept, %zu places\n", done, kept_count, places);
  return 0;
}

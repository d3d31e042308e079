#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_exactly(int fd, char *to, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t got = read(fd, to + done, length - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) {
      errno = EPIPE;
      return -1;
    }
    done += (size_t)got;
  }
  return 0;
}

static int read_body(int fd, size_t length, struct config *out) {
  if (length == 0 || length > CONFIG_BYTES_MAX) {
    errno = EMSGSIZE;
    return -1;
  }
  char *bytes = malloc(length);
  if (bytes == NULL) return -1;
  if (read_exactly(fd, bytes, length) != 0) {
    free(bytes);
    return -1;
  }
  if (bytes[length - 1] != '\0') {
    free(bytes);
    errno = EINVAL;
    return -1;
  }
  out->bytes = bytes;
  out->length = length;
  return 0;
}

int config_read_stream(int fd, struct config *out) {
  uint32_t length = 0;
  if (read_exactly(fd, (char *)&length, sizeof length) != 0) return -1;
  return read_body(fd, length, out);
}

int config_read_file(int fd, struct config *out) {
  struct stat facts;
  if (fstat(fd, &facts) != 0 || lseek(fd, 0, SEEK_SET) != 0) return -1;
  return read_body(fd, (size_t)facts.st_size, out);
}

int config_next(const struct config *config, size_t *offset, struct record *out) {
  if (*offset >= config->length) return 0;
  const char *key = config->bytes + *offset;
  size_t value_at = *offset + strlen(key) + 1;
  if (value_at >= config->length) return -1;
  out->key = key;
  out->value = config->bytes + value_at;
  *offset = value_at + strlen(out->value) + 1;
  return 1;
}

const char *config_find(const struct config *config, const char *key) {
  struct record record;
  size_t offset = 0;
  while (config_next(config, &offset, &record) == 1) {
    if (strcmp(record.key, key) == 0) return record.value;
  }
  return NULL;
}

char **config_list(const struct config *config, const char *key, size_t *count) {
  struct record record;
  size_t offset = 0;
  size_t found = 0;
  while (config_next(config, &offset, &record) == 1) {
    if (strcmp(record.key, key) == 0) found++;
  }
  char **list = calloc(found + 1, sizeof *list);
  if (list == NULL) return NULL;
  size_t at = 0;
  for (offset = 0; at < found && config_next(config, &offset, &record) == 1;) {
    if (strcmp(record.key, key) == 0) list[at++] = (char *)record.value;
  }
  if (count != NULL) *count = found;
  return list;
}

long config_number(const char *text, long max) {
  if (text == NULL || *text < '0' || *text > '9') return -1;
  char *end = NULL;
  errno = 0;
  long number = strtol(text, &end, 10);
  if (errno != 0 || *end != '\0' || number > max) return -1;
  return number;
}

/*
 * The configuration: a sequence of records `key NUL value NUL`, in an order that has meaning.
 */
#pragma once
#include <stddef.h>

#define CONFIG_BYTES_MAX (8u * 1024 * 1024)

struct config {
  char *bytes;
  size_t length;
};

struct record {
  const char *key;
  const char *value;
};

/* Reads a 32-bit length (host order) and as many bytes from a stream. Returns 0, or -1 with errno. */
int config_read_stream(int fd, struct config *out);
/* Reads a whole file from its start. Returns 0, or -1 with errno. */
int config_read_file(int fd, struct config *out);
/* Steps through the records: `*offset` starts at 0. Returns 1 with a record, 0 at the end, -1 when malformed. */
int config_next(const struct config *config, size_t *offset, struct record *out);
/* The value of the first record with this key, or NULL. */
const char *config_find(const struct config *config, const char *key);
/* Collects every value of a key into a NULL-terminated array. Returns NULL with errno when memory is short. */
char **config_list(const struct config *config, const char *key, size_t *count);
/* A decimal number within [0, max], or -1. */
long config_number(const char *text, long max);

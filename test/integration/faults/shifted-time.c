/*
 * Loaded before libc into a supervisor under test: the wall clock and the time since boot are shifted by what the mapped file
 * named by SHIFTED_TIME says (two signed 64-bit numbers of nanoseconds). CLOCK_MONOTONIC, which timers use, goes on as it is: so
 * a shift of both is what a program sees after the machine was suspended.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift;

__attribute__((constructor)) static void map_shift(void) {
  const char *path = getenv("SHIFTED_TIME");
  int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) abort();
  shift = at;
  close(fd);
}

static void add(struct timespec *time, int64_t ns) {
  int64_t all = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + ns;
  time->tv_sec = all / 1000000000;
  time->tv_nsec = all % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result != 0 || shift == NULL) return result;
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) add(time, shift[0]);
  if (clock == CLOCK_BOOTTIME) add(time, shift[1]);
  return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

static int open_uptime(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  int fd = memfd_create("uptime", MFD_CLOEXEC);
  if (fd < 0) return fd;
  dprintf(fd, "%lld.%02ld 0.00\n", (long long)now.tv_sec, now.tv_nsec / 10000000);
  lseek(fd, 0, SEEK_SET);
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  if (strcmp(path, "/proc/uptime") == 0) return open_uptime();
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

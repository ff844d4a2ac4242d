/*
 * Preloaded into axond (LD_PRELOAD), this writes down all that its processes do to the files below the folders that
 * AXOND_DISK_LOG_FOLDERS names (a colon between them), in order, into the file AXOND_DISK_LOG: `disk-log.ts` makes from
 * it every state that a power cut may leave. A record, in the machine's byte order:
 *
 *   u32 magic, u32 kind, f64 start and end of the call (microseconds of CLOCK_MONOTONIC), u64 device, u64 inode,
 *   u64 offset, u32 length of the path, u32 length of the data, path, data
 *
 * Written by one write() to a descriptor with O_APPEND after the call has returned, so that what a record tells has happened,
 * and records of several processes stand in an order in which they can have happened. What is mapped into memory is not
 * seen: SQLite maps the index of its WAL alone, which no power cut needs to keep.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { CREATED = 1, WRITTEN, TRUNCATED, SYNCED, RENAMED, UNLINKED };

struct record {
  uint32_t magic, kind;
  double start_us, end_us;
  uint64_t device, inode, offset;
  uint32_t path_length, data_length;
};

static int log_descriptor = -2;
static const char *folders;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void begin(void) {
  if (log_descriptor != -2) return;
  const char *path = getenv("AXOND_DISK_LOG");
  folders = getenv("AXOND_DISK_LOG_FOLDERS");
  log_descriptor = path && folders ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;
}

static int is_watched(const char *path) {
  if (log_descriptor == -2) begin();
  if (log_descriptor < 0) return 0;
  for (const char *folder = folders; *folder;) {
    size_t length = strcspn(folder, ":");
    if (strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
    folder += length + (folder[length] == ':');
  }
  return 0;
}

/* The path behind a descriptor, or an empty text. */
static void path_of(int descriptor, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length > 0 ? length : 0] = 0;
}

static void note(enum kind kind, double start_us, const struct stat *of, uint64_t offset, const char *path, const void *data, size_t length) {
  size_t path_length = strlen(path);
  struct record head = {0x4b534944, kind, start_us, now_us(), of ? of->st_dev : 0, of ? of->st_ino : 0, offset, (uint32_t)path_length, (uint32_t)length};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)path, path_length}, {(void *)data, length}};
  int saved = errno;
  pthread_mutex_lock(&lock);
  if (syscall(SYS_writev, log_descriptor, parts, 3) != (long)(sizeof head + path_length + length)) abort();
  pthread_mutex_unlock(&lock);
  errno = saved;
}

/* A regular file below one of the folders; fills what is known of it. */
static int watched_file(int descriptor, struct stat *of, char path[PATH_MAX]) {
  if (log_descriptor == -2) begin();
  if (log_descriptor < 0 || descriptor == log_descriptor) return 0;
  if (fstat(descriptor, of) != 0 || !(S_ISREG(of->st_mode) || S_ISDIR(of->st_mode))) return 0;
  path_of(descriptor, path);
  return is_watched(path);
}

#define NEXT(name) \
  static __typeof__(name) *next; \
  if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int opened(const char *path, int flags, int descriptor, int was_there, double start_us) {
  if (descriptor < 0 || !is_watched(path)) return descriptor;
  struct stat of;
  if (fstat(descriptor, &of) != 0 || !S_ISREG(of.st_mode)) return descriptor;
  if (!was_there) note(CREATED, start_us, &of, 0, path, "", 0);
  else if (flags & O_TRUNC) note(TRUNCATED, start_us, &of, 0, path, "", 0);
  return descriptor;
}

static int exists(const char *path) {
  struct stat of;
  return stat(path, &of) == 0;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    NEXT(name); \
    va_list more; \
    va_start(more, flags); \
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    double start_us = now_us(); \
    int was_there = exists(path); \
    return opened(path, flags, next(path, flags, mode), was_there, start_us); \
  }
OPEN(open)
OPEN(open64)

static ssize_t written(int descriptor, const void *data, ssize_t length, int64_t offset, double start_us) {
  struct stat of;
  char path[PATH_MAX];
  if (length <= 0 || !watched_file(descriptor, &of, path)) return length;
  /* Behind a plain write the position has moved; of O_APPEND it is the end. */
  if (offset < 0) offset = lseek(descriptor, 0, SEEK_CUR) - length;
  note(WRITTEN, start_us, &of, (uint64_t)offset, path, data, (size_t)length);
  return length;
}

ssize_t write(int descriptor, const void *data, size_t length) {
  NEXT(write);
  double start_us = now_us();
  return written(descriptor, data, next(descriptor, data, length), -1, start_us);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
  NEXT(pwrite);
  double start_us = now_us();
  return written(descriptor, data, next(descriptor, data, length, offset), offset, start_us);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset) {
  NEXT(pwrite64);
  double start_us = now_us();
  return written(descriptor, data, next(descriptor, data, length, offset), offset, start_us);
}

/* Of several buffers, and the ways to copy within the kernel: who uses them below the folders would be missed. */
static void refuse(int descriptor, const char *call) {
  struct stat of;
  char path[PATH_MAX];
  if (!watched_file(descriptor, &of, path)) return;
  fprintf(stderr, "disk-log: %s on %s is not followed\n", call, path);
  abort();
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  NEXT(writev);
  refuse(descriptor, "writev");
  return next(descriptor, parts, count);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
  NEXT(pwritev);
  refuse(descriptor, "pwritev");
  return next(descriptor, parts, count, offset);
}

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned flags) {
  NEXT(copy_file_range);
  refuse(to, "copy_file_range");
  return next(from, from_offset, to, to_offset, length, flags);
}

static int truncated(int descriptor, int result, int64_t length, double start_us) {
  struct stat of;
  char path[PATH_MAX];
  if (result == 0 && watched_file(descriptor, &of, path)) note(TRUNCATED, start_us, &of, (uint64_t)length, path, "", 0);
  return result;
}

int ftruncate(int descriptor, off_t length) {
  NEXT(ftruncate);
  double start_us = now_us();
  return truncated(descriptor, next(descriptor, length), length, start_us);
}

int ftruncate64(int descriptor, off64_t length) {
  NEXT(ftruncate64);
  double start_us = now_us();
  return truncated(descriptor, next(descriptor, length), length, start_us);
}

static int synced(int descriptor, int result, double start_us) {
  struct stat of;
  char path[PATH_MAX];
  if (result == 0 && watched_file(descriptor, &of, path)) note(SYNCED, start_us, &of, 0, path, "", 0);
  return result;
}

int fsync(int descriptor) {
  NEXT(fsync);
  double start_us = now_us();
  return synced(descriptor, next(descriptor), start_us);
}

int fdatasync(int descriptor) {
  NEXT(fdatasync);
  double start_us = now_us();
  return synced(descriptor, next(descriptor), start_us);
}

int rename(const char *from, const char *to) {
  NEXT(rename);
  double start_us = now_us();
  int result = next(from, to);
  if (result == 0 && (is_watched(from) || is_watched(to))) note(RENAMED, start_us, NULL, 0, from, to, strlen(to));
  return result;
}

int unlink(const char *path) {
  NEXT(unlink);
  double start_us = now_us();
  int result = next(path);
  if (result == 0 && is_watched(path)) note(UNLINKED, start_us, NULL, 0, path, "", 0);
  return result;
}

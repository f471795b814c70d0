// Makes the disk fail, or the process die, at a chosen moment: preloaded into a program under test.
//
//   cc -shared -fPIC -o faults.so faults.c -ldl
//   LD_PRELOAD=faults.so FAULT_FOLDER=/tmp/run FAULT_AT=17 FAULT=ENOSPC poise train …
//
// Counted are the system calls that change files beneath FAULT_FOLDER: creating, writing, truncating, synchronising, renaming,
// linking, removing. At number FAULT_AT, from 1, happens what FAULT says:
//
//   kill            the process is killed: a write after half of its bytes, anything else before (odd FAULT_AT) or after it
//   EIO             this call fails, once
//   ENOSPC, EDQUOT, EROFS   this call and every later one that needs space or may not write fails, after half of a write's bytes
//
// FAULT_COUNT names a file that gets the number of calls when the process exits.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static atomic_int broken;  // the error of every later call; 0 before
static const char *folder, *fault, *count_file;
static long fault_at;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAULT_FOLDER");
  fault = getenv("FAULT");
  count_file = getenv("FAULT_COUNT");
  const char *at = getenv("FAULT_AT");
  fault_at = at ? atol(at) : 0;
}

__attribute__((destructor)) static void end(void) {
  if (!count_file) return;
  const char *name = count_file;
  count_file = NULL;
  folder = NULL;
  FILE *file = fopen(name, "w");
  if (!file) return;
  fprintf(file, "%ld\n", atomic_load(&calls));
  fclose(file);
}

static int is_watched(const char *path) {
  if (!folder || !path) return 0;
  char absolute[PATH_MAX];
  if (path[0] != '/') {
    if (!getcwd(absolute, sizeof absolute)) return 0;
    size_t length = strlen(absolute);
    if (length + strlen(path) + 2 > sizeof absolute) return 0;
    absolute[length] = '/';
    strcpy(absolute + length + 1, path);
    path = absolute;
  }
  return strncmp(path, folder, strlen(folder)) == 0;
}

static int is_watched_descriptor(int descriptor) {
  if (!folder) return 0;
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_watched(path);
}

static int code_of(const char *name) {
  if (!strcmp(name, "EIO")) return EIO;
  if (!strcmp(name, "EDQUOT")) return EDQUOT;
  if (!strcmp(name, "EROFS")) return EROFS;
  return ENOSPC;
}

enum moment { GO_ON, FAIL, HALF, DIE_BEFORE, DIE_AFTER };

// What happens to the next call; sets errno where it fails.
static enum moment next(int is_write, int needs_space) {
  long number = atomic_fetch_add(&calls, 1) + 1;
  if (fault_at > 0 && fault && number == fault_at) {
    if (!strcmp(fault, "kill")) return is_write ? HALF : number % 2 ? DIE_BEFORE : DIE_AFTER;
    int code = code_of(fault);
    if (code != EIO) atomic_store(&broken, code);
    if (is_write && code == ENOSPC) return HALF;
    errno = code;
    return FAIL;
  }
  int code = atomic_load(&broken);
  if (code && (needs_space || code == EROFS)) {
    errno = code;
    return FAIL;
  }
  return GO_ON;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

#define AROUND(watched, needs_space, call) \
  if (!(watched)) return call; \
  switch (next(0, needs_space)) { \
    case FAIL: return -1; \
    case DIE_BEFORE: die(); break; \
    case DIE_AFTER: (void)!call; die(); break; \
    default: break; \
  } \
  return call

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list arguments; \
    va_start(arguments, flags); \
    mode_t mode = mode_of(flags, arguments); \
    va_end(arguments); \
    AROUND(flags & (O_WRONLY | O_RDWR) && is_watched(path), flags & O_CREAT, real(path, flags, mode)); \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (!is_watched_descriptor(descriptor)) return real(descriptor, bytes, count);
  switch (next(1, 1)) {
    case FAIL: return -1;
    case HALF: {
      ssize_t written = count > 1 ? real(descriptor, bytes, count / 2) : 0;
      if (!strcmp(fault, "kill")) die();
      if (written > 0) return written;
      errno = code_of(fault);
      return -1;
    }
    default: return real(descriptor, bytes, count);
  }
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  AROUND(is_watched_descriptor(descriptor), 1, real(descriptor, bytes, count, offset));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  AROUND(is_watched_descriptor(descriptor), 1, real(descriptor, bytes, count, offset));
}

int fsync(int descriptor) {
  REAL(int, fsync, int);
  AROUND(is_watched_descriptor(descriptor), 0, real(descriptor));
}

int ftruncate(int descriptor, off_t length) {
  REAL(int, ftruncate, int, off_t);
  AROUND(is_watched_descriptor(descriptor), 0, real(descriptor, length));
}

int ftruncate64(int descriptor, off64_t length) {
  REAL(int, ftruncate64, int, off64_t);
  AROUND(is_watched_descriptor(descriptor), 0, real(descriptor, length));
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  AROUND(is_watched(to), 0, real(from, to));
}

int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  AROUND(is_watched(to), 1, real(from, to));
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  AROUND(is_watched(path), 0, real(path));
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  AROUND(is_watched(path), 1, real(path, mode));
}

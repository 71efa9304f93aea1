/* A clock that a test sets while a process runs under it: LD_PRELOAD this, and name by SHIFTED_CLOCK a file of
 * eight bytes, the milliseconds (little endian) that are added to the time of day. Monotonic clocks stay. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *shift_ms;

/* Maps the file once; what the test writes there shows at once. */
static int64_t shift(void) {
  if (shift_ms == NULL) {
    const char *file = getenv("SHIFTED_CLOCK");
    int fd = file == NULL ? -1 : open(file, O_RDONLY);
    if (fd < 0) return 0;
    void *mapped = mmap(NULL, sizeof *shift_ms, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return 0;
    shift_ms = mapped;
  }
  return *shift_ms;
}

/* By the system call: looking for the real function would allocate, and the allocator asks for the time. */
int clock_gettime(clockid_t id, struct timespec *ts) {
  if (syscall(SYS_clock_gettime, id, ts) != 0) return -1;
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
    int64_t ns = ts->tv_nsec + (shift() % 1000) * 1000000;
    ts->tv_sec += shift() / 1000 + (ns >= 1000000000) - (ns < 0);
    ts->tv_nsec = ns + (ns < 0 ? 1000000000 : 0) - (ns >= 1000000000 ? 1000000000 : 0);
  }
  return 0;
}

int gettimeofday(struct timeval *tv, void *zone) {
  struct timespec ts;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &ts) != 0) return -1;
  tv->tv_sec = ts.tv_sec;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  if (out != NULL) *out = ts.tv_sec;
  return ts.tv_sec;
}

/*
 * Sends a byte through a pseudo-terminal of its own every 5 ms and prints when it came late at the other end: `T L`,
 * microseconds of CLOCK_MONOTONIC at which it was sent, and how long it took. Both ends have the highest priority there is,
 * so what is late was held up by the kernel's own worker for terminals, which has an ordinary one. With the bytes that lie
 * unread when the next one is due, the oldest counts.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_US = 5000, LATE_US = 10000, SENT = 4096 };

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(void) {
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return perror("/dev/ptmx"), 1;
  int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_NONBLOCK);
  struct termios raw;
  if (terminal < 0 || tcgetattr(terminal, &raw) != 0) return perror("/dev/pts"), 1;
  cfmakeraw(&raw);
  tcsetattr(terminal, TCSANOW, &raw);
  struct sched_param highest = {.sched_priority = 99};
  if (sched_setscheduler(0, SCHED_FIFO, &highest) != 0) fprintf(stderr, "line-watch: not in real time\n");

  double sent_us[SENT];
  unsigned long sent = 0, seen = 0;
  double due_us = now_us();
  for (;;) {
    if (now_us() >= due_us && sent - seen < SENT) {
      sent_us[sent % SENT] = now_us();
      if (write(terminal, "x", 1) == 1) sent++;
      due_us = now_us() + EVERY_US;
    }
    double left_us = due_us - now_us();
    struct timespec timeout = {0, left_us > 0 ? (long)(left_us * 1000) : 0};
    struct pollfd arrived = {.fd = master, .events = POLLIN};
    if (ppoll(&arrived, 1, &timeout, NULL) <= 0) continue;
    char bytes[64];
    ssize_t taken = read(master, bytes, sizeof bytes);
    for (ssize_t i = 0; i < taken; i++, seen++) {
      double late_us = now_us() - sent_us[seen % SENT];
      if (late_us <= LATE_US) continue;
      printf("%.0f %.0f\n", sent_us[seen % SENT], late_us);
      fflush(stdout);
    }
  }
}

/*
 * Sleeps 1 ms at a time with the highest priority there is and prints when it woke late: `T L`, microseconds of
 * CLOCK_MONOTONIC at which it should have woken, and how much later it did. Then nobody on this machine ran.
 */
#include <sched.h>
#include <stdio.h>
#include <time.h>

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(void) {
  struct sched_param highest = {.sched_priority = 99};
  if (sched_setscheduler(0, SCHED_FIFO, &highest) != 0) fprintf(stderr, "stall-watch: not in real time\n");
  for (;;) {
    double due = now_us() + 1000;
    nanosleep(&(struct timespec){0, 1000000}, NULL);
    double late = now_us() - due;
    if (late > 1000) {
      printf("%.0f %.0f\n", due, late);
      fflush(stdout);
    }
  }
}

/*
 * The host port: the firmware as a native program whose line is a pseudo-terminal.
 *
 *     axond-bridge LINK [--realtime] [--flash FILE]
 *
 * The terminal appears as LINK. Standard output tells `ready LINK` after each boot
 * and each `plug`, and each change of the output as
 * `output AMPLITUDE MONOTONIC_US`. Standard input takes `digital LEVELS` (a bit an input), `analogue INPUT VALUE`,
 * `unplug` and `plug` (of the cable) and `reset` (of the power).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../core/bank.h"
#include "../../core/bridge.h"
#include "../../core/inputs.h"
#include "../../core/interlock.h"
#include "../../port.h"
#include "../emulated_flash.h"

enum { BANK_SIZE = 64 * 1024, QUEUE = 4096, LINE = 128 };

static struct {
  const char *link;
  int line;     /* the master; -1: unplugged */
  int terminal; /* while nobody else has it open, this keeps the master from reporting a hang-up */
  uint8_t queue[QUEUE];
  size_t queued;
  uint64_t boot_us;
  uint64_t ticks;
  uint16_t output;
  uint8_t digital;
  int16_t analogue[INPUTS_ANALOGUE];
  uint8_t *flash;
  char command[LINE];
  size_t command_length;
  bool input_ended;
  bool reset;
} host = {.line = -1, .terminal = -1};

static volatile sig_atomic_t stopped;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

static _Noreturn void fail(const char *what, const char *fix) {
  fprintf(stderr, "%s: %s. %s\n", what, strerror(errno), fix);
  exit(1);
}

static uint64_t monotonic_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* A reader that does not keep up must not hold the tick: a line that finds no room is left out. */
static void say(const char *text, size_t length) {
  struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
  if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
    const ssize_t written = write(STDOUT_FILENO, text, length);
    (void)written;
  }
}

/* The line */

static void plug(void) {
  if (host.line >= 0) return;
  host.line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (host.line < 0 || grantpt(host.line) != 0 || unlockpt(host.line) != 0)
    fail("/dev/ptmx", "Is /dev/pts mounted?");
  const char *name = ptsname(host.line);
  host.terminal = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct termios raw;
  if (host.terminal < 0 || tcgetattr(host.terminal, &raw) != 0) fail("/dev/pts", "Is it mounted?");
  cfmakeraw(&raw);
  tcsetattr(host.terminal, TCSANOW, &raw);
  unlink(host.link);
  if (symlink(name, host.link) != 0) fail(host.link, "Give a path in a folder that can be written.");
}

static void say_ready(void) {
  char text[LINE + 4096];
  say(text, (size_t)snprintf(text, sizeof text, "ready %.4096s\n", host.link));
}

static void unplug(void) {
  if (host.line < 0) return;
  unlink(host.link);
  close(host.terminal);
  close(host.line);
  host.line = -1;
  host.queued = 0;
}

static void flush_queue(void) {
  if (host.queued == 0) return;
  if (host.line < 0) {
    host.queued = 0;
    return;
  }
  const ssize_t written = write(host.line, host.queue, host.queued);
  if (written <= 0) return;
  host.queued -= (size_t)written;
  memmove(host.queue, host.queue + written, host.queued);
}

bool port_write(const uint8_t *bytes, size_t size) {
  if (size > QUEUE - host.queued) return false;
  memcpy(host.queue + host.queued, bytes, size);
  host.queued += size;
  flush_queue();
  return true;
}

size_t port_read(uint8_t *bytes, size_t size) {
  if (host.line < 0) return 0;
  const ssize_t taken = read(host.line, bytes, size);
  return taken > 0 ? (size_t)taken : 0;
}

/* Everything else of the board */

uint64_t port_now_us(void) {
  return monotonic_us() - host.boot_us;
}

void port_output(uint16_t amplitude) {
  if (amplitude == host.output) return;
  host.output = amplitude;
  char text[64];
  const int length = snprintf(text, sizeof text, "output %u %llu\n", amplitude, (unsigned long long)monotonic_us());
  say(text, (size_t)length);
}

void port_lock(void) {}

void port_unlock(void) {}

uint32_t port_boot(void) {
  uint32_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) fail("getrandom", "This kernel gives no random numbers.");
  return number;
}

uint8_t port_digital(void) {
  return host.digital;
}

int16_t port_analogue(uint8_t input) {
  return host.analogue[input];
}

/* Comes back here: the main loop starts anew. */
void port_reset(void) {
  host.reset = true;
}

/* The program */

static void use_flash(const char *path) {
  const size_t size = 2 * BANK_SIZE;
  if (path == NULL) {
    host.flash = malloc(size);
    if (host.flash == NULL) fail("memory", "There is none left.");
    memset(host.flash, 0xff, size);
    return;
  }
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  struct stat found;
  if (file < 0 || fstat(file, &found) != 0) fail(path, "Give a file that can be written.");
  if (found.st_size != 0 && found.st_size != (off_t)size) {
    fprintf(stderr, "%s: has %lld bytes, and two banks have %zu. Give another file.\n", path, (long long)found.st_size, size);
    exit(1);
  }
  if (ftruncate(file, (off_t)size) != 0) fail(path, "Is the disk full?");
  host.flash = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (host.flash == MAP_FAILED) fail(path, "Give a file that can be mapped.");
  close(file);
  if (found.st_size == 0) memset(host.flash, 0xff, size);
}

static void power_on(void) {
  host.reset = false;
  host.boot_us = monotonic_us();
  host.ticks = 0;
  const uint8_t bank = (emulated_flash_use(host.flash, BANK_SIZE, BANK_NONE), bank_choose());
  emulated_flash_use(host.flash, BANK_SIZE, bank == BANK_NONE ? 0 : bank);
  bridge_boot();
  say_ready();
}

static void tick(void) {
  const uint64_t due = port_now_us() / INTERLOCK_TICK_US - host.ticks;
  if (due == 0) return;
  host.ticks += due;
  bridge_tick(due < INTERLOCK_FAR ? (uint32_t)due : INTERLOCK_FAR);
}

static void obey_command(const char *text) {
  unsigned levels;
  unsigned input;
  int value;
  if (sscanf(text, "digital %u", &levels) == 1 && levels <= UINT8_MAX) host.digital = (uint8_t)levels;
  else if (sscanf(text, "analogue %u %d", &input, &value) == 2 && input < INPUTS_ANALOGUE && value >= INT16_MIN &&
           value <= INT16_MAX)
    host.analogue[input] = (int16_t)value;
  else if (strcmp(text, "unplug") == 0) unplug();
  else if (strcmp(text, "plug") == 0) {
    plug();
    say_ready();
  }
  else if (strcmp(text, "reset") == 0) host.reset = true;
  else fprintf(stderr, "%s: no such command. There are digital, analogue, unplug, plug and reset.\n", text);
}

static void read_commands(void) {
  char bytes[LINE];
  const ssize_t taken = read(STDIN_FILENO, bytes, sizeof bytes);
  if (taken <= 0) {
    host.input_ended = true;
    return;
  }
  for (ssize_t i = 0; i < taken; i++) {
    if (bytes[i] != '\n') {
      if (host.command_length < LINE - 1) host.command[host.command_length++] = bytes[i];
      continue;
    }
    host.command[host.command_length] = '\0';
    host.command_length = 0;
    obey_command(host.command);
    bridge_tick(0); /* an input may have changed */
  }
}

static void sleep_until_needed(void) {
  struct pollfd watched[] = {
      {.fd = host.line, .events = (short)(host.queued > 0 ? POLLIN | POLLOUT : POLLIN)},
      {.fd = host.input_ended ? -1 : STDIN_FILENO, .events = POLLIN},
  };
  const uint64_t until_us = (host.ticks + bridge_next()) * INTERLOCK_TICK_US;
  const uint64_t now_us = port_now_us();
  const uint64_t sleep_us = until_us > now_us ? until_us - now_us : 0;
  const struct timespec timeout = {
      .tv_sec = (time_t)(sleep_us / 1000000u),
      .tv_nsec = (long)(sleep_us % 1000000u) * 1000L,
  };
  if (ppoll(watched, 2, &timeout, NULL) <= 0) return;
  if (watched[1].revents != 0) read_commands();
  if ((watched[0].revents & POLLOUT) != 0) flush_queue();
}

static void demand_realtime(void) {
  const struct sched_param priority = {.sched_priority = 50};
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0 || sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
    fail("--realtime", "Allow it (ulimit -r and -l), or leave it out.");
}

int main(int count, char **arguments) {
  const char *flash = NULL;
  bool realtime = false;
  for (int i = 1; i < count; i++) {
    if (strcmp(arguments[i], "--realtime") == 0) realtime = true;
    else if (strcmp(arguments[i], "--flash") == 0 && i + 1 < count) flash = arguments[++i];
    else if (host.link == NULL && arguments[i][0] != '-') host.link = arguments[i];
    else host.link = "";
  }
  if (host.link == NULL || host.link[0] == '\0') {
    fprintf(stderr, "usage: axond-bridge LINK [--realtime] [--flash FILE]\n");
    return 2;
  }
  const struct sigaction stopping = {.sa_handler = stop};
  sigaction(SIGTERM, &stopping, NULL);
  sigaction(SIGINT, &stopping, NULL);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1UL); /* nanosecond: not 50 microseconds */
  if (realtime) demand_realtime();
  use_flash(flash);
  plug();
  power_on();

  while (!stopped) {
    if (host.reset) power_on();
    tick();
    while (bridge_poll() && !host.reset) tick();
    if (!host.reset) sleep_until_needed();
  }
  port_output(0);
  unplug();
  return 0;
}

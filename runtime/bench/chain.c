/*
 * The floor that `axond bench loop` holds itself against, and the amplifier that times everybody.
 *
 *   chain direct EEG TRIGGER            one process: reads packets, answers a marker on TRIGGER
 *   chain relay EEG TRIGGER             two processes: the first reads packets and writes a byte to a pipe, the second
 *                                       reads the pipe and writes the trigger
 *   chain amplifier HZ SETTLE ROUNDS MARKERS NAME:EEGFD:TRIGGERFD ...
 *                                       sends 33-byte Cyton packets to each program in turn, a marker in every tenth,
 *                                       and prints "NAME ROUND NANOSECONDS" for each answer, "NAME ROUND lost" otherwise
 *
 * With "fifo" as a last argument, direct and relay ask for SCHED_FIFO 50 as axond's own threads do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 33, CHANNELS = 8, MARKER_CHANNEL = 7, MARKER_EVERY = 10, MAX_PROGRAMS = 8 };
/* 5,000 uV at gain 24 (0.02235174 uV a count); a marker is 10,000 uV. */
static const int32_t MARKER_COUNTS = 447392, THRESHOLD_COUNTS = 223696;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int32_t counts_at(const uint8_t *packet, int channel) {
  const uint8_t *p = packet + 2 + 3 * channel;
  return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8) >> 8;
}

static void ask_fifo(int argc, char **argv) {
  struct sched_param parameter = {.sched_priority = 50};
  if (strcmp(argv[argc - 1], "fifo") == 0 && sched_setscheduler(0, SCHED_FIFO, &parameter) != 0) fail("SCHED_FIFO");
}

/* Reads packets and writes one byte to `out` whenever the marker channel rises above the threshold. */
static void answer_markers(int eeg, int out) {
  uint8_t buffer[4096], packet[PACKET];
  int have = 0, above = 0;
  for (;;) {
    ssize_t n = read(eeg, buffer, sizeof buffer);
    if (n <= 0) exit(0);
    for (ssize_t i = 0; i < n; i++) {
      if (have == 0 && buffer[i] != 0xA0) continue;
      packet[have++] = buffer[i];
      if (have < PACKET) continue;
      have = 0;
      if (packet[PACKET - 1] != 0xC0) continue;
      int now_above = 0;
      for (int channel = 0; channel < CHANNELS; channel++) {
        int32_t counts = counts_at(packet, channel);
        if (channel == MARKER_CHANNEL) now_above = counts > THRESHOLD_COUNTS;
      }
      if (now_above && !above && write(out, "!", 1) != 1) exit(0);
      above = now_above;
    }
  }
}

static int run_program(int argc, char **argv, int relay) {
  int eeg = open(argv[2], O_RDWR | O_NOCTTY), trigger = open(argv[3], O_WRONLY | O_NOCTTY);
  if (eeg < 0) fail(argv[2]);
  if (trigger < 0) fail(argv[3]);
  if (!relay) {
    ask_fifo(argc, argv);
    answer_markers(eeg, trigger);
  }
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ask_fifo(argc, argv);
    close(ends[1]);
    char byte;
    while (read(ends[0], &byte, 1) == 1)
      if (write(trigger, &byte, 1) != 1) break;
    exit(0);
  }
  ask_fifo(argc, argv);
  close(ends[0]);
  answer_markers(eeg, ends[1]);
  return 0;
}

struct program {
  char name[32];
  int eeg, trigger;
  int64_t sent;
  int round;
};

static uint32_t noise_state = 12345;
static int32_t noise(void) {
  noise_state = noise_state * 1664525u + 1013904223u;
  return (int32_t)(noise_state >> 20) - 2048; /* +-46 uV */
}

static void fill(uint8_t *packet, uint8_t counter, int marker) {
  packet[0] = 0xA0;
  packet[1] = counter;
  for (int channel = 0; channel < CHANNELS; channel++) {
    int32_t counts = noise() + (marker && channel == MARKER_CHANNEL ? MARKER_COUNTS : 0);
    packet[2 + 3 * channel] = counts >> 16;
    packet[3 + 3 * channel] = counts >> 8;
    packet[4 + 3 * channel] = counts;
  }
  memset(packet + 26, 0, 6);
  packet[32] = 0xC0;
}

static void answered(struct program *program, int64_t at) {
  char bytes[64];
  ssize_t n = read(program->trigger, bytes, sizeof bytes);
  if (n <= 0 || program->sent == 0) return;
  printf("%s %d %lld\n", program->name, program->round, (long long)(at - program->sent));
  program->sent = 0;
}

static int amplify(int argc, char **argv) {
  double hz = atof(argv[2]);
  long settle = atol(argv[3]), rounds = atol(argv[4]), markers = atol(argv[5]);
  struct program programs[MAX_PROGRAMS];
  struct pollfd polls[MAX_PROGRAMS];
  int count = 0;
  for (int i = 6; i < argc && count < MAX_PROGRAMS; i++) {
    struct program *p = &programs[count];
    memset(p, 0, sizeof *p);
    if (sscanf(argv[i], "%31[^:]:%d:%d", p->name, &p->eeg, &p->trigger) != 3) fail(argv[i]);
    fcntl(p->eeg, F_SETFL, O_NONBLOCK);
    polls[count] = (struct pollfd){.fd = p->trigger, .events = POLLIN};
    count++;
  }
  double slot = 1e9 / hz / count;
  long per_round = markers * MARKER_EVERY, total = settle + rounds * per_round;
  int64_t start = now_ns();
  for (long n = 0; n < total * count; n++) {
    int64_t due = start + (int64_t)(slot * n);
    for (int64_t left; (left = due - now_ns()) > 0;) {
      struct timespec wait = {left / 1000000000, left % 1000000000};
      if (ppoll(polls, count, &wait, NULL) <= 0) continue;
      int64_t at = now_ns();
      for (int i = 0; i < count; i++)
        if (polls[i].revents & POLLIN) answered(&programs[i], at);
    }
    struct program *p = &programs[n % count];
    long packet_number = n / count;
    int marker = packet_number >= settle && (packet_number - settle) % MARKER_EVERY == 0;
    if (marker && p->sent) printf("%s %d lost\n", p->name, p->round);
    uint8_t packet[PACKET];
    fill(packet, packet_number & 255, marker);
    if (marker) {
      p->round = (packet_number - settle) / per_round;
      p->sent = now_ns();
    }
    if (write(p->eeg, packet, PACKET) != PACKET) printf("%s %d overrun\n", p->name, p->round);
  }
  int64_t end = now_ns() + 200000000;
  while (now_ns() < end && poll(polls, count, 10) >= 0)
    for (int i = 0; i < count; i++)
      if (polls[i].revents & POLLIN) answered(&programs[i], now_ns());
  for (int i = 0; i < count; i++)
    if (programs[i].sent) printf("%s %d lost\n", programs[i].name, programs[i].round);
  return 0;
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc >= 4 && strcmp(argv[1], "direct") == 0) return run_program(argc, argv, 0);
  if (argc >= 4 && strcmp(argv[1], "relay") == 0) return run_program(argc, argv, 1);
  if (argc >= 7 && strcmp(argv[1], "amplifier") == 0) return amplify(argc, argv);
  fprintf(stderr, "usage: chain direct|relay EEG TRIGGER [fifo] | chain amplifier HZ SETTLE ROUNDS MARKERS NAME:FD:FD ...\n");
  return 2;
}

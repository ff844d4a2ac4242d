/*
 * libFuzzer on the bridge behind the virtual port. The input is a list of steps: bytes on the line, whole frames, time. An
 * observer follows the same bytes and knows what the output may do at most; where it does more, the run ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/frame.h"
#include "../../generated/messages.h"
#include "virtual.h"

enum { COMPILED_BEAT_US = 250000, INTERVAL_US = 400000, LONGEST_US = 1000000, LARGEST = 1000 };

static struct {
  const uint8_t *input;
  size_t left;

  /* The observer. */
  struct frame_decoder to_device;
  struct frame_decoder to_host;
  uint32_t offered;
  uint32_t session;
  uint32_t sequence; /* for frames of our own */
  uint64_t rest_us;  /* after it nothing may come out */
  uint32_t beat_timeout_us;
  uint32_t beat;
  uint32_t duration_limit_us;
  uint16_t amplitude_limit;
  uint32_t pulses;   /* that could have been taken */
  uint32_t starts;
  uint32_t judged;
  uint64_t start_us;
  uint64_t woke_us;  /* from a sleep that was too long: what was due is done then */
} fuzz;

static uint32_t take(size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes && fuzz.left > 0; i++, fuzz.left--) value = value << 8 | *fuzz.input++;
  return value;
}

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s at %llu us\n", what, (unsigned long long)virtual_now_us());
  abort();
}

static uint32_t smaller(uint32_t one, uint32_t other) {
  return one < other ? one : other;
}

static void listen(void) {
  static uint8_t bytes[1 << 16];
  const size_t size = virtual_sent(bytes, sizeof bytes);
  for (size_t i = 0; i < size; i++) {
    const size_t length = frame_take(&fuzz.to_host, bytes[i]);
    if (length != MESSAGE_WELCOME_SIZE || fuzz.to_host.bytes[0] != MESSAGE_WELCOME) continue;
    const uint8_t *session = fuzz.to_host.bytes + 7;
    fuzz.offered = (uint32_t)session[0] | (uint32_t)session[1] << 8 | (uint32_t)session[2] << 16 | (uint32_t)session[3] << 24;
  }
  demand(fuzz.to_host.damaged == 0, "a damaged frame was sent");
}

/* Before a message arrives: what it lets the output do. */
static void allow(const uint8_t *message, size_t size) {
  const uint64_t now_us = virtual_now_us();
  struct message_open open;
  struct message_beat beat;
  struct message_pulse pulse;
  if (decode_open(message, size, &open) && open.session != 0 && open.session == fuzz.offered) {
    fuzz.session = open.session;
    fuzz.offered = 0;
    fuzz.beat = 0;
    fuzz.beat_timeout_us = smaller(open.beat_timeout_us, COMPILED_BEAT_US);
    fuzz.duration_limit_us = smaller(open.duration_limit_us, LONGEST_US);
    fuzz.amplitude_limit = (uint16_t)smaller(open.amplitude_limit, LARGEST);
    fuzz.rest_us = now_us + fuzz.beat_timeout_us;
  }
  if (decode_beat(message, size, &beat) && beat.session == fuzz.session && beat.sequence > fuzz.beat &&
      now_us <= fuzz.rest_us) {
    fuzz.beat = beat.sequence;
    fuzz.rest_us = now_us + fuzz.beat_timeout_us;
  }
  if (decode_pulse(message, size, &pulse) && pulse.session == fuzz.session && fuzz.beat > 0 && pulse.sham == 0)
    fuzz.pulses++;
}

/* After it has arrived: what it must have ended. */
static void forbid(const uint8_t *message, size_t size) {
  struct message_hello hello;
  struct message_reset reset;
  if (decode_hello(message, size, &hello) || (decode_reset(message, size, &reset) && reset.session == fuzz.session)) {
    fuzz.session = 0;
    fuzz.offered = 0;
    fuzz.rest_us = virtual_now_us();
    demand(virtual_output() == 0, "output after an end of the session");
  }
  if (decode_rest(message, size)) demand(virtual_output() == 0, "output after `rest`");
}

static void judge(void) {
  for (; fuzz.judged < virtual_changes(); fuzz.judged++) {
    const uint64_t at_us = virtual_change_us(fuzz.judged);
    const uint16_t amplitude = virtual_change_to(fuzz.judged);
    if (amplitude == 0) {
      demand(at_us - fuzz.start_us <= fuzz.duration_limit_us || at_us == fuzz.woke_us, "too long");
      continue;
    }
    fuzz.starts++;
    demand(fuzz.starts <= fuzz.pulses, "more starts than pulses");
    demand(amplitude <= fuzz.amplitude_limit, "too strong");
    demand(at_us >= INTERVAL_US && (fuzz.starts == 1 || at_us - fuzz.start_us >= INTERVAL_US), "too early");
    demand(at_us <= fuzz.rest_us, "a start without a heartbeat");
    fuzz.start_us = at_us;
  }
  demand(virtual_output() == 0 || virtual_now_us() <= fuzz.rest_us, "output without a heartbeat");
  demand(virtual_output() == 0 || virtual_now_us() - fuzz.start_us <= fuzz.duration_limit_us, "output without an end");
}

/* Byte by byte, so that the observer knows what a frame has changed before the next one. */
static void arrive(const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const size_t length = frame_take(&fuzz.to_device, bytes[i]);
    if (length > 0) allow(fuzz.to_device.bytes, length);
    virtual_arrive(bytes + i, 1);
    judge();
    if (length == 0) continue;
    forbid(fuzz.to_device.bytes, length);
    listen();
  }
}

static void send(const uint8_t *message, size_t size) {
  uint8_t frame[FRAME_LONGEST + 1] = {0};
  arrive(frame, 1 + frame_encode(frame + 1, message, size));
}

static uint8_t *put(uint8_t *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) *at++ = (uint8_t)(value >> (8 * i));
  return at;
}

static void send_open(void) {
  uint8_t message[MESSAGE_LONGEST] = {MESSAGE_OPEN};
  uint8_t *at = put(message + 1, fuzz.offered, 4);
  at = put(at, take(1) * 2000u, 4);
  at = put(at, take(2), 2);
  at = put(at, take(2) * 100u, 4);
  at = put(at, UINT32_MAX, 4);
  at = put(at, take(1) * 10000u, 4);
  at = put(at, take(1), 2);
  at = put(at, take(2), 2);
  at = put(at, take(1) * 100u, 4);
  put(at, take(1), 1);
  send(message, MESSAGE_OPEN_SIZE);
}

static void send_pulse(void) {
  uint8_t message[MESSAGE_LONGEST] = {MESSAGE_PULSE};
  const uint64_t start_us = virtual_now_us() + (uint64_t)take(2) * 20u - 1000u;
  uint8_t *at = put(message + 1, fuzz.session, 4);
  at = put(at, ++fuzz.sequence, 4);
  at = put(at, start_us, 8);
  at = put(at, start_us + take(1) * 100u, 8);
  at = put(at, take(2) * 20u, 4);
  at = put(at, take(2), 2);
  put(at, take(1) & 1u, 1);
  send(message, MESSAGE_PULSE_SIZE);
}

static void step(void) {
  uint8_t message[MESSAGE_LONGEST] = {0};
  const uint32_t chosen = take(1);
  switch (chosen % 10) {
    case 0: { /* any bytes */
      const size_t size = take(1) < fuzz.left ? fuzz.input[-1] : fuzz.left;
      const uint8_t *bytes = fuzz.input;
      fuzz.input += size;
      fuzz.left -= size;
      arrive(bytes, size);
      break;
    }
    case 1: { /* any message */
      size_t size = take(1) % MESSAGE_LONGEST + 1;
      for (size_t i = 0; i < size; i++) message[i] = (uint8_t)take(1);
      send(message, size);
      break;
    }
    case 2: /* any kind, of this session */
      message[0] = (uint8_t)(chosen / 10 % 13);
      put(message + 1, fuzz.session, 4);
      for (size_t i = 5; i < 16; i++) message[i] = (uint8_t)take(1);
      send(message, take(1) % MESSAGE_LONGEST + 1);
      break;
    case 3:
      message[0] = MESSAGE_HELLO;
      message[1] = PROTOCOL_VERSION;
      send(message, MESSAGE_HELLO_SIZE);
      break;
    case 4: send_open(); break;
    case 5:
      message[0] = MESSAGE_BEAT;
      put(put(message + 1, fuzz.session, 4), ++fuzz.sequence, 4);
      send(message, MESSAGE_BEAT_SIZE);
      break;
    case 6: send_pulse(); break;
    case 7: virtual_pass((uint64_t)take(1) * 50u); break;
    case 8:
      virtual_oversleep(take(1) + 1);
      fuzz.woke_us = virtual_now_us();
      break;
    default:
      virtual_room(take(1) * 16u);
      virtual_digital((uint8_t)take(1));
  }
  judge();
  listen();
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  memset(&fuzz, 0, sizeof fuzz);
  fuzz.input = input;
  fuzz.left = size;
  virtual_room(SIZE_MAX);
  virtual_power_on();
  virtual_oversleep(30000); /* what a boot counts for is over */
  while (fuzz.left > 0) step();
  virtual_oversleep(2 * COMPILED_BEAT_US / 100);
  fuzz.woke_us = virtual_now_us();
  judge();
  demand(virtual_output() == 0, "output at the end");
  return 0;
}

/*
 * For Frama-C's Eva: the whole bridge, with a port that can do anything that port.h allows, and any messages. Each time, each
 * byte of a message and each byte of flash is any value, in any order, for ever. core/frame.c stands apart (eva-frame.c):
 * here is what frame.h promises of it.
 */
#include "__fc_builtin.h"

#include "../core/bridge.h"
#include "../core/frame.h"
#include "../core/signature.h"
#include "../port.h"

enum { BANK = 4096 };

static uint8_t banks[2][BANK];
static uint64_t now_us;
static uint8_t running;

uint64_t port_now_us(void) {
  const uint64_t later = Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
  if (later > now_us) now_us = later;
  return now_us;
}

void port_output(uint16_t amplitude) { (void)amplitude; }

size_t port_read(uint8_t *bytes, size_t size) {
  Frama_C_make_unknown((char *)bytes, size);
  return Frama_C_unsigned_int_interval(0, size);
}

bool port_write(const uint8_t *bytes, size_t size) {
  /*@ assert size > 0 && \initialized(bytes + (0 .. size - 1)); */
  (void)bytes;
  (void)size;
  return Frama_C_interval(0, 1);
}

void port_lock(void) {}

void port_unlock(void) {
  /* The tick's interrupt may come at any time but between the two. */
  while (Frama_C_interval(0, 1)) bridge_tick(Frama_C_unsigned_int_interval(0, UINT32_MAX));
}

uint32_t port_boot(void) { return Frama_C_unsigned_int_interval(0, UINT32_MAX); }

uint8_t port_digital(void) { return Frama_C_unsigned_char_interval(0, UINT8_MAX); }

int16_t port_analogue(uint8_t input) {
  (void)input;
  return Frama_C_short_interval(INT16_MIN, INT16_MAX);
}

uint8_t port_running_bank(void) { return running; }

uint32_t port_bank_size(void) { return BANK; }

const uint8_t *port_bank(uint8_t bank) {
  /*@ assert bank <= 1; */
  Frama_C_make_unknown((char *)banks[bank], BANK);
  return banks[bank];
}

bool port_bank_erase(uint8_t bank) {
  /*@ assert bank <= 1; */
  (void)bank;
  return Frama_C_interval(0, 1);
}

bool port_bank_write(uint8_t bank, uint32_t offset, const uint8_t *bytes, size_t size) {
  /*@ assert bank <= 1; */
  /*@ assert \initialized(bytes + (0 .. size - 1)); */
  (void)bank;
  (void)offset;
  (void)bytes;
  (void)size;
  return Frama_C_interval(0, 1);
}

void port_reset(void) {}

size_t frame_take(struct frame_decoder *decoder, uint8_t byte) {
  (void)byte;
  Frama_C_make_unknown((char *)decoder->bytes, sizeof decoder->bytes);
  decoder->damaged = Frama_C_unsigned_int_interval(0, UINT32_MAX);
  return Frama_C_unsigned_int_interval(0, MESSAGE_LONGEST);
}

size_t frame_encode(uint8_t frame[FRAME_LONGEST], const uint8_t *message, size_t size) {
  /*@ assert 0 < size <= MESSAGE_LONGEST; */
  /*@ assert \initialized(message + (0 .. size - 1)); */
  (void)message;
  (void)size;
  Frama_C_make_unknown((char *)frame, FRAME_LONGEST);
  return Frama_C_unsigned_int_interval(1, FRAME_LONGEST);
}

uint32_t frame_crc32(const uint8_t *bytes, size_t size) {
  /*@ assert \initialized(bytes + (0 .. size - 1)); */
  (void)bytes;
  (void)size;
  return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

/* The check of a signature is tinyssh's own code: not looked at here. */
bool signature_is_right(const uint8_t signature[64], const uint8_t *bytes, uint32_t length) {
  /*@ assert \initialized(signature + (0 .. 63)) && \initialized(bytes + (0 .. length - 1)); */
  (void)signature;
  (void)bytes;
  (void)length;
  return Frama_C_interval(0, 1);
}

int main(void) {
  running = Frama_C_unsigned_char_interval(0, 1);
  /*@ widen_hints global:"all", 31; */ /* the rings of inputs.c */
  bridge_boot();
  for (;;) {
    if (Frama_C_interval(0, 1)) bridge_tick(Frama_C_unsigned_int_interval(0, UINT32_MAX));
    if (Frama_C_interval(0, 1)) bridge_poll();
    if (Frama_C_interval(0, 1)) bridge_next();
  }
}

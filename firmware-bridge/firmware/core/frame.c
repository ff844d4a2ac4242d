#include "frame.h"

/* Of half a byte: 64 bytes of flash. */
static const uint32_t crc_table[16] = {
  0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
  0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
};

uint32_t frame_crc32(const uint8_t *bytes, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    crc = crc_table[crc & 15u] ^ (crc >> 4);
    crc = crc_table[crc & 15u] ^ (crc >> 4);
  }
  return crc ^ 0xffffffffu;
}

size_t frame_encode(uint8_t frame[FRAME_LONGEST], const uint8_t *message, size_t size) {
  uint32_t crc = frame_crc32(message, size);
  size_t run_at = 0; /* where the length of the run that is being written goes */
  size_t at = 1;
  /*@ loop unroll 150; */ /* so that Frama-C sees that `at` follows `i` */
  for (size_t i = 0; i < size + FRAME_CRC_SIZE; i++) {
    uint8_t byte = i < size ? message[i] : (uint8_t)(crc >> (8u * (i - size)));
    if (byte != 0) {
      frame[at++] = byte;
      continue;
    }
    frame[run_at] = (uint8_t)(at - run_at);
    run_at = at++;
  }
  frame[run_at] = (uint8_t)(at - run_at);
  frame[at++] = 0;
  return at;
}

/* In place; returns the number of bytes, or 0 where runs do not fit into the frame. */
static size_t unstuff(uint8_t *bytes, size_t length) {
  size_t to = 0;
  size_t next = 0; /* where the next run tells its length */
  /*@ loop unroll 150; */ /* so that Frama-C sees that `to` is not above `from` */
  for (size_t from = 0; from < length; from++) {
    if (from < next) {
      bytes[to++] = bytes[from];
      continue;
    }
    next = from + bytes[from];
    if (from > 0) bytes[to++] = 0;
  }
  return next == length ? to : 0;
}

static uint32_t crc_at(const uint8_t *bytes) {
  return bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
}

size_t frame_take(struct frame_decoder *decoder, uint8_t byte) {
  if (byte != 0) {
    if (decoder->length < FRAME_LONGEST) decoder->bytes[decoder->length++] = byte;
    return 0;
  }
  size_t length = decoder->length;
  decoder->length = 0;
  if (length == 0) return 0;
  /* A frame that fills the buffer is longer than any: the zero that ends it has no place there. */
  size_t size = length < FRAME_LONGEST ? unstuff(decoder->bytes, length) : 0;
  if (size <= FRAME_CRC_SIZE ||
      crc_at(decoder->bytes + size - FRAME_CRC_SIZE) != frame_crc32(decoder->bytes, size - FRAME_CRC_SIZE)) {
    decoder->damaged++;
    return 0;
  }
  return size - FRAME_CRC_SIZE;
}

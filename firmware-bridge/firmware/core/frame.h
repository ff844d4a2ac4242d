/*
 * Frames on the line: a message and its CRC-32 (IEEE 802.3, little-endian), stuffed by COBS (Cheshire and Baker 1999) so
 * that no byte of it is zero, and a zero byte that ends it. A message is shorter than 254 bytes: one byte of stuffing.
 */
#ifndef AXOND_FRAME_H
#define AXOND_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../generated/messages.h"

#define FRAME_CRC_SIZE 4u
#define FRAME_LONGEST (MESSAGE_LONGEST + FRAME_CRC_SIZE + 2u)

_Static_assert(MESSAGE_LONGEST + FRAME_CRC_SIZE < 254u, "one byte of stuffing is not enough");

/* Makes a frame of the first `size` bytes of `message`, at most MESSAGE_LONGEST; returns its length with the zero. */
size_t frame_encode(uint8_t frame[FRAME_LONGEST], const uint8_t *message, size_t size);

/* All zero at the start. After `frame_take`: the message in the first bytes. */
struct frame_decoder {
  uint8_t bytes[FRAME_LONGEST];
  uint16_t length; /* bytes since the last zero, saturating: those too that there was no room for */
  uint32_t damaged; /* what stood between two zeros and was no frame: cut, joined or changed on the way */
};

/* The size of the message that this byte completes, or 0. */
size_t frame_take(struct frame_decoder *decoder, uint8_t byte);

/* IEEE 802.3. */
uint32_t frame_crc32(const uint8_t *bytes, size_t size);

#endif

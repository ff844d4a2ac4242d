/*
 * libFuzzer on the frame decoder and on what reads its messages. The first byte of the input says how the rest reaches the
 * line: 0 as it is, else as the message of a whole frame, of which the byte that the second one names is changed by the
 * third one's bits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/frame.h"
#include "../../generated/messages.h"

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  abort();
}

/* At most one kind can have it: kinds have a code and a size each. */
static unsigned readers(const uint8_t *bytes, size_t size) {
  struct message_hello hello;
  struct message_open open;
  struct message_beat beat;
  struct message_pulse pulse;
  struct message_sync sync;
  struct message_update_begin begin;
  struct message_update_chunk chunk;
  struct message_update_end end;
  struct message_reset reset;
  struct message_confirm confirm;
  return (unsigned)decode_hello(bytes, size, &hello) + decode_open(bytes, size, &open) + decode_beat(bytes, size, &beat) +
         decode_pulse(bytes, size, &pulse) + decode_rest(bytes, size) + decode_sync(bytes, size, &sync) +
         decode_ask(bytes, size) + decode_update_begin(bytes, size, &begin) + decode_update_chunk(bytes, size, &chunk) +
         decode_update_end(bytes, size, &end) + decode_reset(bytes, size, &reset) + decode_confirm(bytes, size, &confirm);
}

/* What is taken must be what these bytes, since the last zero, are the only frame of. */
static unsigned arrive(struct frame_decoder *decoder, const uint8_t *bytes, size_t count) {
  unsigned taken = 0;
  size_t begin = 0;
  for (size_t i = 0; i < count; i++) {
    const size_t size = frame_take(decoder, bytes[i]);
    if (bytes[i] != 0) demand(size == 0, "a frame that has no end was taken");
    if (size > 0) {
      uint8_t frame[FRAME_LONGEST];
      demand(size <= MESSAGE_LONGEST, "a message is longer than any");
      demand(frame_encode(frame, decoder->bytes, size) == i + 1 - begin, "a frame has another length");
      demand(memcmp(frame, bytes + begin, i + 1 - begin) == 0, "a frame has other bytes");
      demand(readers(decoder->bytes, size) <= 1, "a message is of two kinds");
      taken++;
    }
    if (bytes[i] == 0) begin = i + 1;
  }
  return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  struct frame_decoder decoder = {0};
  if (size < 1) return 0;
  if (input[0] == 0) {
    arrive(&decoder, input + 1, size - 1);
    return 0;
  }
  if (size < 4) return 0;
  uint8_t frame[FRAME_LONGEST];
  const size_t message = size - 3 < MESSAGE_LONGEST ? size - 3 : MESSAGE_LONGEST;
  const size_t length = frame_encode(frame, input + 3, message);
  demand(arrive(&decoder, frame, length) == 1, "a whole frame was not taken");
  if (input[2] == 0) return 0;
  frame[input[1] % (length - 1)] ^= input[2];
  /* One that has become zero cuts the frame in two, and a message may well hold a whole frame, CRC and all. */
  const bool cut = memchr(frame, 0, length - 1) != NULL;
  demand(arrive(&decoder, frame, length) == 0 || cut, "a changed frame was taken");
  return 0;
}

/*
 * For Frama-C's Eva: any byte into a decoder of frames in any state, and any message that there is room for into the
 * encoder. That the decoder's state stays what is assumed here is asserted.
 */
#include "__fc_builtin.h"

#include "../core/frame.h"

int main(void) {
  static struct frame_decoder decoder;
  uint8_t frame[FRAME_LONGEST];
  uint8_t message[MESSAGE_LONGEST];
  Frama_C_make_unknown((char *)decoder.bytes, sizeof decoder.bytes);
  decoder.length = Frama_C_unsigned_short_interval(0, FRAME_LONGEST);
  decoder.damaged = Frama_C_unsigned_int_interval(0, UINT32_MAX);
  const size_t size = frame_take(&decoder, Frama_C_unsigned_char_interval(0, UINT8_MAX));
  /*@ assert size <= MESSAGE_LONGEST; */
  /*@ assert decoder.length <= FRAME_LONGEST; */
  Frama_C_make_unknown((char *)message, MESSAGE_LONGEST);
  const size_t length = frame_encode(frame, message, Frama_C_unsigned_int_interval(1, MESSAGE_LONGEST));
  /*@ assert length <= FRAME_LONGEST; */
  return size == length;
}

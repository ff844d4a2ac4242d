/*
 * What the board's inputs say: each change of a digital one with its time, and blocks of samples of the analogue ones.
 * Filled at the tick, emptied by the main loop.
 */
#ifndef AXOND_INPUTS_H
#define AXOND_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../generated/messages.h"

enum {
  INPUTS_ANALOGUE = 8, /* at most */
  INPUTS_BLOCK = 16,   /* samples of one input in a message */
  INPUTS_CHANGES = 32, /* of digital inputs that can wait for the main loop */
};

struct inputs {
  uint8_t levels; /* at the newest tick */
  struct message_input changes[INPUTS_CHANGES]; /* a ring */
  uint8_t first;
  uint8_t count;
  uint32_t lost_bytes; /* of messages that the main loop was too slow for */

  uint32_t period; /* ticks from sample to sample; 0: no samples */
  uint32_t left;   /* ticks until the next one */
  uint8_t analogue;
  uint8_t filled; /* samples of the block that is being filled */
  struct message_samples block[INPUTS_ANALOGUE];
  struct message_samples full[INPUTS_ANALOGUE];
  uint8_t sent; /* of `full`: those before this one */
};

/* Nothing waits, and sampling begins: `analogue` inputs each `period_us`, as a whole number of ticks. */
void inputs_begin(struct inputs *inputs, uint32_t period_us, uint8_t analogue);

/* So many ticks have passed, and it is `now_us`. */
void inputs_tick(struct inputs *inputs, uint32_t ticks, uint64_t now_us);

/* Ticks until the next sample; UINT32_MAX: none. */
uint32_t inputs_next(const struct inputs *inputs);

/* False: nothing waits. */
bool inputs_take_change(struct inputs *inputs, struct message_input *change);
bool inputs_take_samples(struct inputs *inputs, struct message_samples *samples);

#endif

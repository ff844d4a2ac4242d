#include "inputs.h"

#include "../port.h"
#include "interlock.h"

void inputs_begin(struct inputs *inputs, uint32_t period_us, uint8_t analogue) {
  *inputs = (struct inputs){
      .levels = port_digital(),
      .lost_bytes = inputs->lost_bytes,
      .period = analogue > 0 ? period_us / INTERLOCK_TICK_US : 0,
      .analogue = analogue < INPUTS_ANALOGUE ? analogue : INPUTS_ANALOGUE,
      .sent = INPUTS_ANALOGUE,
  };
  inputs->left = inputs->period;
}

static void note_change(struct inputs *inputs, uint64_t now_us) {
  const uint8_t levels = port_digital();
  const uint8_t changed = levels ^ inputs->levels;
  if (changed == 0) return;
  inputs->levels = levels;
  if (inputs->count == INPUTS_CHANGES) {
    inputs->lost_bytes += MESSAGE_INPUT_SIZE;
    return;
  }
  inputs->changes[(inputs->first + inputs->count) % INPUTS_CHANGES] =
      (struct message_input){.at_us = now_us, .levels = levels, .changed = changed};
  inputs->count++;
}

static void hand_over(struct inputs *inputs) {
  for (; inputs->sent < inputs->analogue; inputs->sent++) inputs->lost_bytes += MESSAGE_SAMPLES_SIZE;
  for (uint8_t input = 0; input < inputs->analogue; input++) {
    inputs->full[input] = inputs->block[input];
    inputs->block[input].counter++;
  }
  inputs->sent = 0;
  inputs->filled = 0;
}

static void sample(struct inputs *inputs, uint64_t at_us) {
  for (uint8_t input = 0; input < inputs->analogue; input++) {
    struct message_samples *block = &inputs->block[input];
    if (inputs->filled == 0) {
      block->first_us = at_us;
      block->period_us = inputs->period * INTERLOCK_TICK_US;
      block->input = input;
    }
    block->values[inputs->filled] = port_analogue(input);
  }
  inputs->filled++;
  if (inputs->filled == INPUTS_BLOCK) hand_over(inputs);
}

void inputs_tick(struct inputs *inputs, uint32_t ticks, uint64_t now_us) {
  note_change(inputs, now_us);
  if (inputs->period == 0) return;
  if (ticks < inputs->left) {
    inputs->left -= ticks;
    return;
  }
  /* A port that woke late has missed samples: the block that they belong to is given up, which its counter tells. */
  const uint32_t over = ticks - inputs->left;
  if (over >= inputs->period) {
    for (uint8_t input = 0; input < inputs->analogue; input++) inputs->block[input].counter++;
    inputs->lost_bytes += inputs->analogue * MESSAGE_SAMPLES_SIZE;
    inputs->filled = 0;
  }
  inputs->left = inputs->period - over % inputs->period;
  sample(inputs, now_us);
}

uint32_t inputs_next(const struct inputs *inputs) {
  return inputs->period == 0 ? UINT32_MAX : inputs->left;
}

bool inputs_take_change(struct inputs *inputs, struct message_input *change) {
  if (inputs->count == 0) return false;
  *change = inputs->changes[inputs->first];
  inputs->first = (uint8_t)((inputs->first + 1u) % INPUTS_CHANGES);
  inputs->count--;
  return true;
}

bool inputs_take_samples(struct inputs *inputs, struct message_samples *samples) {
  if (inputs->sent >= inputs->analogue) return false;
  *samples = inputs->full[inputs->sent];
  inputs->sent++;
  return true;
}

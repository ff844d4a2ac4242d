/*
 * A long random walk of the interlock with the compiled limits and real times, with an observer beside it: a sample where
 * visit.c is exhaustive, and limits of real size where visit.c has small ones. Arguments: seed, steps. Exits 1 at what is broken.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../generated/messages.h"
#include "inputs.h"

enum { REMEMBERED = 40 };

static uint64_t state;

/* Marsaglia's xorshift64*. */
static uint32_t random_below(uint32_t count) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (uint32_t)((state * UINT64_C(0x2545f4914f6cdd1d) >> 32) * count >> 32);
}

/* Often at the edge of what is allowed, where mistakes are. */
static uint32_t near(uint32_t limit) {
  switch (random_below(8)) {
    case 0: return limit;
    case 1: return limit + 1;
    case 2: return limit == 0 ? 0 : limit - 1;
    case 3: return UINT32_MAX - random_below(2);
    case 4: return random_below(3);
    default: return random_below(limit + limit / 8 + 1);
  }
}

static uint16_t near16(uint16_t limit) {
  const uint32_t value = near(limit);
  return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static struct interlock_limits some_limits(void) {
  const struct interlock_limits most = interlock_compiled;
  struct interlock_limits some = {UINT32_MAX, UINT32_MAX, UINT32_MAX, 0, UINT16_MAX, UINT16_MAX, UINT16_MAX};
  if (random_below(2)) return some;
  if (random_below(4) == 0) some.beat = near(most.beat);
  if (random_below(4) == 0) some.duration = near(most.duration);
  if (random_below(4) == 0) some.charge = near(most.charge);
  if (random_below(4) == 0) some.interval = random_below(INTERLOCK_MINUTE);
  if (random_below(4) == 0) some.amplitude = near16(most.amplitude);
  if (random_below(4) == 0) some.rate = near16(most.rate);
  if (random_below(4) == 0) some.duty = near16(most.duty);
  return some;
}

static struct input some_input(const struct observer *seen) {
  struct input input = {.session = seen->session};
  const uint32_t kind = random_below(1000);
  if (kind == 0) return (struct input){.call = BOOT};
  if (kind == 1) return (struct input){.call = CLOSE};
  if (kind < 10) return (struct input){.call = REST};
  if (kind < 13 || (interlock_phase(&seen->lock) != PHASE_OPEN && kind < 60))
    return (struct input){.call = OPEN, .session = random_below(4), .asked = some_limits()};
  if (kind < 300) {
    input.call = BEAT;
    input.sequence = seen->newest_beat + (random_below(20) ? 1 : random_below(3));
    if (random_below(50) == 0) input.session = random_below(4);
    return input;
  }
  if (kind < 600) {
    input.call = ADVANCE;
    input.ticks = interlock_next(&seen->lock);
    if (input.ticks > INTERLOCK_MINUTE || random_below(2)) input.ticks = random_below(seen->limits.beat / 2 + 2);
    if (random_below(20) == 0) input.ticks += random_below(INTERLOCK_LATE + 2);
    if (random_below(2000) == 0) input.ticks = near(INTERLOCK_MINUTE);
    return input;
  }
  const uint32_t duration = near(seen->limits.duration);
  input.call = PULSE;
  if (random_below(2)) {
    input.pulse = (struct interlock_pulse){seen->session, seen->newest_pulse + 1, 0, 0, 1 + random_below(500), 1, false};
    return input;
  }
  const int32_t wait = (int32_t)near(random_below(4) ? 100 : INTERLOCK_EARLIEST) - (random_below(4) ? 0 : INTERLOCK_LATE);
  input.pulse = (struct interlock_pulse){
      .session = random_below(50) ? seen->session : random_below(4),
      .sequence = seen->newest_pulse + (random_below(20) ? 1 : random_below(3)),
      .wait = wait,
      .expires = random_below(3) ? INT32_MAX : (int32_t)((uint32_t)wait + random_below(INTERLOCK_LATE + 2) - 1),
      .duration = random_below(4) ? duration % 1000 : duration,
      .amplitude = near16(seen->limits.amplitude),
      .sham = random_below(4) == 0,
  };
  return input;
}

int main(int count, char **arguments) {
  const uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  const uint64_t steps = count > 2 ? strtoull(arguments[2], NULL, 10) : 1000000;
  struct observer seen;
  struct input last[REMEMBERED];
  uint64_t accepted = 0;
  state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
  struct finding wrong = observer_power_on(&seen);
  for (uint64_t step = 0; step < steps; step++) {
    struct input *input = &last[step % REMEMBERED];
    *input = some_input(&seen);
    const enum observer_stage before = seen.stage;
    if (wrong.what == NULL) wrong = input_apply(&seen, input);
    accepted += input->call == PULSE && seen.stage != before;
    if (wrong.what == NULL) continue;
    finding_tell(wrong);
    printf("  at step %" PRIu64 " of seed %" PRIu64 "; the last steps:\n", step, seed);
    for (uint64_t n = step < REMEMBERED ? 0 : step - REMEMBERED + 1; n <= step; n++) input_tell(&last[n % REMEMBERED]);
    return 1;
  }
  printf("%" PRIu64 " random steps of seed %" PRIu64 ", %" PRIu64 " accepted pulses\n", steps, seed, accepted);
  return 0;
}

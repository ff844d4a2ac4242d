/*
 * Visits every state that an interlock with small limits can reach, breadth first, under every input of a configuration
 * (configurations/, given by `-include`), with an observer beside it. Prints what it visited; or the shortest way to what
 * is broken, and exits 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../generated/messages.h"
#include "inputs.h"

const struct interlock_limits interlock_compiled = COMPILED;

/* Inputs: all combinations of what the configuration lists. */
static struct input *inputs;
static uint32_t input_count;

/* States, in the order in which they were found, and the way to each. */
enum { KEY = 48 };
struct state {
  uint8_t key[KEY];
  uint32_t from;
  uint32_t by;
};
static struct state *states;
static uint32_t state_count, state_room;
static uint32_t *table; /* of their keys' hashes: places in `states`, from 1; open addressing */
static uint32_t table_size;

static void *grown(void *memory, size_t count, size_t size) {
  void *more = realloc(memory, count * size);
  if (more != NULL) return more;
  fprintf(stderr, "There is no memory for so many states: close other programs.\n");
  exit(2);
}

static void add(struct input input) {
  inputs = grown(inputs, input_count + 1, sizeof *inputs);
  inputs[input_count++] = input;
}

#define EACH(type, one, ...) \
  for (const type *one = (const type[])__VA_ARGS__, *end_##one = one + sizeof((const type[])__VA_ARGS__) / sizeof(type); \
       one < end_##one; one++)

static void list_inputs(void) {
  EACH(uint32_t, ticks, TICKS) add((struct input){.call = ADVANCE, .ticks = *ticks});
  EACH(uint32_t, session, SESSIONS) {
    EACH(struct interlock_limits, asked, ASKED)
      add((struct input){.call = OPEN, .session = *session, .asked = *asked});
    EACH(uint32_t, sequence, BEATS) add((struct input){.call = BEAT, .session = *session, .sequence = *sequence});
  }
  add((struct input){.call = REST});
  add((struct input){.call = CLOSE});
  add((struct input){.call = BOOT});
  const struct interlock_pulse good = {.session = 1, .sequence = 1, .duration = 1, .amplitude = 1};
  add((struct input){.call = PULSE, .pulse = good, .against = REASON_UPDATING});
  struct interlock_pulse pulse;
  EACH(uint32_t, session, SESSIONS) EACH(uint32_t, sequence, PULSES)
    EACH(int32_t, wait, WAITS) EACH(int32_t, expires, EXPIRES)
      EACH(uint32_t, duration, DURATIONS) EACH(uint16_t, amplitude, AMPLITUDES) EACH(bool, sham, SHAMS) {
        pulse = (struct interlock_pulse){*session, *sequence, *wait, *expires, *duration, *amplitude, *sham};
        add((struct input){.call = PULSE, .pulse = pulse});
      }
}

static void does_not_fit(const char *what) {
  fprintf(stderr, "%s does not fit into the key of a state: make the configuration smaller.\n", what);
  exit(2);
}

/*
 * A state's key holds all that can make a difference later: not `cause`, which nothing reads, and limits once, since the
 * observer has seen after each call that both have the same.
 */
#define FLAGS(X) X(lock.sham) X(lock.waits) X(lock.lasts) X(sham)
#define BYTES(X) \
  X(lock.session) X(lock.beat_sequence) X(lock.beat_left) X(lock.sequence) X(lock.age) X(lock.wait_left) X(lock.slack) \
  X(lock.duration_left) X(lock.amplitude) X(session) X(newest_beat) X(newest_pulse) X(since_beat) X(since_start) X(due) \
  X(expires) X(left) X(amplitude) X(stage) X(limits.beat) X(limits.duration) X(limits.charge) X(limits.interval) \
  X(limits.amplitude) X(limits.rate)
#define WORDS(X) X(lock.debt) X(planned) X(given) X(given_in_session) X(limits.duty)

static void pack(const struct observer *seen, uint8_t *key) {
  uint8_t *at = key;
#define X(field) *at++ = seen->field;
  FLAGS(X)
#undef X
#define X(field) \
  if ((uint64_t)seen->field > UINT8_MAX) does_not_fit(#field); \
  *at++ = (uint8_t)seen->field;
  BYTES(X)
  for (uint32_t i = 0; i < INTERLOCK_RATE - 1; i++) { X(lock.gaps[i]) }
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++) { X(since_starts[i]) }
#undef X
#define X(field) \
  if ((uint64_t)seen->field > UINT16_MAX) does_not_fit(#field); \
  *at++ = (uint8_t)(seen->field >> 8); \
  *at++ = (uint8_t)(seen->field & UINT8_MAX);
  WORDS(X)
#undef X
  if (at > key + KEY) does_not_fit("all of it");
  while (at < key + KEY) *at++ = 0;
}

static void unpack(struct observer *seen, const uint8_t *at) {
  memset(seen, 0, sizeof *seen);
#define X(field) seen->field = *at++;
  FLAGS(X)
  BYTES(X)
  for (uint32_t i = 0; i < INTERLOCK_RATE - 1; i++) { X(lock.gaps[i]) }
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++) { X(since_starts[i]) }
#undef X
#define X(field) \
  seen->field = (uint16_t)(at[0] << 8 | at[1]); \
  at += 2;
  WORDS(X)
#undef X
  seen->lock.limits = seen->limits;
}

static uint64_t hash(const uint8_t *key) {
  uint64_t hash = 0;
  for (int i = 0; i < KEY; i += 4) {
    uint32_t word;
    memcpy(&word, key + i, 4);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  return hash;
}

static uint32_t *place_of(const uint8_t *key) {
  uint32_t at = (uint32_t)hash(key) & (table_size - 1);
  while (table[at] != 0 && memcmp(states[table[at] - 1].key, key, KEY) != 0) at = (at + 1) & (table_size - 1);
  return &table[at];
}

static void reach(const struct observer *seen, uint32_t from, uint32_t by) {
  struct state state = {.from = from, .by = by};
  pack(seen, state.key);
  if (state_count * 2u >= table_size) {
    table_size = table_size == 0 ? 1u << 16 : table_size * 2;
    table = grown(table, table_size, sizeof *table);
    memset(table, 0, table_size * sizeof *table);
    for (uint32_t i = 0; i < state_count; i++) *place_of(states[i].key) = i + 1;
  }
  uint32_t *place = place_of(state.key);
  if (*place != 0) return;
  if (state_count == state_room) {
    state_room = state_room == 0 ? 1u << 16 : state_room + state_room / 2;
    states = grown(states, state_room, sizeof *states);
  }
  states[state_count++] = state;
  *place = state_count;
}

/* What is broken, and the way to it: from power on to this state, then one input more. */
static void tell(struct finding finding, uint32_t state, const struct input *last) {
  uint32_t way[1000], steps = 0;
  finding_tell(finding);
  printf("  power on\n");
  for (uint32_t at = state; at != 0 && steps < 1000; at = states[at].from) way[steps++] = states[at].by;
  while (steps > 0) input_tell(&inputs[way[--steps]]);
  if (last != NULL) input_tell(last);
}

int main(void) {
  struct observer seen, next;
  struct finding fault = {.what = NULL};
  uint64_t transitions = 0, accepted = 0;
  uint32_t depth = 0, end_of_depth = 1, fault_at = 0, fault_by = 0;
  list_inputs();
  struct finding finding = observer_power_on(&seen);
  if (finding.what != NULL) return tell(finding, 0, NULL), 1;
  reach(&seen, 0, 0);
  for (uint32_t at = 0; at < state_count; at++) {
    if (at == end_of_depth) {
      end_of_depth = state_count;
      depth++;
    }
    unpack(&seen, states[at].key);
    for (uint32_t by = 0; by < input_count; by++) {
      next = seen;
      finding = input_apply(&next, &inputs[by]);
      transitions++;
      accepted += inputs[by].call == PULSE && next.stage != seen.stage;
      if (finding.harm) return tell(finding, at, &inputs[by]), 1;
      if (finding.what != NULL && fault.what == NULL) {
        /* There may be worse on the way: the search goes on. */
        fault = finding;
        fault_at = at;
        fault_by = by;
      }
      if (memcmp(&next, &seen, sizeof seen) != 0) reach(&next, at, by);
    }
  }
  if (fault.what != NULL) return tell(fault, fault_at, &inputs[fault_by]), 1;
  printf("%" PRIu32 " states, %" PRIu64 " transitions (%" PRIu32 " inputs; %" PRIu64 " take a pulse), depth %" PRIu32
         ", frontier empty\n",
         state_count, transitions, input_count, accepted, depth);
  return 0;
}

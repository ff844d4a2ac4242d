/*
 * The interlock: what stands between a command and the output. Pure: no hardware, no clock, no memory of its own; time
 * comes as a number of ticks that have passed. Each time in its state counts down or saturates, so that its states are
 * finitely many and `proof/` can visit them all.
 */
#ifndef AXOND_INTERLOCK_H
#define AXOND_INTERLOCK_H

#include <stdbool.h>
#include <stdint.h>

#ifndef INTERLOCK_TICK_US
#define INTERLOCK_TICK_US 100u
#endif

/* Pulses that one window of a minute may hold, as compiled, at least 2: the size of the memory for their starts. */
#ifndef INTERLOCK_RATE
#define INTERLOCK_RATE 60u
#endif

/* These are in ticks; only `proof/` makes them smaller, to visit all states. */
#ifndef INTERLOCK_MINUTE
#define INTERLOCK_MINUTE (60000000u / INTERLOCK_TICK_US)
#define INTERLOCK_FAR (1 << 30)                            /* longer than any limit on time */
#define INTERLOCK_LATE (1000 / (int)INTERLOCK_TICK_US)        /* a start that is later than this is none */
#define INTERLOCK_EARLIEST (1000000 / (int)INTERLOCK_TICK_US) /* a pulse is announced at most this long ahead */
#endif

/* In ticks, but for amplitude (thousandths of full scale), charge (thousandths times ticks), rate and duty (thousandths). */
struct interlock_limits {
  uint32_t beat;
  uint32_t duration;
  uint32_t charge;
  uint32_t interval;
  uint16_t amplitude;
  uint16_t rate;
  uint16_t duty;
};

/* What no host can raise (limits.c). */
extern const struct interlock_limits interlock_compiled;

/* `wait` and `expires` are compared with now: 0 is now, more is later, and what is beyond their range is its end. */
struct interlock_pulse {
  uint32_t session;
  uint32_t sequence;
  int32_t wait;
  int32_t expires;
  uint32_t duration;
  uint16_t amplitude;
  bool sham;
};

/* Only the functions below change it; others may read it. */
struct interlock {
  struct interlock_limits limits; /* in force */
  uint32_t session;       /* 0: none */
  uint32_t beat_sequence; /* of the newest beat; 0: none yet */
  uint32_t beat_left;     /* until the heartbeat is lost; 0: it is, until a new session */
  uint32_t sequence;      /* of the newest pulse of this session that was judged */
  uint32_t age;           /* since the newest start; saturates at INTERLOCK_FAR */
  uint32_t gaps[INTERLOCK_RATE - 1]; /* from the start before to the newest, and so on back; saturate at a minute */
  uint32_t debt;          /* thousandths of a tick of work that are not paid off */
  uint32_t wait_left;     /* of the pulse that waits */
  uint32_t slack;         /* how much later it may start, because a tick came late */
  uint32_t duration_left; /* of the pulse that waits or lasts */
  uint16_t amplitude;     /* of the same, also in a sham; 0 at rest */
  bool sham;              /* the same */
  bool waits;
  bool lasts;
  uint8_t cause;          /* of the newest start, or end of what waited or lasted (generated/messages.h) */
};

/* At rest, without a session, as after power on. What was given before is not known: the boot counts as the start of one
 * longest pulse, so that a reset shortens no interval and gains no duty. The rest of its last minute is forgotten. */
void interlock_boot(struct interlock *lock);

/* A new session: at rest first. Limits are those asked for or the compiled ones, whichever are tighter; what was given
 * stays on the account. A heartbeat is wanted from now on, and nothing fires before the first. 0 opens none. */
void interlock_open(struct interlock *lock, uint32_t session, const struct interlock_limits *asked);

/* No session any more, at rest. */
void interlock_close(struct interlock *lock);

/* False: not above the newest, or not of a session that lives. */
bool interlock_beat(struct interlock *lock, uint32_t session, uint32_t sequence);

/* All that speaks against this pulse now, bits of `reasons` (generated/messages.h), with what the caller has `against` it.
 * 0: it is taken; it has started (no wait) or waits. Its number is used up either way. */
uint32_t interlock_judge(struct interlock *lock, const struct interlock_pulse *pulse, uint32_t against);

/* What would speak against a smallest pulse of this session now. */
uint32_t interlock_reasons(const struct interlock *lock);

/* At rest, and nothing waits. */
void interlock_rest(struct interlock *lock);

/* That many ticks have passed; at most one start or end comes of it. A wait that ran out more than INTERLOCK_LATE ticks ago, or
 * past its expiry, starts nothing. */
void interlock_advance(struct interlock *lock, uint32_t ticks);

/* Ticks until it would change the output or its phase by itself; INTERLOCK_FAR: never. For ports that sleep. */
uint32_t interlock_next(const struct interlock *lock);

/* What the output must be now; 0 in a sham. */
uint16_t interlock_output(const struct interlock *lock);

/* One of `phases` (generated/messages.h). */
uint8_t interlock_phase(const struct interlock *lock);

#endif

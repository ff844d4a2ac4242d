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

/* Pulses that one window of a minute may hold, as compiled: the size of the memory for their starts. */
#ifndef INTERLOCK_RATE
#define INTERLOCK_RATE 60u
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

/* What no host can raise. */
extern const struct interlock_limits interlock_compiled;

/* Where times are compared with now: 0 is now, more is later. `wait` and `expires` saturate at INTERLOCK_FAR. */
struct interlock_pulse {
  uint32_t sequence;
  int32_t wait;
  int32_t expires;
  uint32_t duration;
  uint16_t amplitude;
  bool sham;
};

enum {
  INTERLOCK_FAR = 1 << 20,    /* ticks: longer than any limit on time */
  INTERLOCK_LATE = 10,        /* a start that is later than this is none */
  INTERLOCK_EARLIEST = 10000, /* a pulse is announced at most this long ahead */
};

/* Its fields are the interlock's own business; others read them through the functions below. */
struct interlock {
  struct interlock_limits limits;
  uint32_t beat_left;     /* until the heartbeat is lost; 0: it is */
  uint32_t beat_sequence; /* of the newest beat */
  uint32_t sequence;      /* of the newest pulse that was judged */
  uint32_t wait_left;     /* of the pulse that waits */
  uint32_t pulse_left;    /* of the pulse that lasts, or waits */
  uint32_t duty_debt;     /* thousandths of a tick of work that are not paid off */
  uint32_t since_start[INTERLOCK_RATE]; /* ticks since the newest starts, saturating; a ring */
  uint16_t newest;        /* in that ring */
  uint16_t amplitude;     /* of the pulse that lasts, or waits */
  bool open;              /* a session is */
  bool lost;              /* beats stopped in this session */
  bool waits;
  bool lasts;
  bool sham;
  uint8_t cause;          /* of the newest edge (generated/messages.h) */
};

/* At rest, without a session, as after power on. What was given before is not known: the interval and the duty begin used
 * up, so that a reset gains nothing. */
void interlock_boot(struct interlock *lock);

/* A new session: at rest first. Limits are those asked for or the compiled ones, whichever are tighter; what was given
 * stays on the account. A heartbeat is wanted from now on, and nothing fires before the first. */
void interlock_open(struct interlock *lock, const struct interlock_limits *asked);

/* No session any more, at rest. */
void interlock_close(struct interlock *lock);

/* False: not above the newest, or no session that lives. */
bool interlock_beat(struct interlock *lock, uint32_t sequence);

/* All that speaks against this pulse now, bits of `reasons` (generated/messages.h); 0: it is taken and will start. */
uint32_t interlock_judge(struct interlock *lock, const struct interlock_pulse *pulse);

/* At rest, and nothing waits. */
void interlock_rest(struct interlock *lock);

/* That many ticks have passed. A wait that ran out more than INTERLOCK_LATE ticks ago starts nothing. */
void interlock_advance(struct interlock *lock, uint32_t ticks);

/* Ticks until it would change something by itself; INTERLOCK_FAR: never. For ports that sleep. */
uint32_t interlock_next(const struct interlock *lock);

/* What the output must be now; 0 in a sham. */
uint16_t interlock_output(const struct interlock *lock);

#endif

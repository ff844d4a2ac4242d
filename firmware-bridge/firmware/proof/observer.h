/*
 * Watches an interlock from outside: calls it, keeps its own account of what was asked and given, and says what is broken.
 * It shares no code with the interlock and looks at times the other way round: ages of events, not countdowns.
 */
#ifndef AXOND_OBSERVER_H
#define AXOND_OBSERVER_H

#include "../core/interlock.h"

/* Ages saturate here: older makes no difference to any rule. */
#ifndef OBSERVER_HORIZON
#define OBSERVER_HORIZON INTERLOCK_MINUTE
#endif

enum observer_stage { STAGE_NONE, STAGE_WAITS, STAGE_LASTS };

struct observer {
  struct interlock lock;

  /* The session, as its opening allowed it. */
  struct interlock_limits limits;
  uint32_t session;
  uint32_t newest_beat;
  uint32_t newest_pulse;
  uint32_t since_beat; /* or since the opening */

  /* What the interlock has to know of the past: a boot stands in it as a start. */
  uint32_t since_starts[INTERLOCK_RATE];
  uint32_t planned; /* the most, over all windows of time, of 1000 * (work that was begun in it) - duty * (its length) */

  /* What was given in truth, across boots. */
  uint32_t since_start;
  int64_t given;            /* the same as `planned`, of work that was done, at the compiled duty */
  int64_t given_in_session; /* at the session's, in windows within it */

  /* The one command that was accepted and is not over. */
  enum observer_stage stage;
  uint32_t due;     /* in so many ticks; while it waits */
  uint32_t expires; /* likewise */
  uint32_t left;    /* of its duration */
  uint16_t amplitude;
  bool sham;
};

/* What is broken. `harm`: a person could feel it; otherwise the interlock holds back or reports what it should not. */
struct finding {
  const char *what; /* null: nothing */
  uint32_t reasons; /* those that it speaks of */
  bool harm;
};

void finding_tell(struct finding finding);

/* Each calls the interlock's function of that name. */
struct finding observer_power_on(struct observer *seen);
struct finding observer_boot(struct observer *seen);
struct finding observer_open(struct observer *seen, uint32_t session, const struct interlock_limits *asked);
struct finding observer_close(struct observer *seen);
struct finding observer_beat(struct observer *seen, uint32_t session, uint32_t sequence);
struct finding observer_judge(struct observer *seen, const struct interlock_pulse *pulse, uint32_t against);
struct finding observer_rest(struct observer *seen);
struct finding observer_advance(struct observer *seen, uint32_t ticks);

#endif

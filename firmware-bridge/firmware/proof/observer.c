#include "observer.h"

#include <stdio.h>
#include <string.h>

#include "../generated/messages.h"

static const char *const reason_names[] = {
    "no-session", "no-beat", "replayed", "expired", "late", "early",    "amplitude",
    "duration",   "charge",  "interval", "rate",    "duty", "busy", "updating",
};

static uint32_t older(uint32_t age, uint32_t ticks, uint32_t most) {
  return ticks >= most || age + ticks > most ? most : age + ticks;
}

static const struct finding nothing = {.what = NULL};

static struct finding harm(const char *what) { return (struct finding){.what = what, .harm = true}; }

static struct finding fault(const char *what) { return (struct finding){.what = what}; }

static struct finding worse(struct finding one, struct finding other) {
  return one.what == NULL || (other.harm && !one.harm) ? other : one;
}

void finding_tell(struct finding finding) {
  printf("%s: %s", finding.harm ? "Harm" : "Fault", finding.what);
  for (unsigned bit = 0; bit < sizeof reason_names / sizeof reason_names[0]; bit++)
    if (finding.reasons >> bit & 1u) printf(" %s", reason_names[bit]);
  printf("\n");
}

static bool lives(const struct observer *seen) { return seen->session != 0 && seen->since_beat < seen->limits.beat; }

static bool same(const struct interlock_limits *one, const struct interlock_limits *other) {
  return one->beat == other->beat && one->duration == other->duration && one->charge == other->charge &&
         one->interval == other->interval && one->amplitude == other->amplitude && one->rate == other->rate &&
         one->duty == other->duty;
}

/* What has to hold after each call, whatever it was. */
static struct finding check(const struct observer *seen) {
  const struct interlock *lock = &seen->lock;
  const uint16_t output = interlock_output(lock);

  /* In truth: what a person would feel. */
  if (output > 0) {
    if (seen->stage != STAGE_LASTS) return harm("output without a command, before its time or after its end");
    if (seen->sham) return harm("output in a sham");
    if (output != seen->amplitude) return harm("output that is not what was commanded");
    if (output > seen->limits.amplitude || output > interlock_compiled.amplitude) return harm("output above the limit");
    if (seen->session == 0) return harm("output without a session");
    if (!lives(seen)) return harm("output after the heartbeat was lost");
  }
  if (seen->given > 1000 * (int64_t)interlock_compiled.duration) return harm("more work than the compiled duty");
  if (seen->given_in_session > 1000 * (int64_t)seen->limits.duration) return harm("more work than the session's duty");

  /* And nothing is held back or reported wrongly. */
  if (!same(&seen->limits, &lock->limits)) return harm("limits in force that are not the tighter ones");
  if (seen->stage == STAGE_LASTS && !seen->sham && output == 0) return fault("no output, though a pulse lasts");
  if (lock->lasts != (seen->stage == STAGE_LASTS)) return fault("`lasts` is wrong");
  if (lock->waits != (seen->stage == STAGE_WAITS)) return fault("`waits` is wrong");
  if (lock->amplitude != (seen->stage == STAGE_NONE ? 0 : seen->amplitude)) return fault("`amplitude` is wrong");
  const uint8_t phase = seen->session == 0 ? PHASE_SILENT : lives(seen) ? PHASE_OPEN : PHASE_LOST;
  if (interlock_phase(lock) != phase) return fault(phase == PHASE_OPEN ? "lost, though beats came in time" : "the phase is wrong");
  uint32_t next = INTERLOCK_FAR;
  if (lives(seen) && seen->limits.beat - seen->since_beat < next) next = seen->limits.beat - seen->since_beat;
  if (seen->stage == STAGE_WAITS && seen->due < next) next = seen->due;
  if (seen->stage == STAGE_LASTS && seen->left < next) next = seen->left;
  if (interlock_next(lock) != next) return fault("`next` is wrong");
  return nothing;
}

static struct finding ended(struct observer *seen, uint8_t cause) {
  if (seen->stage != STAGE_NONE && seen->lock.cause != cause) return fault("the cause of an end is wrong");
  seen->stage = STAGE_NONE;
  seen->due = seen->expires = seen->left = 0;
  seen->amplitude = 0;
  seen->sham = false;
  return nothing;
}

/* A pulse has started `late` ticks after its time. */
static struct finding started(struct observer *seen, uint32_t late) {
  if (seen->lock.cause != CAUSE_START) return fault("the cause of a start is wrong");
  if (late > INTERLOCK_LATE) return harm("started too late");
  if (seen->since_start < seen->limits.interval) return harm("started within the interval, in truth");
  uint32_t within = 1; /* itself */
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++)
    if (seen->since_starts[i] < INTERLOCK_MINUTE) within++;
  if (within > seen->limits.rate) return harm("one start more than a minute may hold");
  memmove(seen->since_starts + 1, seen->since_starts, sizeof seen->since_starts - sizeof seen->since_starts[0]);
  seen->since_starts[0] = 0;
  seen->since_start = 0;
  seen->planned += 1000u * seen->left;
  seen->stage = STAGE_LASTS;
  seen->due = seen->expires = 0;
  return nothing;
}

static void no_session(struct observer *seen) {
  seen->limits = interlock_compiled;
  seen->session = seen->newest_beat = seen->newest_pulse = seen->since_beat = 0;
  seen->given_in_session = 0;
}

struct finding observer_power_on(struct observer *seen) {
  memset(seen, 0, sizeof *seen);
  memset(&seen->lock, 0xa5, sizeof seen->lock); /* memory holds anything */
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++) seen->since_starts[i] = OBSERVER_HORIZON;
  seen->since_start = OBSERVER_HORIZON;
  return observer_boot(seen);
}

struct finding observer_boot(struct observer *seen) {
  interlock_boot(&seen->lock);
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++) seen->since_starts[i] = i == 0 ? 0 : OBSERVER_HORIZON;
  seen->planned = 1000u * interlock_compiled.duration;
  struct finding wrong = ended(seen, CAUSE_RESET);
  no_session(seen);
  return worse(wrong, check(seen));
}

struct finding observer_close(struct observer *seen) {
  interlock_close(&seen->lock);
  struct finding wrong = ended(seen, CAUSE_SESSION);
  no_session(seen);
  return worse(wrong, check(seen));
}

struct finding observer_open(struct observer *seen, uint32_t session, const struct interlock_limits *asked) {
  interlock_open(&seen->lock, session, asked);
  struct finding wrong = ended(seen, CAUSE_SESSION);
  no_session(seen);
  if (session != 0) {
    seen->session = session;
    if (asked->beat < seen->limits.beat) seen->limits.beat = asked->beat;
    if (asked->duration < seen->limits.duration) seen->limits.duration = asked->duration;
    if (asked->charge < seen->limits.charge) seen->limits.charge = asked->charge;
    if (asked->interval > seen->limits.interval) seen->limits.interval = asked->interval;
    if (asked->amplitude < seen->limits.amplitude) seen->limits.amplitude = asked->amplitude;
    if (asked->rate < seen->limits.rate) seen->limits.rate = asked->rate;
    if (asked->duty < seen->limits.duty) seen->limits.duty = asked->duty;
  }
  return worse(wrong, check(seen));
}

struct finding observer_beat(struct observer *seen, uint32_t session, uint32_t sequence) {
  const bool good = session == seen->session && lives(seen) && sequence > seen->newest_beat;
  const bool taken = interlock_beat(&seen->lock, session, sequence);
  if (taken != good) return good ? fault("a good beat is refused") : harm("a beat is taken that is stale or of no living session");
  if (good) {
    seen->newest_beat = sequence;
    seen->since_beat = 0;
  }
  return check(seen);
}

/* By the rules as SAFETY.md and interlock.h word them. */
static uint32_t reasons_of(const struct observer *seen, const struct interlock_pulse *pulse) {
  const struct interlock_limits *limits = &seen->limits;
  const int64_t start = pulse->wait < 0 ? 0 : pulse->wait;
  uint32_t reasons = 0;
  if (seen->session == 0 || pulse->session != seen->session) reasons |= REASON_NO_SESSION;
  if (!lives(seen) || seen->newest_beat == 0) reasons |= REASON_NO_BEAT;
  if (!(pulse->sequence > seen->newest_pulse)) reasons |= REASON_REPLAYED;
  if (start > pulse->expires) reasons |= REASON_EXPIRED;
  if ((int64_t)pulse->wait + INTERLOCK_LATE < 0) reasons |= REASON_LATE;
  if (pulse->wait > INTERLOCK_EARLIEST) reasons |= REASON_EARLY;
  if (!(pulse->amplitude >= 1 && pulse->amplitude <= limits->amplitude)) reasons |= REASON_AMPLITUDE;
  if (!(pulse->duration >= 1 && pulse->duration <= limits->duration)) reasons |= REASON_DURATION;
  if (limits->charge < (uint64_t)pulse->duration * pulse->amplitude) reasons |= REASON_CHARGE;
  if (seen->since_starts[0] + start < limits->interval) reasons |= REASON_INTERVAL;
  int64_t within = 0;
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++) within += seen->since_starts[i] + start < INTERLOCK_MINUTE;
  if (within + 1 > limits->rate) reasons |= REASON_RATE;
  const int64_t owed = (int64_t)seen->planned - start * limits->duty;
  if ((owed < 0 ? 0 : owed) + (int64_t)pulse->duration * 1000 > (int64_t)limits->duration * 1000) reasons |= REASON_DUTY;
  if (seen->stage != STAGE_NONE) reasons |= REASON_BUSY;
  return reasons;
}

struct finding observer_judge(struct observer *seen, const struct interlock_pulse *pulse, uint32_t against) {
  const struct interlock_pulse smallest = {
      .session = seen->session, .sequence = UINT32_MAX, .duration = 1, .amplitude = 1};
  const bool told = interlock_reasons(&seen->lock) == reasons_of(seen, &smallest);
  const uint32_t expected = reasons_of(seen, pulse) | against;
  const uint32_t reasons = interlock_judge(&seen->lock, pulse, against);
  if (reasons == 0 && expected != 0) return (struct finding){"accepted, in spite of", expected, true};
  if (!(reasons & REASON_NO_SESSION) && pulse->sequence > seen->newest_pulse) seen->newest_pulse = pulse->sequence;
  struct finding wrong = nothing;
  if (reasons == 0) {
    seen->stage = STAGE_WAITS;
    seen->left = pulse->duration;
    seen->amplitude = pulse->amplitude;
    seen->sham = pulse->sham;
    if (pulse->wait > 0) {
      seen->due = (uint32_t)pulse->wait;
      /* Beyond the latest start an expiry makes no difference. */
      const int64_t most = (int64_t)pulse->wait + INTERLOCK_LATE;
      seen->expires = (uint32_t)(pulse->expires < most ? pulse->expires : most);
    } else {
      wrong = started(seen, (uint32_t)-pulse->wait);
    }
  }
  wrong = worse(wrong, check(seen));
  if (wrong.what != NULL) return wrong;
  if (expected & ~reasons) return (struct finding){"a reason is not told:", expected & ~reasons, false};
  if (reasons & ~expected) return (struct finding){"refused without cause:", reasons & ~expected, false};
  return told ? nothing : fault("`interlock_reasons` is wrong");
}

struct finding observer_rest(struct observer *seen) {
  interlock_rest(&seen->lock);
  struct finding wrong = ended(seen, CAUSE_REST);
  return worse(wrong, check(seen));
}

/* The most over all windows that end now, when `ticks` more were at work or not. */
static int64_t worked(int64_t given, uint32_t ticks, uint32_t at_work, uint32_t duty) {
  given += (int64_t)at_work * (1000 - (int64_t)duty);
  given -= (int64_t)(ticks - at_work) * duty;
  return given > 0 ? given : 0;
}

struct finding observer_advance(struct observer *seen, uint32_t ticks) {
  interlock_advance(&seen->lock, ticks);
  /* A tick that comes late ends a pulse late: what is over its duration is the port's, not the interlock's. */
  const bool real = seen->stage == STAGE_LASTS && !seen->sham;
  const uint32_t at_work = !real ? 0 : ticks < seen->left ? ticks : seen->left;
  seen->given = worked(seen->given, ticks, at_work, interlock_compiled.duty);
  if (seen->session != 0) seen->given_in_session = worked(seen->given_in_session, ticks, at_work, seen->limits.duty);
  const uint64_t paid = (uint64_t)ticks * seen->limits.duty;
  seen->planned = paid > seen->planned ? 0 : (uint32_t)(seen->planned - paid);
  for (uint32_t i = 0; i < INTERLOCK_RATE; i++)
    seen->since_starts[i] = older(seen->since_starts[i], ticks, OBSERVER_HORIZON);
  seen->since_start = older(seen->since_start, ticks, OBSERVER_HORIZON);

  const bool lived = lives(seen);
  if (seen->session != 0) seen->since_beat = older(seen->since_beat, ticks, seen->limits.beat);
  struct finding wrong = nothing;
  if (lived && !lives(seen)) {
    wrong = ended(seen, CAUSE_BEAT);
  } else if (seen->stage == STAGE_WAITS) {
    if (ticks < seen->due) {
      seen->due -= ticks;
      seen->expires -= ticks;
    } else if (ticks - seen->due > INTERLOCK_LATE || ticks > seen->expires) {
      wrong = ended(seen, CAUSE_LATE);
    } else {
      wrong = started(seen, ticks - seen->due);
    }
  } else if (seen->stage == STAGE_LASTS) {
    if (ticks < seen->left) seen->left -= ticks;
    else wrong = ended(seen, CAUSE_DURATION);
  }
  return worse(wrong, check(seen));
}

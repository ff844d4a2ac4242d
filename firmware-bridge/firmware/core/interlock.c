#include "interlock.h"

#include "../generated/messages.h"

static uint32_t smaller(uint32_t one, uint32_t other) { return one < other ? one : other; }

static uint32_t larger(uint32_t one, uint32_t other) { return one > other ? one : other; }

static uint16_t smaller16(uint16_t one, uint16_t other) { return one < other ? one : other; }

/* A leaky bucket: a start puts its whole duration on the debt, each tick pays `duty` thousandths off, and the debt never
 * exceeds one longest pulse. So the work within any T ticks is at most limits.duration + T * duty / 1000, whatever ended
 * early (rest refunds nothing). */
static uint32_t debt_after(const struct interlock *lock, uint32_t ticks) {
  const uint64_t paid = (uint64_t)lock->limits.duty * ticks;
  return paid < lock->debt ? lock->debt - (uint32_t)paid : 0;
}

/* Would a start that far ahead be one more than a minute may hold? The oldest of the last `rate` starts must be gone. */
static bool rate_is_used_up(const struct interlock *lock, uint32_t ahead) {
  uint32_t age = lock->age + ahead;
  for (uint32_t i = 1; i < lock->limits.rate; i++) age += lock->gaps[i - 1];
  return lock->limits.rate == 0 || age < INTERLOCK_MINUTE;
}

static uint32_t reasons_against(const struct interlock *lock, const struct interlock_pulse *pulse) {
  const struct interlock_limits *limits = &lock->limits;
  const uint32_t ahead = pulse->wait > 0 ? (uint32_t)pulse->wait : 0;
  const uint64_t debt = debt_after(lock, ahead) + 1000u * (uint64_t)pulse->duration;
  uint32_t reasons = 0;
  if (lock->session == 0 || pulse->session != lock->session) reasons |= REASON_NO_SESSION;
  if (lock->beat_left == 0 || lock->beat_sequence == 0) reasons |= REASON_NO_BEAT;
  if (pulse->sequence <= lock->sequence) reasons |= REASON_REPLAYED;
  if (pulse->expires < (int32_t)ahead) reasons |= REASON_EXPIRED;
  if (pulse->wait < -INTERLOCK_LATE) reasons |= REASON_LATE;
  if (pulse->wait > INTERLOCK_EARLIEST) reasons |= REASON_EARLY;
  if (pulse->amplitude == 0 || pulse->amplitude > limits->amplitude) reasons |= REASON_AMPLITUDE;
  if (pulse->duration == 0 || pulse->duration > limits->duration) reasons |= REASON_DURATION;
  if ((uint64_t)pulse->amplitude * pulse->duration > limits->charge) reasons |= REASON_CHARGE;
  if (lock->age + ahead < limits->interval) reasons |= REASON_INTERVAL;
  if (rate_is_used_up(lock, ahead)) reasons |= REASON_RATE;
  if (debt > 1000u * limits->duration) reasons |= REASON_DUTY;
  if (lock->waits || lock->lasts) reasons |= REASON_BUSY;
  return reasons;
}

static void start(struct interlock *lock) {
  for (uint32_t i = INTERLOCK_RATE - 2; i > 0; i--) lock->gaps[i] = lock->gaps[i - 1];
  lock->gaps[0] = smaller(lock->age, INTERLOCK_MINUTE);
  lock->age = 0;
  lock->debt += 1000u * lock->duration_left;
  lock->wait_left = 0;
  lock->slack = 0;
  lock->waits = false;
  lock->lasts = true;
  lock->cause = CAUSE_START;
}

static void end(struct interlock *lock, uint8_t cause) {
  if (lock->waits || lock->lasts) lock->cause = cause;
  lock->wait_left = 0;
  lock->slack = 0;
  lock->duration_left = 0;
  lock->amplitude = 0;
  lock->sham = false;
  lock->waits = false;
  lock->lasts = false;
}

void interlock_boot(struct interlock *lock) {
  *lock = (struct interlock){
      .limits = interlock_compiled,
      .debt = 1000u * interlock_compiled.duration,
      .cause = CAUSE_RESET,
  };
  for (uint32_t i = 0; i < INTERLOCK_RATE - 1; i++) lock->gaps[i] = INTERLOCK_MINUTE;
}

void interlock_open(struct interlock *lock, uint32_t session, const struct interlock_limits *asked) {
  interlock_close(lock);
  if (session == 0) return;
  lock->limits = (struct interlock_limits){
      .beat = smaller(asked->beat, interlock_compiled.beat),
      .duration = smaller(asked->duration, interlock_compiled.duration),
      .charge = smaller(asked->charge, interlock_compiled.charge),
      .interval = larger(asked->interval, interlock_compiled.interval),
      .amplitude = smaller16(asked->amplitude, interlock_compiled.amplitude),
      .rate = smaller16(asked->rate, interlock_compiled.rate),
      .duty = smaller16(asked->duty, interlock_compiled.duty),
  };
  lock->session = session;
  lock->beat_left = lock->limits.beat;
}

void interlock_close(struct interlock *lock) {
  end(lock, CAUSE_SESSION);
  lock->limits = interlock_compiled;
  lock->session = 0;
  lock->beat_sequence = 0;
  lock->beat_left = 0;
  lock->sequence = 0;
}

bool interlock_beat(struct interlock *lock, uint32_t session, uint32_t sequence) {
  if (session != lock->session || lock->beat_left == 0 || sequence <= lock->beat_sequence) return false;
  lock->beat_sequence = sequence;
  lock->beat_left = lock->limits.beat;
  return true;
}

uint32_t interlock_judge(struct interlock *lock, const struct interlock_pulse *pulse, uint32_t against) {
  const uint32_t reasons = against | reasons_against(lock, pulse);
  if ((reasons & REASON_NO_SESSION) == 0) lock->sequence = larger(lock->sequence, pulse->sequence);
  if (reasons != 0) return reasons;
  lock->duration_left = pulse->duration;
  lock->amplitude = pulse->amplitude;
  lock->sham = pulse->sham;
  if (pulse->wait > 0) {
    lock->wait_left = (uint32_t)pulse->wait;
    lock->slack = smaller(INTERLOCK_LATE, (uint32_t)(pulse->expires - pulse->wait));
    lock->waits = true;
  } else {
    start(lock);
  }
  return 0;
}

uint32_t interlock_reasons(const struct interlock *lock) {
  const struct interlock_pulse smallest = {
      .session = lock->session,
      .sequence = UINT32_MAX,
      .duration = 1,
      .amplitude = 1,
  };
  return reasons_against(lock, &smallest);
}

void interlock_rest(struct interlock *lock) { end(lock, CAUSE_REST); }

void interlock_advance(struct interlock *lock, uint32_t ticks) {
  lock->age = ticks < INTERLOCK_FAR - lock->age ? lock->age + ticks : INTERLOCK_FAR;
  lock->debt = debt_after(lock, ticks);
  if (ticks < lock->beat_left) {
    lock->beat_left -= ticks;
  } else if (lock->beat_left > 0) {
    lock->beat_left = 0;
    end(lock, CAUSE_BEAT);
  }
  if (lock->waits) {
    if (ticks < lock->wait_left) lock->wait_left -= ticks;
    else if (ticks - lock->wait_left <= lock->slack) start(lock);
    else end(lock, CAUSE_LATE);
  } else if (lock->lasts) {
    if (ticks < lock->duration_left) lock->duration_left -= ticks;
    else end(lock, CAUSE_DURATION);
  }
}

uint32_t interlock_next(const struct interlock *lock) {
  uint32_t next = INTERLOCK_FAR;
  if (lock->beat_left > 0) next = smaller(next, lock->beat_left);
  if (lock->waits) next = smaller(next, lock->wait_left);
  if (lock->lasts) next = smaller(next, lock->duration_left);
  return next;
}

uint16_t interlock_output(const struct interlock *lock) { return lock->lasts && !lock->sham ? lock->amplitude : 0; }

uint8_t interlock_phase(const struct interlock *lock) {
  if (lock->session == 0) return PHASE_SILENT;
  return lock->beat_left > 0 ? PHASE_OPEN : PHASE_LOST;
}

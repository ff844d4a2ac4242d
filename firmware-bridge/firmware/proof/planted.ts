/** Bugs that could be made in the interlock: each is an edit of a copy of interlock.c, and each must be found. */
export interface PlantedBug {
  readonly name: string;
  /** Stands in interlock.c exactly once. */
  readonly right: string;
  readonly wrong: string;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the limit on duration is one tick too high',
    right: 'pulse->duration > limits->duration',
    wrong: 'pulse->duration > limits->duration + 1',
  },
  {
    name: 'the limit on amplitude is one thousandth too high',
    right: 'pulse->amplitude > limits->amplitude',
    wrong: 'pulse->amplitude > limits->amplitude + 1',
  },
  {
    name: 'the interval is one tick too short',
    right: 'lock->age + ahead < limits->interval',
    wrong: 'lock->age + ahead + 1 < limits->interval',
  },
  {
    name: 'one start too many in a minute',
    right: 'for (uint32_t i = 1; i < lock->limits.rate; i++)',
    wrong: 'for (uint32_t i = 1; i <= lock->limits.rate && i < INTERLOCK_RATE; i++)',
  },
  { name: 'the minute is one tick too short', right: 'age < INTERLOCK_MINUTE;', wrong: 'age + 1 < INTERLOCK_MINUTE;' },
  {
    name: 'the charge may be exceeded by one',
    right: 'pulse->duration > limits->charge',
    wrong: 'pulse->duration > limits->charge + 1',
  },
  {
    name: 'the duty forgets what is being asked',
    right: 'debt_after(lock, ahead) + 1000u * (uint64_t)pulse->duration',
    wrong: 'debt_after(lock, ahead)',
  },
  { name: 'expiry is ignored', right: 'pulse->expires < (int32_t)ahead', wrong: 'false' },
  {
    name: 'expiry is ignored when a tick comes late',
    right: 'smaller(INTERLOCK_LATE, (uint32_t)(pulse->expires - pulse->wait))',
    wrong: 'INTERLOCK_LATE',
  },
  {
    name: 'a wait that ran out long ago still starts',
    right: 'ticks - lock->wait_left <= lock->slack',
    wrong: 'ticks >= lock->wait_left',
  },
  {
    name: 'a replayed pulse is accepted',
    right: 'pulse->sequence <= lock->sequence',
    wrong: 'pulse->sequence < lock->sequence',
  },
  {
    name: 'the number of a refused pulse may come again',
    right: 'if ((reasons & REASON_NO_SESSION) == 0) lock->sequence',
    wrong: 'if (reasons == 0) lock->sequence',
  },
  {
    name: 'a replayed beat counts',
    right: 'sequence <= lock->beat_sequence) return false',
    wrong: 'sequence < lock->beat_sequence) return false',
  },
  {
    name: 'a beat of another session counts',
    right: 'if (session != lock->session || lock->beat_left == 0',
    wrong: 'if (lock->beat_left == 0',
  },
  {
    name: 'a beat brings a lost session back',
    right: 'lock->beat_left == 0 || sequence <= lock->beat_sequence',
    wrong: 'sequence <= lock->beat_sequence',
  },
  {
    name: 'a beat does not arm the heartbeat again',
    right: '  lock->beat_sequence = sequence;\n  lock->beat_left = lock->limits.beat;',
    wrong: '  lock->beat_sequence = sequence;',
  },
  {
    name: 'an opening does not arm the heartbeat again',
    right: '  lock->session = session;\n  lock->beat_left = lock->limits.beat;',
    wrong: '  lock->session = session;\n  lock->beat_left = interlock_compiled.beat;',
  },
  {
    name: 'a pulse outlives the heartbeat',
    right: '    lock->beat_left = 0;\n    end(lock, CAUSE_BEAT);',
    wrong: '    lock->beat_left = 0;',
  },
  {
    name: 'nothing waits for the first beat',
    right: 'lock->beat_left == 0 || lock->beat_sequence == 0',
    wrong: 'lock->beat_left == 0',
  },
  { name: 'the output does not end on a new session', right: '  end(lock, CAUSE_SESSION);\n', wrong: '' },
  {
    name: 'the output does not end on a reset',
    right: '      .cause = CAUSE_RESET,\n',
    wrong:
      '      .cause = CAUSE_RESET,\n      .lasts = lock->lasts,\n      .amplitude = lock->amplitude,\n      .duration_left = lock->duration_left,\n',
  },
  { name: 'a reset gives the duty back', right: '      .debt = 1000u * interlock_compiled.duration,\n', wrong: '' },
  {
    name: 'rest leaves a pulse waiting',
    right: '  lock->waits = false;\n  lock->lasts = false;\n}',
    wrong: '  lock->lasts = false;\n}',
  },
  {
    name: 'rest refunds the duty',
    right: '{ end(lock, CAUSE_REST); }',
    wrong: '{ end(lock, CAUSE_REST); lock->debt = 0; }',
  },
  {
    name: 'a second pulse takes the place of the first',
    right: 'if (lock->waits || lock->lasts) reasons |= REASON_BUSY;',
    wrong: 'if (lock->waits) reasons |= REASON_BUSY;',
  },
  { name: 'a sham drives the output', right: 'lock->lasts && !lock->sham', wrong: 'lock->lasts' },
  {
    name: 'a pulse lasts one tick too long',
    right: 'if (ticks < lock->duration_left) lock->duration_left -= ticks;',
    wrong: 'if (ticks <= lock->duration_left) lock->duration_left -= ticks;',
  },
  {
    name: 'the host can loosen the interval',
    right: 'larger(asked->interval, interlock_compiled.interval)',
    wrong: 'asked->interval',
  },
  {
    name: 'what else speaks against a pulse is forgotten',
    right: 'const uint32_t reasons = against | reasons_against',
    wrong: 'const uint32_t reasons = reasons_against',
  },
];

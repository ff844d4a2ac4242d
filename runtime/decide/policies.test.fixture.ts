import type { DetectionPlan, PolicyPlan } from './policy-plan.js';

/**
 * One of each kind of policy, and the parts together, for what must hold for all of them. Detector 0 finds, detector 1
 * follows the slow oscillation, 2 judges sleep and movement, 3 finds arousals.
 */
const immediate: DetectionPlan = {
  use: 'immediate',
  after: 0,
  delaySeconds: 0,
  refractorySeconds: 1,
  expiresUs: 1e5,
};
const delayed: DetectionPlan = { ...immediate, use: 'delayed', delaySeconds: 0.51 };
const train = { pulses: 3, intervalSeconds: 0.6 };
const schedule = {
  afterSleep: { of: 2, seconds: 5 },
  pause: { on: ['movement'], detections: [3], seconds: 3 },
  stopAfter: 30,
  windows: { onSeconds: 7, offSeconds: 5 },
} as const;

export const policies: Readonly<Record<string, PolicyPlan>> = {
  immediate,
  delayed,
  jittered: { ...delayed, delayUpToSeconds: 0.9 },
  isolated: { ...immediate, since: { fromSeconds: 6, toSeconds: Infinity } },
  'of a train': { ...immediate, refractorySeconds: 0, since: { fromSeconds: 0.4, toSeconds: 6 } },
  coupled: { ...immediate, coupling: { of: 1, fromDegrees: -120, toDegrees: 90, withinSeconds: Infinity } },
  trains: { ...immediate, train },
  alternating: { ...immediate, cues: { count: 2, order: 'sequence', each: Infinity } },
  periodic: { use: 'periodic', everySeconds: 0.5, expiresUs: 1e5 },
  'periodic, alternating': {
    use: 'periodic',
    everySeconds: 0.7,
    expiresUs: 1e5,
    cues: { count: 2, order: 'sequence', each: Infinity },
    schedule: { windows: { onSeconds: 6, offSeconds: 6 } },
  },
  'after sleep': { ...immediate, schedule: { afterSleep: schedule.afterSleep } },
  pausing: { ...immediate, schedule: { pause: schedule.pause } },
  'stopping after some': { ...immediate, schedule: { stopAfter: 5 } },
  windows: { ...immediate, schedule: { windows: schedule.windows } },
  cues: { ...immediate, cues: { count: 4, order: 'shuffled', each: 3 } },
  'all together': {
    ...delayed,
    delayUpToSeconds: 0.9,
    since: { fromSeconds: 0.4, toSeconds: 60 },
    coupling: { of: 1, fromDegrees: -150, toDegrees: 150, withinSeconds: 60 },
    train,
    cues: { count: 4, order: 'shuffled', each: 12 },
    schedule,
  },
};

import { z } from 'zod';
import type { GateLimits } from '../contracts.js';
import type { CouplingPlan, PolicyPlan } from '../decide/policy.js';
import type { ModulePlan } from '../loop/plan.js';
import { count, moduleKeys, objection, partName, quantity } from './values.js';

/** `policy`, `stimulus` and `gate`: when to stimulate, with what, and the limits of it. All three or none. */

const policyKeys = {
  after: partName.meta({ description: 'Detector whose detections are answered.', example: 'spindle' }),
  refractory: quantity('time', '2s', 'No request within this time of the last stimulus that was permitted.', {
    atLeast: '0s',
    atMost: '1h',
  }).prefault('2s'),
  expires: quantity('time', '100ms', 'A stimulus that could not be given this long after it was due is not given.', {
    atLeast: '1ms',
    atMost: '1s',
  }).prefault('100ms'),
  coupling: z
    .strictObject({
      of: partName.meta({
        description: 'Detector that follows the slow oscillation: phase-target, slow-oscillation.',
        example: 'slow',
      }),
      from: angle('-90deg', 'The part of the oscillation begins here: 0deg is the positive peak, 180deg the trough.'),
      to: angle('45deg', 'And ends here, upwards from there.'),
      within: quantity(
        'time',
        '2s',
        'Nor later than this after the onset of its last detection. Without it: whenever.',
        {
          atLeast: '100ms',
          atMost: '1m',
        },
      ).exactOptional(),
    })
    .meta({ description: 'Answers a detection only in this part of the slow oscillation.' })
    .exactOptional(),
};

function angle(example: string, description: string) {
  return quantity('angle', example, description, { atLeast: '-180deg', atMost: '180deg' });
}

/** Names its detectors; `compile.ts` turns that into places. */
export type NamedPolicy = Omit<PolicyPlan, 'after' | 'coupling'> & {
  readonly after: string;
  readonly coupling?: Omit<CouplingPlan, 'of'> & { readonly of: string };
};

const immediate = z
  .strictObject({ use: z.literal('immediate'), ...policyKeys })
  .meta({ title: 'stimulates as soon as a detection is confirmed' })
  .transform((keys): NamedPolicy => policyPlan({ ...keys, delay: 0 }));

const delayed = z
  .strictObject({
    use: z.literal('delayed'),
    delay: quantity('time', '0.5s', 'From the confirmation of a detection to its stimulus.', {
      atLeast: '0s',
      atMost: '60s',
    }),
    ...policyKeys,
  })
  .meta({ title: 'stimulates a fixed time after the confirmation' })
  .transform((keys): NamedPolicy => policyPlan(keys));

const own = z
  .strictObject(moduleKeys('a Policy', './my-policy.mjs'))
  .meta({ title: 'a Policy of your own, by the contract in runtime/contracts.ts' })
  .transform(({ use, options }): ModulePlan => ({ module: use, options }));

export const policy = z.union([immediate, delayed, own]).meta({ description: 'When to stimulate.' });

interface PolicyKeys {
  readonly use: PolicyPlan['use'];
  readonly after: string;
  readonly delay: number;
  readonly refractory: number;
  readonly expires: number;
  readonly coupling?: { readonly of: string; readonly from: number; readonly to: number; readonly within?: number };
}

function policyPlan({ use, after, delay, refractory, expires, coupling }: PolicyKeys): NamedPolicy {
  const plan = { use, after, delaySeconds: delay, refractorySeconds: refractory, expiresUs: microseconds(expires) };
  if (!coupling) return plan;
  const { of, from, to, within = Infinity } = coupling;
  return { ...plan, coupling: { of, fromDegrees: from, toDegrees: to, withinSeconds: within } };
}

export const stimulus = z
  .strictObject({
    actuator: partName.meta({ description: 'An actuator of this configuration.', example: 'light' }),
    duration: quantity('time', '50ms', 'How long one stimulus lasts.', { atLeast: '1ms', atMost: '10s' }),
  })
  .meta({ description: 'What to stimulate with.' })
  .transform(({ actuator, duration }) => ({ actuator, durationUs: microseconds(duration) }));

export const gate = z
  .strictObject({
    interval: quantity('time', '1.5s', 'Least time from the start of one stimulus to that of the next.', {
      atLeast: '0s',
      atMost: '24h',
    }),
    perMinute: count(6, 'Most stimuli in any 60 seconds.'),
    perHour: count(120, 'Most stimuli in any 60 minutes.'),
    perNight: count(600, 'Most stimuli in any 24 hours.'),
    require: z
      .array(partName)
      .refine((names) => new Set(names).size === names.length, {
        error: objection({ rule: 'names a detector twice', fix: 'Name each once.' }),
      })
      .meta({
        description:
          'Detectors that must see no reason against a stimulus, such as a sleep gate. What they do not know counts as one.',
        example: '[asleep, contact]',
      })
      .prefault([]),
  })
  .meta({
    description: 'Limits of stimulation. They may be tighter than the hard limits of the actuator kind, never looser.',
  })
  .transform(({ interval, require, ...counts }): NamedGate => ({
    limits: { intervalUs: microseconds(interval), ...counts },
    require,
  }));

/** Names its detectors; `compile.ts` turns them into places. */
interface NamedGate {
  readonly limits: GateLimits;
  readonly require: readonly string[];
}

function microseconds(seconds: number): number {
  return Math.round(seconds * 1e6);
}

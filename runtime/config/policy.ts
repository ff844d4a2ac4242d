import { z } from 'zod';
import { estimateReasons } from '../contracts.js';
import type { AskingPlan, DetectionPlan, PeriodicPlan, PolicyPlan } from '../decide/policy-plan.js';
import type { ModulePlan } from '../loop/plan.js';
import { moduleKeys, objection, partName, quantity } from './values.js';

/** `policy`: when to stimulate, and with which of several stimuli. */

/** Names its detectors, and does not know how many stimuli there are: `compile.ts` does. */
export type NamedPolicy = PolicyPlan<string>;

const schedule = z
  .strictObject({
    afterSleep: z
      .strictObject({
        of: partName.meta({ description: 'Detector that judges sleep: sleep-gate.', example: 'asleep' }),
        time: quantity('time', '10m', 'So long; sleep adds to it, and all other time takes as much away.', {
          atLeast: '1s',
          atMost: '6h',
        }),
      })
      .meta({ description: 'Not before so much sleep.' })
      .exactOptional(),
    pause: z
      .strictObject({
        on: z
          .array(z.enum(estimateReasons))
          .meta({
            description: 'What no detector must judge, or leave unknown: movement, sleep.',
            example: '[movement]',
          })
          .prefault([]),
        detections: z
          .array(partName)
          .meta({ description: 'Detectors whose detections are arousals.', example: '[arousal]' })
          .prefault([]),
        for: quantity('time', '30s', 'So long after the last of it.', { atLeast: '1s', atMost: '1h' }),
      })
      .refine(({ on, detections }) => on.length + detections.length > 0, {
        error: objection({ rule: 'waits for nothing', fix: 'Name something under on or detections.' }),
      })
      .meta({ description: 'Not while something disturbs the sleeper, nor soon after.' })
      .exactOptional(),
    stopAfter: z
      .int()
      .min(1)
      .meta({ description: 'Not after so many stimuli of this run that were permitted.', example: 200 })
      .exactOptional(),
    windows: z
      .strictObject({
        on: quantity('time', '6s', 'So long, from the first sample on.', { atLeast: '1s', atMost: '12h' }),
        off: quantity('time', '6s', 'Then not so long, and so on in turn.', { atLeast: '1s', atMost: '12h' }),
      })
      .meta({ description: 'Only in windows of time.' })
      .exactOptional(),
  })
  .meta({
    description:
      'When stimuli are muted: they are asked for all the same and refused for the reason schedule, so that the recording has them.',
  })
  .transform(({ afterSleep, pause, windows, ...rest }): NonNullable<AskingPlan<string>['schedule']> => ({
    ...rest,
    ...(afterSleep ? { afterSleep: { of: afterSleep.of, seconds: afterSleep.time } } : {}),
    ...(pause ? { pause: { on: pause.on, detections: pause.detections, seconds: pause.for } } : {}),
    ...(windows ? { windows: { onSeconds: windows.on, offSeconds: windows.off } } : {}),
  }));

const askingKeys = {
  expires: quantity('time', '100ms', 'A stimulus that could not be given this long after it was due is not given.', {
    atLeast: '1ms',
    atMost: '1s',
  }).prefault('100ms'),
  cues: z
    .strictObject({
      order: z
        .enum(['sequence', 'shuffled'])
        .meta({
          description: 'In turn (two of them alternate), or in a random order in which each comes once a round.',
        })
        .prefault('sequence'),
      each: z
        .int()
        .min(1)
        .meta({ description: 'So often each in a run; all later ones are muted.', example: 20 })
        .exactOptional(),
    })
    .meta({
      description: 'Which of several stimuli comes next. One that was refused comes again. Without it: in turn.',
    })
    .exactOptional(),
  schedule: schedule.exactOptional(),
};

const detectionKeys = {
  after: partName.meta({ description: 'Detector whose detections are answered.', example: 'spindle' }),
  refractory: quantity('time', '2s', 'No request within this time of the last stimulus that was permitted.', {
    atLeast: '0s',
    atMost: '1h',
  }).prefault('2s'),
  since: z
    .strictObject({
      from: quantity('time', '6s', 'More than this: 6s answers isolated spindles, 0.4s what is new.', {
        atLeast: '0s',
        atMost: '1h',
      }).prefault('0s'),
      to: quantity('time', '6s', 'And less than this: answers those of a train.', {
        atLeast: '10ms',
        atMost: '1h',
      }).exactOptional(),
    })
    .refine(({ from, to = Infinity }) => from < to, {
      error: objection({ rule: 'begins after its end', fix: 'Write from below to.' }),
    })
    .meta({ description: 'Only detections so long after the last one, whether that was answered or not.' })
    .exactOptional(),
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
  train: z
    .strictObject({
      pulses: z.int().min(2).max(100).meta({ description: 'Stimuli for each detection.', example: 2 }),
      interval: quantity('time', '1.075s', 'From the start of one to that of the next.', {
        atLeast: '10ms',
        atMost: '1m',
      }),
    })
    .meta({
      description: 'Several stimuli for each detection. Each is judged by the gate; a refused one ends its train.',
    })
    .exactOptional(),
  ...askingKeys,
};

function angle(example: string, description: string) {
  return quantity('angle', example, description, { atLeast: '-180deg', atMost: '180deg' });
}

const immediate = z
  .strictObject({ use: z.literal('immediate'), ...detectionKeys })
  .meta({ title: 'stimulates as soon as a detection is confirmed' })
  .transform((keys): NamedPolicy => detectionPlan({ ...keys, delay: 0, jitter: 0 }));

const delayed = z
  .strictObject({
    use: z.literal('delayed'),
    delay: quantity('time', '0.5s', 'From the confirmation of a detection to its stimulus.', {
      atLeast: '0s',
      atMost: '60s',
    }),
    jitter: quantity('time', '50ms', 'Drawn at random for each: up to so much sooner or later, all alike.', {
      atLeast: '0s',
      atMost: '60s',
    }).prefault('0s'),
    ...detectionKeys,
  })
  .refine(({ delay, jitter }) => jitter <= delay, {
    path: ['jitter'],
    error: objection({ rule: 'is more than the delay', fix: 'Use the delay or less.' }),
  })
  .meta({ title: 'stimulates some time after the confirmation, the same each time or a random one' })
  .transform((keys): NamedPolicy => detectionPlan(keys));

const periodic = z
  .strictObject({
    use: z.literal('periodic'),
    every: quantity('time', '2s', 'From one stimulus to the next.', { atLeast: '10ms', atMost: '1h' }),
    ...askingKeys,
  })
  .meta({ title: 'stimulates at an interval, whatever is detected' })
  .transform(({ use, every, ...keys }): PeriodicPlan<string> => ({ use, everySeconds: every, ...askingPlan(keys) }));

const own = z
  .strictObject(moduleKeys('a Policy', './my-policy.mjs'))
  .meta({ title: 'a Policy of your own, by the contract in runtime/contracts.ts' })
  .transform(({ use, options }): ModulePlan => ({ module: use, options }));

export const policy = z.union([immediate, delayed, periodic, own]).meta({ description: 'When to stimulate.' });

type AskingKeys = z.infer<z.ZodObject<typeof askingKeys>>;
type DetectionKeys = z.infer<z.ZodObject<typeof detectionKeys>> & {
  readonly use: 'immediate' | 'delayed';
  readonly delay: number;
  readonly jitter: number;
};

function askingPlan({ expires, cues, schedule }: AskingKeys): AskingPlan<string> {
  return {
    expiresUs: Math.round(expires * 1e6),
    // How many there are is known with the stimulus.
    ...(cues ? { cues: { count: 1, order: cues.order, each: cues.each ?? Infinity } } : {}),
    ...(schedule ? { schedule } : {}),
  };
}

function detectionPlan(keys: DetectionKeys): DetectionPlan<string> {
  const { use, after, delay, jitter, refractory, since, coupling, train } = keys;
  return {
    use,
    after,
    delaySeconds: delay - jitter,
    ...(jitter > 0 ? { delayUpToSeconds: delay + jitter } : {}),
    refractorySeconds: refractory,
    ...(since ? { since: { fromSeconds: since.from, toSeconds: since.to ?? Infinity } } : {}),
    ...(coupling
      ? {
          coupling: {
            of: coupling.of,
            fromDegrees: coupling.from,
            toDegrees: coupling.to,
            withinSeconds: coupling.within ?? Infinity,
          },
        }
      : {}),
    ...(train ? { train: { pulses: train.pulses, intervalSeconds: train.interval } } : {}),
    ...askingPlan(keys),
  };
}

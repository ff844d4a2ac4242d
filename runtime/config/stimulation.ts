import { z } from 'zod';
import type { GateLimits } from '../contracts.js';
import { count, level, nameOrPath, objection, partName, quantity } from './values.js';

/** `stimulus` and `gate`: what to stimulate with, and the limits of it. With `policy`, all three or none. */

const sound = nameOrPath('pink-50ms', 'Pink noise, a tone (tone-1000Hz-100ms) or a .wav file.');

export const stimulus = z
  .strictObject({
    actuator: partName.meta({ description: 'An actuator of this configuration.', example: 'light' }),
    duration: quantity('time', '50ms', 'How long one stimulus lasts. A sound is as long as it is.', {
      atLeast: '1ms',
      atMost: '10s',
    }).exactOptional(),
    sound: sound.exactOptional(),
    sounds: z
      .array(sound)
      .min(1)
      .meta({ description: 'Several to choose from, such as the cues of a list.' })
      .exactOptional(),
    level: level(
      '-30dBFS',
      'How loud: RMS, of a cue in its loudest 125 ms; dBSPL at the ear where the actuator is calibrated.',
    ).exactOptional(),
  })
  .meta({ description: 'What to stimulate with.' })
  .transform(({ duration, ...keys }) => ({
    ...keys,
    ...(duration === undefined ? {} : { durationUs: microseconds(duration) }),
  }));

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

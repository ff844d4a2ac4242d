import { z } from 'zod';
import { partName, quantity, userModule } from './values.js';

/** `detectors`: what is found in signals. */

const signal = partName.meta({ description: 'Signal in which it looks.', examples: ['c3'] });

const bandPower = z
  .strictObject({
    use: z.literal('band-power'),
    signal,
    threshold: z
      .number()
      .min(0.1)
      .max(100)
      .meta({ description: 'A spindle stands out when its 11-16 Hz power is this many times the median of 2 minutes.' })
      .prefault(2.5),
    release: z
      .number()
      .min(0.1)
      .max(100)
      .meta({ description: 'It ends below this many times the median; at most the threshold.' })
      .prefault(2),
    confirm: quantity('time', '0.4s', 'How long it must stand out before it counts.', {
      atLeast: '10ms',
      atMost: '2.5s',
    }).prefault('0.4s'),
    guard: z
      .number()
      .min(0)
      .max(100)
      .meta({ description: 'Least ratio of 11-16 Hz to 4-10 Hz amplitude, against arousals and movement; 0 accepts all.' })
      .prefault(0.8),
  })
  .meta({ title: 'sleep spindles by the power of their band; the signal must be in uV' });

const threshold = z
  .strictObject({
    use: z.literal('threshold'),
    signal,
    level: level('500uV', 'A value that rises to this level is a detection.'),
    release: level('400uV', 'It ends, and the next can come, below this level. Without it: the level.').exactOptional(),
    holdoff: quantity('time', '100ms', 'No second detection within this time of the first.', {
      atLeast: '0s',
      atMost: '1h',
    }).prefault('0s'),
  })
  .meta({ title: 'the signal rises to a level: markers, photodiodes, trigger inputs' });

/** Signals of electrodes are in microvolts; others, such as standardised ones, have no unit that could be written. */
function level(example: string, description: string) {
  return z
    .union([quantity('voltage', example, description), z.number().meta({ description: 'For a signal that is not in uV.' })])
    .meta({ description, examples: [example], dimension: 'voltage' });
}

export const detector = z.union([bandPower, threshold, userModule('a Detector', './my-detector.mjs')]);

export const detectors = z
  .record(partName, detector)
  .meta({ description: 'What is found in signals, by a name of your choice.' })
  .prefault({});

import { z } from 'zod';
import { a7Thresholds } from '../detect/a7/thresholds.js';
import { bandPowerPoints } from '../detect/band-power.js';
import { usualSleepRule } from '../detect/sleep-rule.js';
import { threeFeatureThresholds } from '../detect/three-feature.js';
import { nameOrPath, moduleKeys, objection, partName, quantity } from './values.js';
import { signal, type Entry } from './detector-entry.js';
import { phaseTarget, slowOscillation } from './slow-waves.js';

/** `detectors`: what is found in signals. Each parses to the plan that `runtime/detect` builds it from. */

const usual = bandPowerPoints.r2;
const bandPower = z
  .strictObject({
    use: z.literal('band-power'),
    signal,
    threshold: z
      .number()
      .min(0.1)
      .max(100)
      .meta({
        description:
          'A spindle stands out when 11-16 Hz (RMS over 0.1 s) is this many times its median of two minutes.',
      })
      .prefault(usual.threshold),
    release: z
      .number()
      .min(0.1)
      .max(100)
      .meta({ description: 'It ends below this many times the median; at most the threshold.' })
      .prefault(usual.release),
    confirm: quantity('time', '0.4s', 'How long it must stand out before it counts.', {
      atLeast: '10ms',
      atMost: '2.5s',
    }).prefault(`${usual.confirmSeconds}s`),
    guard: z
      .number()
      .min(0)
      .max(100)
      .meta({
        description: 'Least ratio of 11-16 Hz to 4-10 Hz amplitude, against arousals and movement; 0 accepts all.',
      })
      .prefault(usual.guard),
  })
  .meta({ title: 'sleep spindles by the power of their band; the signal must be in uV' })
  .transform(({ signal, confirm, ...rest }): Entry => ({ signal, plan: { ...rest, confirmSeconds: confirm } }));

const a7Threshold = (name: keyof typeof a7Thresholds, least: number, most: number, description: string) =>
  z.number().min(least).max(most).meta({ description }).prefault(a7Thresholds[name]);

const a7 = z
  .strictObject({
    use: z.literal('a7'),
    signal,
    power: a7Threshold('power', -10, 10, 'log10 of the power of 11-16 Hz in uV2 over 0.3 s must be above it.'),
    relativePower: a7Threshold('relativePower', -10, 100, 'Its share of 4.5-30 Hz, in SD of the last half minute.'),
    covariance: a7Threshold('covariance', -10, 100, 'Its covariance with the signal, in SD of the last half minute.'),
    correlation: a7Threshold('correlation', -1, 1, 'Its correlation with the signal.'),
  })
  .meta({ title: 'sleep spindles by the four features of A7, online; the signal must be in uV' })
  .transform(({ signal, ...plan }): Entry => ({ signal, plan }));

const threeFeature = z
  .strictObject({
    use: z.literal('three-feature'),
    signal,
    zScore: z
      .number()
      .min(-10)
      .max(100)
      .meta({ description: 'How far 11-16 Hz (log amplitude over 0.3 s) stands out from the last half minute, in SD.' })
      .prefault(threeFeatureThresholds.zScore),
    correlation: z
      .number()
      .min(-1)
      .max(1)
      .meta({ description: 'Least correlation of 11-16 Hz with 2-30 Hz over 0.3 s.' })
      .prefault(threeFeatureThresholds.correlation),
    relativePower: z
      .number()
      .min(0)
      .max(10)
      .meta({ description: 'Least power of 11-16 Hz as a part of 2-30 Hz over 0.3 s.' })
      .prefault(threeFeatureThresholds.relativePower),
  })
  .meta({ title: 'sleep spindles by amplitude, correlation and share of 11-16 Hz; the signal must be in uV' })
  .transform(({ signal, ...plan }): Entry => ({ signal, plan }));

const spindleT1 = z
  .strictObject({
    use: z.literal('spindle-t1'),
    signal: signal.exactOptional(),
    signals: z
      .array(partName)
      .min(2)
      .max(16)
      .meta({
        description: 'Several signals instead, of one rate: their networks vote, and a bad electrode is left out.',
        example: '[c3, c4]',
      })
      .exactOptional(),
    model: nameOrPath(
      'spindle-t1',
      'spindle-t1, spindle-t1-mean (three networks), spindle-t1-free (trained on generated sleep alone), or a file of your own. Without it: spindle-t1-mean at the point adaptive, spindle-t1 at the others.',
    ).exactOptional(),
    point: z
      .string()
      .min(1)
      .meta({
        description:
          'Of the model: adaptive follows a sleeper whom it never saw; accurate, fast and sure have fixed levels.',
        example: 'sure',
      })
      .prefault('adaptive'),
  })
  .meta({ title: 'sleep spindles by a spiking network; signals in uV of 50 to 1000 Hz' })
  .superRefine(({ signal, signals }, context) => {
    if ((signal === undefined) !== (signals === undefined)) return;
    const rule = signal === undefined ? 'looks in no signal' : 'has both signal and signals';
    context.addIssue({ code: 'custom', message: objection({ rule, fix: 'Give one of signal and signals.' }) });
  })
  .transform(({ signal, signals = [], model, ...rest }): Entry => {
    const [first = '', ...more] = signal === undefined ? signals : [signal];
    // Each is the better one at its points: models/zoo has the figures.
    const best = rest.point === 'adaptive' ? 'spindle-t1-mean' : 'spindle-t1';
    return { signal: first, ...(more.length === 0 ? {} : { more }), plan: { ...rest, model: model ?? best } };
  });

const portiloop = z
  .strictObject({
    use: z.literal('portiloop'),
    signal,
    model: nameOrPath(
      'my-portiloop.safetensors',
      "The Portiloop's network, as axond model import makes it of its file.",
    ).meta({
      whenMissing:
        "The Portiloop's network comes without a licence, so it is not part of axond. Convert your own file with axond model import portiloop_model_quant.tflite --out my-portiloop.safetensors, and write model: my-portiloop.safetensors.",
    }),
    threshold: z
      .number()
      .min(0.01)
      .max(0.99)
      .meta({ description: "A spindle is detected when the network's answer reaches it." })
      .prefault(0.75),
    warmUp: quantity('time', '10s', 'Nothing is detected so long after a start or a gap.', {
      atLeast: '0s',
      atMost: '1h',
    }).prefault('10s'),
    beyond: z
      .enum(['saturate', 'wrap'])
      .meta({
        description:
          'What a sample becomes that is too large for the network: the nearest code, or, as in the original, a code of the other sign.',
      })
      .prefault('saturate'),
  })
  .meta({ title: "sleep spindles by the Portiloop's own network; the signal's last stage must be portiloop" })
  .transform(({ signal, warmUp, ...plan }): Entry => ({ signal, plan: { ...plan, warmUpSeconds: warmUp } }));

const sleepGate = z
  .strictObject({
    use: z.literal('sleep-gate'),
    signal,
    threshold: z
      .number()
      .min(-20)
      .max(20)
      .meta({
        description:
          'Least depth of sleep: how many octaves of power 2.5 and 5.5 Hz are above 8.75 and 18.5 Hz. About 1 awake, 2 in N1 and REM, 3 in N2, 4 in N3.',
      })
      .prefault(usualSleepRule.threshold),
    calm: quantity('time', '30s', 'How long after an arousal nobody counts as asleep.', {
      atLeast: '0s',
      atMost: '1h',
    }).prefault(`${usualSleepRule.calmSeconds}s`),
  })
  .meta({ title: 'whether N2 or N3 is likely, for the gate to require; the signal must be in uV and reach 20 Hz' })
  .transform(({ signal, calm, ...rest }): Entry => ({ signal, plan: { ...rest, calmSeconds: calm } }));

const signalQuality = z
  .strictObject({ use: z.literal('signal-quality'), signal })
  .meta({
    title:
      'whether the signal can be trusted: flat, clipping, mains, movement, electrode off; for gate.require; the signal must be in uV, as it comes from the electrodes',
  })
  .transform(({ signal, use }): Entry => ({ signal, plan: { use } }));

const threshold = z
  .strictObject({
    use: z.literal('threshold'),
    signal,
    level: level('500uV', 'A value that rises to this is a detection. A number alone where the signal is not in uV.'),
    release: level('400uV', 'It ends, and the next can come, below this. Without it: the level.').exactOptional(),
    holdoff: quantity('time', '100ms', 'No second detection within this time of the first.', {
      atLeast: '0s',
      atMost: '1h',
    }).prefault('0s'),
  })
  .meta({ title: 'the signal rises to a level: markers, photodiodes, trigger inputs' })
  .transform(({ signal, holdoff, release, ...rest }): Entry => ({
    signal,
    plan: { ...rest, holdoffSeconds: holdoff, ...(release === undefined ? {} : { release }) },
  }));

/** Signals of electrodes are in microvolts; others, such as standardised ones, have no unit that could be written. */
function level(example: string, description: string) {
  return z
    .union([quantity('voltage', example, description), z.number()])
    .meta({ description, example, dimension: 'voltage' });
}

const own = z
  .strictObject({ ...moduleKeys('a Detector', './my-detector.mjs'), signal })
  .meta({ title: 'a Detector of your own, by the contract in runtime/contracts.ts' })
  .transform(({ use, options, signal }): Entry => ({ signal, plan: { module: use, options } }));

export const detectors = z
  .record(
    partName,
    z.union([
      spindleT1,
      portiloop,
      a7,
      bandPower,
      threeFeature,
      sleepGate,
      phaseTarget,
      slowOscillation,
      signalQuality,
      threshold,
      own,
    ]),
  )
  .meta({ description: 'What is found in signals, by a name of your choice.' })
  .prefault({});

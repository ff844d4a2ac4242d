import { z } from 'zod';
import type { ModulePlan } from '../loop/plan.js';
import type { StagePlan } from '../signal/stage-plan.js';
import { moduleKeys, objection, partName, quantity } from './values.js';

/** `signals`: what is made from electrodes. Each stage parses to the plan that `runtime/signal` builds it from. */

const corner = (example: string, description: string) =>
  quantity('frequency', example, description, { atLeast: '0.01Hz' });

const recursive = {
  order: z.int().min(1).max(10).meta({ description: 'Order of the low-pass that it is designed from.' }).prefault(2),
  family: z
    .enum(['butterworth', 'bessel'])
    .meta({ description: 'butterworth: flattest amplitude; bessel: flattest delay, keeps shapes.' })
    .prefault('butterworth'),
  norm: z
    .enum(['phase', 'mag', 'delay'])
    .meta({ description: 'What the corner of a bessel filter means: half its phase, -3 dB, or its delay.' })
    .prefault('phase'),
};

const oneCorner = z
  .strictObject({
    use: z.enum(['lowpass', 'highpass']),
    at: corner('35Hz', 'Corner (-3 dB for butterworth).'),
    ...recursive,
  })
  .meta({ title: 'keeps what is below (lowpass) or above (highpass) a corner' })
  .transform(({ at, ...rest }): StagePlan => ({ ...rest, atHz: at }));

const twoCorners = z
  .strictObject({
    use: z.enum(['bandpass', 'bandstop']),
    from: corner('0.3Hz', 'Lower corner.'),
    to: corner('35Hz', 'Upper corner.'),
    ...recursive,
  })
  .meta({ title: 'keeps (bandpass) or takes out (bandstop) what is between two corners' })
  .transform(({ from, to, ...rest }): StagePlan => ({ ...rest, fromHz: from, toHz: to }));

const notch = z
  .strictObject({
    use: z.literal('notch'),
    at: corner('50Hz', 'What to take out.'),
    quality: z.number().min(0.5).max(1000).meta({ description: 'Frequency divided by width at -3 dB.' }).prefault(30),
  })
  .meta({ title: 'takes out one frequency, such as mains' })
  .transform(({ at, ...rest }): StagePlan => ({ ...rest, atHz: at }));

const fir = z
  .strictObject({
    use: z.literal('fir'),
    taps: z
      .array(z.number())
      .min(1)
      .max(8192)
      .meta({
        description: 'Coefficients of your own, the one of the newest sample first.',
        example: '[0.25, 0.5, 0.25]',
      })
      .exactOptional(),
    count: z
      .int()
      .min(3)
      .max(8192)
      .meta({ description: 'Number of taps of a design (windowed sinc, Hamming).', example: 101 })
      .exactOptional(),
    from: corner('0.5Hz', 'Lower corner of a design; without it a low-pass.').exactOptional(),
    to: corner('35Hz', 'Upper corner of a design; without it a high-pass.').exactOptional(),
  })
  .meta({ title: 'linear-phase filter: taps, or count with from, to or both' })
  .superRefine(({ taps, count, from, to }, context) => {
    const isDesign = count !== undefined && (from !== undefined || to !== undefined);
    const isOwn = taps !== undefined && count === undefined && from === undefined && to === undefined;
    if (isDesign === isOwn || (isDesign && taps !== undefined)) {
      const rule = 'says either too little or too much';
      context.addIssue({
        code: 'custom',
        message: objection({ rule, fix: 'Give taps alone, or count with from, to or both.' }),
      });
    }
  })
  .transform(({ use, taps, count = 0, ...corners }): StagePlan => {
    if (taps) return { use, taps };
    const { from, to } = corners;
    return { use, count, ...(from === undefined ? {} : { fromHz: from }), ...(to === undefined ? {} : { toHz: to }) };
  });

const rms = z
  .strictObject({
    use: z.literal('rms'),
    window: quantity('time', '0.1s', 'How much of the past counts.', { atLeast: '1ms', atMost: '60s' }),
  })
  .meta({ title: 'root mean square of the last moments: an envelope' })
  .transform(({ window, ...rest }): StagePlan => ({ ...rest, windowSeconds: window }));

const resample = z
  .strictObject({
    use: z.literal('resample'),
    to: quantity('frequency', '250Hz', 'The new rate.', { atLeast: '1Hz', atMost: '20kHz' }),
  })
  .meta({ title: 'changes the sampling rate by a simple ratio' })
  .transform(({ to, ...rest }): StagePlan => ({ ...rest, toHz: to }));

const decimate = z
  .strictObject({
    use: z.literal('decimate'),
    factor: z.int().min(2).max(1000).meta({ description: 'One sample of so many is kept.', example: 4 }),
  })
  .meta({ title: 'divides the sampling rate, behind a low-pass' })
  .transform((stage): StagePlan => stage);

const portiloop = z
  .strictObject({
    use: z.literal('portiloop'),
    mains: z.enum(['50Hz', '60Hz']).meta({ description: 'Mains frequency of the country.' }).prefault('50Hz'),
  })
  .meta({ title: 'the signal chain of the Portiloop: low-pass, notch, standardisation; 250 Hz only' })
  .transform(({ use, mains }): StagePlan => ({ use, mainsHz: mains === '50Hz' ? 50 : 60 }));

const own = z
  .strictObject(moduleKeys('a Stage', './my-stage.mjs'))
  .meta({ title: 'a Stage of your own, by the contract in runtime/contracts.ts' })
  .transform(({ use, options }): ModulePlan => ({ module: use, options }));

const stage = z.union([oneCorner, twoCorners, notch, fir, rms, resample, decimate, portiloop, own]);

const signal = z.strictObject({
  from: z
    .string()
    .min(1)
    .meta({
      description: 'Electrodes, such as C3 - M2 or C3 - (M1 + M2)/2, or another signal. Without it the first channel.',
      example: 'C3 - M2',
    })
    .exactOptional(),
  stages: z.array(stage).meta({ description: 'Filters, in the order in which they apply.' }).prefault([]),
});

export const signals = z
  .record(partName, signal)
  .meta({
    description: 'What is made from electrodes, by a name of your choice. Live views show the one called trace.',
  })
  .prefault({});

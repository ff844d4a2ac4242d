import { z } from 'zod';
import { partName, quantity, userModule } from './values.js';

/** `signals`: what is made from electrodes. */

const bandpass = z
  .strictObject({
    use: z.literal('bandpass'),
    from: quantity('frequency', '0.3Hz', 'Lower corner (-3 dB).', { atLeast: '0.001Hz' }),
    to: quantity('frequency', '35Hz', 'Upper corner (-3 dB).', { atLeast: '0.001Hz' }),
  })
  .meta({ title: 'band-pass filter' });

export const signals = z
  .record(
    partName,
    z.strictObject({
      from: z.string().meta({ description: 'Electrodes or another signal.', examples: ['C3 - M2'] }),
      stages: z.array(z.union([bandpass, userModule('a Stage', './my-stage.mjs')])).prefault([]),
    }),
  )
  .prefault({});

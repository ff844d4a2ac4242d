import { z } from 'zod';
import { actuators } from './actuators.js';
import { detectors } from './detectors.js';
import { device } from './device.js';
import { place } from './place.js';
import { signals } from './signals.js';
import { source } from './source.js';
import { policy } from './policy.js';
import { gate, stimulus } from './stimulation.js';
import { study } from './study.js';

/** The whole configuration. A key exists when its part does. */
export const configuration = z.strictObject({
  preset: z
    .string()
    .meta({ description: 'Start from this preset; first key of a file.', example: 'cyton-spindle' })
    .exactOptional(),
  device,
  source: source.exactOptional(),
  actuators,
  signals,
  detectors,
  policy: policy.exactOptional(),
  stimulus: stimulus.exactOptional(),
  gate: gate.exactOptional(),
  study: study.exactOptional(),
  place: place.exactOptional(),
});

/** Quantities are numbers here: Hz, seconds, microvolts. Paths are absolute. */
export type Configuration = z.infer<typeof configuration>;

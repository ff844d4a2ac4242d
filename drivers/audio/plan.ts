import { z } from 'zod';
import { calibration, dbsplAtFullScale, type Calibration } from './calibration.js';
import { hardCeilingDbfs, hardCeilingDbspl } from './level.js';

/** A card and what is played on it, as plain values: from the configuration to the guardian. */
export const audioPlan = z.strictObject({
  use: z.literal('audio'),
  /** ALSA's name. */
  card: z.string().min(1),
  rate: z.int().min(8000).max(192_000),
  periodFrames: z.int().min(32).max(1024),
  /** One a variant: names or paths as `renderSound` takes them. */
  sounds: z.array(z.string().min(1)).min(1),
  levelDbfs: z.number().min(-120).max(0),
  /** No sound is louder. */
  ceilingDbfs: z.number().min(-120).max(0),
  calibration: calibration.exactOptional(),
});
export type AudioPlan = z.infer<typeof audioPlan>;

/** The loudest that any configuration may ask for, in dBFS. */
export function hardCeilingOf(measured: Calibration | undefined): number {
  return measured ? Math.min(0, hardCeilingDbspl - dbsplAtFullScale(measured)) : hardCeilingDbfs;
}

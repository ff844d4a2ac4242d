import { z } from 'zod';

/**
 * How loud a card's output is at the ear: made by `axond setup sound` with a sound level meter, kept as JSON, and valid
 * only while card, driver, rate and mixer are what they were.
 */
const volume = z.strictObject({
  control: z.string(),
  index: z.int(),
  /** In the card's own steps, left and right. */
  left: z.int(),
  right: z.int(),
  on: z.boolean(),
});
export type MixerVolume = z.infer<typeof volume>;

const measured = z.strictObject({ dBFS: z.number().min(-120).max(0), dBSPL: z.number().min(0).max(130) });

export const calibration = z.strictObject({
  /** As in the configuration. */
  card: z.string().min(1),
  /** As the card's driver calls itself; empty where ALSA knows no hardware behind the name. */
  driver: z.string(),
  rate: z.int().min(8000).max(192_000),
  /** Every volume of the card's mixer; null where it has none. */
  mixer: z.array(volume).nullable(),
  /** When it was measured, in ISO 8601. */
  date: z.iso.datetime({ offset: true }),
  /** A steady tone of 1 kHz at two levels. */
  measured: z.tuple([measured, measured]),
});
export type Calibration = z.infer<typeof calibration>;

/** Throws one line that says what is wrong with the text. */
export function decodeCalibration(text: string): Calibration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RangeError('is no JSON. Make it anew with axond setup sound.');
  }
  const parsed = calibration.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RangeError(
      `is no calibration (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}). Make it anew with axond setup sound.`,
    );
  }
  return parsed.data;
}

/** What to add to dBFS to have dB SPL at the ear: from the louder of both levels, where noise of the room matters least. */
export function dbsplAtFullScale({ measured: [first, second] }: Calibration): number {
  const louder = first.dBFS > second.dBFS ? first : second;
  return louder.dBSPL - louder.dBFS;
}

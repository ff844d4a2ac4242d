import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { FoundHotPixels } from './hot-pixels.js';

/** Hot pixels of one sensor, kept as JSON. */
const hotPixels = z.strictObject({
  /** Serial number or any other name of this one sensor: a mask is of no use to another. */
  sensor: z.string().min(1),
  width: z.int().min(1).max(32_768),
  height: z.int().min(1).max(32_768),
  /** How long they were looked for. */
  seconds: z.number().min(0),
  pixels: z.array(z.tuple([z.int().min(0), z.int().min(0)])),
});
export type HotPixels = z.infer<typeof hotPixels>;

/** Throws one line that names the file, what is wrong, and the fix. */
export function readHotPixels(path: string): HotPixels {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RangeError(`${path}: is no JSON. Learn the hot pixels anew.`);
    throw error;
  }
  const parsed = hotPixels.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RangeError(
      `${path}: holds no hot pixels (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}). Learn them anew.`,
    );
  }
  const { width, height, pixels } = parsed.data;
  const outside = pixels.find(([x, y]) => x >= width || y >= height);
  if (outside)
    throw new RangeError(
      `${path}: pixel ${outside.join(',')} is not on a sensor of ${width}x${height}. Learn them anew.`,
    );
  return parsed.data;
}

/** Whoever reads it sees the old file or the whole new one. */
export function writeHotPixels(path: string, content: HotPixels): void {
  const temporary = `${path}.${process.pid}.part`;
  writeFileSync(temporary, `${JSON.stringify(hotPixels.parse(content))}\n`, { flush: true });
  renameSync(temporary, path);
}

/** Those of a file. Where there is none yet they are learned, and kept in it: `onLearned` hears of that. */
export function hotPixelsOf(
  path: string,
  sensor: string,
  onLearned: (text: string) => void,
): FoundHotPixels | { learn(found: FoundHotPixels): void } {
  if (existsSync(path)) return readHotPixels(path);
  return {
    learn: (found) => {
      const learned = `${path}: hot pixels found in ${found.seconds.toFixed(0)} s: ${found.pixels.length}`;
      try {
        writeHotPixels(path, { sensor, ...found });
        onLearned(`${learned}. They are kept.`);
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        onLearned(`${learned}. They cannot be kept (${cause}), and are known until this run ends.`);
      }
    },
  };
}

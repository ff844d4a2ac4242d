import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { alsa } from './alsa.js';
import type { Sound } from './sound.js';

/** Why tests on ALSA itself are skipped here, or false. */
export function withoutAlsa(): string | false {
  try {
    alsa();
    return false;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** ALSA's own `file` plug-in as a card: whatever is played lies in a file. */
export interface FileCard {
  readonly card: string;
  /** Frames so far, left and right in turn, 2^31 as full scale. Complete once the card is closed. */
  readonly frames: () => Int32Array;
}

export function fileCard(t: Pick<TestContext, 'after'>): FileCard {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'card.raw');
  return {
    card: `file:${path},raw`,
    frames: () => {
      const bytes = readFileSync(path);
      return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~7)));
    },
  };
}

/** What a card of 32 bits is sent for a sound: both channels in turn. */
export function samplesOf({ left, right }: Sound, gain = 1): Int32Array {
  const samples = new Int32Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    samples[2 * i] = Math.round((left[i] as number) * gain * 2 ** 31);
    samples[2 * i + 1] = Math.round((right[i] as number) * gain * 2 ** 31);
  }
  return samples;
}

/** The stretches that are not silent: runs of frames between at least `pause` silent ones. */
export function soundsIn(frames: Int32Array, pause: number): { at: number; samples: Int32Array }[] {
  const found: { at: number; samples: Int32Array }[] = [];
  let from = -1;
  let last = -1;
  for (let at = 0; at <= frames.length; at += 2) {
    const isLoud = at < frames.length && (frames[at] !== 0 || frames[at + 1] !== 0);
    if (isLoud) {
      if (from < 0) from = at;
      last = at;
    } else if (from >= 0 && (at - last > 2 * pause || at >= frames.length)) {
      found.push({ at: from / 2, samples: frames.slice(from, last + 2) });
      from = -1;
    }
  }
  return found;
}

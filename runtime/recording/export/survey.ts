import { FrameFlag, type SampleBlock } from '../../contracts.js';

/** Frames `first` up to `end`. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/** What must be known of a recording's frames before the first byte of an export. */
export interface Survey {
  /** Runs of frames whose indexes follow each other; at least one. */
  readonly stretches: readonly Stretch[];
  /** Of each channel, in counts. */
  readonly lowest: Int32Array;
  readonly highest: Int32Array;
  /** Frames that the device or the link has lost: held ones, and indexes that the recording jumps over. */
  readonly gaps: readonly Stretch[];
  /** Frames that the driver did not trust. */
  readonly suspect: readonly Stretch[];
  /** When the first frame arrived, if the frames of its read came at their rate. */
  readonly firstUs: number;
}

/** One pass over all frames. Undefined where there are none. Pure. */
export function surveyFrames(blocks: Iterable<SampleBlock>, channels: number, rate: number): Survey | undefined {
  const stretches: { first: number; end: number }[] = [];
  const gaps = new Runs();
  const suspect = new Runs();
  const lowest = new Int32Array(channels).fill(2 ** 31 - 1);
  const highest = new Int32Array(channels).fill(-(2 ** 31));
  let firstUs = NaN;
  for (const { counts, flags, frames, firstIndex, arrivalUs } of blocks) {
    if (frames === 0) continue;
    const last = stretches.at(-1);
    if (!last) firstUs = arrivalUs - ((frames - 1) * 1e6) / rate;
    if (last?.end === firstIndex) last.end += frames;
    else {
      if (last) gaps.add(last.end, firstIndex);
      stretches.push({ first: firstIndex, end: firstIndex + frames });
    }
    for (let frame = 0; frame < frames; frame++) {
      const flag = flags[frame] as number;
      if (flag !== 0) {
        const index = firstIndex + frame;
        if ((flag & FrameFlag.gap) !== 0) gaps.add(index, index + 1);
        else suspect.add(index, index + 1);
      }
      for (let channel = 0; channel < channels; channel++) {
        const count = counts[frame * channels + channel] as number;
        if (count < (lowest[channel] as number)) lowest[channel] = count;
        if (count > (highest[channel] as number)) highest[channel] = count;
      }
    }
  }
  if (stretches.length === 0) return undefined;
  return { stretches, lowest, highest, gaps: gaps.list, suspect: suspect.list, firstUs };
}

/** Stretches, joined where they touch. */
class Runs {
  readonly list: { first: number; end: number }[] = [];

  add(first: number, end: number): void {
    const last = this.list.at(-1);
    if (last?.end === first) last.end = end;
    else this.list.push({ first, end });
  }
}

/** Frames in all, those that the recording jumps over among them. */
export function framesSpanned({ stretches }: Pick<Survey, 'stretches'>): number {
  return (stretches.at(-1)?.end ?? 0) - (stretches[0]?.first ?? 0);
}

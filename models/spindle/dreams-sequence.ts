import { featureCount, framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import {
  epochSeconds,
  excerptSeconds,
  expert1Seconds,
  stageOf,
  type DreamsExcerpt,
} from '../../runtime/evaluate/dreams.js';
import type { TimedEvent } from '../../runtime/evaluate/events.js';
import { ModelError } from '../format/model-error.js';
import type { FrameSequence } from '../train/sequence/frames.js';
import { readFrames } from './read-frames.js';
import type { DreamsData } from './recipe.js';

/**
 * An excerpt to learn from. While both experts scored, a frame's target is the share of them that marked it; afterwards
 * expert 2's mark, which counts less. @throws ModelError if marks are missing
 */
export function dreamsSequence(excerpt: DreamsExcerpt, data: DreamsData): FrameSequence {
  const codes = readFrames(excerpt.signalPath, excerptSeconds);
  return {
    name: `excerpt ${excerpt.number}`,
    codes,
    // Slow recordings have a few frames less: what is made of them between samples waits for the next.
    ...dreamsTargets(excerpt, data, codes.length / featureCount),
  };
}

export function dreamsTargets(
  { number, expert1, expert2, hypnogram }: DreamsExcerpt,
  { lateSeconds, settleSeconds, expert1InWake, expert2Weight }: DreamsData,
  frames: number,
): Pick<FrameSequence, 'targets' | 'weights'> {
  if (!expert1 || !expert2 || !hypnogram)
    throw new ModelError(
      `excerpt ${number}: learning takes Visual_scoring1, Visual_scoring2 and Hypnogram of it. Put them beside the signal.`,
    );
  const targets = new Float32Array(frames);
  const weights = new Float32Array(frames);
  for (let n = 0; n < frames; n++) {
    const end = (n + 1) / framesPerSecond;
    const time = end - lateSeconds;
    const wake = stageOf(hypnogram[Math.floor(time / epochSeconds)]) === 'W';
    const both = time < expert1Seconds;
    const second = covers(expert2, time) ? 1 : 0;
    targets[n] = both && (expert1InWake || !wake) ? ((covers(expert1, time) ? 1 : 0) + second) / 2 : second;
    weights[n] = end <= settleSeconds ? 0 : both ? 1 : expert2Weight;
  }
  return { targets, weights };
}

function covers(events: readonly TimedEvent[], time: number): boolean {
  return events.some(({ onset, end }) => time >= onset && time < end);
}

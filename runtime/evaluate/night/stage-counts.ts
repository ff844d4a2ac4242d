import { epochSeconds, type EpochSpectra } from './epoch-spectra.js';
import { guessStage, stageGuesses, type StageGuess } from './stages.js';

/** A night cut into epochs, as its spectra are. */
export interface Epochs {
  /** Frames a second. */
  readonly rate: number;
  /** Index of the first frame. */
  readonly first: number;
  /** Frames from the first to the last, lost ones among them. */
  readonly frames: number;
  readonly spectra: Pick<EpochSpectra, 'depths'>;
}

/** Of each epoch how many. */
export function perEpoch({ rate, first, spectra: { depths } }: Epochs, indexes: readonly number[]): number[] {
  const counts = new Array<number>(depths.length).fill(0);
  for (const index of indexes) {
    const epoch = Math.min(depths.length - 1, Math.max(0, Math.floor((index - first) / (epochSeconds * rate))));
    counts[epoch] = (counts[epoch] ?? 0) + 1;
  }
  return counts;
}

export function minutesByStage({ rate, frames, spectra: { depths } }: Epochs): Record<StageGuess, number> {
  const minutes = Object.fromEntries(stageGuesses.map((stage) => [stage, 0])) as Record<StageGuess, number>;
  for (const [epoch, depth] of depths.entries()) {
    const seconds = Math.min(epochSeconds, frames / rate - epoch * epochSeconds);
    minutes[guessStage(depth)] += Math.max(0, seconds) / 60;
  }
  return minutes;
}

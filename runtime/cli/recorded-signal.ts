import { FrameFlag, type SampleBlock } from '../contracts.js';
import { epochSeconds, EpochSpectra } from '../evaluate/night/epoch-spectra.js';
import { guessStage } from '../evaluate/night/stages.js';
import { blockCapacity } from '../loop/build.js';
import type { LoopPlan } from '../loop/plan.js';
import { blocksOf, type Exported } from '../recording/export/exported.js';
import type { Recording } from '../recording/read.js';
import { Derivation, parseDerivation } from '../signal/derivation.js';
import { planOfRecording } from './configuration.js';
import { UsageError } from './output.js';

/** One electrode of a recording, as it stands on disk, and the stages of sleep that are guessed from it. */

/** What the first detector hears, before any stage. */
export function derivationOf({ signals, detectors, trace }: LoopPlan): string {
  let signal = signals[detectors[0]?.signal ?? trace];
  while (signal && 'signal' in signal.from) signal = signals[signal.from.signal];
  if (signal && 'derivation' in signal.from) return signal.from.derivation;
  throw new UsageError('--signal: the recording names no signal. Name an electrode.');
}

/** The signal in stretches without a lost frame. Frames count from the first. */
export function playSignal(
  recording: Recording,
  text: string,
  first: number,
  hear: (values: Float64Array, length: number, at: number) => void,
): void {
  const { channels } = recording.run.stream;
  let derivation: Derivation;
  try {
    derivation = new Derivation(
      parseDerivation(
        text,
        channels.map(({ name }) => name),
      ),
      channels,
    );
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--signal ${error.message}`);
    throw error;
  }
  const values = new Float64Array(Math.max(blockCapacity, 4096));
  for (const block of blocksOf(recording)) {
    for (let from = 0; from < block.frames;) {
      const end = endOfRun(block, from);
      if (!isLost(block, from)) {
        const length = derivation.process(block, from, end, values);
        hear(values, length, block.firstIndex + from - first);
      }
      from = end;
    }
  }
}

function isLost({ flags }: SampleBlock, frame: number): boolean {
  return ((flags[frame] as number) & FrameFlag.gap) !== 0;
}

/** Frames from `from` on that are alike lost or not. */
function endOfRun(block: SampleBlock, from: number): number {
  let end = from + 1;
  while (end < block.frames && isLost(block, end) === isLost(block, from)) end++;
  return end;
}

/** The stage, in words, of the epoch that holds a sample; of what the first detector hears. */
export function guessedStages(recording: Recording, { survey, marks }: Exported): (sample: number) => string {
  const { run } = recording;
  const first = survey.stretches[0]?.first ?? 0;
  const { rate } = run.stream;
  const stimuli = marks.flatMap(({ kind, onset }) => (kind === 'stimulus' ? [onset - first] : []));
  const spectra = new EpochSpectra(rate, stimuli);
  playSignal(recording, derivationOf(planOfRecording(run)), first, (values, length, at) => {
    spectra.push(values, length, at);
  });
  spectra.finish();
  return (sample) => guessStage(spectra.depths[Math.floor((sample - first) / (epochSeconds * rate))] ?? NaN);
}

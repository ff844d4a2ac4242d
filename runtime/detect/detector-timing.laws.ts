import { DetectionPhase, type Detector, type SignalShape } from '../contracts.js';
import { createDetectionList } from './detection-list.js';

export interface DetectorTiming {
  /** Of so many generated spindles so many were found. */
  readonly generated: number;
  readonly found: number;
  /** Medians in seconds from the true onset, null where too few were found: of the onset less the delay, and of the confirmation. */
  readonly onsetBias: number | null;
  readonly confirmation: number | null;
  readonly faults: readonly string[];
}

/**
 * Measures what a detector declares of its time on generated spindles, and whether what is no number harms it. A detector
 * that finds few of them is made for something else: its times are not judged.
 */
export function checkDetectorTiming(create: () => Detector, shape: SignalShape): DetectorTiming {
  const faults: string[] = [];
  const { signal, onsets } = spindles(shape.rate);
  const detector = create();
  detector.prepare(shape);
  const first = confirmations(detector, signal);
  const hits = onsets.flatMap((onset) => {
    const hit = first.find(({ confirmed }) => confirmed >= onset && confirmed < onset + 2 * shape.rate);
    return hit ? [{ bias: hit.onset - detector.delaySamples - onset, late: hit.confirmed - onset }] : [];
  });
  const isJudged = hits.length >= onsets.length / 2;
  const seconds = (of: 'bias' | 'late'): number | null =>
    isJudged ? median(hits.map((hit) => hit[of])) / shape.rate : null;
  const onsetBias = seconds('bias');
  if (onsetBias !== null && Math.abs(onsetBias) > mostBiasSeconds)
    faults.push(
      `delaySamples: onsets of generated spindles are ${onsetBias.toFixed(2)} s off after it is taken off. Declare how late onsets are.`,
    );
  if (!(detector.settleSamples <= longestSettleSeconds * shape.rate))
    faults.push(
      `settleSamples: ${detector.settleSamples} are more than ${longestSettleSeconds} s. Nothing would ever be allowed.`,
    );
  faults.push(...judgeBadInput(create, shape, signal));
  return { generated: onsets.length, found: hits.length, onsetBias, confirmation: seconds('late'), faults };
}

/** What is no number may end detection until a reset; it must neither throw nor be called a detection, nor outlive the reset. */
function judgeBadInput(create: () => Detector, shape: SignalShape, signal: Float64Array): string[] {
  const faults: string[] = [];
  const part = signal.subarray(80 * shape.rate, 140 * shape.rate);
  const fresh = create();
  fresh.prepare(shape);
  const wanted = confirmations(fresh, part);
  const detector = create();
  detector.prepare(shape);
  for (const bad of [NaN, Infinity, -Infinity, 1e300]) {
    try {
      detector.reset();
      const spoilt = part.slice();
      for (let n = Math.round(20 * shape.rate); n < 20.5 * shape.rate; n++) spoilt[n] = bad;
      for (const { onset, confirmed, score } of confirmations(detector, spoilt))
        if (!Number.isFinite(onset) || !Number.isFinite(confirmed) || Number.isNaN(score))
          faults.push(
            `bad input: ${bad} makes a detection with onset ${onset}, confirmed ${confirmed}, score ${score}`,
          );
      detector.reset();
      const after = confirmations(detector, part);
      if (JSON.stringify(after) !== JSON.stringify(wanted)) faults.push(`bad input: ${bad} outlives reset()`);
    } catch (error) {
      faults.push(`bad input: ${bad} makes it throw ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return [...new Set(faults)];
}

interface Confirmation {
  readonly onset: number;
  readonly confirmed: number;
  readonly score: number;
}

function confirmations(detector: Detector, signal: Float64Array): Confirmation[] {
  const block = new Float64Array(blockLength);
  const found = createDetectionList(2 * blockLength);
  const all: Confirmation[] = [];
  for (let start = 0; start < signal.length; start += blockLength) {
    const piece = signal.subarray(start, start + blockLength);
    block.set(piece);
    found.length = 0;
    detector.process(block, piece.length, start, found);
    for (const { phase, onset, confirmed, score } of found.items.slice(0, found.length))
      if (phase === DetectionPhase.confirmed) all.push({ onset, confirmed, score });
  }
  return all;
}

/** Five minutes of noise as of N2, with a spindle of 13 Hz, 60 µV and one second every eight seconds from 90 s on. */
function spindles(rate: number): { signal: Float64Array; onsets: number[] } {
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  // Of first order below 1 Hz and again below 8 Hz: much that is slow, little at 11 to 16 Hz.
  let slow = 0;
  let middle = 0;
  const follow = (corner: number): number => 1 - Math.exp((-2 * Math.PI * corner) / rate);
  const onsets = Array.from({ length: 26 }, (_, n) => Math.round((90 + 8 * n + (n % 3)) * rate));
  const signal = Float64Array.from({ length: 300 * rate }, () => {
    const white = noise() * Math.sqrt(rate);
    slow += follow(1) * (white - slow);
    middle += follow(8) * (white - middle);
    return 8 * slow + 1.2 * middle + 0.05 * white;
  });
  for (const onset of onsets) {
    for (let n = 0; n < rate; n++) {
      const ramp = Math.min(1, n / (0.05 * rate), (rate - n) / (0.05 * rate));
      signal[onset + n] = (signal[onset + n] as number) + 30 * ramp * Math.sin((2 * Math.PI * 13 * n) / rate);
    }
  }
  return { signal, onsets };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}

const blockLength = 64;
/** Of two experts one in ten onsets differs by more. */
const mostBiasSeconds = 0.2;
const longestSettleSeconds = 600;

import type { SignalShape, Stage } from '../contracts.js';

export interface StageTiming {
  /** Declared, and measured at the frequency that passes best; null where nothing comes out. In output samples. */
  readonly declared: number;
  readonly measured: number | null;
  /** Hz of that frequency. */
  readonly at: number | null;
  readonly faults: readonly string[];
}

/** Measures what a stage declares of its time. `shape` is of its input. */
export function checkStageTiming(create: () => Stage, shape: SignalShape): StageTiming {
  const stage = create();
  const out = stage.prepare(shape);
  const declared = stage.delaySamples;
  const responses = burstFrequencies
    .filter((frequency) => frequency < 0.4 * Math.min(shape.rate, out.rate))
    .flatMap((frequency) => respond(stage, shape, out, frequency, 30));
  const best = Math.max(0, ...responses.map(({ gain }) => gain));
  const passing = responses.filter(({ gain }) => gain > 1e-6 && gain > mostLoss * best);
  const [nearest] = passing.toSorted((a, b) => Math.abs(a.delay - declared) - Math.abs(b.delay - declared));
  const faults: string[] = [];
  const tolerance = nearest && isLinear(stage, shape, out, nearest) ? toleranceSeconds : 3 * toleranceSeconds;
  if (nearest && Math.abs(nearest.delay - declared) > Math.max(2, tolerance * out.rate))
    faults.push(
      `delaySamples: ${declared.toFixed(1)} is declared, but a burst of ${nearest.frequency} Hz comes out ${nearest.delay.toFixed(1)} samples late. Declare the group delay in the pass band.`,
    );
  if (!(stage.settleSamples <= longestSettleSeconds * out.rate))
    faults.push(
      `settleSamples: ${stage.settleSamples} are more than ${longestSettleSeconds} s. Nothing would ever start.`,
    );
  return { declared, measured: nearest?.delay ?? null, at: nearest?.frequency ?? null, faults };
}

interface Response {
  readonly frequency: number;
  /** Energy out by energy in, a sample of each. */
  readonly gain: number;
  /** Between the centres of energy, in output samples. */
  readonly delay: number;
}

/** What follows the level of its input changes the shape of a burst, and with it the centre. */
function isLinear(stage: Stage, shape: SignalShape, out: SignalShape, { frequency, gain }: Response): boolean {
  const [smaller] = respond(stage, shape, out, frequency, 15);
  return smaller !== undefined && Math.abs(smaller.gain / gain - 1) < 0.01;
}

/**
 * What a burst of two seconds changes in the output, after the stage has seen noise for as long as it says it needs: so
 * stages that follow the level of their input are measured as they work.
 */
function respond(stage: Stage, shape: SignalShape, out: SignalShape, frequency: number, amplitude: number): Response[] {
  const before = Math.ceil((10 + Math.min(longestSettleSeconds, stage.settleSamples / out.rate)) * shape.rate);
  const length = before + Math.ceil(6 * shape.rate);
  let state = 1;
  const noise = Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state / 2 ** 31) * 5;
  });
  const burst = new Float64Array(length);
  for (let n = 0; n < 2 * shape.rate; n++) {
    const envelope = 0.5 * (1 - Math.cos((Math.PI * n) / shape.rate));
    burst[before + n] = amplitude * envelope * Math.sin((2 * Math.PI * frequency * n) / shape.rate);
  }
  const answer = (input: Float64Array): Float64Array => {
    stage.reset();
    const output = new Float64Array(Math.ceil((length * out.rate) / shape.rate) + 2);
    return output.subarray(0, stage.process(input, length, output));
  };
  const alone = answer(noise);
  const found = centreOf(
    answer(noise.map((value, n) => value + (burst[n] as number))).map((value, n) => value - (alone[n] as number)),
  );
  const given = centreOf(burst);
  if (!(found.energy > 0 && found.energy < Infinity)) return [];
  const gain = (found.energy * shape.rate) / (given.energy * out.rate);
  return [{ frequency, gain, delay: found.centre - (given.centre * out.rate) / shape.rate }];
}

/** Of the part that stands out: what lies below a fifth of the largest value does not count. */
function centreOf(values: Float64Array): { energy: number; centre: number } {
  const least = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 5;
  let energy = 0;
  let moment = 0;
  values.forEach((value, n) => {
    if (Math.abs(value) < least) return;
    energy += value * value;
    moment += value * value * n;
  });
  return { energy, centre: moment / energy };
}

const burstFrequencies = [1, 2, 4, 7, 10, 13, 16, 20, 30, 40, 60, 90];
/** Of the largest gain in energy: half a decibel. */
const mostLoss = 0.89;
const toleranceSeconds = 0.02;
const longestSettleSeconds = 600;

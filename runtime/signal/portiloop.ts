import type { SignalShape, Stage } from '../contracts.js';
import { createChain } from './chain.js';
import { Fir } from './fir.js';
import { SectionFilter } from './section-filter.js';

/**
 * The Portiloop's own signal chain at 250 Hz: low-pass FIR, mains notch, running standardisation. Constants: the public
 * portiloop-software 0.1.0 (MIT), there for every sample in microvolts.
 */
export function createPortiloop(mains: 50 | 60): Stage {
  const a1 = mains === 50 ? -0.6141069599842358 : -0.12478308884588535;
  const notch = new SectionFilter(
    () => [[notchGain, a1, notchGain, 1, a1, notchA2]],
    () => 0,
  );
  return createChain([new OnlyAt250(), new Fir(() => Float64Array.from(firTaps())), notch, new Standardise()]);
}

/** Half of a symmetric filter of 21 taps. */
const halfTaps = [
  0.001623780150148095, 0.014988684599373742, 0.021287595318265636, 0.007349500393709579, -0.02512751571711218,
  -0.05221050735982245, -0.039273839505489905, 0.033021568427940004, 0.147606943281569, 0.2540002520345056,
];
const firTaps = (): number[] => [...halfTaps, 0.2973308763988834, ...halfTaps.toReversed()];
const notchGain = 0.9936459339823651;
const notchA2 = 0.9872918679647302;

class OnlyAt250 implements Stage {
  readonly delaySamples = 0;
  readonly settleSamples = 0;

  prepare(shape: SignalShape): SignalShape {
    if (shape.rate !== 250) {
      throw new RangeError(
        `portiloop: ${shape.rate} Hz, but its filters hold at 250 Hz only. Put { use: resample, to: 250Hz } before it.`,
      );
    }
    return shape;
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    if (input !== output) for (let i = 0; i < length; i++) output[i] = input[i] as number;
    return length;
  }

  reset(): void {
    // nothing is kept
  }

  coefficients(): readonly number[] {
    return [];
  }
}

/**
 * z = (x − mean) ÷ (SD + 10⁻⁶) with running mean (weight 0.1, a high-pass of about 4 Hz) and variance (weight 0.001). The
 * first sample passes unchanged, as in the original.
 */
class Standardise implements Stage {
  readonly delaySamples = 0;
  settleSamples = 0;
  /** Mean and variance; in an array, for a field that holds a double is a new object at each change. */
  readonly #state = Float64Array.of(NaN, 0);

  prepare(shape: SignalShape): SignalShape {
    // Until 1 % is left of the start: 4.6 time constants of the variance.
    this.settleSamples = Math.ceil(4.6 / varianceWeight);
    return { rate: shape.rate, unit: 'SD' };
  }

  process(input: Float64Array, length: number, output: Float64Array): number {
    let mean = this.#state[0] as number;
    let variance = this.#state[1] as number;
    for (let i = 0; i < length; i++) {
      const x = input[i] as number;
      if (mean !== mean) {
        mean = x;
        output[i] = x;
        continue;
      }
      const delta = x - mean;
      mean += meanWeight * delta;
      variance = (1 - varianceWeight) * (variance + varianceWeight * delta * delta);
      output[i] = (x - mean) / (Math.sqrt(variance) + 1e-6);
    }
    this.#state[0] = mean;
    this.#state[1] = variance;
    return length;
  }

  reset(): void {
    this.#state[0] = NaN;
    this.#state[1] = 0;
  }

  coefficients(): readonly number[] {
    return [meanWeight, varianceWeight];
  }
}

const meanWeight = 0.1;
const varianceWeight = 0.001;

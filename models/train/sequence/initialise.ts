import { Random } from '../random.js';
import type { FrameSequence } from './frames.js';
import type { SequencePlan } from './plan.js';

/**
 * Weights uniform within ±1 ÷ √inputs (of all taps), gains and running variances 1, the blocks' thresholds and all else 0;
 * the encoder's thresholds at quantiles of the training frames.
 */
export function initialiseSequence(
  plan: SequencePlan,
  sequences: readonly FrameSequence[],
  headBias: number,
  seed: number,
): { parameters: Float32Array; running: Float32Array } {
  const parameters = new Float32Array(plan.parameters);
  const running = new Float32Array(plan.running);
  const { channels } = plan.network;
  const scatter = (start: number, count: number, inputs: number, place: number): void => {
    const random = Random.of(seed, 0x696e6974, place);
    const limit = 1 / Math.sqrt(inputs);
    for (let i = start; i < start + count; i++) parameters[i] = limit * (2 * random.uniform() - 1);
  };
  [plan.input, ...plan.blocks].forEach((layer, place) => {
    scatter(layer.weight, layer.taps * layer.inputs * layer.outputs, layer.taps * layer.inputs, place);
    parameters.fill(1, layer.gain, layer.gain + channels);
    running.fill(1, layer.variance, layer.variance + channels);
  });
  scatter(plan.head.weight, channels, channels, 1000);
  parameters[plan.head.bias] = headBias;
  parameters.set(encoderStart(plan, sequences), plan.encoder);
  return { parameters, running };
}

function encoderStart({ network, lines }: SequencePlan, sequences: readonly FrameSequence[]): Float32Array {
  const { features, codesPerUnit, encoder } = network;
  const thresholds = new Float32Array(lines);
  for (let feature = 0; feature < features; feature++) {
    const counts = new Float64Array(256);
    let total = 0;
    for (const { codes, typical } of sequences) {
      if (typical === false) continue;
      for (let at = encoder.skip * features + feature; at < codes.length; at += features, total++) {
        const place = (codes[at] as number) + 128;
        counts[place] = (counts[place] as number) + 1;
      }
    }
    for (let level = 0; level < encoder.levels; level++) {
      const part = encoder.levels === 1 ? 0.5 : level / (encoder.levels - 1);
      const quantile = encoder.low + (encoder.high - encoder.low) * part;
      thresholds[feature * encoder.levels + level] = codeAt(counts, quantile * (total - 1)) / codesPerUnit;
    }
  }
  return thresholds;
}

/** The code that stands at a place of the sorted ones; `counts` from −128 on. */
function codeAt(counts: Float64Array, place: number): number {
  let seen = 0;
  for (let at = 0; at < counts.length; at++) {
    seen += counts[at] as number;
    if (seen > place) return at - 128;
  }
  return 0;
}

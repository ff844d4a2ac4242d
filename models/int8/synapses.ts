import type { GraphNode, Network } from '../format/graph.js';
import { tensorOf } from '../format/tensors.js';
import type { Codes } from '../format/value.js';
import { clamp, fixedScale, productScale, scaled, type FixedScale } from './arithmetic.js';
import type { CodeArray } from './buffers.js';

type Dense = Extract<GraphNode, { op: 'qdense' }>;
type Convolution = Extract<GraphNode, { op: 'qconv2d' }>;

/**
 * The sums of one window: each output's weights over `runs` stretches of neighbouring input elements. A dense layer is
 * one run; a convolution has a run for each row of its kernel (each element, where it is dilated or grouped).
 */
export interface Synapses {
  readonly outputs: number;
  /** [outputs][runs × runLength] */
  readonly weights: Int8Array;
  /** Bias, with what the input's zero point adds taken out, so that input codes count as they are. */
  readonly bias: Int32Array;
  /** Where each run starts, from the first element of the window. */
  readonly runs: Int32Array;
  readonly runLength: number;
  /** Outputs that share input elements, and how far apart the elements of the next such group are. */
  readonly outputsPerGroup: number;
  readonly groupStep: number;
}

export function denseSynapses(node: Dense, input: Codes, network: Network): Synapses {
  const weight = tensorOf(network, node.weight, 'I8', node.name);
  const [outputs = 1, inputs = 1] = weight.shape;
  return {
    outputs,
    weights: weight.values,
    bias: biasOf(node, input, network),
    runs: Int32Array.of(0),
    runLength: inputs,
    outputsPerGroup: outputs,
    groupStep: 0,
  };
}

/** `width`: columns of the input as it lies in memory, its padding included. */
export function convolutionSynapses(node: Convolution, input: Codes, width: number, network: Network): Synapses {
  const weight = tensorOf(network, node.weight, 'I8', node.name);
  const [outputs = 1, tall = 1, wide = 1, group = 1] = weight.shape;
  const channels = group * node.groups;
  const [down, across] = node.dilation;
  const rowsAreWhole = node.groups === 1 && across === 1;
  const perRow = rowsAreWhole ? 1 : wide;
  const runs = Int32Array.from(
    { length: tall * perRow },
    (_, run) => (Math.floor(run / perRow) * down * width + (run % perRow) * across) * channels,
  );
  return {
    outputs,
    weights: weight.values,
    bias: biasOf(node, input, network),
    runs,
    runLength: rowsAreWhole ? wide * group : group,
    outputsPerGroup: outputs / node.groups,
    groupStep: group,
  };
}

/** Σ w·(q − z) = Σ w·q − z·Σ w. */
function biasOf(node: Dense | Convolution, input: Codes, network: Network): Int32Array {
  const { values, shape } = tensorOf(network, node.weight, 'I8', node.name);
  const outputs = shape[0] ?? 1;
  const row = values.length / outputs;
  const bias =
    node.bias === undefined ? new Int32Array(outputs) : tensorOf(network, node.bias, 'I32', node.name).values.slice();
  for (let output = 0; output < outputs; output++) {
    let sum = 0;
    for (let place = output * row; place < (output + 1) * row; place++) sum += values[place] as number;
    bias[output] = (bias[output] as number) - input.zeroPoint * sum;
  }
  return bias;
}

/** All sums of the window whose first element is `input[at]`. */
export function sumWindow(synapses: Synapses, input: CodeArray, at: number, sums: Int32Array): void {
  const { outputs, weights, bias, runs, runLength, outputsPerGroup, groupStep } = synapses;
  const row = runs.length * runLength;
  for (let first = 0; first < outputs; first += outputsPerGroup) {
    const end = first + outputsPerGroup;
    let output = first;
    // Four outputs at a time share the reading of the input.
    for (; output + 4 <= end; output += 4) {
      let a = bias[output] as number;
      let b = bias[output + 1] as number;
      let c = bias[output + 2] as number;
      let d = bias[output + 3] as number;
      let weight = output * row;
      for (let run = 0; run < runs.length; run++) {
        let element = at + (runs[run] as number);
        for (const last = weight + runLength; weight < last; weight++, element++) {
          const code = input[element] as number;
          a = (a + (weights[weight] as number) * code) | 0;
          b = (b + (weights[weight + row] as number) * code) | 0;
          c = (c + (weights[weight + 2 * row] as number) * code) | 0;
          d = (d + (weights[weight + 3 * row] as number) * code) | 0;
        }
      }
      sums[output] = a;
      sums[output + 1] = b;
      sums[output + 2] = c;
      sums[output + 3] = d;
    }
    for (; output < end; output++) {
      let sum = bias[output] as number;
      let weight = output * row;
      for (let run = 0; run < runs.length; run++) {
        let element = at + (runs[run] as number);
        for (const last = weight + runLength; weight < last; weight++, element++)
          sum = (sum + (weights[weight] as number) * (input[element] as number)) | 0;
      }
      sums[output] = sum;
    }
    at += groupStep;
  }
}

/** From sums to output codes; one scale, or one for each output. */
export interface Requantization {
  readonly scales: Float32Array;
  /** Instead of `scales`, for i16 codes. */
  readonly fixed: readonly FixedScale[];
  readonly zeroPoint: number;
  readonly low: number;
  readonly high: number;
}

export function requantizationOf(node: Dense | Convolution, input: Codes, network: Network): Requantization {
  const weightScales = tensorOf(network, node.weightScale, 'F32', node.name).values;
  const outputs = tensorOf(network, node.weight, 'I8', node.name).shape[0] ?? 1;
  const perOutput = Array.from(
    { length: outputs },
    (_, output) => weightScales[weightScales.length === 1 ? 0 : output] ?? 1,
  );
  const { scale, zeroPoint } = node.output;
  return {
    scales: Float32Array.from(perOutput, (weightScale) => productScale(node.name, input.scale, weightScale, scale)),
    fixed:
      input.type === 'i16'
        ? perOutput.map((weightScale) => fixedScale(node.name, input.scale, weightScale, scale))
        : [],
    zeroPoint,
    low: node.low,
    high: node.high,
  };
}

export function writeCodes(to: Requantization, sums: Int32Array, output: CodeArray, at: number): void {
  const { scales, fixed, zeroPoint, low, high } = to;
  if (fixed.length > 0) {
    for (let place = 0; place < sums.length; place++) {
      const { multiplier, divisor } = fixed[place] as FixedScale;
      const code = Math.floor(((sums[place] as number) * multiplier + divisor / 2) / divisor) + zeroPoint;
      output[at + place] = clamp(code, low, high);
    }
    return;
  }
  for (let place = 0; place < sums.length; place++)
    output[at + place] = clamp(scaled(sums[place] as number, scales[place] as number, zeroPoint), low, high);
}

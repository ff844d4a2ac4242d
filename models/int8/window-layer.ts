import type { GraphNode, Network } from '../format/graph.js';
import type { Codes } from '../format/value.js';
import { rangeOfCodes } from '../format/value.js';
import { clamp, roundHalvesAway } from './arithmetic.js';
import type { CodeArray } from './buffers.js';
import { convolutionSynapses, requantizationOf, sumWindow, writeCodes } from './synapses.js';

export type WindowNode = Extract<GraphNode, { op: 'qconv2d' | 'qmaxpool' | 'qavgpool' }>;

/** One place of a convolution or pool: its window to a code for each channel. */
export interface WindowLayer {
  /** Height and width of the window, with dilation. */
  readonly span: readonly [number, number];
  readonly channels: number;
  /** What padding holds: it adds nothing to a sum, and never wins. */
  readonly padding: number;
  /**
   * The window whose first element is `input[at]`, to `output[to]` and the channels after it. A mean counts the `inside`
   * columns that are not padding.
   */
  compute(input: CodeArray, at: number, output: CodeArray, to: number, inside: number): void;
}

/** For an input that lies in memory as rows of `width` columns of channels, padding included. */
export function windowLayer(node: WindowNode, input: Codes, width: number, network: Network): WindowLayer {
  return node.op === 'qconv2d' ? convolution(node, input, width, network) : pool(node, input, width);
}

function convolution(
  node: Extract<WindowNode, { op: 'qconv2d' }>,
  input: Codes,
  width: number,
  network: Network,
): WindowLayer {
  const synapses = convolutionSynapses(node, input, width, network);
  const to = requantizationOf(node, input, network);
  const sums = new Int32Array(synapses.outputs);
  const [, tall = 1, wide = 1] = network.tensors.get(node.weight)?.shape ?? [];
  return {
    span: [(tall - 1) * node.dilation[0] + 1, (wide - 1) * node.dilation[1] + 1],
    channels: synapses.outputs,
    padding: input.zeroPoint,
    compute(codes, at, output, place) {
      sumWindow(synapses, codes, at, sums);
      writeCodes(to, sums, output, place);
    },
  };
}

function pool(node: Exclude<WindowNode, { op: 'qconv2d' }>, input: Codes, width: number): WindowLayer {
  const channels = input.shape[2] ?? 1;
  const [tall, wide] = node.kernel;
  const { low, high } = node;
  const isMean = node.op === 'qavgpool';
  return {
    span: node.kernel,
    channels,
    padding: isMean ? 0 : rangeOfCodes(input.type)[0],
    compute(codes, at, output, to, inside) {
      for (let channel = 0; channel < channels; channel++) {
        let most = low;
        let sum = 0;
        for (let row = 0; row < tall; row++) {
          let element = at + row * width * channels + channel;
          for (let column = 0; column < wide; column++, element += channels) {
            const code = codes[element] as number;
            if (code > most) most = code;
            sum += code;
          }
        }
        output[to + channel] = isMean ? clamp(roundHalvesAway(sum / inside), low, high) : most > high ? high : most;
      }
    },
  };
}

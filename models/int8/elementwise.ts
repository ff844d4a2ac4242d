import type { GraphNode, Network } from '../format/graph.js';
import { tensorOf } from '../format/tensors.js';
import { rangeOfCodes } from '../format/value.js';
import { exp } from '../../runtime/signal/math.js';
import {
  addition,
  checkFactor,
  clamp,
  productScale,
  roundHalvesAway,
  roundHalvesToEven,
  scaled,
} from './arithmetic.js';
import type { CodeBuffer, RealBuffer } from './buffers.js';

type NodeOf<Op> = Extract<GraphNode, { op: Op }>;
export type Kernel = () => void;

export function sumOrDifference(
  node: NodeOf<'qadd' | 'qsubtract'>,
  first: CodeBuffer,
  second: CodeBuffer,
  output: CodeBuffer,
): Kernel {
  const { firstMultiplier, secondMultiplier, divisor } = addition(
    node.name,
    first.kind.scale,
    second.kind.scale,
    node.output.scale,
  );
  const sign = node.op === 'qadd' ? 1 : -1;
  const [a, b, out] = [first.values, second.values, output.values];
  const { low, high } = node;
  const zeroPoint = node.output.zeroPoint;
  const offset = divisor / 2 - first.kind.zeroPoint * firstMultiplier - sign * second.kind.zeroPoint * secondMultiplier;
  const times = sign * secondMultiplier;
  return () => {
    for (let place = 0, p = 0, q = 0; place < out.length; place++) {
      const sum = (a[p] as number) * firstMultiplier + (b[q] as number) * times + offset;
      out[place] = clamp(Math.floor(sum / divisor) + zeroPoint, low, high);
      if (++p === a.length) p = 0;
      if (++q === b.length) q = 0;
    }
  };
}

export function product(node: NodeOf<'qmultiply'>, first: CodeBuffer, second: CodeBuffer, output: CodeBuffer): Kernel {
  const scale = productScale(node.name, first.kind.scale, second.kind.scale, node.output.scale);
  const [a, b, out] = [first.values, second.values, output.values];
  const [zeroA, zeroB, zero] = [first.kind.zeroPoint, second.kind.zeroPoint, node.output.zeroPoint];
  const { low, high } = node;
  return () => {
    for (let place = 0, p = 0, q = 0; place < out.length; place++) {
      const sum = ((a[p] as number) - zeroA) * ((b[q] as number) - zeroB);
      out[place] = clamp(scaled(sum, scale, zero), low, high);
      if (++p === a.length) p = 0;
      if (++q === b.length) q = 0;
    }
  };
}

export function lookup(node: NodeOf<'qlookup'>, input: CodeBuffer, output: CodeBuffer, network: Network): Kernel {
  const table = tensorOf(network, node.table, ['I8', 'U8', 'I32'], node.name).values;
  const [least] = rangeOfCodes(input.kind.type);
  const [codes, out] = [input.values, output.values];
  return () => {
    for (let place = 0; place < out.length; place++) out[place] = table[(codes[place] as number) - least] as number;
  };
}

export function softmax(node: NodeOf<'qsoftmax'>, input: CodeBuffer, output: CodeBuffer): Kernel {
  // exp(−beta·scale·d) for each distance d below the largest code.
  const step = -Math.fround(Math.fround(input.kind.scale) * Math.fround(node.beta));
  const powers = Float32Array.from({ length: 256 }, (_, distance) => exp(Math.fround(step * distance)));
  const { scale, zeroPoint } = node.output;
  const [low, high] = rangeOfCodes(node.output.type);
  const [codes, out] = [input.values, output.values];
  const units = input.kind.shape.at(-1) ?? 1;
  return () => {
    for (let row = 0; row < out.length; row += units) {
      let most = codes[row] as number;
      for (let unit = 1; unit < units; unit++) most = Math.max(most, codes[row + unit] as number);
      let sum = 0;
      for (let unit = 0; unit < units; unit++)
        sum = Math.fround(sum + (powers[most - (codes[row + unit] as number)] as number));
      const inverse = Math.fround(1 / Math.fround(sum * scale));
      for (let unit = 0; unit < units; unit++) {
        const share = Math.fround((powers[most - (codes[row + unit] as number)] as number) * inverse);
        out[row + unit] = clamp(roundHalvesAway(share) + zeroPoint, low, high);
      }
    }
  };
}

/** Mean over height and width, scaled to the output's codes. */
export function mean(node: NodeOf<'qmean'>, input: CodeBuffer, output: CodeBuffer): Kernel {
  const [height = 1, width = 1, channels = 1] = input.kind.shape;
  const count = height * width;
  const scale = checkFactor(
    node.name,
    Math.fround(Math.fround(input.kind.scale) / Math.fround(Math.fround(node.output.scale) * count)),
  );
  const [codes, out] = [input.values, output.values];
  const { zeroPoint } = input.kind;
  const { low, high } = node;
  return () => {
    for (let channel = 0; channel < channels; channel++) {
      let sum = -zeroPoint * count;
      for (let element = channel; element < codes.length; element += channels) sum += codes[element] as number;
      out[channel] = clamp(scaled(sum, scale, node.output.zeroPoint), low, high);
    }
  };
}

export function quantize(node: NodeOf<'quantize'>, input: RealBuffer, output: CodeBuffer): Kernel {
  const { scale, zeroPoint } = node.output;
  const [low, high] = rangeOfCodes(node.output.type);
  const round = node.halves === 'even' ? roundHalvesToEven : roundHalvesAway;
  const [values, out] = [input.values, output.values];
  return () => {
    for (let place = 0; place < out.length; place++)
      out[place] = clamp(round(Math.fround((values[place] as number) / scale)) + zeroPoint, low, high);
  };
}

export function dequantize(input: CodeBuffer, output: RealBuffer): Kernel {
  const { scale, zeroPoint } = input.kind;
  const [codes, out] = [input.values, output.values];
  return () => {
    for (let place = 0; place < out.length; place++) out[place] = ((codes[place] as number) - zeroPoint) * scale;
  };
}

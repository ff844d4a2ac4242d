import { elementsOf } from '../format/value.js';
import { spread, type NodeContext, type NodeOf, type NodeStep } from './node-context.js';

const { fround } = Math;

export function prepareThreshold(node: NodeOf<'threshold'>, context: NodeContext): NodeStep {
  const [from, chooser] = node.from;
  const sums = context.array(from as string);
  const counts = chooser === undefined ? undefined : context.array(chooser);
  const output = context.array(node.name);
  const { shape, values: thresholds } = context.tensor(node.threshold);
  const [levels = 1, channels = 1] = shape.slice(-2);
  const modes = context.tensor(node.mode).values;
  const perChannel = sums.length / channels;
  return () => {
    for (let channel = 0, i = 0; channel < channels; channel++) {
      const mode = modes[channel] as number;
      for (const end = i + perChannel; i < end; i++) {
        const n = sums[i] as number;
        const rows = counts ? (counts[i] as number) * levels : 0;
        let spikes = 0;
        for (let level = 0; level < levels; level++) {
          const threshold = thresholds[(rows + level) * channels + channel] as number;
          if (mode === 0 ? n >= threshold : mode === 1 ? n <= threshold : threshold !== 0) spikes++;
        }
        output[i] = spikes;
      }
    }
  };
}

export function prepareCompare(node: NodeOf<'compare'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const input = context.array(from);
  const output = context.array(node.name);
  const thresholds = spread(context.tensor(node.threshold), context.value(from).shape);
  const { strict } = node;
  return () => {
    for (let i = 0; i < input.length; i++) {
      const x = input[i] as number;
      const threshold = thresholds[i] as number;
      output[i] = (strict ? x > threshold : x >= threshold) ? 1 : 0;
    }
  };
}

/** In integers unless all is real; in real, each product and each sum is rounded, the first product begins the sum. */
export function prepareAdd(node: NodeOf<'add'>, context: NodeContext): NodeStep {
  const inputs = node.from.map((name) => context.array(name));
  const { multipliers } = node;
  const output = context.array(node.name);
  const real = context.value(node.name).domain === 'real';
  return () => {
    for (let i = 0; i < output.length; i++) {
      let sum = 0;
      for (let k = 0; k < inputs.length; k++) {
        const product = (multipliers[k] as number) * ((inputs[k] as (typeof inputs)[0])[i] as number);
        sum = !real ? sum + product : k === 0 ? fround(product) : fround(sum + fround(product));
      }
      output[i] = sum;
    }
  };
}

export function prepareScale(node: NodeOf<'scale' | 'readout'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const input = context.array(from);
  const output = context.array(node.name);
  const { shape } = context.value(from);
  const scales = spread(context.tensor(node.scale), shape);
  const biases = node.bias === undefined ? undefined : spread(context.tensor(node.bias), shape);
  return () => {
    for (let i = 0; i < input.length; i++) {
      const product = fround(fround(input[i] as number) * (scales[i] as number));
      output[i] = biases ? fround(product + (biases[i] as number)) : product;
    }
  };
}

export function prepareCopy(node: NodeOf<'flatten' | 'reshape'>, context: NodeContext): NodeStep {
  const input = context.array(node.from[0]);
  const output = context.array(node.name);
  return () => {
    output.set(input);
  };
}

export function prepareTranspose(node: NodeOf<'transpose'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const input = context.array(from);
  const output = context.array(node.name);
  const { shape } = context.value(from);
  const strides = shape.map((_, axis) => elementsOf(shape.slice(axis + 1)));
  const outShape = node.order.map((axis) => shape[axis] ?? 1);
  const sources = new Int32Array(output.length);
  for (let i = 0; i < sources.length; i++) {
    let rest = i;
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      const extent = outShape[axis] ?? 1;
      sources[i] = (sources[i] as number) + (rest % extent) * (strides[node.order[axis] ?? 0] ?? 0);
      rest = Math.floor(rest / extent);
    }
  }
  return () => {
    for (let i = 0; i < sources.length; i++) output[i] = input[sources[i] as number] as number;
  };
}

export function prepareConcat(node: NodeOf<'concat'>, context: NodeContext): NodeStep {
  const output = context.array(node.name);
  const inputs = node.from.map((name) => {
    const { shape } = context.value(name);
    return { array: context.array(name), run: elementsOf(shape.slice(node.axis)) };
  });
  const rows = elementsOf(context.value(node.name).shape.slice(0, node.axis));
  return () => {
    let at = 0;
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < inputs.length; k++) {
        const { array, run } = inputs[k] as (typeof inputs)[0];
        for (let i = row * run; i < (row + 1) * run; i++) output[at++] = array[i] as number;
      }
  };
}

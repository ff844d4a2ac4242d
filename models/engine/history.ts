import { mostSum } from '../format/limits.js';
import { spread, spreadIntegers, type NodeContext, type NodeOf, type NodeStep } from './node-context.js';
import { filterOnce } from './sections.js';

const { fround } = Math;

export function preparePrevious(node: NodeOf<'previous'>, context: NodeContext): NodeStep {
  const source = context.array(node.of);
  const output = context.array(node.name);
  const value = context.value(node.of);
  const kept = context.state(node.name, 'kept', source.slice().fill(value.domain === 'codes' ? value.zeroPoint : 0));
  context.afterTick(() => {
    kept.set(source);
  });
  return () => {
    output.set(kept);
  };
}

export function prepareDelay(node: NodeOf<'delay'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const value = context.value(from);
  const input = context.array(from);
  const output = context.array(node.name);
  const ticks = spreadIntegers(context.tensor(node.ticks), value.shape);
  const depth = ticks.reduce((most, delay) => Math.max(most, delay), 0) + 1;
  const plane = input.length;
  const Kind = input.constructor as new (length: number) => typeof input;
  const nothing = new Kind(depth * plane).fill(value.domain === 'codes' ? value.zeroPoint : 0);
  const ring = context.state(node.name, 'ring', nothing);
  const position = context.state(node.name, 'position', new Int32Array(1));
  return () => {
    const now = position[0] as number;
    ring.set(input, now * plane);
    for (let i = 0; i < plane; i++) {
      const then = (now + depth - (ticks[i] as number)) % depth;
      output[i] = ring[then * plane + i] as number;
    }
    position[0] = (now + 1) % depth;
  };
}

export function prepareDelta(node: NodeOf<'delta'>, context: NodeContext): NodeStep {
  const [from] = node.from;
  const input = context.array(from);
  const output = context.array(node.name);
  const thetas = spread(context.tensor(node.theta), context.value(from).shape);
  const reference = context.state(node.name, 'reference', new Float32Array(input.length));
  const { levels } = node;
  return () => {
    for (let i = 0; i < input.length; i++) {
      const theta = thetas[i] as number;
      const change = fround((input[i] as number) - (reference[i] as number));
      let sent = 0;
      if (Math.abs(change) >= theta) {
        sent = Math.max(-levels, Math.min(levels, Math.trunc(fround(change / theta))));
        reference[i] = fround((reference[i] as number) + fround(sent * theta));
      }
      output[i] = sent;
    }
  };
}

export function prepareIntegrate(node: NodeOf<'integrate'>, context: NodeContext): NodeStep {
  const input = context.array(node.from[0]);
  const output = context.array(node.name);
  if (context.value(node.name).domain === 'real') {
    const total = context.state(node.name, 'total', new Float32Array(input.length));
    return () => {
      for (let i = 0; i < input.length; i++) total[i] = fround((total[i] as number) + (input[i] as number));
      output.set(total);
    };
  }
  const total = context.state(node.name, 'total', new Int32Array(input.length));
  return () => {
    for (let i = 0; i < input.length; i++)
      total[i] = Math.max(-mostSum, Math.min(mostSum, (total[i] as number) + (input[i] as number)));
    output.set(total);
  };
}

export function prepareSmooth(node: NodeOf<'smooth'>, context: NodeContext): NodeStep {
  const input = context.array(node.from[0]);
  const output = context.array(node.name);
  const sections = Float64Array.from(context.tensor(node.sections).values);
  const perElement = sections.length / 3;
  const memory = context.state(node.name, 'sections', new Float64Array(input.length * perElement));
  return () => {
    for (let i = 0; i < input.length; i++) output[i] = filterOnce(input[i] as number, sections, memory, i * perElement);
  };
}

import fc from 'fast-check';
import type { GraphNode, Network, Tensor } from '../../models/format/graph.js';
import { networkOf, spikes, tensor } from '../../models/format/network.test.fixture.js';
import { RandomBits } from '../../runtime/signal/random.js';

export interface NetworkCase {
  readonly network: Network;
  readonly ticks: number;
  /** Spikes of a run, [tick][input], as often as there are runs. */
  readonly inputs: readonly Uint8Array[];
}

/** Networks that the chip can hold, of every kind, and what comes in: from nothing to far more than it can take. */
export const networkCase: fc.Arbitrary<NetworkCase> = fc
  .record({
    seed: fc.nat(0xffffff),
    inputs: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(89, 90)),
    sizes: fc.oneof(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom([90], [44]),
    ),
    loops: fc.boolean(),
    kind: fc.constantFrom<Recipe['kind']>('codes', 'real'),
    ticks: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(300)),
    activity: fc.constantFrom(0, 0.02, 0.1, 0.5),
  })
  .map(build);

interface Recipe {
  readonly seed: number;
  readonly inputs: number;
  readonly sizes: readonly number[];
  /** Layers that feed themselves and the one before, where there is room. */
  readonly loops: boolean;
  readonly kind: 'codes' | 'real';
  readonly ticks: number;
  readonly activity: number;
}

function build({ seed, inputs, sizes, loops, kind, ticks, activity }: Recipe): NetworkCase {
  const random = new RandomBits(seed, 0);
  const whole = (low: number, high: number): number => low + Math.floor(random.uniform() * (high - low + 1));
  const step = [1, 0.5, 0.03125][whole(0, 2)] as number;
  const leak = whole(0, 3) === 0 ? (whole(1, 80) / 1024) * step : 0;
  const nodes: GraphNode[] = [];
  const tensors: Record<string, Tensor> = {};
  const loop = loops && sizes.reduce((sum, size) => sum + size, 0) <= 44;

  const dense = (name: string, from: string, rows: number, columns: number, selfless: boolean): string => {
    const weights = Array.from({ length: rows * columns }, (_, at) =>
      selfless && at % columns === Math.floor(at / columns) ? 0 : whole(-30, 60),
    );
    // The chip's step is what all are multiples of.
    if (kind === 'real') {
      tensors[`${name}.w`] = tensor('F32', [rows, columns], ...weights.map((weight) => weight * step));
      nodes.push({ op: 'dense', name, from: [from], weight: `${name}.w` });
      return name;
    }
    tensors[`${name}.w`] = tensor('I8', [rows, columns], ...weights);
    tensors[`${name}.s`] = tensor('F32', [1], step);
    nodes.push({ op: 'dense', name: `${name}.sum`, from: [from], weight: `${name}.w` });
    nodes.push({ op: 'readout', name, from: [`${name}.sum`], scale: `${name}.s` });
    return name;
  };

  let before = 'in';
  let width = inputs;
  for (const [layer, size] of sizes.entries()) {
    const name = `n${layer}`;
    let current = dense(`d${layer}`, before, size, width, false);
    if (loop) {
      nodes.push({ op: 'previous', name: `p${layer}`, of: name });
      const back = dense(`r${layer}`, `p${layer}`, size, size, true);
      nodes.push({ op: 'add', name: `a${layer}`, from: [current, back], multipliers: [1, 1] });
      current = `a${layer}`;
    }
    tensors[`${name}.t`] = tensor(
      'F32',
      [size],
      ...Array.from({ length: size }, () => (whole(1, 66_000) / 1024) * step),
    );
    tensors['decay'] = tensor('F32', [1], 1);
    tensors['drive'] = tensor('F32', [1], -leak);
    nodes.push({
      op: 'neuron',
      name,
      from: [current],
      decay: 'decay',
      gain: 'decay',
      drive: 'drive',
      threshold: `${name}.t`,
      strict: whole(0, 1) === 1,
      reset: 'set',
      resetAt: 'spike',
      current: 'new',
    });
    before = name;
    width = size;
  }
  const outputs = sizes.map((_, layer) => ({ name: `out${layer}`, node: `n${layer}` }));
  const runs = Array.from({ length: 2 }, () =>
    Uint8Array.from({ length: ticks * inputs }, () => Number(random.uniform() < activity)),
  );
  return { network: networkOf([spikes('in', [inputs])], nodes, tensors, { outputs }), ticks, inputs: runs };
}

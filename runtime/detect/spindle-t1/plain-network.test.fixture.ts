import type { Network } from '../../../models/format/graph.js';

/** A network for `spindle-t1` that nobody trained: a weighted sum of what stands out in a spindle. */
export function plainNetwork(points?: Network['graph']['points']): Network {
  const weights = new Int8Array(21);
  for (const [feature, weight] of [
    [5, 1],
    [13, 1],
    [14, 2],
    [15, 1],
    [20, 1],
  ] as const)
    weights[feature] = weight;
  const kind = { domain: 'codes', type: 'i8', scale: 1 / 16, zeroPoint: 0 } as const;
  return {
    graph: {
      version: 1,
      name: 'plain',
      inputs: [{ name: 'features', shape: [21], kind }],
      nodes: [
        { op: 'dense', name: 'sum', from: ['features'], weight: 'weight' },
        { op: 'readout', name: 'logit', from: ['sum'], scale: 'scale', bias: 'bias' },
      ],
      outputs: [{ name: 'logit', node: 'logit' }],
      tickSeconds: 0.05,
      assumptions: [],
      provenance: {},
      ...(points ? { points } : {}),
    },
    tensors: new Map([
      ['weight', { type: 'I8' as const, shape: [1, 21], values: weights }],
      ['scale', { type: 'F32' as const, shape: [1], values: Float32Array.of(0.02) }],
      ['bias', { type: 'F32' as const, shape: [1], values: Float32Array.of(-4.5) }],
    ]),
  };
}

import assert from 'node:assert/strict';
import { createSleeper } from '../../drivers/sleeper/generator.js';
import { plainNetwork } from '../../runtime/detect/spindle-t1/plain-network.test.fixture.js';
import type { TimedEvent } from '../../runtime/evaluate/events.js';
import type { Network } from '../format/graph.js';

export const rate = 100;
export const point = { on: 0, margin: 1, confirm: 2 };

/** The plain network with its features as the layer before its last, so that the weight of each can be learned. */
export function wideNetwork(bias = -3): Network {
  const plain = plainNetwork();
  const [input] = plain.graph.nodes;
  assert.ok(input?.op === 'dense');
  const identity = Int8Array.from({ length: 21 * 21 }, (_, at) => (at % 22 === 0 ? 1 : 0));
  return {
    graph: {
      ...plain.graph,
      nodes: [
        { op: 'dense', name: 'body', from: ['features'], weight: 'body' },
        { ...input, from: ['body'] },
        ...plain.graph.nodes.slice(1),
      ],
    },
    tensors: new Map([
      ...plain.tensors,
      ['body', { type: 'I8', shape: [21, 21], values: identity }],
      ['bias', { type: 'F32', shape: [1], values: Float32Array.of(bias) }],
    ]),
  };
}

/** Twenty minutes of N2, and the true spindles. */
export function sleep(seed: number): { values: Float64Array; spindles: TimedEvent[] } {
  const spindles: TimedEvent[] = [];
  const sleeper = createSleeper({
    seed,
    rate,
    channels: ['C3', 'M2'],
    spindleRate: 5,
    onEvent: (event) => {
      if (event.kind === 'spindle') spindles.push({ onset: event.onset, end: event.onset + event.duration });
    },
  });
  const frame = new Float64Array(2);
  const values = Float64Array.from({ length: 1200 * rate }, () => {
    sleeper.read(frame);
    return (frame[0] as number) - (frame[1] as number);
  });
  return { values, spindles };
}

import type { Detector, StreamInfo } from '../contracts.js';
import { blockCapacity } from '../loop/build.js';
import { Loop } from '../loop/loop.js';
import { SignalGraph } from '../loop/signal-graph.js';
import { Derivation, parseDerivation } from '../signal/derivation.js';
import type { Candidate } from './spindles.js';

/** A loop in which one detector hears the first channel. */
export function loopOf(detector: Detector, stream: StreamInfo): Loop {
  const names = stream.channels.map(({ name }) => name);
  const from = new Derivation(parseDerivation(names[0] ?? '', names), stream.channels);
  const shape = { rate: stream.rate, unit: stream.channels[0]?.unit ?? '' };
  detector.prepare(shape);
  const signals = [{ name: 'eeg', from, chain: undefined, shape }];
  const graph = new SignalGraph(stream.rate, blockCapacity, signals, [{ name: 'found', detector, signal: 0 }]);
  return new Loop({ stream, graph });
}

export function candidate(name: string, create: () => Detector): Candidate {
  return { name, build: (stream) => Promise.resolve({ loop: loopOf(create(), stream), detector: 0 }) };
}

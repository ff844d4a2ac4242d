import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../../runtime/contracts.js';
import { createReference } from '../../engine/reference.js';
import { createWasm } from '../../engine/wasm.js';
import { readNetwork, writeNetwork } from '../../format/container.js';
import type { Network } from '../../format/graph.js';
import { readKernels } from '../../load-model.js';
import { bursts, shortTraining, smallNetwork } from './bursts.test.fixture.js';
import { exportSequence } from './export.js';
import { SequencePass } from './pass.js';
import { trainSequence } from './train.js';

const trained = trainSequence(smallNetwork, shortTraining, [bursts(1500, 1)], 5);
const provenance = { source: 'test', licence: 'none', seed: 5, scores: { f1: 0.5 } };
const network = readNetwork(writeNetwork(exportSequence([trained], { name: 'bursts', tickSeconds: 0.05, provenance })));
const frames = 600;
const { codes } = bursts(frames, 3);

/** The network's tensors, as its export says how they belong together. */
function integerLogits({ tensors }: Network): Float32Array {
  const values = (name: string): readonly number[] => Array.from(tensors.get(name)?.values ?? []);
  const sum = (name: string, spikes: readonly number[], channel: number): number => {
    const weights = values(`${name}.weight`);
    return spikes.reduce((total, spike, i) => total + spike * (weights[channel * spikes.length + i] ?? NaN), 0);
  };
  const fires = (name: string, n: number, channel: number): number => {
    const least = values(`${name}.threshold`)[channel] ?? NaN;
    const mode = values(`${name}.mode`)[channel];
    return mode === 2 ? least : Number(mode === 0 ? n >= least : n <= least);
  };
  const channels = Array.from({ length: smallNetwork.channels }, (_, c) => c);
  const kept = smallNetwork.dilations.map((): number[][] => []);
  return Float32Array.from({ length: frames }, (_, t) => {
    const lines = Array.from({ length: 9 }, (_, line) =>
      fires('encoder.spikes', codes[3 * t + Math.floor(line / 3)] ?? NaN, line),
    );
    let stream = channels.map((c) => sum('input', lines, c));
    smallNetwork.dilations.forEach((dilation, block) => {
      const past = kept[block] ?? [];
      past.push(stream.map((h, c) => fires(`block${block + 1}.spikes`, h, c)));
      const at = (back: number): number[] => past[t - back] ?? channels.map(() => 0);
      const spikes = [...at(2 * dilation), ...at(dilation), ...at(0)];
      stream = stream.map((h, c) => h + sum(`block${block + 1}`, spikes, c));
    });
    const { fround } = Math;
    const scaled = fround(sum('head', stream, 0) * (values('logit.scale')[0] ?? NaN));
    return fround(scaled + (values('logit.bias')[0] ?? NaN));
  });
}

const kernels = readKernels();
for (const [engine, create] of Object.entries({
  reference: createReference,
  ...(kernels ? { wasm: (of: Network) => createWasm(of, kernels) } : {}),
}))
  test(`${engine}: step by step the logits of the integer network, and after a reset once more`, () => {
    const model = create(network);
    const expected = integerLogits(network);
    const logit = new Float32Array(1);
    for (const frame of [...expected.keys(), ...expected.keys()]) {
      if (frame === 0) model.reset();
      model.step([codes.subarray(3 * frame, 3 * frame + 3)], [logit]);
      assert.equal(logit[0], expected[frame], `frame ${frame}`);
    }
  });

test('the logit of several networks is the mean of theirs', () => {
  const other = trainSequence(smallNetwork, shortTraining, [bursts(1500, 2)], 6);
  const of = (first: typeof trained, ...others: (typeof trained)[]): Model =>
    createReference(exportSequence([first, ...others], { name: 'bursts', tickSeconds: 0.05, provenance }));
  const models = [of(trained), of(other), of(trained, other)];
  for (let frame = 0; frame < frames; frame++) {
    const [one = NaN, two = NaN, mean = NaN] = models.map((model) => {
      const logit = new Float32Array(1);
      model.step([codes.subarray(3 * frame, 3 * frame + 3)], [logit]);
      return logit[0];
    });
    assert.ok(one !== two || frame < 5, `frame ${frame}: two networks say the same`);
    assert.equal(mean, Math.fround(Math.fround(one + two) * 0.5), `frame ${frame}`);
  }
});

test('int8 weights change the logits by less than 0.15 on average', () => {
  const pass = new SequencePass(trained.plan, trained.parameters, frames, 1);
  pass.features.values().set(Float32Array.from(codes, (code) => code / 16));
  pass.forward({ running: trained.running });
  const real = pass.logits.values();
  const integer = integerLogits(network);
  const spread = real.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  const apart = real.reduce((sum, logit, t) => sum + Math.abs(logit - (integer[t] ?? NaN)), 0) / frames;
  assert.ok(spread > 3, `logits reach ${spread}`);
  assert.ok(apart < 0.15, `${apart} apart`);
});

test('the network says how long a tick is and where it comes from', () => {
  assert.equal(network.graph.tickSeconds, 0.05);
  assert.deepEqual(network.graph.provenance, provenance);
});

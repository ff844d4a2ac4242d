import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { createReference } from '../engine/reference.js';
import type { Network } from '../format/graph.js';
import { discretise, norse, snnTorch, spikingJelly, ticked, type Neuron } from './discretise.js';
import { fixture } from './fixtures.test.fixture.js';
import { NetworkDraft } from './network-draft.js';
import { neuronNode } from './neuron-node.js';

/** Traces in float64, made for this project by NumPy: input, then spikes and membrane after the reset of each tick. */
const golden = z
  .object({
    dt: z.number(),
    input_I: z.array(z.number()),
    input_S: z.array(z.number()),
    runs: z.record(
      z.string(),
      z.object({ z: z.string(), v: z.array(z.number()), params: z.record(z.string(), z.unknown()) }),
    ),
  })
  .parse(JSON.parse(fixture('integrators.golden.json').toString()));

const { dt } = golden;
const [current, spikes] = [golden.input_I, golden.input_S];
const drive = current.map((i) => 0.2 * i);

function network(neuron: Neuron): Network {
  const draft = new NetworkDraft(1000);
  const x = draft.input({ name: 'x', shape: [1], kind: { domain: 'real' } });
  return draft.finish('one neuron', [{ name: 'y', node: neuronNode(draft, 'n', x, [1], neuron) }], 'test');
}

/** Spikes and membranes of a network of one neuron; `membraneAt` is where its state keeps the membrane. */
function run(of: Network, input: readonly number[], membraneAt = 8): { z: string; v: number[] } {
  const model = createReference(of);
  const integers = model.inputs[0]?.type === 'u8';
  const output = model.outputs[0]?.type === 'f32' ? new Float32Array(1) : new Uint8Array(1);
  const state = new Uint8Array(model.stateBytes);
  const view = new DataView(state.buffer);
  const trace = { z: '', v: [] as number[] };
  for (const x of input) {
    model.step([integers ? Uint8Array.of(x) : Float32Array.of(x)], [output]);
    model.saveState(state);
    trace.v.push(integers ? view.getInt32(membraneAt, true) : view.getFloat32(membraneAt, true));
    trace.z += output instanceof Uint8Array ? String(output[0]) : '0';
  }
  return trace;
}

function loihi(): Network {
  const draft = new NetworkDraft(1000);
  const input = draft.input({ name: 's', shape: [1], kind: { domain: 'spikes', levels: 1 } });
  const weight = draft.tensor('w', { type: 'I8', shape: [1, 1], values: Int8Array.of(64) });
  const sum = draft.node('a', { op: 'dense', from: [input], weight });
  const constant = (name: string, value: number) =>
    draft.tensor(name, { type: 'I32', shape: [1], values: Int32Array.of(value) });
  const neuron = draft.node('n', {
    op: 'cubafixed',
    from: [sum],
    currentDecay: constant('du', 1023),
    voltageDecay: constant('dv', 409),
    threshold: constant('vth', 500),
  });
  return draft.finish('Loihi', [{ name: 'z', node: neuron }], 'test');
}

const lif = { tau: [0.02], resistance: [1], leak: [0], threshold: [0.6], resetValue: [0] };
const cuba = { ...lif, synapse: { tau: [0.005], weight: [5] }, threshold: [0.25] };
const leaky = { beta: [0.9], threshold: [1] };
const jelly = { tau: 20, decayInput: true, threshold: 0.6, resetValue: 0 };
const norseLif = { tauSynapseInverse: 200, tauMembraneInverse: 100, leak: 0, threshold: 0.3, resetValue: 0, dt };

interface Case {
  readonly network: Network;
  readonly input: readonly number[];
  readonly membraneAt?: number;
  /** Of the membrane, where it is kept in units of something. */
  readonly unit?: number;
}
const cases: Record<string, Case> = {
  nir_lif_euler: { network: network(discretise('n', lif, dt, 'euler')), input: current },
  nir_lif_zoh: { network: network(discretise('n', lif, dt, 'zoh')), input: current },
  nir_if_euler: {
    network: network(discretise('n', { resistance: [50], threshold: [0.6], resetValue: [0] }, dt, 'euler')),
    input: current,
    unit: 50 * dt,
  },
  nir_li_euler: {
    network: network(discretise('n', { tau: [0.02], resistance: [1], leak: [0.1] }, dt, 'euler')),
    input: current,
  },
  nir_cubalif_euler: { network: network(discretise('n', cuba, dt, 'euler')), input: spikes },
  snntorch_leaky_subtract: { network: network(snnTorch({ ...leaky, reset: 'subtract' })), input: drive },
  snntorch_leaky_zero: { network: network(snnTorch({ ...leaky, reset: 'zero' })), input: drive },
  spikingjelly_lif_hard: { network: network(spikingJelly(jelly)), input: current },
  norse_lif_feedforward: { network: network(norse(norseLif)), input: spikes },
  // Currents come before voltages in its state.
  loihi_cuba_fixed: { network: loihi(), input: spikes, membraneAt: 12 },
};

describe('discretise', () => {
  it('knows every run of the golden file', () => {
    assert.deepEqual(Object.keys(cases).sort(), Object.keys(golden.runs).sort());
  });
  for (const [name, { network, input, membraneAt, unit = 1 }] of Object.entries(cases))
    it(`${name}: the same spikes, membranes within 1e-5`, () => {
      const expected = golden.runs[name]!;
      const { z, v } = run(network, input, membraneAt);
      assert.equal(z, expected.z);
      assert.equal(v.length, expected.v.length);
      v.forEach((membrane, tick) =>
        assert.ok(Math.abs(membrane * unit - expected.v[tick]!) < 1e-5, `tick ${tick}: ${membrane}`),
      );
    });

  it("the family subtract is snnTorch's neuron when r = τ/dt, as snnTorch exports it", () => {
    const exported = { tau: [dt / (1 - 0.9)], resistance: [1 / (1 - 0.9)], leak: [0], threshold: [1] };
    const { z } = run(network(discretise('n', exported, dt, 'subtract')), drive);
    assert.equal(z, golden.runs['snntorch_leaky_subtract']!.z);
  });

  it("constants in ticks: exp(−1/τ) for Sinabs' r = 1, 1 − 1/τ for Spyx's r = beta, and a gain of 1", () => {
    const sinabs = ticked({ tau: [20], resistance: [1], threshold: [1] }, 'set');
    assert.deepEqual([...sinabs.decay, ...sinabs.gain], [Math.fround(Math.exp(-1 / 20)), 1]);
    const spyx = ticked({ tau: [10], resistance: [0.9], threshold: [1] }, 'set');
    assert.deepEqual([...spyx.decay, ...spyx.gain], [Math.fround(0.9), 1]);
  });

  it('thresholds of SpikingJelly and Norse are the nearest float32, on whichever side', () => {
    for (const threshold of [0.3, 0.7]) {
      assert.equal(spikingJelly({ ...jelly, threshold }).threshold?.[0], Math.fround(threshold));
      assert.equal(norse({ ...norseLif, threshold }).threshold?.[0], Math.fround(threshold));
    }
  });

  it("refuses Euler's rule where it swings, and takes zoh there", () => {
    assert.throws(() => discretise('lif1', lif, 0.04, 'euler'), /lif1: a tick of 0.04 s .* 0.02 s.*zoh/);
    assert.doesNotThrow(() => discretise('lif1', lif, 0.04, 'zoh'));
  });

  it('keeps one entry where all neurons are alike, and one for each where they are not', () => {
    const { decay, gain } = discretise('n', { ...lif, resistance: [1, 1], tau: [0.02, 0.01] }, dt, 'euler');
    assert.deepEqual([...decay], [0.95, 0.9].map(Math.fround));
    assert.equal(gain.length, 2);
    assert.equal(discretise('n', { ...lif, tau: [0.02, 0.02] }, dt, 'euler').decay.length, 1);
  });
});

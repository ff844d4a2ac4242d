import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { arrayFor } from '../../models/engine/ports.js';
import { networkOf, spikes, tensor } from '../../models/format/network.test.fixture.js';
import { ModelError } from '../../models/format/model-error.js';
import type { ModelValues } from '../../runtime/contracts.js';
import { openChip, type ChipModel } from './chip.js';
import { startEmulator, type EmulatorOptions, type NeurocorexEmulator } from './emulator.js';
import { placeNetwork, type Placement } from './placement.js';
import { networkCase } from './random-network.test.fixture.js';
import { differences, type RunModel } from './run-model.js';
import { createTwin } from './twin.js';

function emulator(t: TestContext, options: Partial<EmulatorOptions> = {}): NeurocorexEmulator {
  const started = startEmulator({ realTime: false, lose: [], ...options });
  t.after(() => started.stop());
  return started;
}

function answers(model: RunModel, input: Uint8Array): ModelValues[] {
  const outputs = model.outputs.map(arrayFor);
  model.step([input], outputs);
  return outputs;
}

async function opened(t: TestContext, port: string, pauseMs = 0): Promise<ChipModel> {
  const chip = await openChip(placement, { port, ticks, pauseMs });
  t.after(() => chip.close());
  return chip;
}

const ticks = 12;
/** Two layers, of which the second hears through recurrent weights. */
const placement: Placement = placeNetwork(
  networkOf(
    [spikes('in', [3])],
    [0, 1].flatMap((layer) => [
      { op: 'dense', name: `d${layer}`, from: [layer === 0 ? 'in' : 'n0'], weight: `w${layer}` } as const,
      {
        op: 'neuron',
        name: `n${layer}`,
        from: [`d${layer}`],
        decay: 'one',
        gain: 'one',
        threshold: 'one',
        strict: false,
        reset: 'set',
        resetAt: 'spike',
        current: 'new',
      } as const,
    ]),
    { w0: tensor('F32', [4, 3], 1, 0, 3), w1: tensor('F32', [2, 4], 1), one: tensor('F32', [1], 1) },
  ),
  { ticks, round: false },
);
const busy = Uint8Array.from({ length: ticks * 3 }, (_, at) => Number(at % 4 === 0));

async function refuses(act: () => unknown, reason: RegExp): Promise<void> {
  await assert.rejects(
    // What throws at once is refused as well.
    () => Promise.resolve().then(act),
    (error: unknown) => {
      assert.ok(error instanceof ModelError, String(error));
      assert.match(error.message, reason);
      return true;
    },
  );
}

const cases = Number(process.env['AXOND_NEUROCOREX_CASES'] ?? 20);

test(`${cases} random networks answer over the terminal as their twins do`, async (t) => {
  const board = emulator(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(networkCase, async ({ network, ticks, inputs }) => {
      const placement = placeNetwork(network, { ticks, round: false });
      const twin = createTwin(placement, ticks);
      const chip = await openChip(placement, { port: board.path, ticks, pauseMs: 0 });
      try {
        for (const input of inputs) {
          const wanted = answers(twin, input);
          assert.equal(differences(wanted, answers(chip, input)), 0);
          for (const output of wanted) for (const spike of output) count += spike;
        }
      } finally {
        await chip.close();
      }
    }),
    { numRuns: cases, seed: 14 },
  );
  t.diagnostic(`${count} spikes, ${board.counts.runs} runs`);
  assert.ok(count > cases);
});

test('a run that is left over, spikes and all, does not reach into the next one', async (t) => {
  const chip = await opened(t, emulator(t).path);
  const twin = createTwin(placement, ticks);
  const last = new Uint8Array(ticks * 3);
  last[3 * (ticks - 3)] = 1;
  for (const input of [last, new Uint8Array(ticks * 3), busy, busy, last, last])
    assert.equal(differences(answers(twin, input), answers(chip, input)), 0);
});

test('in real time a run takes 0.96 ms a tick, and loading has its pauses', async (t) => {
  const board = emulator(t, { realTime: true });
  const began = performance.now();
  const chip = await openChip(placement, { port: board.path, ticks });
  t.after(() => chip.close());
  // 1158 bytes of parameters and bias, a millisecond after each.
  assert.ok(performance.now() - began > 1158);
  const from = performance.now();
  assert.equal(differences(answers(chip, busy), answers(createTwin(placement, ticks), busy)), 0);
  assert.ok(performance.now() - from > (ticks + 2) * 0.96);
});

test('a byte that is lost while it is loaded is found, wherever it was', async (t) => {
  // In recurrent weights, weights from inputs, parameters.
  for (const lost of [5000, 9224 + 5000, 20747 + 400]) {
    const board = emulator(t, { lose: [lost] });
    await refuses(() => openChip(placement, { port: board.path, ticks, pauseMs: 0 }), /Reset the board/);
    assert.equal(board.counts.lostBytes, 1);
  }
});

test('a byte that is lost later ends it, and it stays ended', async (t) => {
  const quiet = emulator(t);
  await opened(t, quiet.path);
  await quiet.stop();
  const board = emulator(t, { lose: [quiet.counts.bytes + 4] });
  const chip = await opened(t, board.path);
  const [first, second] = [0, 1].map(() => {
    try {
      return answers(chip, busy);
    } catch (error) {
      return error;
    }
  });
  assert.ok(first instanceof ModelError && first.message.includes('Reset the board'), String(first));
  assert.equal(second, first);
});

test('a board in a run that nobody has ended is refused before anything is sent', async (t) => {
  const board = emulator(t, { realTime: true });
  const chip = await opened(t, board.path);
  await chip.close();
  const { ticks: before } = board.counts;
  writeFileSync(board.path, Uint8Array.of(0x30, 0, 95, 0));
  while (board.counts.ticks < before + 2) await nextTurn();
  // On a machine that is busy it may fall silent for a moment; it goes on by itself.
  let said = '';
  for (let attempt = 0; attempt < 5 && !said.includes('a run that nobody has ended'); attempt++)
    said = await openChip(placement, { port: board.path, ticks, pauseMs: 0 }).then(() => 'opened', String);
  assert.match(
    said,
    /^ModelError: \/dev\/pts\/\d+: sends without being asked: it is in a run that nobody has ended\. Reset/,
  );
});

test('recurrent weights that stand elsewhere cannot be read back, but a first run finds them', async (t) => {
  const board = emulator(t);
  // Begun in the middle of a run, so that only the rest of them was stored.
  const sent = Uint8Array.of(0x30, 0, 95, 0, 0xff, 0xff, 0xff, 0x10, ...new Uint8Array(9217));
  writeFileSync(board.path, sent);
  while (board.counts.bytes < sent.length) await nextTurn();
  await refuses(() => openChip(placement, { port: board.path, ticks, pauseMs: 0 }), /spikes of a first run differ/);
});

test('a port that is not there, not a board, or pulled out, is told from the others', async (t) => {
  await assert.rejects(openChip(placement, { port: '/dev/ttyUSB-absent', ticks }), /there is no such port/);
  const board = emulator(t);
  const chip = await opened(t, board.path);
  await board.stop();
  await refuses(() => answers(chip, busy), /the port is gone\. Plug the board in/);
});

test('no state, and none is taken', async (t) => {
  const chip = await opened(t, emulator(t).path);
  assert.equal(chip.stateBytes, 0);
  chip.saveState(new Uint8Array());
  chip.reset();
  await refuses(() => chip.loadState(new Uint8Array(1)), /a run leaves none/);
  await refuses(() => chip.setState('n0', new Float32Array(4)), /takes no membranes/);
  const { engine, layers } = chip.describe();
  assert.deepEqual(
    [engine, layers.map(({ shape }) => shape)],
    [
      'neurocorex',
      [
        [ticks, 4],
        [ticks, 2],
      ],
    ],
  );
});

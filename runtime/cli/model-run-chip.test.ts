import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startEmulator } from '../../firmware-bridge/neurocorex/emulator.js';
import { writeNetwork } from '../../models/format/container.js';
import { networkOf, spikes, tensor } from '../../models/format/network.test.fixture.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { modelCommand } from './model.js';
import { Failure } from './output.js';

/** Two inputs, one neuron that wants 3 of weight: what a run of eight ticks gives. */
function files(t: TestContext, weight = 1): { file: string; input: string } {
  const folder = mkdtempSync(join(tmpdir(), 'axond-chip-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const network = networkOf(
    [spikes('in', [2])],
    [
      { op: 'dense', name: 'd', from: ['in'], weight: 'w' },
      {
        op: 'neuron',
        name: 'n',
        from: ['d'],
        decay: 'one',
        gain: 'one',
        threshold: 'threshold',
        strict: false,
        reset: 'set',
        resetAt: 'spike',
        current: 'new',
      },
    ],
    { w: tensor('F32', [1, 2], weight, 2), one: tensor('F32', [1], 1), threshold: tensor('F32', [1], 3) },
  );
  const [file, input] = [join(folder, 'net.safetensors'), join(folder, 'in.json')];
  writeFileSync(file, writeNetwork(network));
  // Both at once: 1 is taken in tick 0 and 2 in tick 1, so that the membrane is 3 after tick 2.
  writeFileSync(input, JSON.stringify([{ in: [1, 1] }, ...Array.from({ length: 7 }, () => ({ in: [0, 0] }))]));
  return { file, input };
}
const fired = (ticks: unknown): number[] =>
  (ticks as { out: number[] }[]).flatMap(({ out: [spike] }, tick) => (spike === 1 ? [tick] : []));

test('a model runs on the chip as on its twin, and what the chip does otherwise is told', async (t) => {
  const { file, input } = files(t);
  const twin = await runJson(t, modelCommand(), 'run', file, '--input', input, '--on', 'neurocorex');
  assert.deepEqual([twin['engine'], twin['late'], twin['lost'], twin['wraps']], ['neurocorex-twin', 1, 0, 0]);
  assert.deepEqual([fired(twin['ticks']), twin['differences']], [[3], null]);

  const board = startEmulator({ realTime: true, lose: [] });
  t.after(() => board.stop());
  const chip = await runCommand(t, modelCommand(), 'run', file, '--input', input, '--on', `neurocorex:${board.path}`);
  for (const part of [
    ', by neurocorex\n',
    'inputs that spike together',
    '1 input spikes came later',
    'every spike is as the twin says',
    '    3  out  1\n',
    '    4  out  0\n',
  ])
    assert.ok(chip.includes(part), `${part} in\n${chip}`);
});

test('a board that has lost its place, and weights that do not fit, are refused by name', async (t) => {
  const { file } = files(t);
  const board = startEmulator({ realTime: true, lose: [12_000] });
  t.after(() => board.stop());
  await assert.rejects(
    runCommand(t, modelCommand(), 'run', file, '--on', `neurocorex:${board.path}`),
    (error: unknown) => {
      assert.ok(error instanceof Failure, String(error));
      assert.match(error.message, /^\S+net\.safetensors: \/dev\/pts\/\d+: .* Reset the board \(unplug it/);
      return true;
    },
  );
  const { file: fine } = files(t, 0.777);
  await assert.rejects(
    runCommand(t, modelCommand(), 'run', fine, '--on', 'neurocorex'),
    /no whole multiples, -128 to 127, of one step/,
  );
  assert.match(
    await runCommand(t, modelCommand(), 'run', fine, '--on', 'neurocorex', '--round'),
    /on the chip: weights are rounded, by up to /,
  );
  await assert.rejects(runCommand(t, modelCommand(), 'run', file, '--on', 'loihi'), /loihi is no chip/);
});

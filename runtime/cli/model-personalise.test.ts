import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { writeNetwork } from '../../models/format/container.js';
import { readModelFile } from '../../models/model-file.js';
import { point, rate, sleep, wideNetwork } from '../../models/spindle/night.test.fixture.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { modelCommand } from './model.js';
import { UsageError } from './output.js';
import { replayCommand } from './replay.js';

const { values, spindles } = sleep(5);

/** A night as text, its marks, and a network that is too eager for it. */
function folder(t: TestContext): (name: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'axond-personal-'));
  t.after(() => rmSync(path, { recursive: true }));
  const at = (name: string): string => join(path, name);
  writeFileSync(at('night.txt'), `[C3]\n${[...values].map((value) => value.toFixed(4)).join('\n')}\n`);
  const marks = (shift: number): string =>
    spindles.map(({ onset, end }) => `${onset + shift},${end - onset}\n`).join('');
  writeFileSync(at('marks.csv'), marks(0));
  writeFileSync(at('wrong.csv'), marks(2));
  const eager = wideNetwork(-2);
  writeFileSync(
    at('eager.safetensors'),
    writeNetwork({ ...eager, graph: { ...eager.graph, points: { adaptive: point, sure: point } } }),
  );
  return at;
}

test('a personal network says where it comes from, and a recording of axond teaches as the signal does', async (t) => {
  const at = folder(t);
  const words = ['--marks', at('marks.csv'), '--model', at('eager.safetensors')];
  const signal = ['personalise', at('night.txt'), '--rate', String(rate), ...words, '--out', at('ann.safetensors')];
  const { kept, before, after, lead, parent, recording, sha256 } = await runJson(t, modelCommand(), ...signal);
  assert.equal(kept, 'new');
  assert.ok(Number(after) > Number(before) + 0.2);
  const personal = readModelFile(at('ann.safetensors'));
  assert.equal(personal.sha256, sha256);
  const { source = '', data = '', scores = {} } = personal.network.graph.provenance;
  assert.ok(source.endsWith(`of the network with sha256 ${String(parent)}`));
  assert.ok(data.includes(`recording with sha256 ${String(recording)}`));
  assert.equal(scores['F1 after (adaptive)'], after);
  assert.match(personal.network.graph.assumptions.at(-1) ?? '', /learned on the device/);

  await runCommand(t, replayCommand(), at('night.txt'), '--rate', String(rate), '--set', `device.record=${at('runs')}`);
  const db = join(
    at('runs'),
    readdirSync(at('runs')).find((name) => name.endsWith('.db'))!,
  );
  const again = await runJson(t, modelCommand(), 'personalise', db, ...words, '--out', at('db.safetensors'));
  assert.deepEqual([again['before'], again['after'], again['lead']], [before, after, lead]);
});

test('wrong marks leave the old network, and nothing is written', async (t) => {
  const at = folder(t);
  const out = await runCommand(
    t,
    modelCommand(),
    ...['personalise', at('night.txt'), '--rate', String(rate), '--marks', at('wrong.csv')],
    ...['--model', at('eager.safetensors'), '--out', at('ann.safetensors')],
  );
  assert.match(out, /^The old network stays, nothing is written: marks and network agree with an F1 of 0\.\d\d only/);
  assert.ok(!existsSync(at('ann.safetensors')));
});

test('a night can mark itself; marks of a person and its own are not mixed', async (t) => {
  const at = folder(t);
  const words = ['personalise', at('night.txt'), '--rate', String(rate), '--model', at('eager.safetensors')];
  const own = await runJson(t, modelCommand(), ...words, '--self', '--out', at('own.safetensors'));
  assert.match(String(own['marks']), /^self-labelled \(\d+\)$/);
  for (const flags of [[], ['--self', '--marks', at('marks.csv')]])
    await assert.rejects(runCommand(t, modelCommand(), ...words, '--out', at('x'), ...flags), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^--marks, --self: give one of them/);
      return true;
    });
});

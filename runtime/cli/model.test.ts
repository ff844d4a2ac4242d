import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { writeNetwork } from '../../models/format/container.js';
import type { Network } from '../../models/format/graph.js';
import { checkCommand } from './check.js';
import { runCommand, runJson } from './command.test.fixture.js';
import { modelCommand } from './model.js';
import { Failure, UsageError } from './output.js';

const commandOf = (verb: string) => (verb === 'check' ? checkCommand() : modelCommand());
const run = (t: TestContext, ...[verb = '', ...rest]: string[]): Promise<string> =>
  runCommand(t, commandOf(verb), ...(verb === 'check' ? rest : [verb, ...rest]));
const inJson = (t: TestContext, ...[verb = '', ...rest]: string[]): Promise<Record<string, unknown>> =>
  runJson(t, commandOf(verb), ...(verb === 'check' ? rest : [verb, ...rest]));

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'axond-model-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Two spikes from four, then one sum. */
const small: Network = {
  graph: {
    version: 1,
    name: 'small',
    inputs: [{ name: 'x', shape: [4], kind: { domain: 'spikes', levels: 1 } }],
    nodes: [
      { op: 'dense', name: 'hidden', from: ['x'], weight: 'hidden.weight' },
      { op: 'threshold', name: 'spikes', from: ['hidden'], threshold: 'spikes.threshold', mode: 'spikes.mode' },
      { op: 'dense', name: 'logits', from: ['spikes'], weight: 'logits.weight' },
    ],
    outputs: [{ name: 'y', node: 'logits' }],
    tickSeconds: 0.004,
    assumptions: ['nothing comes of nothing'],
    provenance: { licence: 'CC0', scores: { accuracy: 0.5 } },
  },
  tensors: new Map([
    ['hidden.weight', { type: 'I8', shape: [2, 4], values: Int8Array.of(1, 2, 3, 4, -1, -2, -3, -4) }],
    ['spikes.threshold', { type: 'I32', shape: [1, 2], values: Int32Array.of(5, -3) }],
    ['spikes.mode', { type: 'U8', shape: [2], values: Uint8Array.of(0, 1) }],
    ['logits.weight', { type: 'I8', shape: [1, 2], values: Int8Array.of(10, 100) }],
  ]),
};

function writeSmall(t: TestContext): string {
  const path = join(folder(t), 'small.safetensors');
  writeFileSync(path, writeNetwork(small));
  return path;
}

test('run gives what the layers say, by either engine', async (t) => {
  const file = writeSmall(t);
  const input = `${file}.json`;
  // Sums 1+4 = 5 and −5: both fire. 1+2 = 3 and −3: only the second, whose threshold is met from above. 1 and −1: none.
  writeFileSync(
    input,
    JSON.stringify([
      { x: [1, 0, 0, 1] },
      {
        x: [
          [1, 1],
          [0, 0],
        ],
      },
      { x: [1, 0, 0, 0] },
    ]),
  );
  for (const engine of [[], ['--engine', 'reference'], ['--engine', 'wasm']]) {
    const result = await inJson(t, 'run', file, '--input', input, '--ticks', '4', ...engine);
    assert.deepEqual(result['ticks'], [{ y: [110] }, { y: [100] }, { y: [0] }, { y: [110] }]);
    assert.equal(result['engine'], engine[1] ?? 'wasm');
  }
  writeFileSync(input, '[1, 0, 0, 1]');
  assert.match(await run(t, 'run', file, '--input', input), /: small, by wasm\n {4}0 {2}y {2}110\n$/);
});

test('random input is the same for the same seed', async (t) => {
  const file = writeSmall(t);
  const ticks = async (seed: number): Promise<unknown> =>
    (await inJson(t, 'run', file, '--input', `random:${seed}`, '--ticks', '50'))['ticks'];
  assert.deepEqual(await ticks(3), await ticks(3));
  assert.notDeepEqual(await ticks(3), await ticks(4));
});

test('inspect and check show layers, tick, assumptions and origin', async (t) => {
  const file = writeSmall(t);
  const sheet = await inJson(t, 'inspect', file);
  const { format, name, tickSeconds, stateBytes, parameters, assumptions } = sheet;
  assert.deepEqual(
    { format, name, tickSeconds, stateBytes, parameters, assumptions },
    {
      format: 'safetensors',
      name: 'small',
      tickSeconds: 0.004,
      stateBytes: 0,
      parameters: 14,
      assumptions: ['nothing comes of nothing'],
    },
  );
  const text = await run(t, 'inspect', file);
  for (const part of ['one step, no state, a tick of 4 ms', 'nothing comes of nothing', 'CC0', 'accuracy 0.5'])
    assert.ok(text.includes(part), `${part} in\n${text}`);
  assert.match(
    await run(t, 'check', file),
    /^\S+small\.safetensors: small \(safetensors\), .* 4 ms: no fault found\.\n$/,
  );
  const checked = await inJson(t, 'check', file);
  assert.equal(checked['ok'], true);
});

test('an import is written whole, never over another file unless asked to', async (t) => {
  const file = writeSmall(t);
  const out = join(folder(t), 'out.safetensors');
  assert.match(await run(t, 'import', file, '--out', out), /assumed: nothing comes of nothing\n$/);
  const written = readFileSync(out);
  assert.deepEqual(readdirSync(join(out, '..')), ['out.safetensors']);
  writeFileSync(out, 'precious');
  await assert.rejects(run(t, 'import', file, '--out', out), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /out\.safetensors is there already\. Use --force/);
    return true;
  });
  assert.equal(readFileSync(out, 'utf8'), 'precious');
  await run(t, 'import', file, '--out', out, '--force');
  assert.deepEqual(readFileSync(out), written);
});

test('a damaged model is refused in one line that names the file, and nothing is written', async (t) => {
  const file = writeSmall(t);
  const whole = readFileSync(file);
  const out = `${file}.out.safetensors`;
  const damaged: [Buffer, RegExp][] = [
    [whole.subarray(0, whole.length - 1), /./],
    [Buffer.from('nothing'), /is no model that axond reads\. It reads /],
    [Buffer.alloc(0), /is no model that axond reads/],
  ];
  for (const [bytes, reason] of damaged) {
    writeFileSync(file, bytes);
    for (const words of [
      ['inspect', file],
      ['run', file],
      ['check', file],
      ['import', file, '--out', out],
    ]) {
      await assert.rejects(run(t, ...words), (error: unknown) => {
        assert.ok(error instanceof Failure, String(error));
        assert.ok(error.message.startsWith(`${file}: `) && !error.message.includes('\n'), error.message);
        assert.match(error.message, reason);
        return true;
      });
    }
    assert.equal(existsSync(out), false);
  }
});

test('what does not fit the input is wrong usage, and says what would', async (t) => {
  const file = writeSmall(t);
  const input = `${file}.json`;
  const wrong: [unknown, RegExp][] = [
    [[1, 0], /tick 0 has 2 values for x\. Give 4: \[4\]/],
    [{ z: [1, 0, 0, 1] }, /tick 0 has no values for x/],
    [[{ x: [0.5, 0, 0, 1] }], /tick 0: 0\.5 for x is no u8/],
    ['x', /neither an object of values by input name nor a list/],
  ];
  for (const [content, reason] of wrong) {
    writeFileSync(input, JSON.stringify(content));
    await assert.rejects(run(t, 'run', file, '--input', input), (error: unknown) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  }
  await assert.rejects(run(t, 'run', file, '--input', `${input}.absent`), UsageError);
  await assert.rejects(run(t, 'inspect', `${file}.absent`), UsageError);
  await assert.rejects(run(t, 'import', file, '--out', join(folder(t), 'out.onnx')), UsageError);
  for (const words of [
    ['--dt', '1Hz'],
    ['--dt', '0'],
    ['--integrator', 'rk4'],
    ['--engine', 'gpu'],
    ['--engine', 'gpu'],
  ])
    await assert.rejects(run(t, 'run', file, ...words), { name: /CommanderError|InvalidArgumentError/ });
});

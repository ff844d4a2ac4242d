import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSignalFile } from '../../drivers/file/signal-file.js';
import { writeNetwork } from '../../models/format/container.js';
import { compileLoop } from '../config/compile.js';
import { loadConfiguration } from '../config/load.js';
import { burstySignal } from '../detect/plain-rule.test.fixture.js';
import { plainNetwork } from '../detect/spindle-t1/plain-network.test.fixture.js';
import { openRecording } from '../recording/read.js';
import { replayRecording } from './recording.js';
import { replayFile } from './signal-file.js';

test('a recording is replayed by its own model alone', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-replay-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const model = join(folder, 'own.safetensors');
  const network = plainNetwork();
  writeFileSync(model, writeNetwork(network));
  const signal = join(folder, 'signal.txt');
  writeFileSync(signal, [...burstySignal(200, 60, 3)].map((value) => value.toFixed(2)).join('\n'));
  const file = openSignalFile(signal, { rate: 200 });
  const text = `signals: { eeg: {} }\ndetectors: { spindle: { use: spindle-t1, signal: eeg, model: ${model}, point: accurate } }`;
  const { configuration, effectiveYaml } = loadConfiguration({
    files: [{ name: 'a.yaml', text }],
    stream: file.stream,
  });
  const plan = compileLoop(configuration, file.stream);
  const path = join(folder, 'a.db');
  const summary = await replayFile({
    file,
    plan,
    recording: path,
    describe: (loop) => ({
      name: 'test',
      axond: '0',
      node: process.version,
      verb: 'replay',
      configuration: effectiveYaml,
      stream: file.stream,
      detectors: ['spindle'],
      ...loop,
      bootId: 'test',
      startUs: 0,
      startWallMs: 0,
    }),
    arm: false,
    speed: Infinity,
  });
  file.close();
  assert.ok(summary.detections >= 3, `${summary.detections} found`);

  const again = async () => {
    const recording = openRecording(path);
    try {
      return (await replayRecording(recording, plan)).differences;
    } finally {
      recording.close();
    }
  };
  assert.deepEqual(await again(), []);
  const tensors = new Map(network.tensors).set('bias', { type: 'F32', shape: [1], values: Float32Array.of(-4.25) });
  writeFileSync(model, writeNetwork({ ...network, tensors }));
  const [first] = await again();
  const hash = '[0-9a-f]{64}';
  const said = new RegExp(`"model of detector spindle: ${hash}","replayed":"another file: ${hash}"`);
  assert.match(JSON.stringify(first), said);
});

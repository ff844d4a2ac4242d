import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeNetwork } from '../../models/format/container.js';
import { generatedFiles } from '../../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../../models/import/tflite/import-tflite.js';
import { chooseDetector } from './detector-choice.js';

const stream = {
  device: 'file',
  rate: 200,
  delayUs: 0,
  channels: [{ name: 'Cz', unit: 'uV', scale: 1, railCounts: 1e6 }],
};

test('--model gives a preset the network that it lacks; without it the preset says how to come by one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-choice-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const model = join(folder, 'own.safetensors');
  writeFileSync(model, writeNetwork(importTflite(generatedFiles().find(({ name }) => name === 'recurrent 1')!.bytes)));
  const { loop, detector } = chooseDetector({ preset: 'portiloop-fixed', model }).plan(stream);
  assert.deepEqual(loop.detectors[detector]?.plan, {
    use: 'portiloop',
    model,
    threshold: 0.75,
    warmUpSeconds: 10,
    beyond: 'saturate',
  });
  assert.throws(
    () => chooseDetector({ preset: 'portiloop-fixed' }).plan(stream),
    /model is missing.*axond model import/,
  );
});

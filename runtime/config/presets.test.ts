import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { writeNetwork } from '../../models/format/container.js';
import { generatedFiles } from '../../models/import/tflite/generated-networks.test.fixture.js';
import { importTflite } from '../../models/import/tflite/import-tflite.js';
import { compilePlaceRun } from './compile-place.js';
import { compileLoop, compileRun } from './compile.js';
import { editorSchema } from './editor-schema.js';
import type { KeySchema } from './keys.js';
import { loadConfiguration } from './load.js';
import { patentNotes } from './patents.js';
import { presetNames, readPreset } from './presets.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-presets-'));
after(() => rmSync(folder, { recursive: true }));
const stream = { rate: 250, channels: [{ name: 'CZ-A1', unit: 'uV', scale: 1, railCounts: 1 }] };

const amplifierPresets = presetNames().filter((name) => name !== 'place');

test('every preset loads and compiles, on an amplifier or on a file', () => {
  assert.deepEqual(presetNames(), [
    'cyton-slow-oscillation',
    'cyton-spindle',
    'demo',
    'place',
    'portiloop',
    'portiloop-fixed',
    'spindle',
  ]);
  for (const preset of amplifierPresets) {
    const sets = ['source.use=cyton', 'source.port=/dev/ttyUSB0', ...networkOf(preset)];
    const plan = compileRun(loadConfiguration({ preset, sets }).configuration);
    assert.deepEqual(plan.actuator?.plan, { use: 'virtual' }, 'a preset stimulates nobody');
    assert.equal(plan.loop.signals[plan.loop.trace]?.name, 'trace');
    assert.equal(plan.loop.detectors[0]?.name, preset === 'cyton-slow-oscillation' ? 'slow' : 'spindle');
    assert.ok(plan.loop.stimulation);
  }
  for (const preset of ['spindle', 'portiloop', 'portiloop-fixed']) {
    const { configuration } = loadConfiguration({ preset, sets: networkOf(preset), stream });
    assert.deepEqual(compileLoop(configuration, stream).signals[0]?.from, { derivation: 'CZ-A1' });
  }
});

test('the preset of places loads and compiles, and reads no amplifier', () => {
  const { configuration } = loadConfiguration({ preset: 'place' });
  const plan = compilePlaceRun(configuration);
  assert.ok(plan?.source.use === 'camera' && plan.source.command[0] === 'rpicam-vid');
  assert.match(plan.place.map ?? '', /places\.map$/);
  assert.equal(compilePlaceRun(loadConfiguration({ preset: 'spindle', stream }).configuration), undefined);
});

/** A network of the Portiloop's kind: its own is not in the package. */
function networkOf(preset: string): string[] {
  if (!preset.startsWith('portiloop')) return [];
  const path = join(folder, 'network.safetensors');
  writeFileSync(path, writeNetwork(importTflite(generatedFiles().find(({ name }) => name === 'recurrent 1')!.bytes)));
  return [`detectors.spindle.model=${path}`];
}

test('phase is targeted by the preset that says so alone, and it names the patents', () => {
  for (const preset of amplifierPresets) {
    const sets = ['source.use=cyton', 'source.port=/dev/ttyUSB0', ...networkOf(preset)];
    const notes = patentNotes(loadConfiguration({ preset, sets }).configuration).join(' ');
    if (preset !== 'cyton-slow-oscillation') assert.equal(notes, '', preset);
    else assert.match(notes, /US 10,589,055 B2.*US 11,707,596.*not legal advice/);
  }
});

test('the demo is what its comments say', () => {
  const { configuration } = loadConfiguration({ preset: 'demo', sets: ['source.port=/dev/ttyUSB0'] });
  const { source, loop } = compileRun(configuration);
  assert.ok(source.device.use === 'cyton');
  assert.deepEqual(Object.keys(source.device.options.electrodes), ['C3', 'C4', 'M1', 'M2', 'E1', 'E2', 'EMG', 'Fz']);
  assert.deepEqual(Object.values(source.device.options.electrodes), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(loop.stimulation?.limits, { intervalUs: 1.5e6, perMinute: 12, perHour: 120, perNight: 600 });
});

test('the committed JSON Schema is that of the code', () => {
  const file = new URL('../../../runtime/config/axond.schema.json', import.meta.url);
  assert.deepEqual(
    JSON.parse(readFileSync(file, 'utf8')),
    JSON.parse(JSON.stringify(editorSchema())),
    'write it anew: axond help config --json-schema > runtime/config/axond.schema.json, then prettier',
  );
});

test('the JSON Schema accepts every preset and refuses what the loader refuses', () => {
  const schema = editorSchema() as KeySchema;
  for (const preset of amplifierPresets) {
    const text = readPreset(preset);
    assert.match(text, /^# yaml-language-server: \$schema=\.\.\/axond\.schema\.json\n/);
    assert.equal(accepts(schema, parse(text)), true, preset);
  }
  const gate = (limits: string): boolean => accepts(schema, parse(`gate: { ${limits} }`));
  assert.equal(gate('perMinute: 6'), true);
  assert.equal(gate('interval: 1.5s'), true);
  for (const limits of ['perMinut: 6', 'perMinute: six', 'perMinute: 6.5', 'interval: 1500', 'interval: 5sec']) {
    assert.equal(gate(limits), false, limits);
  }
  const stage = (text: string): boolean => accepts(schema, parse(`signals: { a: { stages: [ ${text} ] } }`));
  assert.equal(stage('{ use: highpass, at: 0.5Hz, family: bessel }'), true);
  assert.equal(stage('{ use: ./mine.mjs, options: { any: [thing] } }'), true);
  for (const text of ['{ use: highpass, from: 0.5Hz }', '{ use: nothing }', '{ use: decimate, factor: 1 }', '5']) {
    assert.equal(stage(text), false, text);
  }
  assert.equal(accepts(schema, { device: { mqtt: 'mqtt://localhost' } }), true);
  assert.equal(accepts(schema, { device: { mqtt: { url: 'mqtts://lab', caFile: 'ca.pem' } } }), true);
  assert.equal(accepts(schema, { device: { mqtt: { caFile: 5 } } }), false);
  assert.equal(accepts(schema, { source: { gain: 5 } }), false);
});

/** The part of JSON Schema that ours uses, from its specification: an editor's view, independent of zod. */
function accepts(schema: KeySchema, value: unknown): boolean {
  const { type, enum: choices, pattern, minimum = -Infinity, maximum = Infinity } = schema;
  const { properties = {}, additionalProperties, items, anyOf } = schema;
  if (anyOf && !anyOf.some((option) => accepts(option, value))) return false;
  if (schema.const !== undefined && schema.const !== value) return false;
  if (choices && !choices.some((choice) => choice === value)) return false;
  if (type !== undefined && !isOfType(type, value)) return false;
  if (typeof value === 'string') return pattern === undefined || new RegExp(pattern).test(value);
  if (typeof value === 'number') return value >= minimum && value <= maximum;
  if (Array.isArray(value)) return value.every((item) => !items || accepts(items, item));
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => {
    const own = properties[key];
    if (own) return accepts(own, inner);
    return (
      additionalProperties === undefined || (additionalProperties !== false && accepts(additionalProperties, inner))
    );
  });
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

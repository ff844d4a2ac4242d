import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeNetwork } from '../../models/format/container.js';
import { loadConfiguration } from '../config/load.js';
import { compileLoop } from '../config/compile.js';
import type { StreamInfo } from '../contracts.js';
import { burstySignal } from '../detect/plain-rule.test.fixture.js';
import { plainNetwork } from '../detect/spindle-t1/plain-network.test.fixture.js';
import { buildLoop, describeLoop } from './build.js';
import { createRecordList } from './loop.js';
import { decodeEvent } from './records.js';
import { createSampleBlock } from './sample-block.js';

const folder = mkdtempSync(join(tmpdir(), 'axond-model-'));
after(() => rmSync(folder, { recursive: true }));
const rate = 250;
const stream: StreamInfo = {
  device: 'test',
  rate,
  delayUs: 0,
  channels: ['C3', 'C4', 'M2'].map((name) => ({ name, unit: 'uV', scale: 0.1, railCounts: 1e6 })),
};

function modelFile(name: string, points?: Record<string, Record<string, number>>): string {
  const path = join(folder, name);
  writeFileSync(path, writeNetwork(plainNetwork(points)));
  return path;
}

function load(text: string) {
  return loadConfiguration({ files: [{ name: join(folder, 'a.yaml'), text }], stream }).configuration;
}

/** Onsets of detections in the stream's samples: the same signal on C3 and C4, what `spoil` does to C3 apart. */
async function onsets(text: string, spoil: (value: number, n: number) => number = (value) => value) {
  const loop = await buildLoop(compileLoop(load(text), stream), stream);
  const x = burstySignal(rate, 90, 3);
  const block = createSampleBlock(3, 64);
  const messages = createRecordList(1);
  const found: number[] = [];
  for (let first = 0; first < x.length; first += 64) {
    block.frames = Math.min(64, x.length - first);
    block.firstIndex = first;
    for (let i = 0; i < block.frames; i++) {
      const value = Math.round(10 * x[first + i]!);
      block.counts.set([Math.round(spoil(value, first + i)), value, 0], 3 * i);
    }
    loop.cycle((first / rate) * 1e6, block, messages);
    for (let place = 0; place < loop.events.length; place++) {
      const event = decodeEvent(loop.events.records, place * 12);
      if (event?.kind === 'detection' && event.phase === 0) found.push(event.onset);
    }
  }
  return { found, models: describeLoop(loop).models };
}

const one = (keys: string): string =>
  `signals: { c3: { from: C3 - M2 }, c4: { from: C4 - M2 } }\ndetectors: { spindle: { use: spindle-t1, ${keys} } }`;

test('a model beside the configuration decides, and the loop says which file it is', async () => {
  modelFile('own.safetensors');
  const { found, models } = await onsets(one('signal: c3, model: ./own.safetensors, point: accurate'));
  assert.ok(found.length >= 6, `${found.length} found`);
  assert.match(models['spindle']!, /^[0-9a-f]{64}$/);
});

test('several signals that are the same decide as one does', async () => {
  modelFile('own.safetensors');
  const single = await onsets(one('signal: c3, model: ./own.safetensors, point: accurate'));
  const both = await onsets(one('signals: [c3, c4], model: ./own.safetensors, point: accurate'));
  assert.deepEqual(both.found, single.found);
});

test('points come with the model', () => {
  modelFile('pointed.safetensors', { mine: { on: 1, margin: 1, confirm: 3 } });
  modelFile('wrong.safetensors', {
    mine: { on: 1, margin: -1, confirm: 3 },
    odd: { on: 1, margin: 1, confirm: 1, speed: 2 },
  });
  const refused = (model: string, point: string, message: RegExp): void => {
    assert.throws(() => load(one(`signal: c3, model: ./${model}, point: ${point}`)), message);
  };
  assert.ok(load(one('signal: c3, model: ./pointed.safetensors, point: mine')));
  refused('pointed.safetensors', 'sure', /^.*detectors\.spindle\.point: sure .* Use one of mine\.$/m);
  refused('wrong.safetensors', 'mine', /margin -1 is not 0 or more/);
  refused('wrong.safetensors', 'odd', /number speed/);
});

test('a file that is not there, damaged or another kind of network is refused in one line', () => {
  const refused = (file: string, message: RegExp): void => {
    assert.throws(() => load(one(`signal: c3, model: ./${file}`)), message);
  };
  refused(
    'none.safetensors',
    /a\.yaml:2:\d+ detectors\.spindle\.model: .*none\.safetensors.* there is no such file.*spindle-t1/,
  );
  writeFileSync(join(folder, 'damaged.safetensors'), writeNetwork(plainNetwork()).subarray(0, 300));
  refused('damaged.safetensors', /detectors\.spindle\.model: .*damaged\.safetensors/);
  const network = plainNetwork();
  const { graph, tensors } = network;
  const [port] = graph.inputs;
  writeFileSync(
    join(folder, 'other.safetensors'),
    writeNetwork({
      graph: { ...graph, inputs: [{ ...port!, shape: [7] }] },
      tensors: new Map(tensors).set('weight', { type: 'I8', shape: [1, 7], values: new Int8Array(7) }),
    }),
  );
  refused('other.safetensors', /detectors\.spindle\.model: .*i8 \[7\] to f32 \[1\].*needs i8 \[21\]/);
});

test('signals of a detector are there, and one or several', () => {
  modelFile('own.safetensors');
  const refused = (keys: string, message: RegExp): void => {
    assert.throws(() => load(one(`model: ./own.safetensors, ${keys}`)), message);
  };
  refused('point: sure', /detectors\.spindle.* looks in no signal.*Give one of/);
  refused('signal: c3, signals: [c3, c4]', /detectors\.spindle.* has both/);
  refused('signals: [c3, c5]', /detectors\.spindle\.signals\.1: c5 is not among the signals\. Did you mean/);
  refused('signals: [c3]', /detectors\.spindle\.signals/);
});

test("a network that is not of the Portiloop's kind is refused for its detector", () => {
  modelFile('own.safetensors');
  const text = `signals: { z: { from: C3 - M2, stages: [{ use: portiloop }] } }
detectors: { spindle: { use: portiloop, signal: z, model: ./own.safetensors } }`;
  assert.throws(
    () => load(text),
    /detectors\.spindle\.model: .*takes .* and gives .*A Portiloop's network takes samples/,
  );
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import mqtt from 'mqtt';
import type { Condition } from '../runtime/contracts.js';
import { openRecording } from '../runtime/recording/read.js';
import { encodeAllocation } from '../runtime/study/allocation.js';
import { writeSealed } from '../runtime/study/sealed-files.js';
import { axond, startAxond, temporaryFolder, until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';

/** A demo as a night of a blinded study, and everything that can be read of it afterwards, by where it can be read. */
interface Told {
  readonly sha256: string;
  readonly recording: string;
  readonly texts: ReadonlyMap<string, string>;
  /** Of each stimulus, over MQTT. */
  readonly stimuli: readonly Record<string, unknown>[];
}

async function night(t: TestContext, condition: Condition): Promise<Told> {
  const [record, runtime, sealed] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const environment = { XDG_RUNTIME_DIR: runtime, RUNTIME_DIRECTORY: runtime };
  const allocation = join(sealed, 'cue.sealed');
  const head = { study: 'cue', made: '2026-11-28T09:00:00.000Z', nonce: '5a'.repeat(32) };
  const shape = { participants: ['P001'], nights: 1, blocks: 1, blockSeconds: null };
  const rows = [{ participant: 'P001', night: 1, block: 1, condition }];
  const sha256 = await writeSealed(allocation, encodeAllocation({ ...head, ...shape, rows }));
  const broker = await Mosquitto.start(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 100 });
  t.after(() => client.end(true));
  const messages: string[] = [];
  const stimuli: Record<string, unknown>[] = [];
  client.on('message', (topic, payload) => {
    messages.push(`${topic} ${payload.toString()}`);
    if (topic.endsWith('event/stimulus')) stimuli.push(JSON.parse(payload.toString()) as Record<string, unknown>);
  });
  await client.subscribeAsync('#', { qos: 1 });
  const study = { name: 'cue', participant: 'P001', night: 1, allocation };
  const sets = Object.entries(study).flatMap(([key, value]) => ['--set', `study.${key}=${value}`]);
  const demo = startAxond(
    t,
    ['demo', '--json', '--set', `device.record=${record}`, '--set', `device.mqtt=${url}`, ...sets],
    environment,
  );
  await until('two stimuli', () => stimuli.length >= 2, 90_000);
  await axond(t, ['mark', '--device', 'demo', 'P001 asked for water'], environment);
  await until('the mark', () => messages.some((message) => message.includes('event/marker')));
  const asking = JSON.stringify({ v: 1, id: 'look' });
  await client.publishAsync('axond/1/demo/request/status', asking, { qos: 1 });
  await until('an answer', () => messages.some((message) => message.includes('response/status')));
  const status = await axond(t, ['status', '--device', 'demo', '--json'], environment);
  demo.child.kill('SIGINT');
  assert.equal(await demo.exited, 0, demo.stderr());
  const recording = join(record, readdirSync(record).find((name) => name.endsWith('.db')) ?? '');
  const texts = new Map([
    ['status', status.stdout],
    ['summary', demo.stdout()],
    ['log', demo.stderr()],
    ['mqtt', messages.join('\n')],
    ['uses', readFileSync(`${allocation}.uses`, 'utf8')],
    ['file', readFileSync(recording, 'latin1')],
  ]);
  for (const words of [['recording', 'show'], ['check'], ['replay']]) {
    texts.set(words.join(' '), (await axond(t, [...words, recording], environment)).stdout);
  }
  return { sha256, recording, texts, stimuli };
}

/** Fields of its events, by kind: what they are called, and the texts beside them. */
function shapes(recording: string): Set<string> {
  const file = openRecording(recording);
  try {
    const receipts = [...file.readableEvents()].filter(({ event }) => event?.kind === 'receipt');
    return new Set(receipts.map(({ event, text }) => `${JSON.stringify(Object.keys(event ?? {}))} ${String(text)}`));
  } finally {
    file.close();
  }
}

test('R-27 R-28 a night of real and one of sham stimuli read the same in everything that comes out of axond', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const nights = await Promise.all([night(t, 'real'), night(t, 'sham')]);
  for (const { sha256, recording, texts } of nights) {
    // The columns of the recording's tables are of SQL's type real.
    const telling = [...texts].filter(
      ([where, text]) => /\bsham\b/.test(text) || (where !== 'file' && /\breal\b(?!.time)/.test(text)),
    );
    assert.deepEqual(
      telling.map(([where]) => where),
      [],
    );
    const told = (texts.get('mqtt') ?? '').split('\n').filter((message) => /P001|water/.test(message));
    assert.deepEqual(told, [], 'neither code nor note on any topic');
    const file = openRecording(recording);
    const { study } = file.run;
    const notes = [...file.readableEvents()].filter(({ text }) => text === 'P001 asked for water');
    file.close();
    assert.equal(notes.length, 1);
    assert.deepEqual(study, { name: 'cue', participant: 'P001', night: 1, continued: false, sha256 });
    assert.equal(existsSync(recording.replace(/\.db$/, '.deliveries')), false);
    assert.match(texts.get('uses') ?? '', new RegExp(`"use":"taken".*"run":"${basename(recording, '.db')}"`));
    assert.match(texts.get('check') ?? '', /whole/);
  }
  const [real, sham] = nights;
  const fields = ({ stimuli }: Told): string[][] => stimuli.map((stimulus) => Object.keys(stimulus));
  assert.deepEqual(fields(sham).slice(0, 2), fields(real).slice(0, 2));
  assert.deepEqual(shapes(sham.recording), shapes(real.recording));
});

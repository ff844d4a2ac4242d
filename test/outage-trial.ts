import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import mqtt, { type MqttClient } from 'mqtt';
import { recordLength, refusalReasons } from '../runtime/contracts.js';
import type { LinkOptions } from '../runtime/link/messages.js';
import { LinkProcess } from '../runtime/link/start.js';
import { EventCode } from '../runtime/loop/records.js';
import { SlotRing } from '../runtime/loop/ring.js';
import { sampleSlotBytes } from '../runtime/loop/sample-slot.js';
import { RecordingWriter } from '../runtime/recording/writer.js';
import { temporaryFolder, until } from './axond-process.js';
import { Random } from './fuzz/random.js';

/** A night at full event rate, a real link process that reports it, and a receiver that counts what comes. */

export const node = 'bed-1';

/**
 * A recording of a run that goes on: six stimuli a minute, the most that presets allow, 30 refusals, 20 detections, two
 * estimates every ten seconds, a marker every ten minutes, and now and then a gap.
 */
export class BusyNight {
  readonly path: string;
  readonly #writer: RecordingWriter;
  readonly #samples = SlotRing.create(2, sampleSlotBytes(1));
  readonly #decisions = SlotRing.create(1024, recordLength * 8);
  readonly #texts = new Map<number, string>();
  readonly #random: Random;
  #second = 0;
  #command = 0;
  #request = 0;

  constructor(folder: string, name: string, seed: number) {
    this.#random = new Random(seed);
    this.path = join(folder, `${name}.db`);
    this.#writer = new RecordingWriter(this.path, {
      name: node,
      axond: '0',
      node: process.version,
      verb: 'run',
      configuration: 'stimulus: { actuator: headphones }\n',
      stream: { device: 'cyton', rate: 250, delayUs: 0, channels: [channel] },
      detectors: ['spindle', 'asleep'],
      estimates: { spindle: ['power'], asleep: ['sleep'] },
      coefficients: {},
      models: {},
      bootId: `boot-${name}`,
      startUs: 0,
      startWallMs: Date.UTC(2026, 10, 28, 22),
    });
  }

  /** Writes and commits so much more of it. */
  minutes(count: number): void {
    for (let n = 0; n < count * 60; n++) this.#another();
  }

  /** As a run that is stopped ends. */
  close(): void {
    this.#commit();
    this.#writer.close(noSummary);
  }

  #another(): void {
    const second = this.#second++;
    const { detection, estimate, gap, marker, permit, receipt, refusal } = EventCode;
    if (second % 10 === 0) for (const part of [0, 1]) this.#record(estimate, part, 0, 0, this.#random.below(100) / 100);
    if (second % 3 === 0) {
      const onset = second * 250;
      this.#record(detection, 0, 0, onset, onset + 40, 0, 0.9);
      this.#record(detection, 0, 1, onset, onset + 40, onset + 200, 0.9);
    }
    if (second % 10 === 5) {
      this.#record(permit, ++this.#request, ++this.#command, second * 1e6, 0, 1);
      for (const state of [0, 1, 2])
        this.#record(receipt, this.#command, state, second * 1e6 + state * 50e3, second * 1e6);
    }
    if (second % 2 === 0) this.#record(refusal, ++this.#request, 1 << this.#random.below(refusalReasons.length));
    if (second % 600 === 300) {
      this.#texts.set(second, `turned over, ${second} s`);
      this.#record(marker, second);
    }
    if (this.#random.below(600) === 0) this.#record(gap, second * 250, 9);
    if (second % 10 === 9) this.#commit();
  }

  #record(kind: number, ...fields: number[]): void {
    const slot = this.#decisions.slot(0) * recordLength;
    this.#decisions.doubles.fill(0, slot, slot + recordLength);
    this.#decisions.doubles.set([kind, this.#second, this.#second * 250, this.#second * 1e6, ...fields], slot);
    this.#decisions.publish(1);
  }

  #commit(): void {
    this.#writer.drain(this.#samples, this.#decisions, this.#texts);
    this.#writer.commit();
  }
}

/** What ought to arrive of a recording, in order: read from its table by SQL, and not by the code under test. */
export function expected(path: string): string[] {
  const db = new Database(path, { readonly: true });
  const name = path.replace(/^.*\//, '').replace(/\.db$/, '');
  const rows = db
    .prepare(
      `select id, us from event where kind in ('refusal', 'marker', 'gap', 'estimate')
         or (kind = 'receipt' and json_extract(fields, '$.state') = 1)
         or (kind = 'detection' and json_extract(fields, '$.phase') = 0) order by id`,
    )
    .all() as { id: number; us: number }[];
  const marks = db
    .prepare('select min(id) as id, cast(us / 600e6 as integer) as mark from event group by mark having mark > 0')
    .all() as { id: number; mark: number }[];
  db.close();
  const told = [
    ...rows.map(({ id }) => ({ at: id, name: `${name}/${id}` })),
    ...marks.map(({ id, mark }) => ({ at: id - 0.5, name: `${name}/health-${mark}` })),
  ];
  return told.sort((one, other) => one.at - other.at).map((one) => one.name);
}

/** Counts events as they arrive, by their ids. */
export class Receiver {
  readonly #client: MqttClient;
  /** Without those that came again. */
  readonly ids: string[] = [];
  readonly #seen = new Set<string>();
  again = 0;
  bytes = 0;
  #subscribed = false;

  constructor(port: number) {
    this.#client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 50 });
    this.#client.on('error', () => undefined);
    this.#client.on('connect', () => {
      this.#client.subscribe(`axond/1/${node}/event/#`, { qos: 1 }, () => (this.#subscribed = true));
    });
    this.#client.on('message', (topic, payload) => {
      const { event_id: id } = JSON.parse(payload.toString()) as { event_id: string };
      this.bytes += payload.length + topic.length;
      if (this.#seen.has(id)) this.again++;
      else this.ids.push(id);
      this.#seen.add(id);
    });
  }

  async listening(): Promise<void> {
    await until('the receiver to be subscribed', () => this.#subscribed);
  }

  close(): void {
    this.#client.end(true);
  }
}

/** A link process that reports a recording, as the supervisor starts it. */
export class ReportingLink {
  readonly #process: LinkProcess;
  readonly problems: string[] = [];
  connections = 0;
  /** Resident, in MB: the least and the most since `watchMemory` was called. */
  least = Infinity;
  most = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(recording: string, port: number, more: Partial<LinkOptions> = {}) {
    const options: LinkOptions = {
      url: `mqtt://127.0.0.1:${port}`,
      node,
      bootId: 'boot',
      recording,
      silenceSocket: join(temporaryFolder(), 'silence'),
      description: {},
      ...more,
    };
    this.#process = new LinkProcess(options, {
      onMessage: (message) => {
        if ('problem' in message) this.problems.push(message.problem);
        if ('connection' in message && message.connection.connected) this.connections++;
      },
      onExit: () => clearInterval(this.#timer),
    });
    this.#timer = setInterval(() => this.#look(), 100);
  }

  watchMemory(): void {
    this.least = Infinity;
    this.most = 0;
    this.#look();
  }

  /** As when a run is stopped. */
  async finish(): Promise<void> {
    this.#process.send({ finish: true });
    await this.#process.exited;
  }

  async kill(): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }

  #look(): void {
    const file = `/proc/${this.#process.pid}/status`;
    const found = existsSync(file) ? /VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8')) : null;
    if (!found) return;
    const megabytes = Number(found[1]) / 1000;
    this.least = Math.min(this.least, megabytes);
    this.most = Math.max(this.most, megabytes);
  }
}

/** Every event exactly once by its id, and in order. */
export function assertComplete(receiver: Receiver, recordings: readonly string[]): void {
  const wanted = recordings.flatMap(expected);
  assert.equal(receiver.ids.length, wanted.length, `${receiver.ids.length} of ${wanted.length} events arrived`);
  const wrong = wanted.findIndex((id, place) => receiver.ids[place] !== id);
  assert.equal(wrong, -1, `event ${wrong} is ${receiver.ids[wrong]}, and not ${wanted[wrong]}`);
}

const channel = { name: 'C3', unit: 'uV', scale: 0.02235, railCounts: 8388607 };
const noSummary = {
  samples: 0,
  gaps: 0,
  discardedBytes: 0,
  detections: 0,
  stimuli: 0,
  refusals: 0,
  latencyUs: null,
  ringLosses: { samples: 0, decisions: 0, commands: 0 },
  recording: null,
  mqtt: null,
};

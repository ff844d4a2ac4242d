import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { refusalReasons, type LoopEvent } from '../runtime/contracts.js';
import { BrokerConnection } from '../runtime/link/broker-connection.js';
import { envelope, reportOf, rootOf } from '../runtime/link/reports.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';
import { ThinLine } from './thin-line.js';

/**
 * `npm run fleet [DEVICES] [SECONDS]`: what so many devices (1,000) at full event rate ask of a broker. One process makes
 * the traffic with the link's own connection, one a device, and its own messages: the topics, payloads and properties are
 * those of a link process. One Mosquitto on loopback, one subscriber that must get everything. First at the devices' own
 * pace, then as fast as the broker takes it. What a device costs is measured where it is spent: in the broker's processor
 * time, and in the bytes of both ways on the line of one of them, without the headers of TCP.
 */
const devices = Number(process.argv[2] ?? 1000);
const seconds = Number(process.argv[3] ?? 60);
if (!hasMosquitto) throw new Error('mosquitto is not installed: sudo apt-get install mosquitto');

/** Reports a minute of a device at full event rate, as in `npm run outage`; state and health besides. */
const perMinute = { detection: 20, receipt: 6, refusal: 30, estimate: 12 } as const;
const healthEverySeconds = 10;
const messagesPerHour = 60 * Object.values(perMinute).reduce((sum, one) => sum + one, 0) + 3600 / healthEverySeconds;
/** USER_HZ, which Linux fixes for programs. */
const ticksPerSecond = 100;

const cleanUps: (() => unknown)[] = [];
const broker = await Mosquitto.start({ after: (act: () => unknown) => void cleanUps.unshift(act) }, [
  'allow_anonymous true',
  'max_queued_messages 0',
  'max_connections -1',
]);
const names = { detectors: ['spindle', 'asleep'], estimates: { asleep: ['sleep'] }, actuator: 'headphones' };
const arrived = new Map<string, number>();
const latenciesUs: number[] = [];
let heard = 0;
const subscriber = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
subscriber.on('message', (topic, payload) => {
  heard++;
  if (!topic.includes('/event/')) return;
  const { node, event_id: id, t_us: sentUs } = JSON.parse(payload.toString()) as Told;
  // Each device numbers its reports: in order and without holes is one comparison.
  const number = Number(id.slice(id.indexOf('/') + 1));
  if (number !== (arrived.get(node) ?? 0) + 1) throw new Error(`${node}: report ${number} after ${arrived.get(node)}`);
  arrived.set(node, number);
  latenciesUs.push(monotonicUs() - sentUs);
});
await subscriber.subscribeAsync('axond/#', { qos: 1 });

interface Told {
  readonly node: string;
  readonly event_id: string;
  readonly t_us: number;
}

/** One device's link, less the recording behind it. */
class Device {
  readonly node: string;
  readonly connection: BrokerConnection;
  readonly #root: string;
  #sequence = 0;
  reports = 0;
  acknowledged = 0;

  get sent(): number {
    return this.#sequence;
  }

  constructor(number: number, port: number) {
    this.node = `bed-${number}`;
    this.#root = rootOf(this.node);
    const options = { url: `mqtt://127.0.0.1:${port}`, node: this.node, bootId: 'b0a7', recording: '' };
    const will = { topic: `${this.#root}state`, payload: JSON.stringify({ v: 1, node: this.node, state: 'lost' }) };
    this.connection = new BrokerConnection({ ...options, silenceSocket: '', description: {} }, will, {
      onConnect: () => this.connection.subscribe(`${this.#root}request/+`),
      onClose: (detail) => process.stderr.write(`${this.node}: ${detail}\n`),
      onMessage: () => undefined,
    });
  }

  async report(event: LoopEvent): Promise<void> {
    const report = reportOf(event, null, names);
    if (!report) throw new Error(`${event.kind} is not reported`);
    const told = envelope(this.node, 'b0a7', ++this.#sequence, monotonicUs(), new Date());
    const payload = { ...told, event_id: `${this.node}-2026-11-28T22-30-00/${++this.reports}`, ...report.payload };
    const outcome = await this.connection.publish(this.#root + report.topic, JSON.stringify(payload), false);
    if (outcome !== 'arrived') throw new Error(`${this.node}: a report was ${JSON.stringify(outcome)}`);
    this.acknowledged++;
  }

  async health(): Promise<void> {
    const told = envelope(this.node, 'b0a7', ++this.#sequence, monotonicUs(), new Date());
    await this.connection.publish(`${this.#root}health`, JSON.stringify({ ...told, ...health }), true);
  }
}

/** As `link-connection.ts` tells it, with figures of the usual length. */
const health = {
  running_s: 12345.678901,
  samples_total: 3086419,
  gaps: 12,
  lost_frames: 108,
  discarded_bytes: 0,
  drift_ppm: -12.345678,
  detections: 4115,
  stimuli: 1234,
  refusals: 6172,
  guardian: 'ready',
  ring_losses: { samples: 0, decisions: 0, commands: 0 },
  recorder_lag_ms: 132.4,
  notice: '',
};

function eventOf(kind: keyof typeof perMinute, number: number): LoopEvent {
  const at = { cycle: number * 31, index: number * 250, us: number * 1e6 + 123.456 };
  const [onset, confirmed, end] = [at.index - 200, at.index, 0];
  if (kind === 'detection') return { kind, ...at, detector: 0, phase: 0, onset, confirmed, end, score: 0.8734512 };
  if (kind === 'receipt') return { kind, ...at, command: number, state: 1, atUs: at.us + 1843.2, arrivalUs: at.us };
  if (kind === 'refusal') return { kind, ...at, request: number, reasons: 1 << (number % refusalReasons.length) };
  return { kind, ...at, detector: 1, estimate: 0, state: 0, value: 0.912345 };
}

const kinds = Object.entries(perMinute).flatMap(([kind, count]) =>
  Array.from({ length: count }, () => kind as keyof typeof perMinute),
);

process.stderr.write(`${devices} connections …\n`);
const line = await ThinLine.to(broker.port);
const fleet: Device[] = [];
for (let number = 0; number < devices; number++) {
  fleet.push(new Device(number, number === 0 ? line.port : broker.port));
  if (number % 50 === 49)
    await until('connections', () => fleet.every(({ connection }) => connection.connected), 60_000);
}
await until('all connections', () => fleet.every(({ connection }) => connection.connected), 60_000);

const paced = await measured(async () => {
  const end = performance.now() + seconds * 1000;
  const under: Promise<void>[] = [];
  await Promise.all(
    fleet.map(async (device, place) => {
      const everyMs = 60_000 / kinds.length;
      let next = performance.now() + (everyMs * place) / devices;
      let nextHealth = performance.now() + (healthEverySeconds * 1000 * place) / devices;
      for (let number = place; next < end; number++, next += everyMs) {
        await new Promise((resolve) => setTimeout(resolve, next - performance.now()));
        under.push(device.report(eventOf(kinds[(number * 7) % kinds.length] ?? 'refusal', number)));
        if (next < nextHealth) continue;
        nextHealth += healthEverySeconds * 1000;
        under.push(device.health());
      }
    }),
  );
  await Promise.all(under);
});
latenciesUs.length = 0;
const flatOut = await measured(async () => {
  const end = performance.now() + (seconds * 1000) / 3;
  await Promise.all(
    fleet.map(async (device, place) => {
      for (let number = place; performance.now() < end; number += 4) {
        const window = [0, 1, 2, 3].map((more) =>
          device.report(eventOf(kinds[(number + more) % kinds.length] ?? 'refusal', number)),
        );
        await Promise.all(window);
      }
    }),
  );
});
const reports = fleet.reduce((sum, one) => sum + one.reports, 0);
await until('every report', () => [...arrived.values()].reduce((sum, one) => sum + one, 0) === reports, 60_000);
const acknowledged = fleet.reduce((sum, one) => sum + one.acknowledged, 0);
process.stdout.write(`${JSON.stringify({ devices, reports, acknowledged, delivered: reports, paced, flatOut })}\n`);
process.exit(0);

/** Messages and bytes of devices while it runs, and what the broker took for them. */
async function measured(act: () => Promise<void>): Promise<object> {
  const before = { ...spent(), heard };
  await act();
  const expected = fleet.reduce((sum, one) => sum + one.reports, 0);
  await until('what was sent', () => [...arrived.values()].reduce((sum, one) => sum + one, 0) === expected, 60_000);
  const after = { ...spent(), heard };
  const elapsed = (after.atMs - before.atMs) / 1000;
  const messages = after.heard - before.heard;
  const brokerSeconds = after.brokerSeconds - before.brokerSeconds;
  const bytes = after.bytes - before.bytes;
  const own = after.own - before.own;
  const sorted = Float64Array.from(latenciesUs).sort();
  const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? NaN) / 100) / 10;
  return {
    seconds: round(elapsed),
    messages,
    perSecond: Math.round(messages / elapsed),
    // Into the broker and out of it to one subscriber.
    perSecondOfBrokerCore: Math.round(messages / brokerSeconds),
    brokerCore: round(brokerSeconds / elapsed),
    bytesPerMessage: Math.round(bytes / own),
    // At the devices' pace, however long a busy machine took.
    megabytesPerDeviceHour: round((bytes / own) * messagesPerHour * 1e-6),
    latencyMs: { p50: at(0.5), p99: at(0.99) },
  };
}

function spent(): { atMs: number; brokerSeconds: number; bytes: number; own: number } {
  const stat = readFileSync(`/proc/${broker.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const brokerSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { atMs: performance.now(), brokerSeconds, bytes: line.carried + line.returned, own: fleet[0]?.sent ?? 0 };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createDevice, type DevicePlan } from '../../drivers/devices.js';
import { openLine } from '../../drivers/transports.js';
import { ReceiptState, type StreamInfo } from '../contracts.js';
import { hardLimits, type ActuatorPlan } from '../guardian/actuators.js';
import type { GuardianOptions } from '../guardian/options.js';
import { startGuardian, type GuardianProcess } from '../guardian/start.js';
import { EnvelopeClock } from '../loop/clock.js';
import { Word, lost, type FireThreadData, type FireThreadMessage } from './shared.js';
import { analyseLoopback, type LoopbackResult } from './loopback.js';

export interface Measurement {
  readonly device: DevicePlan;
  readonly port: string;
  readonly baudRate: number;
  readonly actuator: ActuatorPlan;
  /** Electrode into which the output is looped. */
  readonly channel: string;
  readonly durationUs: number;
  readonly pulses: number;
  readonly realtime: boolean;
}

export interface Watching {
  readonly notice: (text: string) => void;
  readonly progress: (asked: number) => void;
}

/** As fast as the guardian's own limits let it. */
export function intervalUs({ actuator, durationUs }: Pick<Measurement, 'actuator' | 'durationUs'>): number {
  const limits = hardLimits[actuator.use];
  return Math.max(limits.intervalUs, 60e6 / limits.perMinute, durationUs + restUs) * 1.01;
}

/**
 * Fires pulses through a guardian of its own and finds them in the amplifier's signal. Throws one line if it could not;
 * nothing fires before the guardian has no reason against it.
 */
export async function measureTiming(measurement: Measurement, watching: Watching): Promise<LoopbackResult> {
  const { device, port, baudRate, actuator, channel, durationUs, pulses, realtime } = measurement;
  const { info } = createDevice(device);
  const place = info.channels.findIndex(({ name }) => name === channel);
  if (place < 0) throw new Error(`${channel}: is no electrode. There are ${namesOf(info)}.`);
  const folder = mkdtempSync(join(tmpdir(), 'axond-timing-'));
  const words = new Int32Array(new SharedArrayBuffer(16));
  const firedUs: number[] = [];
  let unfired = '';
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => undefined);
  const line = await openLine(device, port, baudRate);
  let thread: Worker | undefined;
  const options: GuardianOptions = {
    fifo: join(folder, 'fifo'),
    silenceSocket: join(folder, 'silence.sock'),
    pidFile: join(folder, 'guardian.pid'),
    deliveries: join(folder, 'timing.deliveries'),
    realtime,
    actuator,
  };
  const guardian = new TimingGuardian(options, words, {
    started: (atUs) => firedUs.push(atUs),
    unfired: (reason) => (unfired = reason),
    failed: (reason) => fail(new Error(reason)),
  });
  try {
    await guardian.start();
    const workerData: FireThreadData = {
      ...{ device, port, pulses, durationUs, realtime },
      fifo: options.fifo,
      intervalUs: intervalUs(measurement),
      words: words.buffer as SharedArrayBuffer,
    };
    thread = new Worker(new URL('./fire-thread.js', import.meta.url), { workerData });
    const done = new Promise<Extract<FireThreadMessage, { done: unknown }>['done']>((resolve) => {
      thread?.on('message', (message: FireThreadMessage) => {
        if ('done' in message) resolve(message.done);
        else watching.notice(message.notice);
      });
      thread?.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    });
    const telling = setInterval(() => watching.progress(Atomics.load(words, Word.asked)), 500);
    const { counts, arrivals } = await Promise.race([done, failed]).finally(() => clearInterval(telling));
    if (firedUs.length < pulses / 2) {
      throw new Error(`${firedUs.length} of ${pulses} pulses were fired (${unfired}). Is this machine busy?`);
    }
    return analyseLoopback({
      ...{ rate: info.rate, channel: place, firedUs, pulseSeconds: durationUs / 1e6 },
      channels: valuesOf(info, counts),
      timeOf: clockOf(info.rate, arrivals),
    });
  } finally {
    Atomics.store(words, Word.end, 1);
    await thread?.terminate();
    await guardian.stop();
    await line.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Heard {
  readonly started: (atUs: number) => void;
  readonly unfired: (reason: string) => void;
  readonly failed: (reason: string) => void;
}

/** A guardian that is replaced when a stall of the machine has latched it: nobody is connected. */
class TimingGuardian {
  readonly #options: GuardianOptions;
  readonly #words: Int32Array;
  readonly #heard: Heard;
  #guardian: GuardianProcess | undefined;
  #latched = false;
  #replaced = 0;
  #stopping = false;

  constructor(options: GuardianOptions, words: Int32Array, heard: Heard) {
    this.#options = options;
    this.#words = words;
    this.#heard = heard;
  }

  async start(): Promise<void> {
    this.#latched = false;
    this.#guardian = await startGuardian(this.#options, {
      onReceipt: ({ state, atUs, evidence }) => {
        if (state === ReceiptState.started) this.#heard.started(atUs);
        if (state !== ReceiptState.refused && state !== ReceiptState.dropped) return;
        Atomics.add(this.#words, Word.unfired, 1);
        this.#heard.unfired(evidence);
      },
      onState: (ready, cause) => {
        Atomics.store(this.#words, Word.mayFire, 0);
        if (ready) this.#guardian?.ask(1);
        else if (cause === 'latched') {
          this.#latched = true;
          void this.#guardian?.stop();
        } else if (cause !== 'starting' && cause !== 'beats-lost')
          this.#heard.failed(`the guardian is at rest: ${cause}`);
      },
      onChecked: ({ reasons }) => {
        if (reasons.length === 0) Atomics.store(this.#words, Word.mayFire, 1);
        else this.#heard.failed(reasons.join('\n'));
      },
      onExit: (detail) => {
        if (this.#stopping) return;
        if (!this.#latched || ++this.#replaced > mostReplaced) this.#heard.failed(detail);
        else void this.start().catch((error: unknown) => this.#heard.failed(String(error)));
      },
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#guardian?.stop();
  }
}

const namesOf = ({ channels }: StreamInfo): string => channels.map(({ name }) => name).join(', ');

function valuesOf({ channels }: StreamInfo, counts: Int32Array) {
  return channels.map(({ name, scale, railCounts }, place) => ({
    name,
    rail: railCounts * scale,
    resolution: scale,
    values: Float64Array.from({ length: counts.length / channels.length }, (_, sample) => {
      const count = counts[sample * channels.length + place] as number;
      return count === lost ? NaN : count * scale;
    }),
  }));
}

/** The line through all of it: it is known in hindsight. */
function clockOf(rate: number, arrivals: Float64Array): (sample: number) => number {
  const clock = new EnvelopeClock(rate);
  for (let place = 0; place < arrivals.length; place += 2) {
    clock.observe(arrivals[place] as number, arrivals[place + 1] as number);
  }
  return (sample) => clock.timeOf(sample);
}

const mostReplaced = 20;
/** From the end of a pulse to the next one: far enough to see that one came twice. */
const restUs = 250e3;

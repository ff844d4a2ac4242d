import { constants, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createDevice } from '../../drivers/devices.js';
import { openSerialTransport } from '../../drivers/serial/transport.js';
import { FrameFlag } from '../contracts.js';
import { CommandWriter } from '../guardian/command.js';
import { requestRealtime } from '../guardian/realtime.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { monotonicUs } from '../monotonic.js';
import { Word, lost, type FireThreadData, type FireThreadMessage } from './shared.js';

/**
 * A core that decides nothing: reads the amplifier, keeps every sample, and asks the guardian for pulses at moments that
 * have nothing to do with the samples' own. A beat after each read, as the loop does.
 */

/** Before the first pulse, for what the channel is without any. */
const quietSeconds = 3;
/** After the last one, for a slow output. */
const afterUs = 1.5e6;

const data = workerData as FireThreadData;
const words = new Int32Array(data.words);
const tell = (message: FireThreadMessage): void => parentPort?.postMessage(message);
const device = createDevice(data.device);
const { length: channels } = device.info.channels;
const block = createSampleBlock(channels, 4096);
const bytes = new Uint8Array(4096);
const commands = new CommandWriter();
const counts: number[] = [];
const arrivals: number[] = [];
let notice = '';
let cycle = 0;
let frames = 0;
let nextUs = Infinity;
let untilUs = Infinity;

if (data.realtime) requestRealtime();
const port = openSerialTransport(data.port);
const fifo = openSync(data.fifo, constants.O_WRONLY);
commands.restart();
device.open(monotonicUs());
while (Atomics.load(words, Word.end) === 0 && monotonicUs() < untilUs) {
  const length = port.read(bytes, 10);
  if (length < 0) throw new Error(`${data.port}: the device is gone. Plug it in, and begin again.`);
  const nowUs = monotonicUs();
  device.push(bytes, length, nowUs, block);
  keep(nowUs);
  while (device.pending) {
    device.push(bytes, 0, nowUs, block);
    keep(nowUs);
  }
  if (device.outgoingLength > 0) port.write(device.outgoing, device.outgoingLength);
  device.outgoingLength = 0;
  if (device.notice !== notice) tell({ notice: (notice = device.notice) });
  fire(nowUs);
}
port.write(device.goodbye, device.goodbye.length);
port.close();
tell({ done: { counts: Int32Array.from(counts), arrivals: Float64Array.from(arrivals) } });

function keep(nowUs: number): void {
  if (block.frames === 0) return;
  for (; frames < block.firstIndex; frames++) for (let channel = 0; channel < channels; channel++) counts.push(lost);
  for (let frame = 0; frame < block.frames; frame++) {
    const isGap = ((block.flags[frame] as number) & FrameFlag.gap) !== 0;
    for (let channel = 0; channel < channels; channel++) {
      counts.push(isGap ? lost : (block.counts[frame * channels + channel] as number));
    }
  }
  frames = block.firstIndex + block.frames;
  arrivals.push(frames - 1, nowUs);
}

/** Due a few milliseconds from now, by chance, so that the pulses fall everywhere between two samples. */
function fire(nowUs: number): void {
  commands.clear();
  const asked = Atomics.load(words, Word.asked);
  if (nextUs === Infinity && Atomics.load(words, Word.mayFire) === 1 && frames > quietSeconds * device.info.rate) {
    nextUs = nowUs;
  }
  if (nowUs >= nextUs && asked < data.pulses) {
    const fireAtUs = nowUs + 2e3 + 10e3 * Math.random();
    const common = { kind: 'fire', sequence: 0, cycle, fireAtUs, expiresUs: fireAtUs + 5e3 } as const;
    commands.fire({ ...common, command: asked + 1, durationUs: data.durationUs, variant: 0, gainDb: 0, lease: 0 });
    Atomics.add(words, Word.asked, 1);
    nextUs = nowUs + data.intervalUs * (1 + 0.1 * Math.random());
    if (asked + 1 === data.pulses) untilUs = nowUs + afterUs;
  }
  commands.beat(++cycle);
  writeSync(fifo, commands.bytes, 0, commands.length);
}

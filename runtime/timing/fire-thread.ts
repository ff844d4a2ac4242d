import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createDevice } from '../../drivers/devices.js';
import { openTransport } from '../../drivers/transports.js';
import { FrameFlag } from '../contracts.js';
import { CommandWriter } from '../guardian/command.js';
import { requestRealtime } from '../realtime.js';
import { createSampleBlock } from '../loop/sample-block.js';
import { monotonicUs } from '../monotonic.js';
import { Word, lost, type FireThreadData, type FireThreadMessage } from './shared.js';

/**
 * A core that decides nothing: reads the amplifier, keeps every sample, and asks the guardian for pulses at moments that
 * have nothing to do with the samples' own. A beat after each read, as the loop does.
 */

/** Before the first pulse, for what the channel is without any. */
const quietSeconds = 3;
/** For the start of device and guardian, and stalls. */
const spareSeconds = 300;
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
// All of it beforehand: who collects garbage misses beats.
const mostFrames = Math.ceil(device.info.rate * (spareSeconds + (data.pulses * data.intervalUs * 1.1) / 1e6));
const counts = new Int32Array(mostFrames * channels);
const arrivals = new Float64Array(2 * mostFrames);
let reads = 0;
let notice = '';
let cycle = 0;
let frames = 0;
let nextUs = 0;
let untilUs = Infinity;
let fifo = -1;

if (data.realtime) requestRealtime();
const port = openTransport(data.device, data.port);
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
tell({ done: { counts: counts.subarray(0, frames * channels), arrivals: arrivals.subarray(0, 2 * reads) } });

function keep(nowUs: number): void {
  if (block.frames === 0) return;
  const end = block.firstIndex + block.frames;
  if (end > mostFrames) throw new Error(`${data.port}: took far longer than it should. Is this machine busy?`);
  counts.fill(lost, frames * channels, end * channels);
  for (let frame = 0; frame < block.frames; frame++) {
    if (((block.flags[frame] as number) & FrameFlag.gap) !== 0) continue;
    const to = (block.firstIndex + frame) * channels;
    for (let channel = 0; channel < channels; channel++)
      counts[to + channel] = block.counts[frame * channels + channel] as number;
  }
  frames = end;
  arrivals[2 * reads] = end - 1;
  arrivals[2 * reads++ + 1] = nowUs;
}

/** Due a few milliseconds from now, by chance, so that the pulses fall everywhere between two samples. */
function fire(nowUs: number): void {
  commands.clear();
  const asked = Atomics.load(words, Word.asked);
  const isEnough = asked - Atomics.load(words, Word.unfired) >= data.pulses;
  if (!isEnough) untilUs = Infinity;
  else if (untilUs === Infinity) untilUs = nowUs + afterUs;
  const mayFire = Atomics.load(words, Word.mayFire) === 1 && frames > quietSeconds * device.info.rate;
  if (mayFire && !isEnough && nowUs >= nextUs) {
    const fireAtUs = nowUs + 2e3 + 10e3 * Math.random();
    const common = { kind: 'fire', sequence: 0, cycle, fireAtUs, expiresUs: fireAtUs + 5e3 } as const;
    commands.fire({ ...common, command: asked + 1, durationUs: data.durationUs, variant: 0, gainDb: 0, lease: 0 });
    Atomics.add(words, Word.asked, 1);
    nextUs = nowUs + data.intervalUs * (1 + 0.1 * Math.random());
  }
  commands.beat(++cycle);
  send();
}

/** To the guardian that is there: one that a stall of the machine has latched is replaced. */
function send(): void {
  try {
    if (fifo < 0) {
      fifo = openSync(data.fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      commands.restart();
      commands.beat(++cycle);
    }
    writeSync(fifo, commands.bytes, 0, commands.length);
  } catch {
    if (fifo >= 0) closeSync(fifo); // nobody reads it, or not yet
    fifo = -1;
  }
}

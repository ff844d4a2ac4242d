import { parentPort, workerData } from 'node:worker_threads';
import { createDevice } from '../../drivers/devices.js';
import { openTransport } from '../../drivers/transports.js';
import { sessionStates, type Transport } from '../contracts.js';
import { requestRealtime } from '../realtime.js';
import { blockCapacity, buildLoop, describeLoop } from './build.js';
import { Cycle } from './cycle.js';
import { fifoChannel } from './fifo.js';
import { LoggedLoop } from './logged-loop.js';
import type { Loop } from './loop.js';
import { monotonicUs } from '../monotonic.js';
import { SlotRing } from './ring.js';
import { createSampleBlock } from './sample-block.js';
import { Control, ControlTime, type LoopThreadData, type LoopThreadMessage } from './shared.js';

/**
 * The loop thread: the shell around the pure loop. It owns the port, the clock and the FIFO to the guardian, and never
 * goes through the main thread: read → decode → cycle, on memory made before the first sample.
 */

/** Long enough to cost nothing when idle, short enough for beats (the guardian waits 40 ms) and mailboxes. */
const pollMs = 10;
const readBytes = 4096;

const data = workerData as LoopThreadData;
const control = new Int32Array(data.control);
const times = new Float64Array(data.times);
const trace = new Float32Array(data.trace);
const samples = SlotRing.attach(data.samples);
const decisions = SlotRing.attach(data.decisions);
const mailboxes = data.mailboxes.map((memory) => SlotRing.attach(memory));
const tell = (message: LoopThreadMessage): void => parentPort?.postMessage(message);

const device = createDevice(data.device);
const block = createSampleBlock(device.info.channels.length, blockCapacity);
const bytes = new Uint8Array(readBytes);

const built = await buildLoop(data.plan, device.info);
const logged = new LoggedLoop(built, samples, decisions);
const { tally } = logged;
const realtime = data.realtime ? requestRealtime() : 'not asked for';
tell({ ready: { description: describeLoop(built), realtime } });

let port: Transport | undefined;
let notice = '';
const channel = data.fifo === undefined ? {} : { channel: fifoChannel(data.fifo) };
const cycle = new Cycle({ logged, samples, decisions, mailboxes, control, times, ...channel }, monotonicUs());

while (Atomics.load(control, Control.stop) === 0) {
  if (Atomics.load(control, Control.rotate) === 1 && !logged.loop.isInGap) rotate();
  const length = read();
  const nowUs = monotonicUs();
  device.push(bytes, length, nowUs, block);
  step(nowUs);
  while (device.pending) {
    device.push(bytes, 0, nowUs, block);
    step(nowUs);
  }
}
port?.write(device.goodbye, device.goodbye.length);
port?.close();
cycle.end();
tell({ ended: { latencyUs: tally.latencyUs() } });

/** Bytes of one read; 0 after a time-out, and while no port is open. */
function read(): number {
  if (!port) {
    if (Atomics.load(control, Control.port) === 0) {
      Atomics.wait(control, Control.port, 0, pollMs);
      return 0;
    }
    port = openPort();
    if (!port) return 0;
    device.open(monotonicUs());
  }
  const length = port.read(bytes, pollMs);
  if (length >= 0) return length;
  losePort(`${data.port}: the device is gone`);
  return 0;
}

function openPort(): Transport | undefined {
  try {
    return openTransport(data.device, data.port);
  } catch (error) {
    Atomics.store(control, Control.port, 0);
    tell({ portLost: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function losePort(reason: string): void {
  port?.close();
  port = undefined;
  device.close(monotonicUs());
  Atomics.store(control, Control.port, 0);
  tell({ portLost: reason });
}

/** Everything after the decoder, on the frames in `block`. */
function step(nowUs: number): void {
  cycle.run(nowUs, device.state, block);
  if (device.outgoingLength > 0) {
    if (port && !port.write(device.outgoing, device.outgoingLength)) losePort(`${data.port}: cannot be written to`);
    device.outgoingLength = 0;
  }
  show(nowUs);
}

/** From the next cycle on another recording is written: the recorder finds the last one of this before any of that. */
function rotate(): void {
  const { cycleNumber, lastIndex } = logged.loop;
  times[ControlTime.endCycle] = cycleNumber;
  cycle.beginRecording();
  Atomics.store(control, Control.rotate, 0);
  const { frames, gaps, discardedBytes } = device.counts;
  const counts = { samples: frames, gaps, discardedBytes, detections: tally.detections };
  tell({ rotated: { cycle: cycleNumber, index: lastIndex, us: monotonicUs(), counts } });
}

/** State for live views: words and doubles that others read without asking. */
function show(nowUs: number): void {
  const { loop } = logged;
  const { counts } = device;
  control[Control.source] = sessionStates.indexOf(device.state);
  control[Control.armed] = loop.isArmed ? 1 : 0;
  control[Control.holding] = loop.holding;
  control[Control.frames] = counts.frames;
  control[Control.gaps] = counts.gaps;
  control[Control.lostFrames] = counts.lostFrames;
  control[Control.discardedBytes] = counts.discardedBytes;
  control[Control.duplicates] = counts.duplicates;
  control[Control.detections] = tally.detections;
  control[Control.stimuli] = tally.stimuli;
  control[Control.refusals] = tally.refusals;
  control[Control.lastReasons] = tally.lastReasons;
  control[Control.lastRefused] = tally.lastRefused;
  control[Control.lastCommand] = tally.permits;
  times[ControlTime.armedUntilUs] = loop.armedUntilUs;
  times[ControlTime.cycle] = loop.cycleNumber;
  times[ControlTime.driftPpm] = loop.clock.driftPpm;
  if (block.frames > 0) {
    times[ControlTime.lastFrameUs] = nowUs;
    showTrace(loop);
  }
  if (device.notice !== notice) {
    notice = device.notice;
    tell({ notice });
  }
}

function showTrace({ graph }: Loop): void {
  if (data.plan.trace < 0) return;
  const values = graph.valuesOf(data.plan.trace);
  const length = graph.lengthOf(data.plan.trace);
  let written = control[Control.traceCount] as number;
  for (let i = 0; i < length; i++) trace[written++ % trace.length] = values[i] as number;
  Atomics.store(control, Control.traceCount, written);
}

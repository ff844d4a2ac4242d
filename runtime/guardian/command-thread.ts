import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ReceiptState, type Command, type Started } from '../contracts.js';
import { attachActuator, hardLimits } from './actuators.js';
import { CommandReader } from './command.js';
import { FireRules, latestUs } from './fire-rules.js';
import { monotonicUs } from '../monotonic.js';
import { requestRealtime } from './realtime.js';
import { Time, Word, type CommandThreadData, type CommandThreadMessage } from './shared.js';

/**
 * The guardian's command thread: a blocking read of the FIFO, the judgement, and the firing itself, so that no other
 * thread stands between a command and its stimulus. Ends of stimuli and the age of beats are the main thread's.
 */

const data = workerData as CommandThreadData;
const words = new Int32Array(data.words);
const times = new Float64Array(data.times);
const actuator = attachActuator(data.plan, data.handle);
const rules = new FireRules(hardLimits[data.plan.use]);
const reader = new CommandReader();
const bytes = new Uint8Array(4096);
const tell = (message: CommandThreadMessage): void => parentPort?.postMessage(message);

tell({ realtime: data.realtime ? requestRealtime() : 'ordinary: not asked for' });
const deliveries = openSync(data.deliveries, 'a');
// Blocks until the loop opens its end. Never opened for writing: then the loop's death would give no end of file.
const fifo = openSync(data.fifo, 'r');
for (;;) {
  const length = readSync(fifo, bytes, 0, bytes.length, null);
  if (length === 0) break;
  reader.push(bytes, length);
  while (reader.next()) obey(reader.command);
  if (reader.fault !== '') break;
}
stop(reader.fault === '' ? 'the core is gone' : `the command channel brought ${reader.fault}`, false);
closeSync(fifo);

function obey(command: Command): void {
  if (command.kind === 'fire') fire(command);
  else if (command.kind === 'rest') rest();
  else times[Time.beatUs] = monotonicUs();
}

function fire(command: Command): void {
  const receivedUs = monotonicUs();
  times[Time.beatUs] = receivedUs;
  const verdict = rules.judge(command, receivedUs);
  if (verdict !== '') {
    receipt(command, ReceiptState.refused, receivedUs, verdict);
    return;
  }
  if (command.fireAtUs > receivedUs && !waitUntil(command.fireAtUs)) {
    receipt(command, ReceiptState.dropped, monotonicUs(), 'brought to rest, or late');
    return;
  }
  if (Atomics.load(words, Word.hold) === 1) {
    receipt(command, ReceiptState.dropped, monotonicUs(), 'at rest');
    return;
  }
  let started: Started;
  try {
    started = actuator.fire(command, 'real');
  } catch (error) {
    stop(error instanceof Error ? error.message : String(error), true);
    receipt(command, ReceiptState.refused, monotonicUs(), 'the actuator failed');
    return;
  }
  const startedUs = started.atUs;
  times[Time.command] = command.command;
  times[Time.endUs] = startedUs + command.durationUs;
  rules.fired(startedUs, command.durationUs);
  // The main thread raises `hold` before it rests: whichever of us comes later brings the stimulus to its end.
  if (Atomics.load(words, Word.hold) === 1) actuator.rest();
  writeSync(deliveries, `${command.command} ${startedUs} -\n`);
  receipt(command, ReceiptState.accepted, receivedUs, '');
  receipt(command, ReceiptState.started, startedUs, started.evidence);
  tell({ started: { command: command.command, endUs: startedUs + command.durationUs } });
}

/** False if the guardian was brought to rest meanwhile, or if the wait took too long. */
function waitUntil(fireAtUs: number): boolean {
  for (let now = monotonicUs(); now < fireAtUs; now = monotonicUs()) {
    if (Atomics.wait(words, Word.hold, 0, (fireAtUs - now) / 1000) !== 'timed-out') return false;
  }
  return monotonicUs() - fireAtUs <= latestUs;
}

function rest(): void {
  Atomics.store(words, Word.hold, 1);
  actuator.rest();
}

function stop(reason: string, isActuator: boolean): void {
  Atomics.store(words, Word.broken, 1);
  Atomics.store(words, Word.hold, 1);
  try {
    actuator.rest();
  } catch {
    // The main thread tries again for as long as the process lives.
  }
  tell({ broken: reason, actuator: isActuator });
}

function receipt({ command }: Command, state: ReceiptState, atUs: number, evidence: string): void {
  tell({ receipt: { command, state, atUs, evidence } });
}

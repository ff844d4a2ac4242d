import { openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { ReceiptState, guardianCauses } from '../contracts.js';
import { attachActuator, openActuator } from './actuators.js';
import { BeatWatch, tickUs, type Watch } from './beat-watch.js';
import { monotonicUs } from '../monotonic.js';
import { decodeOptions } from './options.js';
import { Time, Word, type CommandThreadData, type CommandThreadMessage } from './shared.js';

/**
 * The guardian: a process of its own that holds the actuator. Its command thread fires; this thread ends stimuli, watches
 * the beats, and answers the silence socket and SIGUSR1. Whatever ends it, it brings the actuator to rest first.
 */

type Cause = (typeof guardianCauses)[number];

const options = decodeOptions(process.argv[2] ?? '');
const handle = openActuator(options.actuator);
const actuator = attachActuator(options.actuator, handle);
const words = new Int32Array(new SharedArrayBuffer(16));
const times = new Float64Array(new SharedArrayBuffer(32));
const deliveries = openSync(options.deliveries, 'a');
const watch = new BeatWatch();
let cause: Cause = 'starting';
let told = '';
let ending = false;
let lasting: { command: number; endUs: number } | undefined;
let endTimer: NodeJS.Timeout | undefined;

// Held until the first beats: nothing fires for a core that has not shown that it lives.
Atomics.store(words, Word.hold, 1);
const threadData: CommandThreadData = {
  fifo: options.fifo,
  deliveries: options.deliveries,
  plan: options.actuator,
  handle,
  words: words.buffer as SharedArrayBuffer,
  times: times.buffer as SharedArrayBuffer,
  realtime: options.realtime,
};
const thread = new Worker(new URL('./command-thread.js', import.meta.url), { workerData: threadData });
thread.on('message', heard);
thread.on('error', (error) => latch('channel', `the command thread died: ${String(error)}`));
const ticking = setInterval(tick, tickUs / 1000);

const silenceServer = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  silence();
  socket.end('at rest\n');
});
rmSync(options.silenceSocket, { force: true });
silenceServer.listen(options.silenceSocket);
writeFileSync(options.pidFile, String(process.pid));
process.on('SIGUSR1', silence);
process.on('SIGTERM', () => end());
process.on('SIGINT', () => undefined); // Ctrl-C goes to the whole group; the core decides
process.stdin.on('end', () => end()).on('error', () => end());
process.stdin.resume();
process.stdout.on('error', () => end());
process.on('uncaughtException', (error) => {
  process.stderr.write(`guardian: ${String(error.stack)}\n`);
  end();
});

// ── Rest ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Raises the flag first and rests then: the command thread looks at it after each firing. */
function rest(): void {
  Atomics.store(words, Word.hold, 1);
  Atomics.notify(words, Word.hold);
  bringToRest();
}

function bringToRest(): void {
  try {
    actuator.rest();
  } catch (error) {
    latch('actuator', String(error));
    return;
  }
  if (lasting) ended(lasting.command);
}

function ended(command: number): void {
  const atUs = monotonicUs();
  lasting = undefined;
  clearTimeout(endTimer);
  writeSync(deliveries, `${command} ${times[Time.endUs] as number} ${atUs}\n`);
  say({ receipt: { command, state: ReceiptState.ended, atUs, evidence: '' } });
}

function silence(): void {
  rest();
  latch('silenced', 'silenced');
}

function latch(why: Cause, detail: string): void {
  watch.state = 'latched';
  cause = why;
  Atomics.store(words, Word.hold, 1);
  process.stderr.write(`guardian: at rest and latched: ${detail}\n`);
  tellState();
}

// ── The core's beats, and the ends of stimuli ───────────────────────────────────────────────────────────────────────

function tick(): void {
  const nowUs = monotonicUs();
  const before = watch.state;
  const now = watch.tick(nowUs, times[Time.beatUs] as number);
  if (now !== before) turned(before, now);
  // The timer of the stimulus has its own, finer time; this is for the case that it failed.
  if (lasting && nowUs >= lasting.endUs + tickUs) bringToRest();
  if (watch.state === 'latched' && !actuator.isAtRest()) bringToRest();
}

function turned(before: Watch, now: Watch): void {
  if (now === 'ready') {
    cause = 'ready';
    Atomics.store(words, Word.hold, 0);
    tellState();
    return;
  }
  rest();
  if (now === 'latched')
    latch(
      before === 'latched' ? cause : 'latched',
      'no beats from the core for a second, or three rests in ten minutes',
    );
  else {
    cause = 'beats-lost';
    tellState();
  }
}

function heard(message: CommandThreadMessage): void {
  if ('receipt' in message) say(message);
  else if ('started' in message) started(message.started);
  else if ('broken' in message) {
    rest();
    if (message.broken === 'the core is gone') end();
    else latch(message.actuator ? 'actuator' : 'channel', message.broken);
  } else process.stderr.write(`guardian: ${message.realtime}\n`);
}

function started(stimulus: { command: number; endUs: number }): void {
  if (actuator.isAtRest()) {
    ended(stimulus.command); // brought to rest before this message came
    return;
  }
  lasting = stimulus;
  const leftMs = Math.max(0, (stimulus.endUs - monotonicUs()) / 1000);
  endTimer = setTimeout(() => {
    if (lasting === stimulus) bringToRest();
  }, leftMs);
}

// ── Words to the core ───────────────────────────────────────────────────────────────────────────────────────────────

function tellState(): void {
  const state = watch.state === 'ready' ? 1 : 0;
  const line = JSON.stringify({ guardian: { state, cause } });
  if (line === told) return;
  told = line;
  if (!ending) process.stdout.write(`${line}\n`);
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * Rest, then out. The command thread may sit in a read that nothing interrupts, and an orderly exit would wait for it: so
 * once the last words are out, this process takes itself down.
 */
function end(): void {
  if (ending) return;
  rest();
  ending = true;
  clearInterval(ticking);
  silenceServer.close();
  rmSync(options.silenceSocket, { force: true });
  rmSync(options.pidFile, { force: true });
  const leave = (): void => void process.kill(process.pid, 'SIGKILL');
  setTimeout(leave, lastResortMs);
  process.stdout.write('', leave);
}

const lastResortMs = 300;

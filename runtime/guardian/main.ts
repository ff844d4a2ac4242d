import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { attachActuator, openActuator } from './actuators.js';
import { tickUs } from './beat-watch.js';
import { NightCondition, conditionWords, nightPorts } from './condition.js';
import { DeliveryFile } from './delivery-file.js';
import { monotonicUs } from '../monotonic.js';
import { decodeOptions } from './options.js';
import { decodeQuestion } from './questions.js';
import type { GuardianWord } from './receipts.js';
import { requestRealtime } from '../realtime.js';
import { RestKeeper } from './rest-keeper.js';
import { openStopInput } from './stop-input.js';
import type { CommandThreadData, CommandThreadMessage } from './shared.js';

/**
 * The guardian: a process of its own that holds the actuator. Its command thread fires (`Firing`); this thread is the shell
 * around `RestKeeper`: timers, the silence socket, the stop input, SIGUSR1. Whatever ends it, it brings the actuator to rest
 * first.
 */

const options = decodeOptions(process.argv[2] ?? '');
// Above the loop's thread: a loop that hangs in real time must not keep a core from what ends its stimulus.
if (options.realtime) requestRealtime(60);
const handle = opened(() => openActuator(options.actuator, options.realtime));
const actuator = attachActuator(options.actuator, handle);
const words = new Int32Array(new SharedArrayBuffer(16));
const times = new Float64Array(new SharedArrayBuffer(32));
const deliveries = opened(() => new DeliveryFile(options.deliveries));
const keeper = new RestKeeper(words, times, {
  actuator,
  append: (line) => deliveries.append(line),
  say,
  complain,
});
const stopInput =
  options.stopInput && openStopInput(options.stopInput, (what) => keeper.silence(monotonicUs(), `silenced: ${what}`));
const conditionMemory = new SharedArrayBuffer(conditionWords * 4);
const night =
  options.night &&
  new NightCondition(options.night, nightPorts(options.night.study.allocation), new Int32Array(conditionMemory));
let ending = false;
let endTimer: NodeJS.Timeout | undefined;

const threadData: CommandThreadData = {
  fifo: options.fifo,
  deliveries: options.deliveries,
  plan: options.actuator,
  handle,
  words: words.buffer as SharedArrayBuffer,
  times: times.buffer as SharedArrayBuffer,
  realtime: options.realtime,
  ...(night ? { condition: conditionMemory } : {}),
};
const thread = new Worker(new URL('./command-thread.js', import.meta.url), { workerData: threadData });
thread.on('message', heard);
thread.on('error', (error) => {
  keeper.rest(monotonicUs());
  keeper.latch('channel', `the command thread died: ${String(error)}`);
});
const ticking = setInterval(() => {
  keeper.tick(monotonicUs());
  const problem = night?.tick() ?? '';
  if (problem !== '') complain(problem);
}, tickUs / 1000);

const silenceServer = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  keeper.silence(monotonicUs(), 'silenced');
  socket.end('at rest\n');
});
rmSync(options.silenceSocket, { force: true });
silenceServer.listen(options.silenceSocket);
for (const reason of stopInput?.check() ?? []) complain(reason);
writeFileSync(options.pidFile, String(process.pid));
process.on('SIGUSR1', () => keeper.silence(monotonicUs(), 'silenced by SIGUSR1'));
process.on('SIGTERM', end);
process.on('SIGINT', () => undefined); // Ctrl-C goes to the whole group; the core decides
process.stdin.on('error', end);
createInterface({ input: process.stdin }).on('line', asked).on('close', end);
process.stdout.on('error', end);
process.on('uncaughtException', (error) => {
  complain(String(error.stack));
  end();
});

/** What cannot be opened ends this process with one line: the core tells it, starts another one, and arms none. */
function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

function heard(message: CommandThreadMessage): void {
  if ('realtime' in message) {
    complain(message.realtime);
    return;
  }
  keeper.heard(message, monotonicUs());
  if ('broken' in message && message.cause === 'gone') end();
  if (keeper.endsUs === Infinity) return;
  clearTimeout(endTimer);
  endTimer = setTimeout(endWhenDue, (keeper.endsUs - monotonicUs()) / 1000);
}

/** Timers of this engine count whole milliseconds, and may come one early. */
function endWhenDue(): void {
  const leftUs = keeper.endsUs - monotonicUs();
  if (leftUs > 0 && leftUs !== Infinity) endTimer = setTimeout(endWhenDue, leftUs / 1000);
  else keeper.due(monotonicUs());
}

function asked(line: string): void {
  const question = decodeQuestion(line);
  if (question) void check(question.check);
  else complain(`a line of the core is no question: ${line.slice(0, 80)}`);
}

/** Answers with all that speaks against arming. */
async function check(number: number): Promise<void> {
  const reasons = [...actuator.check(), ...((await night?.check()) ?? []), ...(stopInput?.check() ?? [])];
  say({ checked: { check: number, reasons } });
}

function say(word: GuardianWord): void {
  if (!ending) process.stdout.write(`${JSON.stringify(word)}\n`);
}

function complain(line: string): void {
  process.stderr.write(`guardian: ${line}\n`);
}

/**
 * Rest, then out. The command thread may sit in a read that nothing interrupts, and an orderly exit would wait for it: so
 * once the last words are out, this process takes itself down.
 */
function end(): void {
  if (ending) return;
  keeper.rest(monotonicUs());
  ending = true;
  clearInterval(ticking);
  silenceServer.close();
  rmSync(options.silenceSocket, { force: true });
  rmSync(options.pidFile, { force: true });
  const leave = (): void => void process.kill(process.pid, 'SIGKILL');
  setTimeout(leave, lastResortMs);
  void Promise.resolve(night?.close())
    .catch((error: unknown) => complain(String(error)))
    .then(() => process.stdout.write('', leave));
}

const lastResortMs = 300;

import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { nativeBytes, poll, read } from '../../drivers/serial/libc.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { requestRealtime } from '../../runtime/realtime.js';
import { Link } from './link.js';
import { connect, disconnect, writeAll } from './port.js';
import type { SessionPlan } from './session.js';
import { SharedLink, Word, type LinkHandle } from './shared.js';

/** The thread that keeps a link: it reads, beats and keeps the clock. It ends when it is asked to. */

export interface LinkThreadData {
  readonly handle: LinkHandle;
  readonly session: SessionPlan;
  readonly port: string;
  readonly baudRate: number;
  readonly realtime: boolean;
}

const pollIn = 0x01;
/** POLLERR, POLLHUP, POLLNVAL */
const pollGone = 0x08 | 0x10 | 0x20;
const longestWaitMs = 20;
const againMs = 500;

const { handle, session: plan, port, baudRate, realtime } = workerData as LinkThreadData;
const { descriptor } = handle;
const shared = new SharedLink(handle);
const { words } = shared;
const polled = nativeBytes(8);
const pollView = new DataView(polled.bytes.buffer, polled.bytes.byteOffset, 8);
pollView.setInt32(0, descriptor, true);
pollView.setInt16(4, pollIn, true);
const taken = nativeBytes(4096);
// By the descriptor: this thread never gets round to a stream.
const complain = (line: string): void => void writeSync(2, `bridge: ${port}: ${line}\n`);
const link = new Link(plan, shared, complain);

const granted = realtime ? requestRealtime(60) : 'real-time';
if (granted !== 'real-time') complain(`${granted}. A busy machine will lose its heartbeat.`);
let told = '';
while (isWanted()) {
  let why: string;
  try {
    connect(descriptor, port, baudRate);
    told = '';
    keep();
    why = 'the bridge is gone: plug it in, it is found again by itself';
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  disconnect(descriptor);
  link.disconnected(why);
  if (why !== told && isWanted()) complain(why);
  told = why;
  Atomics.wait(words, Word.close, 0, againMs);
}
Atomics.store(words, Word.close, 2);
Atomics.notify(words, Word.close);

/** Returns when the port is gone, or the thread is to end. */
function keep(): void {
  const session = link.connected(randomInt(2 ** 32));
  while (isWanted()) {
    const dueUs = link.step(monotonicUs());
    if (session.outgoingLength > 0 && !write(session.outgoing, session.outgoingLength)) return;
    session.outgoingLength = 0;
    const leftMs = Math.ceil((dueUs - monotonicUs()) / 1000);
    poll(polled.pointer, 1, Math.max(0, Math.min(leftMs, longestWaitMs)));
    const events = pollView.getInt16(6, true);
    pollView.setInt16(6, 0, true);
    if ((events & pollIn) !== 0) {
      const length = read(descriptor, taken.pointer, taken.bytes.length);
      if (length > 0) session.push(taken.bytes, length, monotonicUs());
      else if ((events & pollGone) !== 0) return;
    } else if ((events & pollGone) !== 0) return;
  }
}

/** A line that is full loses what is said; one that is gone ends the connection. */
function write(bytes: Uint8Array, length: number): boolean {
  try {
    writeAll(descriptor, bytes, length);
    return true;
  } catch {
    return false;
  }
}

function isWanted(): boolean {
  return Atomics.load(words, Word.close) === 0;
}

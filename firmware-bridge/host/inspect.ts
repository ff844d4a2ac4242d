import { randomInt } from 'node:crypto';
import { closeSync } from 'node:fs';
import { nativeBytes, poll, read } from '../../drivers/serial/libc.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { clockUncertainty, type ClockLine } from './clock-sync.js';
import type { State, Welcome } from '../protocol/messages.js';
import { connect, openNothing, writeAll } from './port.js';
import { BridgeSession, limitsFor } from './session.js';

/** What a bridge says of itself. */
export interface Inspection {
  readonly welcome: Welcome;
  readonly state: State;
  readonly clock: ClockLine;
  readonly uncertainUs: number;
  /** Shortest from a question about the time to its answer. */
  readonly roundTripUs: number;
}

/**
 * Opens a session, looks for a second, and ends it, at rest. Nothing fires.
 * @throws Error that names the port and the fix.
 */
export function inspectBridge(port: string, baudRate: number): Inspection {
  const descriptor = openNothing();
  try {
    return inspect(descriptor, port, baudRate);
  } catch (error) {
    throw new Error(`${port}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  } finally {
    closeSync(descriptor);
  }
}

function inspect(descriptor: number, port: string, baudRate: number): Inspection {
  connect(descriptor, port, baudRate);
  const plan = { limits: limitsFor(1000), samplePeriodUs: 0, analogueInputs: 0 };
  let roundTripUs = Infinity;
  let askedUs = 0;
  const session = new BridgeSession(plan, randomInt(2 ** 32), (message) => {
    if (message.kind === 'synced') roundTripUs = Math.min(roundTripUs, monotonicUs() - askedUs);
  });
  const polled = nativeBytes(8);
  const view = new DataView(polled.bytes.buffer, polled.bytes.byteOffset, 8);
  view.setInt32(0, descriptor, true);
  view.setInt16(4, pollIn, true);
  const taken = nativeBytes(4096);
  const untilUs = monotonicUs() + lookUs;
  for (let nowUs = monotonicUs(); nowUs < untilUs; nowUs = monotonicUs()) {
    const dueUs = session.step(nowUs, nowUs < untilUs - endUs);
    askedUs = nowUs;
    if (session.outgoingLength > 0) writeAll(descriptor, session.outgoing, session.outgoingLength);
    session.outgoingLength = 0;
    const { line } = session.clock;
    if (session.phase === 'open' && nowUs >= untilUs - 2 * endUs && session.welcome && session.state && line) {
      const found = { welcome: session.welcome, state: session.state, clock: line };
      return { ...found, uncertainUs: clockUncertainty(line, nowUs), roundTripUs };
    }
    poll(polled.pointer, 1, Math.max(0, Math.ceil((Math.min(dueUs, untilUs) - monotonicUs()) / 1000)));
    if ((view.getInt16(6, true) & pollIn) === 0) continue;
    const length = read(descriptor, taken.pointer, taken.bytes.length);
    if (length > 0) session.push(taken.bytes, length, monotonicUs());
  }
  throw new Error(session.notice || 'the device does not answer: is it powered, and is this its port');
}

const pollIn = 0x01;
const lookUs = 1.6e6;
const endUs = 50e3;

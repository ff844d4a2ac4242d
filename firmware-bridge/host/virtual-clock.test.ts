import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualPort } from '../../test/bridge/virtual-port.js';
import { noCompiler } from '../firmware/make.test.fixture.js';
import { FrameWriter } from '../protocol/frame.js';
import { blank, type Edge } from '../protocol/messages.js';
import { clockUncertainty, deviceTime } from './clock-sync.js';
import { BridgeSession, limitsFor } from './session.js';

/**
 * Session and clock against the firmware itself, on two clocks that only the test moves: the truth is known to the
 * microsecond, and nothing waits for its turn.
 */

interface OnItsWay {
  readonly bytes: Uint8Array;
  readonly dueUs: number;
}

/** A line whose bytes keep their order, however long one of them takes. */
class Line {
  readonly #waiting: OnItsWay[] = [];
  #lastUs = 0;

  put(bytes: Uint8Array, nowUs: number, delayUs: number): void {
    if (bytes.length === 0) return;
    this.#lastUs = Math.max(this.#lastUs, nowUs + delayUs);
    this.#waiting.push({ bytes: bytes.slice(), dueUs: this.#lastUs });
  }

  take(nowUs: number): Uint8Array | undefined {
    return (this.#waiting[0]?.dueUs ?? Infinity) <= nowUs ? this.#waiting.shift()?.bytes : undefined;
  }
}

let seed = 7;
/** Of Park and Miller. */
const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
const delayUs = (): number => 100 + 200 * random() + (random() < 0.05 ? 3000 * random() : 0);

for (const ppm of [-100, 0, 100]) {
  test(
    `R-30 ${ppm} ppm on the firmware’s own clock: 99 of 100 pulses within a millisecond, and within what is stated`,
    {
      skip: noCompiler,
    },
    () => {
      const port = new VirtualPort();
      const edges: Edge[] = [];
      const session = new BridgeSession(
        { limits: limitsFor(1000), samplePeriodUs: 0, analogueInputs: 0 },
        1,
        (message) => {
          if (message.kind === 'edge' && message.amplitude > 0) edges.push({ ...message });
        },
      );
      const [there, back, writer] = [new Line(), new Line(), new FrameWriter()];
      const beganUs = 3e9;
      const bootUs = port.nowUs;
      const deviceAt = (hostUs: number): number => bootUs + (hostUs - beganUs) * (1 + ppm * 1e-6);
      const hostAt = (deviceUs: number): number => beganUs + (deviceUs - bootUs) / (1 + ppm * 1e-6);
      const asked: { startUs: number; uncertainUs: number }[] = [];
      let nextUs = beganUs + 3e6;
      for (let nowUs = beganUs; nowUs < beganUs + 125e6; nowUs += stepUs) {
        port.pass(Math.floor(deviceAt(nowUs)) - port.nowUs);
        for (let bytes = there.take(nowUs); bytes; bytes = there.take(nowUs)) port.write(bytes);
        back.put(port.read(), nowUs, delayUs());
        for (let bytes = back.take(nowUs); bytes; bytes = back.take(nowUs)) session.push(bytes, bytes.length, nowUs);
        session.step(nowUs, true);
        there.put(session.outgoing.subarray(0, session.outgoingLength), nowUs, delayUs());
        session.outgoingLength = 0;
        const { line } = session.clock;
        if (nowUs < nextUs - leadUs || !line) continue;
        const atUs = Math.round(deviceTime(line, nextUs));
        const when = { atUs, expiresUs: atUs + 1000, durationUs: 20e3 };
        const pulse = { ...blank.pulse(), session: session.session, sequence: asked.length + 1, amplitude: 1000 };
        writer.write({ ...pulse, ...when });
        there.put(writer.bytes.subarray(0, writer.length), nowUs, delayUs());
        asked.push({ startUs: nextUs, uncertainUs: clockUncertainty(line, nextUs) });
        nextUs += 1.05e6 + 1000 * random();
      }
      // The last one may be on its way still.
      const given = edges.slice(0, asked.length - 1);
      assert.ok(given.length > 100 && given.length >= asked.length - 1, `${given.length} of ${asked.length}`);
      const errors = given.map(({ sequence, atUs }) => {
        const { startUs = NaN, uncertainUs = NaN } = asked[sequence - 1] ?? {};
        return { us: Math.abs(hostAt(atUs) - startUs), uncertainUs };
      });
      const sorted = errors.map(({ us }) => us).sort((a, b) => a - b);
      const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? NaN;
      assert.ok(p99 < 1000, `p99 ${p99} us`);
      // To the nearest tick, seen at the next one.
      const covered = errors.filter(({ us, uncertainUs }) => us <= uncertainUs + tickUs + stepUs).length;
      assert.ok(covered >= 0.99 * errors.length, `${covered} of ${errors.length}`);
      assert.ok(errors.every(({ uncertainUs }) => uncertainUs < 500));
      assert.deepEqual([session.losses, session.clock.steps], [0, 0]);
    },
  );
}

const stepUs = 100;
const tickUs = 100;
/** As the actuator's. */
const leadUs = 5e3;

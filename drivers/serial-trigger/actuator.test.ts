import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import type { Command } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { openPty } from '../serial/pty.js';
import { SerialTrigger, type SerialTriggerPlan } from './actuator.js';

function triggerOn(t: TestContext, plan: Partial<SerialTriggerPlan> = {}) {
  const pty = openPty();
  const whole: SerialTriggerPlan = {
    use: 'serial-trigger',
    port: pty.path,
    baudRate: 115200,
    codes: [1, 2],
    restCode: 0,
    ...plan,
  };
  const trigger = new SerialTrigger(whole, SerialTrigger.open(whole), new Int32Array(1));
  t.after(() => {
    trigger.close();
    pty.close();
  });
  /** A pseudo-terminal hands over by a thread of its own: waits for that many. */
  const bytes = async (count: number): Promise<number[]> => {
    const got: number[] = [];
    const chunk = new Uint8Array(64);
    while (got.length < count) {
      try {
        got.push(...chunk.subarray(0, readSync(pty.master, chunk)));
      } catch {
        await new Promise(setImmediate);
      }
    }
    return got;
  };
  return { trigger, bytes, pty };
}

const command = (variant: number): Command => ({
  kind: 'fire',
  sequence: 1,
  cycle: 1,
  command: 3,
  fireAtUs: 0,
  expiresUs: 0,
  durationUs: 50e3,
  variant,
  gainDb: 0,
  lease: 1,
});

test('each variant has its byte; the start is the time just before it', async (t) => {
  const { trigger, bytes } = triggerOn(t);
  for (const variant of [0, 1, 0]) {
    const beforeUs = monotonicUs();
    const { atUs } = trigger.fire(command(variant), 'real');
    assert.ok(atUs >= beforeUs && atUs <= monotonicUs());
    assert.equal(trigger.isAtRest(), false);
    trigger.rest();
  }
  assert.deepEqual(await bytes(7), [0, 1, 0, 2, 0, 1, 0]);
  assert.throws(() => trigger.fire(command(2), 'real'), /no code for variant 2/);
  assert.equal(trigger.isAtRest(), true);
});

test('R-27 a sham puts no byte on the wire, with evidence of the same words', async (t) => {
  const { trigger, bytes } = triggerOn(t);
  const sham = trigger.fire(command(1), 'sham');
  assert.equal(trigger.isAtRest(), false);
  trigger.rest();
  assert.equal(trigger.isAtRest(), true);
  const real = trigger.fire(command(1), 'real');
  trigger.rest();
  assert.equal(sham.evidence, real.evidence);
  assert.deepEqual(await bytes(3), [0, 2, 0]);
});

test('R-29 a port whose plug was pulled is named by the check', (t) => {
  const { trigger, pty } = triggerOn(t);
  assert.deepEqual(trigger.check(), []);
  pty.close();
  assert.deepEqual(trigger.check(), [`${pty.path}: the trigger port is gone. Plug it in, and start axond again.`]);
});

test('R-27 a plug that was pulled stops a sham as it stops a real stimulus', (t) => {
  for (const condition of ['real', 'sham'] as const) {
    const { trigger, pty } = triggerOn(t);
    trigger.fire(command(0), condition);
    pty.close();
    const gone = { message: `${pty.path}: the trigger port is gone. Plug it in, and start axond again.` };
    assert.throws(() => trigger.rest(), gone, `its end, ${condition}`);
    assert.throws(() => trigger.fire(command(0), condition), gone, `the next one, ${condition}`);
    assert.equal(trigger.isAtRest(), false);
  }
});

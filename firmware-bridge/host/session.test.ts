import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceTime } from './clock-sync.js';
import { FakeDevice } from './device.test.fixture.js';
import { BridgeSession, type BridgeLimits } from './session.js';

const limits: BridgeLimits = {
  beatTimeoutUs: 100e3,
  amplitudeLimit: 1000,
  durationLimitUs: 1e6,
  chargeLimit: 1e9,
  intervalLimitUs: 400e3,
  perMinuteLimit: 60,
  dutyLimit: 500,
};

/** Both sides, joined by a line that takes 100 us each way. */
class Joined {
  readonly device = new FakeDevice();
  readonly session = new BridgeSession({ limits, samplePeriodUs: 0, analogueInputs: 0 }, 41, () => undefined);
  alive = true;
  nowUs = 5e9;

  /** Goes on for so long; the session is stepped when it is due, and when something came. */
  pass(us: number): void {
    const untilUs = this.nowUs + us;
    while (this.nowUs < untilUs) {
      const dueUs = this.session.step(this.nowUs, this.alive);
      const came = this.#exchange();
      this.nowUs = came ? this.nowUs + 200 : Math.min(untilUs, Math.max(this.nowUs + 200, dueUs));
    }
  }

  #exchange(): boolean {
    const { session, device } = this;
    device.take(session.outgoing.slice(0, session.outgoingLength), this.nowUs + 100);
    session.outgoingLength = 0;
    const bytes = Uint8Array.from(device.out.splice(0));
    session.push(bytes, bytes.length, this.nowUs + 200);
    return bytes.length > 0;
  }

  heard(kind: FakeDevice['heard'][number]): number {
    return this.device.heard.filter((each) => each === kind).length;
  }
}

test('R-31 a session is opened only while the guardian lives; then a beat each 20 ms, and the whole state each second', () => {
  const joined = new Joined();
  joined.alive = false;
  joined.pass(3e6);
  assert.equal(joined.session.phase, 'welcomed');
  assert.deepEqual([joined.heard('open'), joined.heard('beat'), joined.heard('hello')], [0, 0, 1]);
  assert.match(joined.session.objections().join(), /no session/);
  joined.alive = true;
  joined.pass(20e3);
  assert.equal(joined.session.phase, 'open');
  assert.deepEqual(joined.session.objections(), []);
  const [beats, asks] = [joined.heard('beat'), joined.heard('ask')];
  joined.pass(10e6);
  assert.ok(Math.abs(joined.heard('beat') - beats - 500) <= 2, `${joined.heard('beat') - beats} beats in 10 s`);
  assert.ok(Math.abs(joined.heard('ask') - asks - 10) <= 1, `${joined.heard('ask') - asks} states in 10 s`);
  assert.deepEqual([joined.heard('hello'), joined.session.losses, joined.device.state.beatLosses], [1, 0, 0]);
});

test('the clock is known a fifth of a second after the session was opened', () => {
  const joined = new Joined();
  joined.device.aheadUs = 123_456_789;
  joined.pass(200e3);
  const { line } = joined.session.clock;
  assert.ok(line);
  const errorUs = Math.abs(deviceTime(line, joined.nowUs) - joined.nowUs - joined.device.aheadUs);
  assert.ok(errorUs < 110, `${errorUs} us`);
});

test('R-31 while the guardian holds, the session ends, at rest: nothing is lost by it, and it opens again', () => {
  const joined = new Joined();
  joined.pass(1e6);
  joined.alive = false;
  joined.pass(1e6);
  assert.deepEqual([joined.session.phase, joined.device.state.session], ['welcomed', 0]);
  joined.alive = true;
  joined.pass(100e3);
  assert.equal(joined.session.phase, 'open');
  assert.deepEqual([joined.session.losses, joined.device.state.beatLosses], [0, 0]);
});

test('R-31 a stall on this side loses the session; it is counted, explained, and a new one is opened within 25 ms', () => {
  const joined = new Joined();
  joined.pass(1e6);
  const before = joined.session.session;
  joined.nowUs += 150e3;
  joined.pass(25e3);
  const { phase, losses, stalls, longestBeatUs, session } = joined.session;
  assert.deepEqual([phase, losses, stalls, session === before], ['open', 1, 1, false]);
  assert.ok(longestBeatUs >= 150e3 && longestBeatUs < 180e3, `${longestBeatUs} us`);
});

test('R-31 a process that stood still, so that nothing of it has ticked since, has lost the session too, and says so', () => {
  const joined = new Joined();
  joined.pass(1e6);
  joined.nowUs += 300e3;
  joined.alive = false;
  joined.pass(20e3);
  joined.alive = true;
  joined.pass(20e3);
  const { phase, losses, stalls, longestBeatUs } = joined.session;
  assert.deepEqual([phase, losses, stalls, longestBeatUs >= 300e3], ['open', 1, 1, true]);
});

test('R-31 a session that the device lost though the beats were sent in time is counted and not explained', () => {
  const joined = new Joined();
  joined.pass(1e6);
  joined.device.state.beatUs -= 200e3; // as if the beats had got lost on the way
  joined.pass(1.1e6);
  assert.deepEqual([joined.session.phase, joined.session.losses, joined.session.stalls], ['open', 1, 0]);
});

test('R-32 another version is told once by name with the fix, nothing is opened, and a device that was updated is', () => {
  const joined = new Joined();
  for (const [protocol, fix] of [
    [0, /the device speaks version 0 .* axond version 1: put newer firmware onto the device/],
    [2, /the device speaks version 2 .* axond version 1: use a newer axond/],
  ] as const) {
    joined.device.protocol = protocol;
    joined.device.boot++;
    joined.device.state.session = 0; // it has started anew
    joined.pass(3e6);
    assert.equal(joined.session.phase, 'refused');
    assert.match(joined.session.objections().join(), fix);
    assert.equal(joined.device.state.session, 0);
  }
  joined.device.protocol = 1;
  joined.pass(3e6);
  assert.deepEqual([joined.session.phase, joined.session.notice], ['open', '']);
});

test('R-32 a device that falls silent is named within a second; one that comes back with another boot has another clock', () => {
  const joined = new Joined();
  joined.pass(1e6);
  joined.device.deaf = true;
  joined.pass(1e6);
  assert.equal(joined.session.session, 0);
  assert.match(joined.session.objections().join(), /does not answer/);
  joined.device.deaf = false;
  joined.device.boot++;
  joined.device.aheadUs = 77e6;
  joined.pass(1e6);
  const { line } = joined.session.clock;
  assert.ok(line);
  assert.equal(joined.session.phase, 'open');
  const errorUs = Math.abs(deviceTime(line, joined.nowUs) - joined.nowUs - 77e6);
  assert.ok(errorUs < 110, `${errorUs} us`);
});

test('R-30 limits that the device does not hold are named', () => {
  const joined = new Joined();
  joined.device.limitsFrom = 'own';
  const own = { ...limits, beatTimeoutUs: 300e3, intervalLimitUs: 100e3, amplitudeLimit: 1000 };
  Object.assign(joined.device.state, own);
  joined.pass(1e6);
  assert.deepEqual(joined.session.objections(), [
    'beatTimeoutUs is 300000 on the device, and 100000 was asked for',
    'intervalLimitUs is 100000 on the device, and 400000 was asked for',
  ]);
  joined.device.state.amplitudeLimit = 500;
  joined.pass(1.1e6);
  assert.match(joined.session.objections().join(), /gives 500 thousandths at the most, and the amplitude is 1000/);
});

test('R-32 a welcome that answers another question, and bytes of chance, open nothing', () => {
  const session = new BridgeSession({ limits, samplePeriodUs: 0, analogueInputs: 0 }, 1, () => undefined);
  const other = new Joined();
  session.step(5e9, true);
  other.device.take(session.outgoing.slice(0, session.outgoingLength), 5e9);
  session.step(5.001e9, true); // has asked again, with another number
  const late = Uint8Array.from(other.device.out);
  session.push(late, late.length, 5.001e9);
  assert.equal(session.phase, 'asking');
  let seed = 1;
  const noise = Uint8Array.from({ length: 100_000 }, () => (seed = (seed * 48271) % 2147483647) >> 8);
  session.push(noise, noise.length, 5.002e9);
  assert.equal(session.phase, 'asking');
});

test('R-32 what was sent before is not taken for an answer: a synced of long ago, or of none, changes no clock', () => {
  const joined = new Joined();
  joined.pass(2e6);
  const before = joined.session.clock.line;
  for (const sequence of [0, 1, 5000]) {
    joined.device.say({ kind: 'synced', sequence, receivedUs: 5, sentUs: 5 });
    const bytes = Uint8Array.from(joined.device.out.splice(0));
    joined.session.push(bytes, bytes.length, joined.nowUs);
  }
  assert.equal(joined.session.clock.line, before);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeDevice } from './device.test.fixture.js';
import { Link } from './link.js';
import { limitsFor } from './session.js';
import { SharedLink, Value, Word } from './shared.js';

test('R-31 a guardian whose main thread hangs sends no beats, and is told once each time', () => {
  const shared = new SharedLink(SharedLink.memory());
  const told: string[] = [];
  const link = new Link({ limits: limitsFor(1000), samplePeriodUs: 0, analogueInputs: 0 }, shared, (line) =>
    told.push(line),
  );
  const session = link.connected(41);
  const device = new FakeDevice();
  let nowUs = 5e9;
  let ticksUntilUs = Infinity;
  const pass = (us: number): void => {
    for (const untilUs = nowUs + us; nowUs < untilUs; nowUs += 1000) {
      if (nowUs < ticksUntilUs) shared.values[Value.tickUs] = nowUs;
      link.step(nowUs);
      device.take(session.outgoing.slice(0, session.outgoingLength), nowUs);
      session.outgoingLength = 0;
      const bytes = Uint8Array.from(device.out.splice(0));
      session.push(bytes, bytes.length, nowUs);
    }
  };
  pass(100e3);
  assert.equal(told.length, 0, 'a guardian that is not ready has not hung');
  Atomics.store(shared.words, Word.ready, 1);
  pass(1e6);
  assert.equal(told.length, 0);
  for (const times of [1, 2]) {
    ticksUntilUs = nowUs;
    pass(45e3);
    const beats = device.heard.filter((kind) => kind === 'beat').length;
    pass(45e3);
    assert.equal(device.heard.filter((kind) => kind === 'beat').length, beats);
    ticksUntilUs = Infinity;
    pass(1e6);
    assert.equal(session.phase, 'open');
    assert.equal(told.length, times);
    assert.match(told.at(-1) ?? '', /main thread has not ticked for 40 ms/);
  }
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { EventCode } from '../loop/records.js';
import { Recorded, temporaryPath } from '../recording/recording.test.fixture.js';
import { Backlog } from './backlog.js';
import type { Outcome } from './broker-connection.js';
import { Forwarding } from './forwarding.js';

/** Forwarding of a recording with `refusals` refusals to a broker that `answers`. */
function forwarding(t: TestContext, refusals: number, answers: (eventId: string, sent: number) => Outcome) {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(1);
  for (let request = 1; request <= refusals; request++) recorded.record(EventCode.refusal, request, 1);
  recorded.commit();
  const sent: string[] = [];
  const problems: string[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const clock = { ms: 0 };
  const forward = new Forwarding({
    backlog: new Backlog(path, 'bed-1'),
    publish: async ({ eventId }) => {
      sent.push(eventId.replace('night/', ''));
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      const outcome = answers(eventId, sent.length);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return outcome;
    },
    connected: () => true,
    window: () => 4,
    nowMs: () => clock.ms,
    onProblem: (problem) => problems.push(problem),
  });
  return { forward, sent, problems, clock, mostUnderWay: () => mostUnderWay };
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, n) => `${from + n}`);

test('everything goes out in order, one window at a time', async (t) => {
  const { forward, sent, mostUnderWay } = forwarding(t, 10, () => 'arrived');
  await forward.run();
  assert.deepEqual(sent, numbers(1, 10));
  assert.equal(mostUnderWay(), 4);
});

test('after a lost connection it goes on with the first that did not arrive', async (t) => {
  const { forward, sent } = forwarding(t, 6, (_, count) => (count === 3 || count === 4 ? 'lost' : 'arrived'));
  await forward.run();
  await forward.run();
  assert.deepEqual(sent, [...numbers(1, 4), ...numbers(3, 6)]);
});

test('what a broker refuses is said once, offered again after growing pauses, and overtaken by nothing', async (t) => {
  let allowed = false;
  const refused = { refused: 'Not authorized' };
  const { forward, sent, problems, clock } = forwarding(t, 6, () => (allowed ? 'arrived' : refused));
  const offers: number[] = [];
  for (; clock.ms <= 20_000; clock.ms += 100) {
    const before = sent.length;
    await forward.run();
    if (sent.length > before) offers.push(clock.ms);
  }
  assert.deepEqual(offers, [0, 1000, 3000, 7000, 15_000]);
  assert.deepEqual(problems, ['the broker refuses event/refusal: Not authorized']);
  allowed = true;
  sent.length = 0;
  forward.connected();
  await forward.run();
  assert.deepEqual(sent, numbers(1, 6));
  assert.deepEqual(problems.slice(1), ['']);
});

test('a broker that answers nothing does not keep the end waiting', async (t) => {
  const path = temporaryPath(t);
  const recorded = new Recorded(path);
  recorded.stream(1);
  recorded.record(EventCode.refusal, 1, 1);
  recorded.close();
  const backlog = new Backlog(path, 'bed-1');
  backlog.remember();
  const silent = new Forwarding({
    backlog,
    publish: () => new Promise(() => undefined),
    connected: () => true,
    window: () => 4,
    nowMs: () => 0,
    onProblem: () => undefined,
  });
  await silent.finish(5);
  assert.ok(existsSync(path.replace('.db', '.published')), 'the next run goes on with it');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestList, SampleClock, StreamDetection } from '../contracts.js';
import { DetectionPolicy, type PolicyPlan } from './policy.js';

const rate = 250;
/** Frame n arrives at 4 ms × n. */
const clock: SampleClock = { timeOf: (index) => index * 4000 };
const immediate: PolicyPlan = { use: 'immediate', after: 1, delaySeconds: 0, refractorySeconds: 2, expiresUs: 1e5 };

function detection(confirmed: number, detector = 1, phase: 0 | 1 = 0): StreamDetection {
  return { detector, phase, onset: confirmed - 100, confirmed, end: NaN, score: 1 };
}

function requestList(): RequestList {
  return {
    items: Array.from({ length: 8 }, () => ({
      detector: 0,
      onset: 0,
      fireAtUs: 0,
      expiresUs: 0,
      variant: 0,
      withheld: false,
    })),
    length: 0,
  };
}

/** Runs frames one by one; every request is permitted. Returns [index of the call, fireAtUs] of each request. */
function run(plan: PolicyPlan, frames: number, detections: StreamDetection[]): [number, number][] {
  const policy = new DetectionPolicy(plan, rate);
  const found: [number, number][] = [];
  for (let index = 0; index < frames; index++) {
    const requests = requestList();
    const now = detections.filter(({ confirmed }) => confirmed === index);
    policy.decide(now, now.length, index, clock, requests, []);
    for (let place = 0; place < requests.length; place++) {
      found.push([index, requests.items[place]?.fireAtUs ?? NaN]);
      policy.permitted(index);
    }
  }
  return found;
}

test('a confirmed detection of the configured detector is a request at once', () => {
  assert.deepEqual(run(immediate, 1000, [detection(300), detection(400, 0), detection(500, 1, 1)]), [[300, 0]]);
});

test('no request within the refractory period of a permitted one, and one right after it', () => {
  assert.deepEqual(
    run(immediate, 2000, [detection(300), detection(799), detection(800)]).map(([index]) => index),
    [300, 800],
  );
});

test('a refused request starts no refractory period', () => {
  const policy = new DetectionPolicy(immediate, rate);
  const requests = requestList();
  policy.decide([detection(300)], 1, 300, clock, requests, []);
  policy.decide([detection(310)], 1, 310, clock, requests, []);
  assert.equal(requests.length, 2);
});

test('a delayed request comes with the last packet before it is due and says when to fire', () => {
  const delayed: PolicyPlan = { ...immediate, use: 'delayed', delaySeconds: 0.25 };
  // 62.5 frames after frame 300: due between frames 362 and 363.
  assert.deepEqual(run(delayed, 1000, [detection(300)]), [[362, 362.5 * 4000]]);
});

test('R-11 a request that is due before the next packet comes now, with its time, and at most 15 ms ahead', () => {
  const inPackets = (frames: number, delaySeconds: number): [number, number][] => {
    const policy = new DetectionPolicy({ ...immediate, use: 'delayed', delaySeconds }, rate);
    const found: [number, number][] = [];
    for (let last = frames - 1; last < 600; last += frames) {
      const requests = requestList();
      const now = [detection(300)].filter(({ confirmed }) => confirmed > last - frames && confirmed <= last);
      policy.decide(now, now.length, last, clock, requests, []);
      if (requests.length > 0) found.push([last, requests.items[0]!.fireAtUs]);
    }
    return found;
  };
  // Due at frame 305: with packets of three frames, frame 305 is the last of its packet; of four, 303 comes before it.
  assert.deepEqual(inPackets(3, 0.02), [[305, 0]]);
  assert.deepEqual(inPackets(4, 0.02), [[303, 305 * 4000]]);
  // A packet of a hundred frames is 400 ms: due at frame 401 is 8 ms ahead, at 410 it is 44 ms ahead and waits.
  assert.deepEqual(inPackets(100, 0.404), [[399, 401 * 4000]]);
  assert.deepEqual(inPackets(100, 0.44), [[499, 0]]);
});

test('after a gap what was planned is void', () => {
  const policy = new DetectionPolicy({ ...immediate, use: 'delayed', delaySeconds: 1 }, rate);
  const requests = requestList();
  policy.decide([detection(300)], 1, 300, clock, requests, []);
  policy.reset();
  policy.decide([], 0, 900, clock, requests, []);
  assert.equal(requests.length, 0);
});

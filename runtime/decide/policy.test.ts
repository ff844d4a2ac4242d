import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DetectionPlan, PolicyPlan } from './policy-plan.js';
import { detection, drive, refusedFor, type Timeline } from './policy.test.fixture.js';

const immediate: DetectionPlan = {
  use: 'immediate',
  after: 1,
  delaySeconds: 0,
  refractorySeconds: 2,
  expiresUs: 1e5,
};
const at = (...confirmed: number[]) => confirmed.map((index) => detection(index));
const dues = (plan: PolicyPlan, timeline: Timeline): number[] => drive(plan, timeline).map(({ due }) => due);

test('a confirmed detection of the configured detector is a request at once', () => {
  const detections = [detection(300), detection(400, 0), detection(500, 1, 1, 600)];
  const [asked, ...others] = drive(immediate, { frames: 1000, detections });
  assert.deepEqual(others, []);
  const { detector, onset, call, due, fireAtUs } = asked!;
  assert.deepEqual([detector, onset, call, due, fireAtUs], [1, 200, 300, 300, 0]);
});

test('no request within the refractory period of a permitted one, and one right after it', () => {
  assert.deepEqual(dues(immediate, { frames: 2000, detections: at(300, 799, 800) }), [300, 800]);
});

test('a refused request starts no refractory period; one that is only muted by the schedule does', () => {
  const detections = at(300, 310);
  const refuse = (...reasons: Parameters<typeof refusedFor>) =>
    dues(immediate, { frames: 400, detections, answer: () => refusedFor(...reasons) });
  assert.deepEqual(refuse('movement'), [300, 310]);
  assert.deepEqual(refuse('schedule', 'movement'), [300, 310]);
  assert.deepEqual(refuse('schedule'), [300]);
});

test('a delayed request comes with the last packet before it is due and says when to fire', () => {
  // 62.5 frames after frame 300: due between frames 362 and 363.
  const delayed: DetectionPlan = { ...immediate, use: 'delayed', delaySeconds: 0.25 };
  const [asked] = drive(delayed, { frames: 1000, detections: at(300) });
  assert.deepEqual([asked?.call, asked?.fireAtUs], [362, 362.5 * 4000]);
});

test('R-11 a request that is due before the next packet comes now, with its time, and at most 15 ms ahead', () => {
  const inPackets = (block: number, delaySeconds: number) =>
    drive({ ...immediate, use: 'delayed', delaySeconds }, { frames: 600, detections: at(300), block }).map(
      ({ call, fireAtUs }) => [call, fireAtUs],
    );
  // Due at frame 305: with packets of three frames, frame 305 is the last of its packet; of four, 303 comes before it.
  assert.deepEqual(inPackets(3, 0.02), [[305, 0]]);
  assert.deepEqual(inPackets(4, 0.02), [[303, 305 * 4000]]);
  // A packet of a hundred frames is 400 ms: due at frame 401 is 8 ms ahead, at 410 it is 44 ms ahead and waits.
  assert.deepEqual(inPackets(100, 0.404), [[399, 401 * 4000]]);
  assert.deepEqual(inPackets(100, 0.44), [[499, 0]]);
});

test('after a gap what was planned is void', () => {
  const delayed: DetectionPlan = { ...immediate, use: 'delayed', delaySeconds: 1 };
  assert.deepEqual(dues(delayed, { frames: 900, detections: at(300) }), [550]);
  assert.deepEqual(dues(delayed, { frames: 900, detections: at(300), gap: [400, 410] }), []);
});

/**
 * The Portiloop's TimingDelayer: ready, a detection, so long until it fires, so long until it is ready again. Written
 * from its description, not from the code here.
 */
function timingDelayer(detections: readonly number[], delay: number, between: number): number[] {
  const fired: number[] = [];
  let readyAt = 0;
  for (const detected of detections) {
    if (detected < readyAt) continue;
    fired.push(detected + delay);
    readyAt = detected + delay + between;
  }
  return fired;
}

test('a fixed delay and a time between stimuli: as the Portiloop delays', () => {
  // One comes while another waits, one within a second of a stimulus: neither is answered.
  const detected = [1000, 1060, 1200, 1374, 1375, 2000, 2100];
  // Its time between stimuli runs from the stimulus to the next detection, ours to the next stimulus.
  const plan: DetectionPlan = { ...immediate, use: 'delayed', delaySeconds: 0.5, refractorySeconds: 1.5 };
  const expected = timingDelayer(detected, 125, 250);
  assert.deepEqual(expected, [1125, 1500, 2125]);
  assert.deepEqual(dues(plan, { frames: 3000, detections: at(...detected) }), expected);
});

/** The Portiloop's rules over the instants at which its network is sure, from their description (all in seconds). */
function portiloopRule(sure: readonly number[], from: number, to: number): number[] {
  const fired: number[] = [];
  let last = -Infinity;
  for (const now of sure) {
    if (now - last > from && (to === Infinity || now - last < to)) fired.push(now);
    last = now;
  }
  return fired;
}

test('quiet for 0.4 s, isolated and train spindles: as the Portiloop selects them', () => {
  // Runs of sure samples: the first and the last of each, at 4 ms.
  const runs = [
    [3000, 3080], // nothing before
    [3150, 3160], // 0.28 s after the last
    [3260, 3300], // exactly 0.4 s
    [3401, 3420], // 0.404 s
    [4920, 4950], // exactly 6 s
    [6451, 6460], // 6.004 s
    [7959, 7980], // 5.996 s
  ] as const;
  const detections = runs.flatMap(([first, last]) => [detection(first), detection(first, 1, 1, last + 1)]);
  const sure = runs.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, place) => (first + place) / 250),
  );
  const rules: [number, number][] = [
    [0.4, Infinity],
    [6, Infinity],
    [0.4, 6],
  ];
  for (const [fromSeconds, toSeconds] of rules) {
    const plan: DetectionPlan = { ...immediate, refractorySeconds: 0, since: { fromSeconds, toSeconds } };
    const expected = portiloopRule(sure, fromSeconds, toSeconds).map((seconds) => Math.round(seconds * 250));
    assert.deepEqual(dues(plan, { frames: 9000, detections }), expected);
  }
  // By hand, so that two mistakes of one kind would show.
  const isolated: DetectionPlan = {
    ...immediate,
    refractorySeconds: 0,
    since: { fromSeconds: 6, toSeconds: Infinity },
  };
  assert.deepEqual(dues(isolated, { frames: 9000, detections }), [3000, 6451]);
});

test('what was before a start or a gap is not known: nothing is isolated at once, and nothing follows', () => {
  const isolated: DetectionPlan = { ...immediate, since: { fromSeconds: 2, toSeconds: Infinity } };
  assert.deepEqual(dues(isolated, { frames: 3000, detections: at(400) }), []);
  assert.deepEqual(dues(isolated, { frames: 3000, detections: at(501) }), [501]);
  assert.deepEqual(dues(isolated, { frames: 3000, detections: at(1450), gap: [900, 1000] }), []);
  assert.deepEqual(dues(isolated, { frames: 3000, detections: at(1501), gap: [900, 1000] }), [1501]);
  const follows: DetectionPlan = { ...immediate, refractorySeconds: 0, since: { fromSeconds: 0.4, toSeconds: 6 } };
  assert.deepEqual(dues(follows, { frames: 3000, detections: at(800, 1200) }), [1200]);
  assert.deepEqual(dues(follows, { frames: 3000, detections: at(800, 1200), gap: [900, 1000] }), []);
});

test('a random delay lies between its ends, each part as often, and comes again with its seed', () => {
  const plan: DetectionPlan = { ...immediate, use: 'delayed', delaySeconds: 0.2, delayUpToSeconds: 1.2 };
  const detected = Array.from({ length: 2000 }, (_, n) => 1000 + 1000 * n);
  const delays = (seed?: number) =>
    dues(plan, {
      frames: 2_010_000,
      detections: at(...detected),
      block: 1000,
      ...(seed === undefined ? {} : { seed }),
    }).map((due, n) => (due - detected[n]!) / 250);
  assert.deepEqual(delays(), [], 'nothing is asked for before the seed is known');
  const drawn = delays(7);
  assert.equal(drawn.length, 2000);
  assert.ok(drawn.every((delay) => delay >= 0.2 && delay < 1.2));
  // A fifth each: 400, and 5 standard deviations (of 18) around it.
  for (let part = 0; part < 5; part++) {
    const count = drawn.filter((delay) => delay >= 0.2 + 0.2 * part && delay < 0.4 + 0.2 * part).length;
    assert.ok(count > 310 && count < 490, `${count} in part ${part}`);
  }
  assert.deepEqual(delays(7), drawn);
  assert.notDeepEqual(delays(8), drawn);
});

test('a train: so many stimuli at an interval, each asked for on its own, and detections meanwhile are not answered', () => {
  const train: DetectionPlan = { ...immediate, refractorySeconds: 2.5, train: { pulses: 3, intervalSeconds: 1.075 } };
  // 268.75 frames apart. 500 is within it; 837.5 + 625 = 1462.5.
  const detections = at(300, 500, 1462, 1463);
  const asked = drive(train, { frames: 1470, detections });
  assert.deepEqual(
    asked.map(({ due, call, onset }) => [due, call, onset]),
    [
      [300, 300, 200],
      [568.75, 568, 200],
      [837.5, 837, 200],
      [1463, 1463, 1363],
    ],
  );
});

test('R-25 a refused stimulus ends its train; a muted one does not, so that muted trains are as long', () => {
  const train: DetectionPlan = { ...immediate, train: { pulses: 3, intervalSeconds: 1 } };
  const until = (reason: 'movement' | 'schedule', due: number) =>
    dues(train, {
      frames: 2000,
      detections: at(300),
      answer: (asked) => (asked.due === due ? refusedFor(reason) : 0),
    });
  assert.deepEqual(until('movement', 300), [300]);
  assert.deepEqual(until('movement', 550), [300, 550]);
  assert.deepEqual(until('schedule', 550), [300, 550, 800]);
});

test('periodic: at multiples of its time, whatever is detected, and what fell into a gap is not made up for', () => {
  const plan: PolicyPlan = { use: 'periodic', everySeconds: 0.5, expiresUs: 1e5 };
  const asked = drive(plan, { frames: 1001, detections: at(300), gap: [240, 520] });
  assert.deepEqual(
    asked.map(({ due, onset, detector, fireAtUs }) => [due, onset, detector, fireAtUs]),
    [125, 625, 750, 875, 1000].map((due) => [due, due, -1, 0]),
  );
});

test('R-25 with a random order, nothing is asked for before the seed is known', () => {
  const cues = { count: 2, order: 'shuffled', each: 1 } as const;
  for (const plan of [{ ...immediate, cues }, { use: 'periodic', everySeconds: 0.5, expiresUs: 1e5, cues } as const]) {
    assert.deepEqual(dues(plan, { frames: 1000, detections: at(300) }), []);
    assert.ok(dues(plan, { frames: 1000, detections: at(300), seed: 1 }).length > 0);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Estimate, InhibitorState } from '../contracts.js';
import type { DetectionPlan, SchedulePlan } from './policy-plan.js';
import { detection, drive, rate, type Timeline } from './policy.test.fixture.js';

/** Asks five times a second, so that what is muted when can be seen; seconds of the requests that were not. */
function openSeconds(schedule: SchedulePlan, timeline: Omit<Timeline, 'frames'> & { seconds: number }): number[] {
  const plan: DetectionPlan = {
    use: 'immediate',
    after: 1,
    delaySeconds: 0,
    refractorySeconds: 0,
    expiresUs: 1e5,
    schedule,
  };
  const { seconds, detections = [], ...rest } = timeline;
  const asking = Array.from({ length: 5 * seconds }, (_, n) => detection(50 * n));
  const asked = drive(plan, { ...rest, frames: seconds * rate, detections: [...detections, ...asking] });
  return asked.filter(({ withheld }) => !withheld).map(({ due }) => due / rate);
}

/** First and last of each run of open seconds, 0.2 s apart. */
function spans(seconds: readonly number[]): number[][] {
  const found: number[][] = [];
  for (const second of seconds) {
    const last = found.at(-1);
    if (last && second - last[1]! < 0.3) last[1] = second;
    else found.push([second, second]);
  }
  return found;
}

const estimate = (name: string, state: InhibitorState, reason?: Estimate['reason']): Estimate =>
  reason === undefined ? { name, unit: '1', value: 0, state } : { name, unit: '1', value: 0, state, reason };

/** `clear` within the spans of seconds, or what is given besides. */
const within =
  (clear: readonly (readonly [number, number])[], otherwise: InhibitorState) =>
  (index: number): InhibitorState =>
    clear.some(([from, to]) => index / rate >= from && index / rate < to) ? 'clear' : otherwise;

test('R-25 windows: on and off in turn from the first sample, also through a gap', () => {
  const windows = { onSeconds: 6, offSeconds: 4 };
  assert.deepEqual(spans(openSeconds({ windows }, { seconds: 30 })), [
    [0, 5.8],
    [10, 15.8],
    [20, 25.8],
  ]);
  assert.deepEqual(spans(openSeconds({ windows }, { seconds: 30, gap: [8 * rate, 13 * rate] })), [
    [0, 5.8],
    [13, 15.8],
    [20, 25.8],
  ]);
});

test('R-25 windows mute by the time at which a stimulus is due, not at which it is asked for', () => {
  const plan: DetectionPlan = {
    use: 'delayed',
    after: 1,
    delaySeconds: 1,
    refractorySeconds: 0,
    expiresUs: 1e5,
    schedule: { windows: { onSeconds: 6, offSeconds: 4 } },
  };
  const asked = drive(plan, { frames: 20 * rate, detections: [1248, 2249].map((index) => detection(index)), block: 6 });
  // 1248 + 250 = 1498 is the last but one frame of the window, 2249 + 250 = 2499 the last before the next.
  assert.deepEqual(
    asked.map(({ due, withheld }) => [due, withheld]),
    [
      [1498, false],
      [2499, true],
    ],
  );
});

test('R-25 after sleep: sleep adds, all other time takes as much away, and what is not known is no sleep', () => {
  const afterSleep = { of: 0, seconds: 20 };
  const asleep = (states: (index: number) => InhibitorState, gap?: [number, number]) =>
    spans(
      openSeconds(
        { afterSleep },
        { seconds: 100, estimates: (index) => [[estimate('sleep', states(index))]], ...(gap ? { gap } : {}) },
      ),
    ).map(([from, to]) => [Math.round(from!), Math.round(to!)]);
  // Asleep from 10 s on: 20 s of it are over at 30 s.
  assert.deepEqual(asleep(within([[10, 100]], 'holds')), [[30, 100]]);
  // 15 s asleep, 5 awake, which take 5 away: 10 more to go.
  const interrupted = [
    [10, 25],
    [30, 100],
  ] as const;
  assert.deepEqual(asleep(within(interrupted, 'holds')), [[40, 100]]);
  assert.deepEqual(asleep(within(interrupted, 'unknown')), [[40, 100]]);
  // Once reached, an arousal of 3 s mutes it, and 3 s more.
  const aroused = [
    [10, 40],
    [43, 100],
  ] as const;
  assert.deepEqual(asleep(within(aroused, 'holds')), [
    [30, 40],
    [46, 100],
  ]);
  // Awake for longer than the whole: it starts anew.
  const woken = [
    [10, 40],
    [70, 100],
  ] as const;
  assert.deepEqual(asleep(within(woken, 'holds')), [
    [30, 40],
    [90, 100],
  ]);
  // Lost frames take away too: after a gap of 10 s the estimate is unknown for 2 s more.
  const gapped = [
    [10, 40],
    [52, 100],
  ] as const;
  assert.deepEqual(asleep(within(gapped, 'unknown'), [40 * rate, 50 * rate]), [
    [30, 40],
    [64, 100],
  ]);
});

test('R-25 after sleep: a detector that judges no sleep never says that somebody sleeps', () => {
  const afterSleep = { of: 0, seconds: 1 };
  for (const estimates of [[], [[]], [[estimate('phase', 'clear')]]]) {
    assert.deepEqual(openSeconds({ afterSleep }, { seconds: 10, estimates: () => estimates }), []);
  }
});

test('R-25 pause: while an estimate holds or is unknown, and so long after it', () => {
  const pause = { on: ['movement'], detections: [], seconds: 5 } as const;
  const moved = (states: (index: number) => InhibitorState, gap?: [number, number]) =>
    spans(
      openSeconds(
        { pause },
        {
          seconds: 40,
          estimates: (index) => [[], [estimate('movement', states(index), 'movement')]],
          ...(gap ? { gap } : {}),
        },
      ),
    );
  const still = [
    [0, 10],
    [12, 40],
  ] as const;
  // Nothing was known before the start. The last frame that moved is that before 12 s.
  const expected = [
    [5, 9.8],
    [17, 39.8],
  ];
  assert.deepEqual(moved(within(still, 'holds')), expected);
  assert.deepEqual(moved(within(still, 'unknown')), expected);
  // A gap: what was in it is not known.
  assert.deepEqual(
    moved(() => 'clear', [20 * rate, 22 * rate]),
    [
      [5, 19.8],
      [27, 39.8],
    ],
  );
});

test('R-25 pause: a reason that nothing judges pauses for good', () => {
  const pause = { on: ['movement'], detections: [], seconds: 1 } as const;
  assert.deepEqual(
    openSeconds({ pause }, { seconds: 10, estimates: () => [[estimate('mains', 'clear', 'mains')]] }),
    [],
  );
});

test('R-25 pause: from the confirmation of a detection to so long after its end', () => {
  const pause = { on: [], detections: [0], seconds: 5 } as const;
  const detections = [detection(10 * rate, 0), detection(10 * rate, 0, 1, 20 * rate)];
  assert.deepEqual(spans(openSeconds({ pause }, { seconds: 40, detections })), [
    [5, 9.8],
    [25, 39.8],
  ]);
  // Its end never comes: a gap forgets it, and is a pause itself.
  const open = { seconds: 40, detections: detections.slice(0, 1) };
  assert.deepEqual(spans(openSeconds({ pause }, open)), [[5, 9.8]]);
  assert.deepEqual(spans(openSeconds({ pause }, { ...open, gap: [20 * rate, 21 * rate] })), [
    [5, 9.8],
    [26, 39.8],
  ]);
});

test('R-25 stop after: counts what was permitted, not what was refused or muted', () => {
  const schedule = { stopAfter: 3, windows: { onSeconds: 1, offSeconds: 1 } };
  let refused = 0;
  const open = openSeconds(schedule, {
    seconds: 10,
    answer: ({ withheld }) => (withheld ? 1 << 24 : refused++ < 4 ? 1 : 0),
  });
  // Four are refused, two more come within the windows of one second; then the third, and all is over.
  assert.deepEqual(open, [0, 0.2, 0.4, 0.6, 0.8, 2, 2.2]);
});

test('R-25 time without frames changes nothing', () => {
  const plan = { afterSleep: { of: 0, seconds: 10 }, pause: { on: ['sleep' as const], detections: [], seconds: 2 } };
  const estimates = () => [[estimate('sleep', 'clear', 'sleep')]];
  const whole = openSeconds(plan, { seconds: 20, estimates });
  assert.deepEqual(openSeconds(plan, { seconds: 20, estimates, block: 10 }).length, whole.length);
});

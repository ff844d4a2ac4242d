import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoopEvent, SampleBlock } from '../contracts.js';
import { buildLoop } from './build.js';
import { createRecordList, type Loop } from './loop.js';
import { plan, rate, stream } from './loop.test.fixture.js';
import type { LoopPlan } from './plan.js';
import { decodeEvent } from './records.js';
import { createSampleBlock } from './sample-block.js';

/** Detectors with a long memory, on a filtered signal. */
const watching: LoopPlan = {
  signals: [
    { name: 'raw', from: { derivation: 'C3' }, stages: [] },
    {
      name: 'trace',
      from: { signal: 0 },
      stages: [{ use: 'highpass', atHz: 0.5, family: 'butterworth', order: 2, norm: 'phase' }],
    },
  ],
  detectors: [
    { name: 'step', signal: 1, plan: { use: 'threshold', level: 100 } },
    { name: 'contact', signal: 0, plan: { use: 'signal-quality' } },
  ],
  trace: 1,
};

/** One frame a cycle, arriving with some jitter: a slow wave with a step every three seconds. */
function frame(block: SampleBlock, index: number): number {
  block.frames = 1;
  block.firstIndex = index;
  block.counts[0] = Math.round(50 * Math.sin(index / 40)) + (index % (3 * rate) < 20 ? 300 : 0) + (index % 3);
  block.arrivalUs = 1e6 + index * 4000 + ((index * 7919) % 11) * 100;
  return block.arrivalUs;
}

function run(loop: Loop, from: number, end: number): LoopEvent[] {
  const block = createSampleBlock(1, 64);
  const none = createRecordList(1);
  const events: LoopEvent[] = [];
  for (let index = from; index < end; index++) {
    loop.cycle(frame(block, index), block, none);
    for (let place = 0; place < loop.events.length; place++) {
      const event = decodeEvent(loop.events.records, place * 12);
      if (event) events.push(event);
    }
  }
  return events;
}

test('a loop that goes on with another recording decides as one that was built for it, at the same indexes', async () => {
  const half = 20 * rate + 7;
  const first = await buildLoop(watching, stream);
  const before = run(first, 0, half);
  const goesOn = run(first.continued(), half, 2 * half);
  const anew = await buildLoop(watching, stream, { cycle: half, index: half - 1 });
  assert.deepEqual(goesOn, run(anew, half, 2 * half));
  assert.ok(goesOn.some(({ kind }) => kind === 'detection') && goesOn.some(({ kind }) => kind === 'estimate'));
  assert.ok(!goesOn.some(({ kind }) => kind === 'gap'), 'no frame is missing');
  assert.equal(goesOn[0]?.cycle, half + 1);
  assert.ok(before.length > 0);
});

test('what was lost between two recordings is a gap of the second', async () => {
  const first = await buildLoop(watching, stream);
  run(first, 0, 100);
  const gaps = run(first.continued(), 130, 140).filter(({ kind }) => kind === 'gap');
  assert.deepEqual(
    gaps.map((gap) => gap.kind === 'gap' && [gap.firstIndex, gap.frames]),
    [[100, 30]],
  );
});

test('a loop that stimulates is not continued', async () => {
  const loop = await buildLoop(plan, stream);
  assert.throws(() => loop.continued(), /one recording/);
});

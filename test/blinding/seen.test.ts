import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byStretch, featuresOf, labelled, plantByte, type Seen, type Stretch } from './seen.js';
import { tellApart } from './leak-classifier.js';

test('what is seen falls into the stretch of its time, in order; what lies between two is left out', () => {
  const stretches = [10, 30].map((fromUs): Stretch => ({ fromUs, toUs: fromUs + 10, condition: 'real', group: 0 }));
  const seen = [12, 35, 25, 9, 20, 10, 39].map((atUs): Seen => ({ surface: 's', atUs, text: String(atUs) }));
  const lists = byStretch(seen, stretches).get('s') ?? [];
  assert.deepEqual(
    lists.map((list) => list.map(({ text }) => text)),
    [
      ['10', '12'],
      ['35', '39'],
    ],
  );
});

test('numbers come to their mean and growth, times to how long ago they were', () => {
  const of = (atUs: number, text: object) => ({ atUs, text: JSON.stringify(text) });
  const list = [
    of(1e9 + 100, { queue: { left: 4 }, us: 1e9 + 70, marks: [{ score: 1 }, { score: 3 }] }),
    of(1e9 + 400, { queue: { left: 10 }, us: 1e9 + 390, marks: [] }),
  ];
  const features = featuresOf(list, { fromUs: 1e9, toUs: 1e9 + 500 });
  const wanted = {
    messages: 2,
    first: 100,
    'longest pause': 300,
    'mean of queue.left': 7,
    'growth of queue.left': 6,
    'mean of us ago': 20,
    'mean of marks[].score': 2,
  };
  for (const [name, value] of Object.entries(wanted)) assert.equal(features.get(name), value, name);
  assert.deepEqual([...featuresOf([], { fromUs: 0, toUs: 500 })].slice(0, 3), [
    ['messages', 0],
    ['first', NaN],
    ['longest pause', 500],
  ]);
});

test('R-27 a byte more for a sham is found where there are objects, lines of text, and nothing at all', () => {
  let state = 1;
  const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const stretches = Array.from({ length: 400 }, (_, place): Stretch => {
    const fromUs = 1e9 + place * 1e6;
    return { fromUs, toUs: fromUs + 0.5e6, condition: random() < 0.5 ? 'real' : 'sham', group: place >> 1 };
  });
  const texts = {
    objects: () => JSON.stringify({ lag: random(), name: 'x'.repeat(1 + 40 * random()) }),
    lines: () => `waits ${random()} ms ${'for '.repeat(5 * random())}`,
  };
  for (const [what, text] of Object.entries({ ...texts, nothing: undefined })) {
    const lists = stretches.map(({ fromUs }) =>
      text ? Array.from({ length: 3 }, (_, n) => ({ atUs: fromUs + n * 1e5 + random() * 1e4, text: text() })) : [],
    );
    const areaOf = (some: typeof lists): number => tellApart(labelled(some, stretches).labelled, random).auc;
    assert.ok(Math.abs(areaOf(lists) - 0.5) < 0.12, what); // four times 0.029
    assert.ok(areaOf(plantByte(lists, stretches).map((list) => [...list])) > 0.9, `planted in ${what}`);
  }
});

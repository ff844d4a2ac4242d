import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  aboutLine,
  droppedLine,
  endedLine,
  isOpen,
  lastSilenceUs,
  parseDeliveries,
  silencedLine,
  startedLine,
  wasDelivered,
} from './delivery-lines.js';

const nothing = { aboutUs: NaN, startedUs: NaN, endedUs: NaN, dropped: false };

test('R-18 the log of deliveries: what is written is read, ends in any order, lines that are none', () => {
  const text = aboutLine(1, 4) + startedLine(1, 5) + aboutLine(2, 60) + droppedLine(2, 61) + endedLine(1, 55, 60.5);
  assert.deepEqual(parseDeliveries(text), {
    deliveries: [
      { command: 1, aboutUs: 4, startedUs: 5, endedUs: 60.5, dropped: false },
      { ...nothing, command: 2, aboutUs: 60, dropped: true },
    ],
    unreadable: [],
  });
  assert.deepEqual(parseDeliveries('1 5 -\n3 70.5 -\n2 5 6\n\nx 5 -\n4 1e3 -\n3 8'), {
    deliveries: [
      { ...nothing, command: 1, startedUs: 5 },
      { ...nothing, command: 3, startedUs: 70.5 },
      { ...nothing, command: 2, endedUs: 6 },
    ],
    unreadable: ['x 5 -', '4 1e3 -', '3 8'],
  });
  assert.deepEqual(parseDeliveries(''), { deliveries: [], unreadable: [] });
});

test('R-51 a silence stands among them and is no stimulus; the last one is found', () => {
  const text = silencedLine(70.5) + aboutLine(1, 80) + startedLine(1, 81) + silencedLine(90) + endedLine(1, 95, 90);
  const { deliveries, unreadable } = parseDeliveries(text);
  assert.deepEqual([deliveries.length, unreadable], [1, []]);
  assert.equal(lastSilenceUs(text), 90);
  assert.equal(lastSilenceUs(''), -Infinity);
});

test('R-18 a stimulus that is only announced is open: possibly delivered', () => {
  const [open, dropped, delivered] = parseDeliveries(
    aboutLine(1, 1) + aboutLine(2, 2) + droppedLine(2, 2) + aboutLine(3, 3) + endedLine(3, 4, 5),
  ).deliveries;
  assert.deepEqual(
    [open, dropped, delivered].map((one) => [isOpen(one!), wasDelivered(one!)]),
    [
      [true, false],
      [false, false],
      [false, true],
    ],
  );
});

test('R-18 a line torn at any place is unreadable or whole, and never changes what another line says', () => {
  const us = fc.integer({ min: 0, max: 1e12 }).map((n) => n / 8);
  fc.assert(
    fc.property(us, fc.nat(), fc.nat(), (atUs, cut, place) => {
      const lines = [aboutLine(7, atUs), startedLine(7, atUs), endedLine(7, atUs, atUs + 1)];
      const torn = lines[place % lines.length] ?? '';
      const text = startedLine(5, 1) + torn.slice(0, cut % torn.length) + startedLine(6, 2);
      const { deliveries, unreadable } = parseDeliveries(text);
      const others = deliveries.filter(({ command }) => command !== 7);
      assert.deepEqual(
        others.map(({ command, startedUs }) => [command, startedUs]),
        [
          [5, 1],
          [6, 2],
        ],
      );
      if (deliveries.length === 2) assert.ok(unreadable.length === 1 || torn.slice(0, cut % torn.length).trim() === '');
    }),
  );
});

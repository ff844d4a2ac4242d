import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markSaid } from './night-marks.js';

test('R-50 what comes by the network makes a night safer, and opens no window; a text of its own means nothing', () => {
  const texts = ['adverse', 'awake', 'lightsOn', 'lightsOff', 'clear', 'note', 'lights off'];
  assert.deepEqual(
    texts.map((text) => markSaid(text, true)),
    ['adverse', 'awake', 'lightsOn', undefined, undefined, undefined, undefined],
  );
  assert.equal(markSaid('lightsOff', false), 'lightsOff');
});

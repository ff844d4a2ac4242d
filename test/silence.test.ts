import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMosquitto } from './mosquitto.js';
import { SilenceTrial, type Fault, type Way } from './silence-trial.js';

/** The short form of `npm run silence`, which also measures; a machine that is busy with other tests proves no 50 ms. */
const pairs: readonly (readonly [Way, Fault])[] = [
  ['program', 'nothing'],
  ['request', 'loop wedged'],
  ['stop input', 'core stopped'],
  ['mqtt', 'core stopped'],
  ['stop input', 'link dead'],
];

test('R-16 R-24 a stimulus ends at once by command, stop input and MQTT, whatever is broken', async (t) => {
  const trial = await SilenceTrial.start(t, hasMosquitto, false);
  for (const [way, fault] of pairs) {
    if (way === 'mqtt' && !hasMosquitto) continue;
    const { ms } = await trial.silence(way, fault);
    t.diagnostic(`${way}, ${fault}: ${ms.toFixed(1)} ms`);
    // By itself the stimulus would last for 900 ms.
    assert.ok(ms < 500, `${way}, ${fault}: ${ms} ms`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudioPlan } from '../../drivers/audio/actuator.js';
import { fileCard, samplesOf, soundsIn, withoutAlsa } from '../../drivers/audio/card.test.fixture.js';
import { renderSound } from '../../drivers/audio/sound.js';
import { playTo } from './night-measures.js';

const onFile = { skip: withoutAlsa() };

const plan: AudioPlan = {
  use: 'audio',
  card: 'hw:NONE',
  rate: 48_000,
  periodFrames: 128,
  sounds: ['pink-50ms', 'pink-15ms'],
  levelDbfs: -30,
  ceilingDbfs: -20,
};

test(
  'R-23 the sound of the evening comes to one ear alone, three times, as loud as it is in the night',
  onFile,
  async (t) => {
    const { card, frames } = fileCard(t);
    const actuator = { name: 'headphones', plan: { ...plan, card } };
    const sound = renderSound('pink-50ms', 48_000, -30);
    const silent = new Float64Array(sound.left.length);
    for (const [ear, expected] of [
      ['left', { ...sound, right: silent }],
      ['right', { ...sound, left: silent }],
    ] as const) {
      await playTo(ear, { actuator });
      const heard = soundsIn(frames(), 400);
      assert.equal(heard.length, 3, ear);
      for (const { samples } of heard) assert.deepEqual(samples, samplesOf(expected), ear);
    }
  },
);

test('a card that is not there is named', onFile, async () => {
  const actuator = { name: 'headphones', plan };
  await assert.rejects(playTo('left', { actuator }), /hw:NONE/);
});

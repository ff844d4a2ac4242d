import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axond, temporaryFolder } from './axond-process.js';

test('the demo closes the loop: emulated Cyton, detections, stimuli, recording, MQTT, identical replay', async (t) => {
  const record = temporaryFolder();
  const demo = await axond(t, ['demo', '--seconds', '30', '--json', '--set', `device.record=${record}`]);
  assert.equal(demo.code, 0, demo.stderr);
  const { samples, gaps, discardedBytes, detections, stimuli, latencyUs, ringLosses, mqtt, recording, truth } =
    demo.json as unknown as {
      samples: number;
      gaps: number;
      discardedBytes: number;
      detections: number;
      stimuli: number;
      latencyUs: { p50: number; p99: number; max: number };
      ringLosses: Record<string, number>;
      mqtt: { published: number; acked: number };
      recording: string;
      truth: number;
    };
  assert.ok(samples >= 29 * 250 && samples <= 32 * 250, `${samples} samples in 30 s at 250 Hz`);
  assert.equal(gaps, 0);
  assert.equal(discardedBytes, 0);
  assert.ok(truth >= 4, `${truth} spindles generated`);
  assert.ok(detections >= truth / 2, `${detections} of ${truth} spindles detected`);
  assert.ok(stimuli >= 2, `${stimuli} stimuli after the gate's ten seconds`);
  assert.ok(latencyUs.p50 > 0 && latencyUs.p50 <= latencyUs.p99 && latencyUs.p99 <= latencyUs.max);
  assert.deepEqual(ringLosses, { samples: 0, decisions: 0, commands: 0 });
  assert.ok(mqtt.acked >= detections + stimuli && mqtt.acked <= mqtt.published);

  const check = await axond(t, ['check', recording, '--json']);
  assert.equal(check.code, 0, check.stdout + check.stderr);

  const { json: story } = await axond(t, ['explain', 'S1', recording, '--json']);
  const { receipts } = story['stimulus'] as { receipts: { state: string; evidence: string }[] };
  assert.deepEqual(
    receipts.map(({ state }) => state),
    ['accepted', 'started', 'ended'],
  );
  assert.match(receipts[1]?.evidence ?? '', /^virtual for \d+ us$/);

  const replay = await axond(t, ['replay', recording, '--json']);
  assert.equal(replay.code, 0, replay.stdout + replay.stderr);
  assert.deepEqual(replay.json['differences'], []);
  assert.equal(replay.json['detections'], detections);
  assert.equal(replay.json['stimuli'], stimuli);
});

test('the demo of places learns a place every few metres of the road, not one a frame', async (t) => {
  const record = temporaryFolder();
  const sets = ['--set', `device.record=${record}`, '--set', `place.map=${record}/road.map`];
  const demo = await axond(t, ['demo', '--place', '--seconds', '12', '--json', ...sets]);
  assert.equal(demo.code, 0, demo.stderr);
  const { samples: frames, drive } = demo.json as { samples: number; drive: { places: number } };
  // A third of a metre a frame; frames taken for a format of another size are all new.
  assert.ok(frames > 100, `${frames} frames`);
  assert.ok(drive.places > frames / 20 && drive.places < frames / 2, `${drive.places} places of ${frames} frames`);
});

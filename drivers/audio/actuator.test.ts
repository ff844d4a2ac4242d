import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { Command, Condition } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { AudioActuator, type AudioPlan } from './actuator.js';
import { fileCard, samplesOf, soundsIn, withoutAlsa, type FileCard } from './card.test.fixture.js';
import { AudioOutput } from './output.js';
import { renderSound } from './sound.js';

/** On ALSA itself: its `file` plug-in keeps what a card would have played, its `null` plug-in drops it. */

const options = { skip: withoutAlsa() };

const plan: AudioPlan = {
  use: 'audio',
  card: 'null',
  rate: 48_000,
  periodFrames: 128,
  sounds: ['pink-15ms', 'pink-50ms', 'tone-440Hz-1000ms'],
  levelDbfs: -30,
  ceilingDbfs: -20,
};

interface Rig {
  readonly actuator: AudioActuator;
  readonly output: AudioOutput;
  readonly file: FileCard;
}

function onFile(t: TestContext): Rig {
  const file = fileCard(t);
  const own = { ...plan, card: file.card };
  const handle = AudioActuator.open(own, false);
  const actuator = new AudioActuator(own, handle, new Int32Array(new SharedArrayBuffer(4)));
  return { actuator, output: new AudioOutput(handle), file };
}

function command(variant: number, gainDb = 0): Command {
  const zero = { sequence: 0, cycle: 0, fireAtUs: 0, expiresUs: 0, durationUs: 0, lease: 0 };
  return { kind: 'fire', command: 1, variant, gainDb, ...zero };
}

/** Plays one sound to its end, and lets some silence follow. */
async function playOut({ actuator, output }: Rig, given: Command, condition: Condition = 'real'): Promise<string> {
  const { evidence } = actuator.fire(given, condition);
  assert.ok(!actuator.isAtRest());
  // A pump that a busy machine holds up sends late; a guardian would cut that off.
  while (!output.isOver()) await pause(1);
  actuator.rest();
  assert.ok(actuator.isAtRest());
  await pause(10);
  return evidence;
}

test('R-23 what the file plug-in of ALSA is sent equals the rendered pulse, sample for sample', options, async (t) => {
  const rig = onFile(t);
  const { actuator, file } = rig;
  assert.deepEqual(actuator.check(), []);
  await playOut(rig, command(0));
  await playOut(rig, command(1));
  await playOut(rig, command(1, -6));
  actuator.close();
  const [short, long, lowered, ...more] = soundsIn(file.frames(), 100);
  assert.equal(more.length, 0);
  assert.deepEqual(short?.samples, samplesOf(renderSound('pink-15ms', 48_000, -30)));
  assert.deepEqual(long?.samples, samplesOf(renderSound('pink-50ms', 48_000, -30)));
  const half = renderSound('pink-50ms', 48_000, -36);
  const expected = samplesOf(half);
  assert.equal(lowered?.samples.length, expected.length);
  lowered.samples.forEach((sample, at) => assert.ok(Math.abs(sample - (expected[at] as number)) <= 1));
});

test('a hundred pulses in a row: none is missing, none is cut', options, async (t) => {
  const rig = onFile(t);
  const { actuator, file } = rig;
  for (let n = 0; n < 100; n++) await playOut(rig, command(0));
  actuator.close();
  const sounds = soundsIn(file.frames(), 40);
  assert.equal(sounds.length, 100);
  const expected = samplesOf(renderSound('pink-15ms', 48_000, -30));
  for (const { samples } of sounds) assert.deepEqual(samples, expected);
});

test('R-27 a sham pulse is silent to the last sample, and says of itself what a real one says', options, async (t) => {
  const rig = onFile(t);
  const { actuator, file } = rig;
  const said: string[] = [];
  for (let n = 0; n < 3; n++) said.push(await playOut(rig, command(1), 'sham'));
  const real = await playOut(rig, command(1));
  actuator.close();
  const sounds = soundsIn(file.frames(), 100);
  assert.equal(sounds.length, 1, 'the real one alone');
  for (const evidence of said) assert.equal(evidence.replaceAll(/\d+/g, 'n'), real.replaceAll(/\d+/g, 'n'));
});

test('R-16 silence in the middle of a sound leaves no sample of it behind it', options, async (t) => {
  const rig = onFile(t);
  const { actuator, file } = rig;
  const askedUs = monotonicUs();
  actuator.fire(command(2), 'real');
  while (monotonicUs() < askedUs + 100e3) await pause(1);
  actuator.rest();
  const silencedUs = monotonicUs();
  await pause(100);
  await playOut(rig, command(0));
  actuator.close();
  const [cut, next, ...more] = soundsIn(file.frames(), 400);
  assert.equal(more.length, 0);
  const whole = samplesOf(renderSound('tone-440Hz-1000ms', 48_000, -30));
  assert.ok(cut);
  const sounded = ((silencedUs - askedUs) / 1e6) * 48_000;
  // What had been sent is at most the card's four periods ahead of what had sounded.
  assert.ok(cut.samples.length / 2 < sounded + 5 * 128, `${cut.samples.length / 2} frames, ${sounded} sounded`);
  // A tone begins with a sample of zero, which counts as silence here.
  assert.deepEqual(cut.samples, whole.slice(2, 2 + cut.samples.length));
  assert.deepEqual(next?.samples, samplesOf(renderSound('pink-15ms', 48_000, -30)));
});

test('a card that takes everything at once is held to real time', options, async (t) => {
  const rig = onFile(t);
  const { actuator, file } = rig;
  const fromUs = monotonicUs();
  await pause(500);
  const seconds = (monotonicUs() - fromUs) / 1e6;
  actuator.close();
  const played = file.frames().length / 2 / 48_000;
  assert.ok(played < seconds * 1.01 + 0.2, `${played} s of frames in ${seconds} s`);
});

test('the null plug-in takes the same calls', options, () => {
  const handle = AudioActuator.open(plan, false);
  const actuator = new AudioActuator(plan, handle, new Int32Array(new SharedArrayBuffer(4)));
  actuator.fire(command(0), 'real');
  actuator.close();
  assert.ok(actuator.isAtRest());
});

test('what cannot be opened or is too loud is refused in one line, before a card is touched', options, () => {
  assert.throws(
    () => AudioActuator.open({ ...plan, card: 'hw:31' }, false),
    /^Error: hw:31: is no card of this machine \(No such .*\)\. List them with `aplay -l`/,
  );
  assert.throws(
    () => AudioActuator.open({ ...plan, levelDbfs: -15 }, false),
    /pink-50ms has .* dBFS and the ceiling is -20\.0 dBFS|pink-15ms has .* dBFS and the ceiling is -20\.0 dBFS/,
  );
  // The hard ceiling holds whatever the plan says.
  assert.throws(
    () => AudioActuator.open({ ...plan, sounds: ['tone-440Hz-1000ms'], levelDbfs: -5, ceilingDbfs: 0 }, false),
    /has -5\.0 dBFS and the ceiling is -10\.0 dBFS/,
  );
});

test('a gain above 0 dB, or none at all, fires nothing', options, () => {
  const handle = AudioActuator.open(plan, false);
  const actuator = new AudioActuator(plan, handle, new Int32Array(new SharedArrayBuffer(4)));
  for (const gainDb of [1, NaN]) assert.throws(() => actuator.fire(command(0, gainDb), 'real'), /no attenuation/);
  assert.throws(() => actuator.fire(command(7), 'real'), /no sound 7/);
  assert.ok(actuator.isAtRest());
  actuator.close();
});

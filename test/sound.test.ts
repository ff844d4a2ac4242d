import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AudioPlan } from '../drivers/audio/actuator.js';
import { fileCard, samplesOf, soundsIn, withoutAlsa, type FileCard } from '../drivers/audio/card.test.fixture.js';
import { renderSound } from '../drivers/audio/sound.js';
import { ReceiptState } from '../runtime/contracts.js';
import { startRig, type GuardianRig } from '../runtime/guardian/guardian.test.fixture.js';
import { silenceGuardian } from '../runtime/guardian/silence.js';
import { monotonicUs } from '../runtime/monotonic.js';
import { axond, launcher, temporaryFolder, until } from './axond-process.js';

/** Sound through real processes: a guardian on the `file` plug-in of ALSA, and the commands. */

const onFile = { skip: withoutAlsa() };

interface SoundRig {
  readonly guardian: GuardianRig;
  readonly file: FileCard;
}

async function soundRig(t: TestContext, sound: string): Promise<SoundRig> {
  const file = fileCard(t);
  const actuator: AudioPlan = {
    use: 'audio',
    card: file.card,
    rate: 48_000,
    periodFrames: 128,
    sounds: [sound],
    levelDbfs: -30,
    ceilingDbfs: -20,
  };
  const guardian = await startRig({ actuator });
  t.after(() => guardian.close());
  await until('the guardian is ready', () => guardian.causes.includes('ready'));
  return { guardian, file };
}

/** Fires; resolves once the guardian says that it has started. */
async function sounding({ guardian }: SoundRig, durationUs: number): Promise<void> {
  guardian.tellCore(`fire 1 ${durationUs}`);
  await until('the stimulus has started', () => guardian.receipts.some(({ state }) => state === ReceiptState.started));
}

const ended = ({ guardian }: SoundRig): boolean => guardian.receipts.some(({ state }) => state === ReceiptState.ended);

/** Length of the only sound in the file, in milliseconds, once nothing is added to it any more. */
async function soundedMs({ guardian, file }: SoundRig): Promise<number> {
  const before = file.frames().length;
  // Silence goes on being played unless the guardian ends with its core.
  await until('silence follows', () => guardian.ended() !== '' || file.frames().length > before + 2 * 24_000);
  const [sound, ...more] = soundsIn(file.frames(), 400);
  assert.ok(sound);
  assert.equal(more.length, 0);
  return sound.samples.length / 2 / 48;
}

test('R-14 R-23 the guardian plays a pulse whole, sample for sample', onFile, async (t) => {
  const rig = await soundRig(t, 'pink-50ms');
  await sounding(rig, 200e3);
  await until('the stimulus has ended', () => ended(rig));
  assert.equal(await soundedMs(rig), 50);
  const [sound] = soundsIn(rig.file.frames(), 400);
  assert.deepEqual(sound?.samples, samplesOf(renderSound('pink-50ms', 48_000, -30)));
});

test('R-15 R-23 a core that is killed within a sound: the sound ends', onFile, async (t) => {
  const rig = await soundRig(t, 'tone-440Hz-3000ms');
  const firedUs = monotonicUs();
  await sounding(rig, 3e6);
  process.kill(rig.guardian.corePid, 'SIGKILL');
  const killedMs = (monotonicUs() - firedUs) / 1e3;
  const ms = await soundedMs(rig);
  t.diagnostic(`${ms} ms sounded of a tone whose core was killed after ${killedMs} ms`);
  assert.ok(ms < killedMs + 500);
});

test('R-16 R-23 silence past a core that is stopped: nothing is added to the sound', onFile, async (t) => {
  const rig = await soundRig(t, 'tone-440Hz-3000ms');
  const firedUs = monotonicUs();
  await sounding(rig, 3e6);
  process.kill(rig.guardian.corePid, 'SIGSTOP');
  await silenceGuardian(rig.guardian.silenceSocket);
  const silentMs = (monotonicUs() - firedUs) / 1e3;
  const ms = await soundedMs(rig);
  process.kill(rig.guardian.corePid, 'SIGCONT');
  t.diagnostic(`${ms} ms sounded of a tone that was silenced within ${silentMs} ms`);
  // The card is four periods ahead of what is heard, and our clock a little behind its.
  assert.ok(ms < silentMs * 1.01 + 13);
});

/** Answers on standard input, one a line. */
function answered(
  args: readonly string[],
  answers: string,
): Promise<{ code: number | null; stderr: string; stdout: string }> {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  child.stdin.on('error', () => undefined).end(answers);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr, stdout })));
}

test('axond setup sound writes a calibration from what a person reads on a meter', onFile, async (t) => {
  const { card, frames } = fileCard(t);
  const out = join(temporaryFolder(), 'headphones.json');
  const { code, stderr } = await answered(['setup', 'sound', '--card', card, '--out', out], '48.3 dB\n68\n');
  assert.equal(code, 0, stderr);
  const written = JSON.parse(readFileSync(out, 'utf8')) as Record<string, unknown>;
  assert.deepEqual(written['measured'], [
    { dBFS: -50, dBSPL: 48.3 },
    { dBFS: -30, dBSPL: 68 },
  ]);
  assert.equal(written['mixer'], null);
  const played = soundsIn(frames(), 40);
  const { peak } = renderSound('tone-1000Hz-1000ms', 48_000, -30);
  const loudest = Math.max(...played.map(({ samples }) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
  assert.ok(loudest <= Math.ceil(peak * 2 ** 31), 'nothing above -30 dBFS');
});

test(
  'R-23 axond setup sound plays nothing louder than -30 dBFS that was not agreed to, and writes nothing then',
  onFile,
  async (t) => {
    const { card, frames } = fileCard(t);
    const out = join(temporaryFolder(), 'headphones.json');
    const levels = ['--levels', '-40dBFS,-20dBFS'];
    const { code, stderr } = await answered(['setup', 'sound', '--card', card, '--out', out, ...levels], '58\nn\n');
    assert.equal(code, 1);
    assert.match(stderr, /will be about 78 dB SPL\. Play it\?/);
    assert.ok(!existsSync(out));
    const loudest = frames().reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    assert.ok(loudest <= Math.ceil(renderSound('tone-1000Hz-1000ms', 48_000, -40).peak * 2 ** 31));
  },
);

test('axond demo --audio without a card, and setup sound too: one line, exit 2', onFile, async (t) => {
  for (const args of [
    ['demo', '--audio', '--set', 'actuators.headphones.card=hw:31'],
    ['setup', 'sound', '--card', 'hw:31'],
  ]) {
    const { code, stderr } = await axond(t, args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^(--audio: )?hw:31: is no card of this machine .*List them with `aplay -l`.*\n$/);
  }
});

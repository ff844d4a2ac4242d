import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pinkNoise } from './pink-noise.js';
import { measuredDbfs, renderSound, SoundRefused } from './sound.js';
import { wavFile } from './wav.test.fixture.js';

interface Golden {
  readonly frames: number;
  readonly every: number;
  readonly values: readonly number[];
}
const goldenFile = new URL('../../../drivers/audio/fixtures/pulses.golden.json', import.meta.url);
const golden = JSON.parse(readFileSync(goldenFile, 'utf8')) as Record<string, Golden | string>;

for (const name of ['pink-15ms', 'pink-50ms', 'tone-1000Hz-100ms']) {
  test(`R-23 ${name} at 48 kHz has the length, ramps and samples that NumPy makes of its definition`, () => {
    const { frames, every, values } = golden[name] as Golden;
    const { left, right } = renderSound(name, 48_000, -30);
    assert.equal(left.length, frames);
    assert.equal(right, left);
    values.forEach((value, place) => assert.ok(Math.abs((left[place * every] as number) - value) < 1e-12, name));
  });
}

test('pink noise falls by 3 dB an octave from 40 Hz to 20 kHz', () => {
  const noise = pinkNoise(1 << 16, 48_000, 3);
  const power = (from: number): number => {
    // Mean power of the frequencies of one octave, by a plain Fourier sum at 60 of them.
    let sum = 0;
    for (let line = 0; line < 60; line++) {
      const hertz = from * 2 ** (line / 60);
      let [re, im] = [0, 0];
      for (let i = 0; i < noise.length; i++) {
        const window = Math.sin((Math.PI * i) / noise.length) ** 2;
        re += (noise[i] as number) * window * Math.cos((2 * Math.PI * hertz * i) / 48_000);
        im += (noise[i] as number) * window * Math.sin((2 * Math.PI * hertz * i) / 48_000);
      }
      sum += re * re + im * im;
    }
    return 10 * Math.log10(sum / 60);
  };
  const octaves = [40, 640, 10_000].map(power) as [number, number, number];
  const slope = (octaves[2] - octaves[0]) / Math.log2(10_000 / 40);
  assert.ok(Math.abs(slope + 3.01) < 0.3, `${slope} dB an octave`);
  assert.ok(Math.abs((octaves[1] - octaves[0]) / 4 + 3.01) < 0.5);
});

test('a level is the RMS of a sine with these peaks, for noise too', () => {
  const tone = renderSound('tone-1000Hz-1000ms', 48_000, -20);
  assert.ok(Math.abs(tone.peak - 0.1) < 1e-9);
  assert.ok(Math.abs(measuredDbfs(tone, 48_000) + 20) < 0.01);
  const noise = renderSound('pink-500ms', 48_000, -20);
  const plateau = noise.left.subarray(240, 24_000 - 240);
  const rms = Math.sqrt(plateau.reduce((sum, x) => sum + x * x, 0) / plateau.length);
  assert.ok(Math.abs(20 * Math.log10(rms * Math.SQRT2) + 20) < 1e-9);
});

test('a cue file is brought to its level by its loudest 125 ms, and to the rate of the card', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // A quarter second of a 500 Hz tone among three of a faint one, at 44.1 kHz.
  const samples = Array.from({ length: 44_100 }, (_, i) => {
    const loud = i >= 11_025 && i < 22_050;
    return (loud ? 0.5 : 0.05) * Math.sin((2 * Math.PI * 500 * i) / 44_100);
  });
  const path = join(folder, 'cue.wav');
  writeFileSync(path, wavFile({ rate: 44_100, bits: 16, channels: [samples] }));
  const cue = renderSound(path, 48_000, -40);
  assert.equal(cue.left.length, 48_000);
  assert.ok(Math.abs(measuredDbfs(cue, 48_000) + 40) < 1e-6);
  assert.ok(Math.abs(cue.peak - 0.01) < 2e-4, 'its peaks are those of a tone of this level');
  // In place: the same tone, from the same moment on.
  for (const second of [0.3, 0.35, 0.4, 0.4567]) {
    const at = Math.round(second * 48_000);
    const expected = 0.01 * Math.sin((2 * Math.PI * 500 * at) / 48_000);
    assert.ok(Math.abs((cue.left[at] as number) - expected) < 3e-4, `${second} s`);
  }
});

const refused: [string, RegExp][] = [
  ['pink-50', /is no sound\. Write pink-50ms/],
  ['pink-1ms', /is shorter than 5ms/],
  ['tone-5Hz-100ms', /is below 20 Hz/],
  ['tone-23000Hz-100ms', /is too high for 48000 Hz/],
  ['absent.wav', /absent\.wav cannot be read\. Correct the path/],
];
for (const [name, expected] of refused) {
  test(`${name} is refused with the fix`, () => {
    assert.throws(() => renderSound(name, 48_000, -30), expected);
  });
}

test('R-23 a level at which a sound would clip is refused, with the level that fits', () => {
  const refusal = (() => {
    try {
      return renderSound('pink-50ms', 48_000, -3);
    } catch (error) {
      return error;
    }
  })();
  assert.ok(refusal instanceof SoundRefused && refusal.key === 'level');
  const most = Number(/Use (-\d+)dBFS/.exec(refusal.fix)?.[1]);
  assert.ok(renderSound('pink-50ms', 48_000, most).peak <= 1);
  assert.throws(() => renderSound('pink-50ms', 48_000, most + 1));
});

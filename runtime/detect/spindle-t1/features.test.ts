import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { memoryUsage } from 'node:process';
import { test } from 'node:test';
import { sharedData } from '../../../test/shared-data.js';
import { openSignalFile } from '../../../drivers/file/signal-file.js';
import { createSampleBlock } from '../../loop/sample-block.js';
import { SpindleFeatures, featureCount } from './features.js';

interface Golden {
  readonly rate: number;
  readonly frames: number;
  readonly at: Readonly<Record<string, readonly number[]>>;
  readonly sum: number;
  readonly sigmaAt781: number;
}
const golden = JSON.parse(
  readFileSync(new URL('../../../../runtime/detect/spindle-t1/fixtures/features.golden.json', import.meta.url), 'utf8'),
) as Golden[];

/** Red noise, slow waves, bursts of 13 Hz, an offset and a drift: the signal of fixtures/features.py. */
function trialSignal(rate: number, seconds = 40): Float64Array {
  let noise = 1;
  let red = 0;
  return Float64Array.from({ length: seconds * rate }, (_, n) => {
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    red = 0.95 * red + (noise / 2 ** 31) * 4;
    const t = n / rate;
    const burst = t % 5 < 1 ? 25 * Math.sin(2 * Math.PI * 13 * t) : 0;
    return red + burst + 40 * Math.sin(2 * Math.PI * 0.8 * t) + 3000 + 5 * t;
  });
}

function prepared(rate: number): SpindleFeatures {
  const features = new SpindleFeatures();
  features.prepare({ rate, unit: 'uV' });
  return features;
}

/** Codes of all frames. */
function codesOf(features: SpindleFeatures, x: Float64Array): Int8Array[] {
  const frames: Int8Array[] = [];
  for (let at = 0; at < x.length; at++) if (features.push(x, at)) frames.push(features.codes.slice());
  return frames;
}

for (const { rate, frames, at, sum, sigmaAt781 } of golden) {
  test(`equals NumPy at ${rate} Hz`, () => {
    const features = prepared(rate);
    let total = 0;
    const x = trialSignal(rate);
    for (let place = 0; place < x.length; place++) {
      if (!features.push(x, place)) continue;
      const { frame, codes, logPowers } = features;
      total += codes.reduce((part, code) => part + code, 0);
      const expected = at[frame];
      if (expected) assert.deepEqual([...codes], expected, `frame ${frame}`);
      if (frame === 781) assert.ok(Math.abs(logPowers[5]! - sigmaAt781) < 1e-9, `${logPowers[5]}, not ${sigmaAt781}`);
    }
    assert.equal(features.frame, frames - 1);
    assert.equal(total, sum);
  });
}

test('equals NumPy on real sleep', (t) => {
  const path = sharedData('eeg', 'dreams_spindles', 'excerpt2.txt.gz');
  if (path === undefined) {
    t.skip('no reference data beside the checkout');
    return;
  }
  const file = openSignalFile(path);
  const block = createSampleBlock(1, 1000);
  const values = new Float64Array(1000);
  const features = prepared(200);
  const found: Record<number, number[]> = {};
  while (features.frame < 20_000 && file.read(block) > 0) {
    for (let i = 0; i < block.frames; i++) {
      values[i] = block.counts[i]! * file.stream.channels[0]!.scale;
      if (!features.push(values, i)) continue;
      const { frame, codes } = features;
      if (frame === 400 || frame === 20_000) found[frame] = [...codes];
    }
  }
  file.close();
  assert.deepEqual(found, {
    400: [-25, -27, -15, -7, 12, -32, -2, -6, -7, -29, -51, 8, -73, -62, -1, -17, -51, -16, 22, -18, 60],
    20000: [24, -39, 9, 26, 32, 2, 33, -38, 4, 25, 16, 17, -31, -14, -8, 15, -62, 1, -8, -29, 8],
  });
});

test('a frame ends with every fifth of a hundred samples a second, from the first sample after a reset on', () => {
  const features = prepared(200);
  const x = trialSignal(200, 10);
  const first = codesOf(features, x);
  assert.equal(features.frame, first.length - 1);
  // Frame n is known with sample 10 n + 8, the last that it looks at.
  features.reset();
  assert.equal(features.frame, -1);
  x.forEach((_, at) => assert.equal(features.push(x, at), at % 10 === 8, `sample ${at}`));
  features.reset();
  assert.deepEqual(codesOf(features, x), first);
});

test('at any rate the same signal gives nearly the same codes', () => {
  const wave = (rate: number): Float64Array =>
    Float64Array.from({ length: 30 * rate }, (_, n) => {
      const t = n / rate;
      const tone = (hertz: number, size: number): number => size * Math.sin(2 * Math.PI * hertz * t + hertz);
      const level = 1 + 0.5 * Math.sin(2 * Math.PI * 0.3 * t);
      return tone(0.9, 40) + level * (tone(2.3, 15) + tone(5.1, 8) + tone(9.1, 5) + tone(13.1, 4) + tone(17.3, 2));
    });
  const codes = new Map(
    [50, 62.5, 80, 100, 125, 128, 200, 250, 256, 500, 512, 1000].map((rate) => [
      rate,
      codesOf(prepared(rate), wave(rate)),
    ]),
  );
  for (const [rate, frames] of codes) {
    // The low-pass makes what is faster than 100 Hz 12 ms late.
    const expected = codes.get(rate > 100 ? 200 : 100)!;
    for (let place = 0; place < featureCount; place++) {
      let sum = 0;
      for (let frame = 200; frame < 590; frame++) sum += Math.abs(frames[frame]![place]! - expected[frame]![place]!);
      assert.ok(sum / 390 <= (rate > 100 ? 3 : 1), `${rate} Hz: code ${place} differs by ${sum / 390}`);
    }
  }
});

test('allocates nothing', () => {
  const features = prepared(250);
  const x = trialSignal(250, 20);
  const rounds = Array.from({ length: 12 }, () => {
    features.reset();
    const before = memoryUsage().heapUsed;
    for (let at = 0; at < x.length; at++) features.push(x, at);
    return (memoryUsage().heapUsed - before) / x.length;
  });
  assert.ok(Math.min(...rounds.slice(4)) < 1, `${rounds.map((bytes) => bytes.toFixed(1)).join(' ')} bytes a sample`);
});

test('what cannot work is refused with value and fix', () => {
  for (const rate of [49, 1001, NaN]) assert.throws(() => prepared(rate), /^RangeError: rate: .* Hz is outside 50 to/);
  assert.throws(() => new SpindleFeatures().prepare({ rate: 200, unit: 'g' }), /^RangeError: unit: .*"g".*"uV"/);
  assert.equal(new SpindleFeatures().codes.length, featureCount);
});

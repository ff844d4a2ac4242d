import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { readContent } from '../../../drivers/file/recordings.test.fixture.js';
import { chooseScale, ExportError } from './edf-scale.js';
import { edfBytes, planEdf, recordShape } from './edf.js';
import type { EdfFormat } from './edf-header.js';
import { blocksOf, prepareExport } from './exported.js';
import { large, openNight, rate, small } from './recorded-night.test.fixture.js';

function exportNight(t: TestContext, format: EdfFormat, continuous = false): Buffer {
  const recording = openNight(t);
  const plan = planEdf(prepareExport(recording, 'bedside 1', 'Europe/Zurich'), format, continuous);
  return Buffer.concat(Array.from(edfBytes(plan, blocksOf(recording)), (part) => Uint8Array.from(part)));
}

/** What the marks of the night are, in seconds by hand from how it was recorded. */
const annotations = [
  [450 / rate, 160 / rate, 'detection spindle'],
  [599 / rate, 0, 'armed'],
  [599.5 / rate, 0.05, 'stimulus S1'],
  [609 / rate, 0, 'refusal R2 disarmed interval'],
  [609 / rate, 0, 'marker lights off, "Zürich"'],
  [610 / rate, 3 / rate, 'gap'],
  [912 / rate, 0, 'no stimulus S2 dropped'],
  [912 / rate, 0, 'perhaps stimulus S3'],
  [913 / rate, 625 / rate, 'gap'],
  [2237 / rate, 0, 'disarmed request'],
  [2298 / rate, 0, 'end of the recording'],
] as const;

test('EDF+ is read back by another reader of this package: every count, every mark, the hole', (t) => {
  const bytes = exportNight(t, 'edf');
  const { file, counts, gaps } = readContent(bytes);
  assert.deepEqual(
    file.annotations.map(({ onset, duration, text }) => [+onset.toFixed(4), +duration.toFixed(4), text]),
    annotations.map(([onset, duration, text]) => [+onset.toFixed(4), +duration.toFixed(4), text]),
  );
  assert.deepEqual(
    file.stream.channels.map(({ name, unit }) => [name, unit]),
    [
      ['c0', 'uV'],
      ['c1', 'uV'],
    ],
  );
  assert.equal(file.stream.rate, rate);
  const [fine, coarse] = file.stream.channels.map(({ scale }) => scale);
  assert.ok(Math.abs(fine! / 0.02235 - 1) < 1e-7, String(fine));
  // 12 million counts in 65,534 steps.
  assert.ok(Math.abs(coarse! / (0.02235 * 184) - 1) < 1e-7, String(coarse));
  for (let index = 0; index < 2298; index++) {
    // The fourth record ends with held values; the hole behind it is one of the file.
    if (index >= 913 && index < 1538) continue;
    assert.equal(gaps[index], false);
    assert.equal(counts[index]![0], small(index), `frame ${index}`);
    const error = Math.abs(counts[index]![1]! * coarse! - large(index) * 0.02235);
    assert.ok(error <= 0.02235 * 184 * 0.501, `frame ${index}: ${error}`);
  }
  assert.deepEqual(gaps.slice(1000, 1538), new Array<boolean>(538).fill(true));
  assert.equal(counts[999]![0], small(912), 'what fills up a record holds the last value');
});

test('the header says whose, what and when, on the wall of those who read it', (t) => {
  const header = exportNight(t, 'edf').toString('latin1');
  assert.equal(header.slice(0, 8), '0       ');
  assert.match(header.slice(8, 88), /^X X X X +$/);
  assert.match(header.slice(88, 168), /^Startdate 14-NOV-2023 bedside_1 X axond_0\.1\.0_cyton +$/);
  // 22:13:20 UTC, and the first frame was there 4 ms later.
  assert.equal(header.slice(168, 184), '14.11.2323.13.20');
  assert.equal(header.slice(192, 236).trim(), 'EDF+D');
  assert.deepEqual([header.slice(236, 244).trim(), header.slice(244, 252).trim()], ['8', '1']);
});

test('a continuous file holds the last values through the hole', (t) => {
  const bytes = exportNight(t, 'edf', true);
  assert.equal(bytes.toString('latin1', 192, 236).trim(), 'EDF+C');
  const { counts, file } = readContent(bytes);
  assert.equal(counts[1537]![0], small(912));
  assert.equal(counts[1538]![0], small(1538));
  assert.equal(file.annotations.length, annotations.length);
});

test('BDF+ keeps all 24 bits', (t) => {
  const bytes = exportNight(t, 'bdf');
  const header = bytes.toString('latin1', 0, 256 * 4);
  assert.equal(header.slice(0, 8), '\u00ffBIOSEMI');
  assert.equal(header.slice(192, 236).trim(), 'BDF+D');
  assert.equal(header.slice(256 + 32, 256 + 48), 'BDF Annotations ');
  const field = (before: number, width: number, signal: number): number =>
    Number(header.slice(256 + before * 3 + signal * width, 256 + before * 3 + (signal + 1) * width));
  const samples = [0, 1, 2].map((signal) => field(216, 8, signal));
  assert.deepEqual(samples.slice(0, 2), [250, 250]);
  const recordBytes = 3 * samples.reduce((sum, count) => sum + count, 0);
  assert.equal(bytes.length, 256 * 4 + 8 * recordBytes);
  for (const [signal, of] of [small, large].entries()) {
    const [pmin, pmax, dmin, dmax] = [104, 112, 120, 128].map((before) => field(before, 8, signal));
    const step = (pmax! - pmin!) / (dmax! - dmin!);
    assert.ok(Math.abs(step / 0.02235 - 1) < 1e-8, String(step));
    for (let index = 0; index < 913; index++) {
      const at = 1024 + Math.floor(index / 250) * recordBytes + 3 * (250 * signal + (index % 250));
      assert.equal(bytes.readIntLE(at, 3), of(index), `frame ${index}`);
      assert.ok(Math.abs((bytes.readIntLE(at, 3) - dmin!) * step + pmin! - of(index) * 0.02235) < 0.02235 / 4);
    }
  }
  // The last record begins where the specification of EDF+ wants its time.
  const list = 1024 + 7 * recordBytes + 3 * 500;
  assert.equal(bytes.toString('latin1', list, list + 9), '+9.152\u0014\u0014\0');
});

test('the same recording gives the same bytes', (t) => {
  assert.deepEqual(exportNight(t, 'edf'), exportNight(t, 'edf'));
});

test('any range of counts comes back within half a step, and exactly where it fits', () => {
  const count = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const scale = fc.constantFrom(0.02235174465530706, 1e-4, 0.27, 1, 2.384e-7);
  fc.assert(
    fc.property(count, count, fc.constantFrom(16, 24), scale, (a, b, bits, scale) => {
      const [lowest, highest] = a < b ? [a, b] : [b, a];
      fc.pre(Math.max(-lowest * 10, highest) * scale < 5e6);
      const found = chooseScale({ name: 'C3', unit: 'uV', scale, railCounts: 0 }, lowest, highest, bits as 16 | 24);
      const { countsPerStep, shift, digitalMinimum, digitalMaximum, physicalMinimum, physicalMaximum } = found;
      assert.ok(physicalMinimum.length <= 8 && physicalMaximum.length <= 8);
      if (highest - lowest < 2 ** bits - 2) assert.equal(countsPerStep, 1);
      const step = (Number(physicalMaximum) - Number(physicalMinimum)) / (digitalMaximum - digitalMinimum);
      for (const counts of [lowest, highest, Math.round((lowest + highest) / 2)]) {
        const digital = Math.round(counts / countsPerStep) - shift;
        assert.ok(digital >= digitalMinimum && digital <= digitalMaximum);
        assert.ok(digital >= -(2 ** (bits - 1)) && digital < 2 ** (bits - 1));
        const error = Math.abs((digital - digitalMinimum) * step + Number(physicalMinimum) - counts * scale);
        // Eight characters say the ends to six digits at the worst.
        const rounding = 5e-6 * Math.max(1, Math.abs(Number(physicalMinimum)), Math.abs(Number(physicalMaximum)));
        assert.ok(error <= 0.5000001 * countsPerStep * scale + rounding, `${counts}: ${error}`);
      }
    }),
  );
});

test('what eight characters cannot say is refused', () => {
  const channel = { name: 'time', unit: 'count', scale: 1, railCounts: 0 };
  assert.throws(
    () => chooseScale(channel, -2_000_000_000, 2_000_000_000, 16),
    (error) =>
      error instanceof ExportError && /^channel time: goes from -2000000000 to 2000000000 count; /.test(error.message),
  );
});

test('a record is a second, or as near as whole frames and the size allow', () => {
  assert.deepEqual(recordShape(250, 16), { frames: 250, seconds: '1' });
  assert.deepEqual(recordShape(16000, 72), { frames: 800, seconds: '0.05' });
  assert.deepEqual(recordShape(62.5, 16), { frames: 125, seconds: '2' });
  assert.deepEqual(recordShape(199.37, 4), { frames: 199, seconds: '0.998144' });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sharedData } from '../../test/shared-data.js';
import type { Stage } from '../contracts.js';
import { createStage, type StagePlan } from './stage-plan.js';

/** SciPy's call → our plan. */
function planOfCall(call: string): StagePlan | undefined {
  const iir = /^(butter|bessel)\((\d+), ?(\[[^\]]+\]|[\d.]+), ?(?:btype=)?'(\w+)'/.exec(call);
  if (iir) {
    const corners = JSON.parse(iir[3]!.startsWith('[') ? iir[3]! : `[${iir[3]!}]`) as number[];
    const common = {
      order: Number(iir[2]),
      family: iir[1] === 'butter' ? ('butterworth' as const) : ('bessel' as const),
      norm: (/norm='(\w+)'/.exec(call)?.[1] ?? 'phase') as 'phase' | 'mag' | 'delay',
    };
    const type = iir[4] as 'lowpass' | 'highpass' | 'bandpass' | 'bandstop';
    if (type === 'lowpass' || type === 'highpass') return { use: type, atHz: corners[0]!, ...common };
    return { use: type, fromHz: corners[0]!, toHz: corners[1]!, ...common };
  }
  const notch = /^iirnotch\(([\d.]+), ?([\d.]+)/.exec(call);
  if (notch) return { use: 'notch', atHz: Number(notch[1]), quality: Number(notch[2]) };
  const fir = /^firwin\((\d+), ?(\[[^\]]+\]|[\d.]+)(.*)$/.exec(call);
  if (!fir) return undefined;
  const corners = JSON.parse(fir[2]!.startsWith('[') ? fir[2]! : `[${fir[2]!}]`) as number[];
  const count = Number(fir[1]);
  if (corners.length === 2) return { use: 'fir', count, fromHz: corners[0]!, toHz: corners[1]! };
  return fir[3]!.includes('pass_zero=False')
    ? { use: 'fir', count, fromHz: corners[0]! }
    : { use: 'fir', count, toHz: corners[0]! };
}

function run(stage: Stage, input: readonly number[], rate: number): Float64Array {
  stage.prepare({ rate, unit: 'uV' });
  const output = Float64Array.from(input);
  stage.process(output, output.length, output);
  return output;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i]! - expected[i]!);
    assert.ok(off <= tolerance, `${what}: [${i}] is ${actual[i]!}, expected ${expected[i]!}`);
  }
}

interface Golden {
  fs: number;
  input: number[];
  filters: { name: string; scipy: string; sos?: number[][]; taps?: number[]; y: number[] }[];
  extra_designs: { fs: number; scipy: string; sos: number[][] }[];
}

test('every golden filter of SciPy: output to 1e-9, coefficients to 1e-9', (t) => {
  const path = sharedData('eeg', 'golden_filters.json');
  if (!path) {
    t.skip('the golden filters of SciPy are not here');
    return;
  }
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;
  for (const { name, scipy, y, sos, taps } of golden.filters) {
    const plan = planOfCall(scipy);
    assert.ok(plan, `${name}: ${scipy} is not understood by the test`);
    const stage = createStage(plan);
    assertClose(run(stage, golden.input, golden.fs), y, 1e-9, name);
    const expected = taps ?? sos!.flatMap(([b0, b1, b2, , a1, a2]) => [b0!, b1!, b2!, a1!, a2!]);
    // Both sections of this band-stop are as near to the unit circle: their order is chance.
    if (name !== 'butter_bs2_48_52') assertClose(stage.coefficients(), expected, 1e-9, `${name} coefficients`);
  }
  for (const { fs, scipy, sos } of golden.extra_designs) {
    const stage = createStage({
      use: 'bandpass',
      fromHz: 11,
      toHz: 16,
      order: 2,
      family: 'butterworth',
      norm: 'phase',
    });
    stage.prepare({ rate: fs, unit: 'uV' });
    assertClose(
      stage.coefficients(),
      sos.flatMap(([b0, b1, b2, , a1, a2]) => [b0!, b1!, b2!, a1!, a2!]),
      1e-9,
      scipy,
    );
  }
});

test('butter(2, [11, 16], "bandpass", fs=250, output="sos") of SciPy 1.10.1', () => {
  const stage = createStage({ use: 'bandpass', fromHz: 11, toHz: 16, order: 2, family: 'butterworth', norm: 'phase' });
  stage.prepare({ rate: 250, unit: 'uV' });
  assertClose(
    stage.coefficients(),
    [
      0.0036216815149286434, 0.007243363029857287, 0.0036216815149286434, -1.7677320849205387, 0.9045886368420724, 1,
      -2, 1, -1.8441602957000822, 0.9254832717981418,
    ],
    1e-12,
    'sections',
  );
});

test('the Portiloop chain equals the vectors of the original', (t) => {
  const files: [string, 50 | 60][] = [
    ['synth_samples_30s.csv.gz', 60],
    ['dreams5_samples_120s.csv.gz', 50],
  ];
  for (const [file, mainsHz] of files) {
    const path = sharedData('portiloop', file);
    if (!path) {
      t.skip('the vectors of the Portiloop are not here');
      return;
    }
    const [header = '', ...lines] = gunzipSync(readFileSync(path)).toString().trim().split('\n');
    const columns = header.trim().split(',');
    const column = (name: string): number[] => lines.map((line) => Number(line.split(',')[columns.indexOf(name)]));
    const z = run(createStage({ use: 'portiloop', mainsHz }), column('x_uV'), 250);
    assertClose(z, column('z'), 1e-9, file);
  }
});

test('the Portiloop chain on its first samples', () => {
  // From the original's formulas: first sample passes through the FIR's and the notch's first coefficient alone.
  const [z = NaN] = run(createStage({ use: 'portiloop', mainsHz: 60 }), [-11.2726], 250);
  assert.ok(Math.abs(z - -11.2726 * 0.001623780150148095 * 0.9936459339823651) < 1e-15);
});

test('RMS of a sine is its amplitude over √2, also after a value of a million', () => {
  const sine = Array.from({ length: 2000 }, (_, n) =>
    n === 100 ? 1e6 : 10 * Math.sin((2 * Math.PI * 12.5 * n) / 250),
  );
  const y = run(createStage({ use: 'rms', windowSeconds: 0.4 }), sine, 250);
  assert.ok(Math.abs(y[1999]! - 10 * Math.SQRT1_2) < 1e-12);
});

test('resampling keeps a sine: amplitude within 0.25 %, phase as the declared delay says', () => {
  for (const [from, to] of [
    [200, 250],
    [250, 200],
    [1000, 250],
    [250, 1000],
    [256, 250],
    [50, 1000],
  ] as const) {
    const stage = createStage({ use: 'resample', toHz: to });
    stage.prepare({ rate: from, unit: 'uV' });
    const input = Float64Array.from({ length: 20 * from }, (_, n) => Math.sin((2 * Math.PI * 10 * n) / from));
    const output = new Float64Array(20 * to + 2);
    const count = stage.process(input, input.length, output);
    assert.ok(Math.abs(count - 20 * to) <= 1, `${from} → ${to}: ${count} samples`);
    for (let m = 10 * to; m < count; m++) {
      const expected = Math.sin((2 * Math.PI * 10 * (m - stage.delaySamples)) / to);
      assert.ok(
        Math.abs(output[m]! - expected) < 2.5e-3,
        `${from} → ${to}: sample ${m} is ${output[m]!}, not ${expected}`,
      );
    }
  }
});

test('resampling to the rate that is there changes nothing', () => {
  const stage = createStage({ use: 'resample', toHz: 250 });
  const input = Float64Array.from({ length: 100 }, (_, n) => Math.sin(n));
  assert.deepEqual(run(stage, [...input], 250), input);
  assert.deepEqual([stage.delaySamples, stage.settleSamples], [0, 0]);
});

test('impossible filters are refused with option, value and fix', () => {
  const bandpass: StagePlan = {
    use: 'bandpass',
    fromHz: 0.3,
    toHz: 130,
    order: 2,
    family: 'butterworth',
    norm: 'phase',
  };
  assert.throws(() => createStage(bandpass).prepare({ rate: 200, unit: 'uV' }), {
    message: 'to: 130 Hz is not below half the sampling rate (100 Hz). Use less than 100 Hz.',
  });
});

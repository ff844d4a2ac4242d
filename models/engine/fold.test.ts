import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network, Tensor } from '../format/graph.js';
import { fold, foldExactly, inExactArithmetic, shifted, thresholdTensors, type Channel, type Fires } from './fold.js';
import { closedForm, fraction, integerRoot, negative, product, sum } from './fractions.test.fixture.js';
import { Random } from './random-draft.test.fixture.js';
import { createReference } from './reference.js';

const { fround } = Math;

test('a threshold lies where the formula has it in fractions, for 6000 channels as networks have them', () => {
  const random = new Random(1);
  const modes = [0, 0, 0];
  for (let i = 0; i < 6000; i++) {
    const single = i % 2 === 0 ? fround : (x: number) => x;
    const draw = (low: number, high: number): number => single(low + random.unit() * (high - low));
    const channel: Channel = {
      inputScale: random.of(1, 1 / 4, draw(1e-3, 0.1)),
      weightScale: draw(1e-4, 0.05),
      window: random.of(1, 1, 1, 4, 9),
      bias: draw(-1, 1),
      gain: random.unit() < 0.05 ? 0 : draw(-2, 2),
      beta: draw(-1, 1),
      mean: draw(-1, 1),
      variance: draw(0, 3),
      epsilon: random.of(1e-5, 1e-3, fround(1e-5)),
      thresholds: [draw(-1, 2)],
      strict: random.of(true, false),
    };
    modes[agrees(channel, random.of(50, 1000, 32767, 5e6))]!++;
  }
  assert.ok(
    modes.every((count) => count > 300),
    `modes ${modes.join(', ')}`,
  );
});

test('ties: where y meets the threshold exactly at an integer, and a neighbouring double on either side', () => {
  const random = new Random(2);
  let ties = 0;
  for (let i = 0; i < 2000; i++) {
    const most = random.of(7, 100, 32767, 1e6);
    const tie = random.of(-most - 1, -most, -most + 1, -1, 0, 1, most - 1, most, most + 1, random.whole(-most, most));
    const root = random.of(0.5, 1, 2, 4);
    // All are small multiples of powers of two, so that these doubles are exact.
    const channel = {
      inputScale: random.of(1, 0.25, 3 / 8),
      weightScale: random.of(1, 5 / 64, 2 ** -9),
      window: random.of(1, 2, 4),
      bias: random.whole(-64, 64) / 16,
      gain: random.of(-3, -1, -0.5, 0.5, 1, 2.5),
      beta: random.whole(-64, 64) / 16,
      mean: random.whole(-64, 64) / 16,
      variance: root * root - 2 ** -10,
      epsilon: 2 ** -10,
      strict: random.of(true, false),
    };
    const a = (channel.inputScale * channel.weightScale * tie) / channel.window + channel.bias;
    const threshold = (channel.gain * (a - channel.mean)) / root + channel.beta;
    const fires = inExactArithmetic({ ...channel, thresholds: [threshold] });
    assert.equal(fires(tie, 0, 0), !channel.strict, `not a tie: ${JSON.stringify(channel)}`);
    ties++;
    for (const near of [threshold, neighbour(threshold, 1), neighbour(threshold, -1)])
      agrees({ ...channel, thresholds: [near] }, most);
  }
  assert.equal(ties, 2000);
});

test('roots: a variance that is no square, thresholds next to what float64 makes of an integer', () => {
  const random = new Random(3);
  for (let i = 0; i < 2000; i++) {
    const most = random.of(1000, 2 ** 31 - 2);
    const tie = random.whole(-most, most);
    const channel = {
      inputScale: random.of(1, 1 / 255),
      weightScale: random.unit() / 100,
      bias: random.unit() - 0.5,
      gain: random.of(-1, 1) * (0.1 + random.unit()),
      beta: random.unit() - 0.5,
      mean: random.unit() - 0.5,
      variance: random.of(2, 3, 5, random.unit() + 0.01),
      epsilon: 1e-5,
      strict: random.of(true, false),
    };
    const a = channel.inputScale * channel.weightScale * tie + channel.bias;
    const threshold =
      (channel.gain * (a - channel.mean)) / Math.sqrt(channel.variance + channel.epsilon) + channel.beta;
    agrees({ ...channel, thresholds: [neighbour(threshold, random.of(-1, 0, 1))] }, most);
  }
});

test('zero gain is decided by beta alone; one sum, none and the largest range fold', () => {
  for (const strict of [true, false])
    for (const beta of [-1, 0.3, neighbour(0.3, -1), neighbour(0.3, 1), 2])
      agrees({ inputScale: 1, weightScale: 1, gain: 0, beta, thresholds: [0.3], strict }, 100);
  const plain = { inputScale: 1, weightScale: 1, strict: false };
  assert.deepEqual(foldExactly({ ...plain, thresholds: [0] }, 0), { mode: 2, thresholds: Int32Array.of(1) });
  assert.deepEqual(foldExactly({ ...plain, thresholds: [0.5] }, 0), { mode: 2, thresholds: Int32Array.of(0) });
  const most = 2 ** 31 - 2;
  for (const tie of [-most, -most + 1, most - 1, most]) agrees({ ...plain, thresholds: [tie] }, most);
  assert.throws(() => foldExactly({ ...plain, thresholds: [0] }, 2 ** 31 - 1), /2147483647 cannot be folded/);
  assert.throws(() => foldExactly({ ...plain, thresholds: [NaN] }, 1), /the threshold is NaN/);
  assert.throws(() => foldExactly({ ...plain, variance: 0, thresholds: [1] }, 1), /variance \+ epsilon is 0/);
});

test('doubles from the smallest to the largest do not mislead it', () => {
  const extremes = [5e-324, 2 ** -1060, 1e-200, 1, 1e150, 1.7e308];
  for (const inputScale of extremes)
    for (const threshold of extremes)
      for (const gain of [1, -1e-300, 1e300])
        for (const bias of [0, -1e-320, 1e300])
          agrees({ inputScale, weightScale: 1, bias, gain, thresholds: [threshold], strict: true }, 100);
});

test('levels and counts share a mode: for each sum, as many levels hold as exact arithmetic says', () => {
  const random = new Random(4);
  let mixed = 0;
  for (let i = 0; i < 300; i++) {
    const levels = random.whole(1, 4);
    const counts = random.of(1, 1, 2, 5);
    const most = random.of(5, 40);
    const channel: Channel = {
      inputScale: 1,
      weightScale: random.of(0.25, 0.1),
      bias: random.unit() - 0.5,
      gain: random.of(-1.5, -1, 0, 1, 1.5),
      beta: random.unit() - 0.5,
      variance: random.of(1, 2),
      skipScale: random.of(0.5, -0.3, 4, 20),
      thresholds: Array.from({ length: levels }, (_, level) => -3 + level * random.of(1, 2.5, 30)),
      strict: random.of(true, false),
    };
    const { mode, thresholds } = foldExactly(channel, most, counts);
    if (mode !== 2 && thresholds.some((each) => Math.abs(each) >= most)) mixed++;
    for (let count = 0; count < counts; count++)
      for (let level = 0; level < levels; level++) {
        const found = { mode, threshold: thresholds[count * levels + level] as number };
        const expected = closedForm(channel, most, level, count);
        for (let n = -most; n <= most; n++)
          assert.equal(holds(found, n), holds(expected, n), JSON.stringify({ channel, n, level, count }));
      }
  }
  assert.ok(mixed > 20, 'levels that always or never fire stand beside others');
});

test('float32 engines: bisection agrees with the formula in float64 as in snn.md §1.4, and with every single sum', () => {
  const random = new Random(20251);
  let compared = 0;
  let different = 0;
  for (let i = 0; i < 4000; i++) {
    const draw = (low: number, high: number): number => fround(low + random.unit() * (high - low));
    const [scale, bias, mean, variance] = [draw(1e-4, 1e-2), draw(-1, 1), draw(-1, 1), draw(0.05, 3)];
    const [gain, beta, threshold] = [i % 50 === 0 ? 0 : draw(-2, 2), draw(-1, 1), draw(-1, 2)];
    const strict = i % 2 === 0;
    const inverse = fround(1 / fround(Math.sqrt(fround(variance + fround(1e-5)))));
    const fires: Fires = (n) => {
      const a = fround(fround(n * scale) + bias);
      const y = fround(fround(fround(fround(a - mean) * inverse) * gain) + beta);
      return strict ? y > threshold : y >= threshold;
    };
    const most = 30_000;
    const { mode, thresholds } = fold(fires, most);
    const at = thresholds[0] as number;
    if (mode !== 2) {
      const tau = (((threshold - beta) * Math.sqrt(variance + 1e-5)) / gain + mean - bias) / scale;
      const inFloat64 =
        gain > 0 ? (strict ? Math.floor(tau) + 1 : Math.ceil(tau)) : strict ? Math.ceil(tau) - 1 : Math.floor(tau);
      compared++;
      if (at !== inFloat64) different++;
    }
    if (i % 20 === 0)
      for (let n = -most; n <= most; n++)
        if (holds({ mode, threshold: at }, n) !== fires(n, 0, 0))
          assert.fail(`channel ${i}: sum ${n} is folded to the other side of ${at}`);
  }
  assert.ok(compared > 2000);
  assert.equal(different, 0, `${different} of ${compared} differ`);
});

test('a convolution with zero point and padding spikes as in fractions, at the borders too', () => {
  const random = new Random(5);
  for (let round = 0; round < 40; round++) {
    const [channels, length, outputs, kernel] = [2, 7, 3, 4];
    const zeroPoint = random.of(0, 3, 128, 255);
    const scale = random.of(1 / 64, 0.1);
    const weights = Int8Array.from({ length: outputs * channels * kernel }, () => random.whole(-127, 127));
    const layer = Array.from({ length: outputs }, (): Channel => ({
      inputScale: scale,
      weightScale: random.of(1 / 128, 0.01),
      bias: random.whole(-8, 8) / 8,
      gain: random.of(-1, 0, 0.5, 1),
      beta: random.whole(-8, 8) / 8,
      variance: random.of(1, 4, 2),
      thresholds: [random.whole(-8, 8) / 8],
      strict: random.of(true, false),
    }));
    const most = 127 * channels * kernel * 255;
    const tensors = thresholdTensors(layer.map((channel) => foldExactly(channel, most)));
    const network = convolution(weights, [outputs, channels, kernel], [channels, length], scale, zeroPoint, tensors);
    const model = createReference(network);
    const codes = Uint8Array.from({ length: channels * length }, () =>
      random.of(0, 255, zeroPoint, random.whole(0, 255)),
    );
    const spikes = new Uint8Array(outputs * length);
    model.step([codes], [spikes]);

    // Each real input is scale × (code − zeroPoint), each real weight weightScale × weight; padding is a real 0.
    for (let o = 0; o < outputs; o++)
      for (let at = 0; at < length; at++) {
        const { weightScale, bias = 0, gain = 1, beta = 0, variance = 1, thresholds, strict } = layer[o] as Channel;
        const terms = [fraction(bias)];
        for (let c = 0; c < channels; c++)
          for (let k = 0; k < kernel; k++) {
            const x = at + k - 2;
            if (x < 0 || x >= length) continue;
            const code = codes[c * length + x] as number;
            const weight = weights[(o * channels + c) * kernel + k] as number;
            terms.push(product(fraction(weightScale), fraction(weight), fraction(scale), fraction(code - zeroPoint)));
          }
        // gain · a against (threshold − beta) · √variance, each squared with its sign
        const left = product(fraction(gain), sum(...terms));
        const right = sum(fraction(thresholds[0] as number), negative(fraction(beta)));
        const signed = ({ over, under }: typeof left) => ({
          over: over < 0n ? -over * over : over * over,
          under: under * under,
        });
        const order = sum(signed(left), negative(product(signed(right), fraction(variance)))).over;
        const expected = (strict ? order > 0n : order >= 0n) ? 1 : 0;
        assert.equal(spikes[o * length + at], expected, `round ${round}, channel ${o}, place ${at}`);
      }
  }
});

test('thresholds for raw codes are larger by zero point × sum of the weights, where padding holds the zero point', () => {
  const random = new Random(6);
  for (let round = 0; round < 200; round++) {
    const zeroPoint = random.whole(0, 255);
    const weights = Array.from({ length: 9 }, () => random.whole(-127, 127));
    const channel: Channel = {
      inputScale: 0.01,
      weightScale: 0.02,
      gain: random.of(-1, 1, 0),
      thresholds: [random.unit() * 4 - 2],
      strict: true,
    };
    const folded = foldExactly(channel, 9 * 127 * 255);
    const total = weights.reduce((a, b) => a + b, 0);
    const raw = shifted(folded, zeroPoint * total);
    const codes = weights.map((_, i) => (i < 3 ? zeroPoint : random.whole(0, 255)));
    const dot = (from: number): number =>
      weights.reduce((n, weight, i) => n + weight * ((codes[i] as number) - from), 0);
    const fires = ({ mode, thresholds }: typeof folded, n: number): boolean =>
      holds({ mode, threshold: thresholds[0] as number }, n);
    assert.equal(fires(raw, dot(0)), fires(folded, dot(zeroPoint)));
    assert.deepEqual(shifted(raw, -zeroPoint * total), folded);
  }
});

test('integer square roots are right beside squares', () => {
  for (const root of [0n, 1n, 2n, 3n, 10n ** 40n, 2n ** 1000n + 1n])
    for (const more of [0n, 1n, 2n * root])
      assert.equal(integerRoot(root * root + more), more > 2n * root ? root + 1n : root);
});

function holds({ mode, threshold }: { mode: number; threshold: number }, n: number): boolean {
  return mode === 0 ? n >= threshold : mode === 1 ? n <= threshold : threshold === 1;
}

/** Compares both ways; returns the mode. */
function agrees(channel: Channel, most: number): 0 | 1 | 2 {
  const { mode, thresholds } = foldExactly(channel, most);
  assert.deepEqual({ mode, threshold: thresholds[0] }, closedForm(channel, most), JSON.stringify({ channel, most }));
  return mode;
}

/** The next double above or below. */
function neighbour(x: number, direction: number): number {
  if (direction === 0) return x;
  const view = new DataView(new ArrayBuffer(8));
  if (x === 0) return direction * 5e-324;
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(x > 0 ? direction : -direction));
  return view.getFloat64(0);
}

function convolution(
  weights: Int8Array,
  shape: number[],
  input: number[],
  scale: number,
  zeroPoint: number,
  { threshold, mode }: { threshold: Tensor; mode: Tensor },
): Network {
  return {
    graph: {
      version: 1,
      name: 'border',
      inputs: [{ name: 'codes', shape: input, kind: { domain: 'codes', type: 'u8', scale, zeroPoint } }],
      nodes: [
        {
          op: 'conv1d',
          name: 'conv',
          from: ['codes'],
          weight: 'w',
          stride: 1,
          padding: [2, 1],
          dilation: 1,
          groups: 1,
        },
        { op: 'threshold', name: 'spikes', from: ['conv'], threshold: 't', mode: 'm' },
      ],
      outputs: [{ name: 'spikes', node: 'spikes' }],
      assumptions: [],
      provenance: {},
    },
    tensors: new Map([
      ['w', { type: 'I8', shape, values: weights }],
      ['t', threshold],
      ['m', mode],
    ]),
  };
}

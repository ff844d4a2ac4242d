import { DetectionPhase, type Detector } from '../contracts.js';
import type { BandPowerOptions } from './band-power.js';
import { createDetectionList } from './detection-list.js';

/** The causal rule once more, over whole arrays and in the words of its description: what the detector must equal. */
export function plainRule(x: Float64Array, rate: number, options: BandPowerOptions): [number, number, number][] {
  const bands = sections[rate];
  if (!bands) throw new Error(`no coefficients for ${rate} Hz`);
  const y = filter(x, bands.sigma);
  const below = filter(x, bands.below);
  const envelope = y.map((_, n) => Math.sqrt(sumOfSquares(y, n, Math.round(0.1 * rate)) / Math.round(0.1 * rate)));
  const floor = medians(envelope, Math.round(rate / 10));
  const nm = Math.round(2.5 * rate);
  const ng = Math.round(0.2 * rate);
  const nc = Math.round(options.confirmSeconds * rate);
  const nG = Math.round(0.5 * rate);
  const events: { start: number; end: number; confirmed: number; accepted: boolean }[] = [];
  let last: (typeof events)[number] | undefined;
  let state = 'idle';
  let start = -1;
  let running: typeof last;
  const stop = (n: number): void => {
    if (running) running.end = n;
    running = undefined;
  };
  for (let n = 3 * rate; n < x.length; n++) {
    const isLow = !((envelope[n] as number) >= options.release * (floor[n] as number));
    if (state === 'idle') {
      if ((envelope[n] as number) >= options.threshold * (floor[n] as number)) [state, start] = ['run', n];
    } else if (state === 'run') {
      if (isLow) {
        state = 'idle';
        stop(n);
      } else if (n - start >= nm) {
        state = 'wait';
        stop(n);
      }
    } else if (isLow) state = 'idle';
    if (state === 'run' && n === start + nc - 1) {
      if (last && start - last.end < ng && start + nc - last.start <= nm) running = last;
      else {
        const a = Math.sqrt(sumOfSquares(y, n, nG) / nG);
        const b = Math.sqrt(sumOfSquares(below, n, nG) / nG);
        running = last = { start, end: NaN, confirmed: n, accepted: a >= options.guard * b };
        events.push(last);
      }
    }
  }
  return events.filter(({ accepted }) => accepted).map(({ start, end, confirmed }) => [start, end, confirmed]);
}

/** What the detector says of `x`: [onset, end, confirmed] of each detection, `end` NaN where none was reported. */
export function detect(detector: Detector, x: Float64Array, blockLength = 250): [number, number, number][] {
  const list = createDetectionList(2 * blockLength);
  const events: [number, number, number][] = [];
  for (let first = 0; first < x.length; first += blockLength) {
    const block = x.slice(first, first + blockLength);
    list.length = 0;
    detector.process(block, block.length, first, list);
    for (const { phase, onset, end, confirmed } of list.items.slice(0, list.length)) {
      if (phase === DetectionPhase.confirmed) events.push([onset, NaN, confirmed]);
      else events.filter((event) => event[0] === onset && event[2] === confirmed).forEach((event) => (event[1] = end));
    }
  }
  return events;
}

/** Microvolts of broad noise with bursts of 13 and 7 Hz of many lengths and distances. */
export function burstySignal(rate: number, seconds: number, seed: number): Float64Array {
  let state = seed;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const x = Float64Array.from({ length: rate * seconds }, () => 12 * (random() + random() + random() - 1.5));
  for (let at = 2; at < seconds - 1; at += 0.15 + 4 * random() ** 3) {
    const length = 0.2 + (random() < 0.1 ? 4 : 1.2 * random());
    const hertz = random() < 0.7 ? 12 + 2 * random() : 6 + 2 * random();
    const amplitude = 8 + 25 * random();
    for (let n = Math.round(at * rate); n < Math.min((at + length) * rate, x.length); n++) {
      x[n] = (x[n] as number) + amplitude * Math.sin((2 * Math.PI * hertz * n) / rate);
    }
    if (random() < 0.7) at += length;
  }
  return x;
}

function filter(x: Float64Array, cascade: readonly (readonly number[])[]): Float64Array {
  let signal = x;
  for (const [b0, b1, b2, a1, a2] of cascade as readonly [number, number, number, number, number][]) {
    const y = new Float64Array(signal.length);
    let z1 = 0;
    let z2 = 0;
    signal.forEach((value, n) => {
      y[n] = b0 * value + z1;
      z1 = b1 * value - a1 * y[n] + z2;
      z2 = b2 * value - a2 * y[n];
    });
    signal = y;
  }
  return signal;
}

function sumOfSquares(y: Float64Array, last: number, length: number): number {
  let sum = 0;
  for (let n = Math.max(0, last - length + 1); n <= last; n++) sum += (y[n] as number) ** 2;
  return sum;
}

function medians(envelope: Float64Array, step: number): Float64Array {
  let median = NaN;
  return envelope.map((_, n) => {
    if (n % step === 0) {
      const values: number[] = [];
      for (let place = n; place >= 0 && values.length < 1200; place -= step) values.push(envelope[place] as number);
      values.sort((a, b) => a - b);
      const middle = values.length >> 1;
      median =
        values.length % 2 === 1
          ? (values[middle] as number)
          : ((values[middle - 1] as number) + (values[middle] as number)) / 2;
    }
    return Math.max(median, 0.5);
  });
}

/** Rows of b0, b1, b2, a1, a2, from SciPy 1.17.1: butter(2, band, 'bandpass', fs=rate, output='sos'). */
const sections: Record<number, { sigma: number[][]; below: number[][] }> = {
  50: {
    sigma: [
      [0.06745527388907195, -0.1349105477781439, 0.06745527388907195, -0.16792409011952528, 0.633603974901523],
      [1, 2, 1, 0.5821159942425368, 0.6515135864801791],
    ],
    below: [
      [0.09131490043583199, 0.18262980087166397, 0.09131490043583199, -0.6234824602320619, 0.5106537597304994],
      [1, -2, 1, -1.4211562551432848, 0.6808241165896946],
    ],
  },
  100: {
    sigma: [
      [0.020083365564211253, 0.040166731128422506, 0.020083365564211253, -1.0288602219864948, 0.782949500977218],
      [1, -2, 1, -1.3554379512004324, 0.8191480258395678],
    ],
    below: [
      [0.027859766117136024, 0.05571953223427205, 0.027859766117136024, -1.4390861045996497, 0.7034296814057004],
      [1, -2, 1, -1.7623284748386903, 0.8343684146058754],
    ],
  },
  200: {
    sigma: [
      [0.005542717210280689, 0.011085434420561377, 0.005542717210280689, -1.6724500912054765, 0.8824601845078621],
      [1, -2, 1, -1.7820563828790192, 0.9074660372493815],
    ],
    below: [
      [0.00782020803349719, 0.01564041606699438, 0.00782020803349719, -1.7653032278569893, 0.8375337582790461],
      [1, -2, 1, -1.8957260285978639, 0.9145978814242006],
    ],
  },
  250: {
    sigma: [
      [0.003621681514928644, 0.007243363029857288, 0.003621681514928644, -1.7677320849205387, 0.9045886368420724],
      [1, -2, 1, -1.8441602957000822, 0.9254832717981418],
    ],
    below: [
      [0.005129268366107148, 0.010258536732214297, 0.005129268366107148, -1.820598754172078, 0.8676573389844549],
      [1, -2, 1, -1.9189967863596344, 0.9311851062846692],
    ],
  },
};

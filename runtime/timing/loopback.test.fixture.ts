import type { Loopback } from './loopback.js';

/** A loop-back as it might be measured, from a seed: its truth is in its options. */
export interface SimulatedLoopback {
  readonly seed: number;
  readonly pulses: number;
  readonly delayUs: number;
  /** Of the samples' clock. */
  readonly driftPpm: number;
  /** Standard deviations: of receipts' times, and of the channel's noise where pulses are 1000. */
  readonly jitterUs: number;
  readonly noise: number;
  readonly hum: number;
  readonly pulseSeconds: number;
  /** Channel that the pulses are on; the named one is 1 of 3. */
  readonly on: number;
  readonly height: number;
  readonly missing: readonly number[];
  readonly double: readonly number[];
}

export const simulated: SimulatedLoopback = {
  seed: 1,
  pulses: 200,
  delayUs: 37_500,
  driftPpm: 40,
  jitterUs: 300,
  noise: 10,
  hum: 5,
  pulseSeconds: 0.05,
  on: 1,
  height: 1000,
  missing: [],
  double: [],
};

const rate = 250;
/** Steps of the pulse within a sample, whose mean over a sample, three times, is the converter's filter. */
const fine = 16;
/** From the middle of three means to their end: one and a half samples less two steps, counted from a step's own end. */
const lag = 1.5 * fine - 2;
const rail = 5000;

export function simulateLoopback(options: SimulatedLoopback): Loopback {
  const { seed, pulses, delayUs, driftPpm, jitterUs, noise, hum, pulseSeconds, on, height } = options;
  const random = generator(seed);
  const gaussian = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const originUs = 5e9 + random() * 1e9;
  const periodUs = 1e6 / rate / (1 + driftPpm * 1e-6);
  const trueUs: number[] = [];
  for (let us = originUs + 4e6; trueUs.length < pulses; us += 1e6 + random() * 1e5) trueUs.push(us);
  const length = Math.ceil(((trueUs.at(-1) ?? originUs) - originUs + 2e6) / periodUs);
  const steps = new Float64Array(length * fine);
  const put = (us: number): void => {
    const from = ((us - originUs) / periodUs) * fine;
    const until = from + ((pulseSeconds * 1e6) / periodUs) * fine;
    for (let step = Math.floor(from); step < until; step++) {
      // A step that the pulse begins or ends within has its part of it.
      steps[step] = height * Math.min(1, step + 1 - from, until - step);
    }
  };
  trueUs.forEach((us, place) => {
    if (!options.missing.includes(place)) put(us + delayUs);
    if (options.double.includes(place)) put(us + delayUs + 200e3);
  });
  const filtered = runningMean(runningMean(runningMean(steps)));
  const channels = [0, 1, 2].map((channel) => ({
    name: ['C3', 'LOOP', 'EMG'][channel] ?? '',
    rail,
    resolution: 0.0223,
    values: Float64Array.from({ length }, (_, sample) => {
      const mains = hum * Math.sin(2 * Math.PI * 50 * ((sample * periodUs) / 1e6) + channel);
      const pulse = channel === on ? (filtered[sample * fine + lag] ?? 0) : 0;
      const value = pulse + mains + noise * gaussian() + 20 * Math.sin(sample / 3000);
      return Math.max(-rail, Math.min(rail, value));
    }),
  }));
  return {
    rate,
    channels,
    channel: 1,
    firedUs: trueUs.map((us) => us + jitterUs * gaussian()),
    pulseSeconds,
    timeOf: (sample) => originUs + sample * periodUs,
  };
}

/** Of the last sample's worth of steps. */
function runningMean(steps: Float64Array): Float64Array {
  let sum = 0;
  return steps.map((step, place) => {
    sum += step - (steps[place - fine] ?? 0);
    return sum / fine;
  });
}

function generator(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

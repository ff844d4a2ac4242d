import { findOnsets, quantile, type Onsets } from './onsets.js';

/** What a loop-back brought: what was fired, and what came back on all channels. */
export interface Loopback {
  readonly rate: number;
  readonly channels: readonly LoopbackChannel[];
  /** Place of the channel into which the output is looped. */
  readonly channel: number;
  /** When each pulse started, by its receipt, in order. */
  readonly firedUs: readonly number[];
  readonly pulseSeconds: number;
  /** When the bytes of a sample arrive, if nothing holds them up. Places of values are samples. */
  readonly timeOf: (sample: number) => number;
}

export interface LoopbackChannel {
  readonly name: string;
  /** Microvolts, all channels of the same length; NaN in gaps. */
  readonly values: Float64Array;
  /** At this the converter is saturated. */
  readonly rail: number;
  /** One count. */
  readonly resolution: number;
}

export interface LoopbackTiming {
  readonly fired: number;
  readonly found: number;
  readonly missing: number;
  readonly double: number;
  /** From the receipt's time to the pulse in the signal. */
  readonly delayUs: { readonly median: number; readonly sd: number; readonly mad: number; readonly p95: number };
  /** 95 % of the pulses are no further from the median than this. */
  readonly within95Us: number;
  /** The clock of the samples against that of the receipts; positive runs fast. */
  readonly driftPpm: number;
}

export interface LoopbackResult {
  /** Absent where no pulses are in the channel. */
  readonly timing?: LoopbackTiming;
  /** What is wrong, one line each; with any of them the timing is no good. */
  readonly faults: readonly string[];
}

/** Pure. */
export function analyseLoopback(loopback: Loopback): LoopbackResult {
  const { channels, channel, firedUs } = loopback;
  const named = channels[channel] as LoopbackChannel;
  const faults: string[] = [];
  const saturated = named.values.reduce((count, value) => count + (Math.abs(value) >= named.rail ? 1 : 0), 0);
  const found = match(loopback, onsetsOf(loopback, named));
  if (saturated > 0) {
    faults.push(`${named.name}: clipped at its rail in ${saturated} samples. Attenuate more, or lower source.gain.`);
  }
  if (found.delays.length < firedUs.length * leastFound) {
    if (saturated === 0) faults.push(whyNot(loopback));
    return { faults };
  }
  const timing = timingOf(loopback, found);
  if (timing.missing > firedUs.length * mostMissing) {
    faults.push(
      `${named.name}: ${timing.missing} of ${firedUs.length} pulses are missing. See the plug and the level.`,
    );
  }
  if (timing.double > firedUs.length * mostMissing) {
    faults.push(`${named.name}: ${timing.double} pulses came twice. See what repeats them: an echo, two cables?`);
  }
  return { timing, faults };
}

function onsetsOf({ rate, pulseSeconds }: Loopback, { values, resolution }: LoopbackChannel): Onsets {
  return findOnsets(values, rate, pulseSeconds, resolution);
}

interface Matched {
  /** Of each pulse that was found: its place in `firedUs`, its sample, and the time between. */
  readonly delays: readonly { readonly firedUs: number; readonly sample: number; readonly delayUs: number }[];
  readonly double: number;
}

/** The one delay at which most pulses stand is that of all; what else comes before the next pulse is a double. */
function match({ firedUs, timeOf }: Loopback, { at }: Onsets): Matched {
  const onsets = at.map((sample) => ({ sample, us: timeOf(sample) }));
  const apart: number[] = [];
  for (const fired of firedUs) {
    for (const { us } of onsets) if (us >= fired + earliestUs && us <= fired + latestUs) apart.push(us - fired);
  }
  const common = densest(apart);
  const delays: { firedUs: number; sample: number; delayUs: number }[] = [];
  let double = 0;
  let next = 0;
  firedUs.forEach((fired, place) => {
    const fromUs = fired + common - toleranceUs;
    const untilUs = (firedUs[place + 1] ?? fired + latestUs) + common - toleranceUs;
    while (next < onsets.length && (onsets[next]?.us ?? Infinity) < fromUs) next++;
    let isFound = false;
    for (let onset = onsets[next]; onset && onset.us < untilUs; onset = onsets[++next]) {
      if (isFound) double++;
      else if (onset.us <= fired + common + toleranceUs) {
        isFound = true;
        delays.push({ firedUs: fired, sample: onset.sample, delayUs: onset.us - fired });
      }
    }
  });
  return { delays, double };
}

/** Middle of the narrow window that holds the most of these. */
function densest(values: number[]): number {
  values.sort((a, b) => a - b);
  let best = 0;
  let middle = 0;
  for (let left = 0, right = 0; right < values.length; right++) {
    while ((values[right] as number) - (values[left] as number) > windowUs) left++;
    if (right - left + 1 <= best) continue;
    best = right - left + 1;
    middle = values[(left + right) >> 1] as number;
  }
  return middle;
}

function timingOf({ rate, firedUs }: Loopback, { delays, double }: Matched): LoopbackTiming {
  const us = delays.map(({ delayUs }) => delayUs).sort((a, b) => a - b);
  const median = quantile(us, 0.5);
  const apart = us.map((delay) => Math.abs(delay - median)).sort((a, b) => a - b);
  const mean = us.reduce((sum, delay) => sum + delay / us.length, 0);
  const variance = us.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / Math.max(1, us.length - 1);
  const period = 1e6 / rate;
  return {
    fired: firedUs.length,
    found: delays.length,
    missing: firedUs.length - delays.length,
    double,
    delayUs: { median, sd: Math.sqrt(variance), mad: quantile(apart, 0.5), p95: quantile(us, 0.95) },
    within95Us: quantile(apart, 0.95),
    driftPpm: 1e6 * medianSlope(delays.map((one) => [one.firedUs, one.sample * period - one.firedUs])),
  };
}

/** The median of the slopes of all pairs (Theil and Sen): a third of the points may be anywhere. */
function medianSlope(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = [];
  points.forEach(([x, y], place) => {
    for (const [x2, y2] of points.slice(place + 1)) slopes.push((y2 - y) / (x2 - x));
  });
  return quantile(
    slopes.sort((a, b) => a - b),
    0.5,
  );
}

// ── No pulses where they should be ──────────────────────────────────────────────────────────────────────────────────

function whyNot(loopback: Loopback): string {
  const { channels, channel, firedUs, rate } = loopback;
  const named = channels[channel] as LoopbackChannel;
  const other = channels.find((one, place) => {
    return place !== channel && match(loopback, onsetsOf(loopback, one)).delays.length >= firedUs.length / 2;
  });
  if (other)
    return `${named.name}: no pulses here; they are on ${other.name}. Wrong cable: move it, or name ${other.name}.`;
  const { rms, mainsHz, mainsShare } = hum(named.values, rate);
  const level = `${rms.toPrecision(2)} uV`;
  if (mainsShare > mostlyMains && rms > leastHumUv) {
    return `${named.name}: only hum of the mains (${mainsHz} Hz, ${level}). Wrong cable, or one that is open: connect it at both ends.`;
  }
  return `${named.name}: silence (${level}, no pulses). See cable, volume and attenuator.`;
}

/** How much of the channel is one sine at 50 or 60 Hz, or at what it is folded to. */
function hum(values: Float64Array, rate: number): { rms: number; mainsHz: number; mainsShare: number } {
  const known = values.filter((value) => !Number.isNaN(value)).slice(0, Math.round(humSeconds * rate));
  const mean = known.reduce((sum, value) => sum + value / known.length, 0);
  const power = known.reduce((sum, value) => sum + (value - mean) ** 2 / known.length, 0);
  const [fifty, sixty] = [50, 60].map((hz) => {
    let [sine, cosine] = [0, 0];
    known.forEach((value, place) => {
      sine += (value - mean) * Math.sin((2 * Math.PI * hz * place) / rate);
      cosine += (value - mean) * Math.cos((2 * Math.PI * hz * place) / rate);
    });
    return (2 * (sine ** 2 + cosine ** 2)) / known.length ** 2;
  }) as [number, number];
  const mainsShare = power > 0 ? Math.max(fifty, sixty) / power : 0;
  return { rms: Math.sqrt(power), mainsHz: fifty >= sixty ? 50 : 60, mainsShare };
}

/** Less than this part of the pulses is an accident, not a cable. */
const leastFound = 0.3;
const mostMissing = 0.05;
/** Delays that a stimulator may have; less than 0 by the error of the clocks. */
const earliestUs = -50e3;
const latestUs = 900e3;
const windowUs = 10e3;
const toleranceUs = 50e3;
const mostlyMains = 0.5;
const leastHumUv = 20;
const humSeconds = 8;

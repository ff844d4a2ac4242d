import koffi from 'koffi';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Detector } from '../contracts.js';
import { createDetectionList } from '../detect/detection-list.js';
import { median, quantilesOf, type Quantiles } from './quantiles.js';

export interface DetectBench {
  readonly channels: number;
  readonly rate: number;
  /** Microseconds of a hop of 50 ms, over all rounds. */
  readonly axondUs: Quantiles;
  /** Of the resonators and logarithms of as many channels in C. */
  readonly floorUs: Quantiles;
  /** Median over the rounds of the ratio of both. */
  readonly ratio: { readonly p50: number; readonly p99: number };
  readonly rounds: readonly { readonly axond: Quantiles; readonly floor: Quantiles }[];
}

export interface DetectRun {
  readonly channels: number;
  readonly rate: number;
  readonly rounds: number;
  /** Seconds of signal for each in each round. */
  readonly seconds: number;
}

/** Times every hop of a prepared detector of several signals beside the floor, in rounds in which they take turns. */
export function benchDetect(detector: Detector, { channels, rate, rounds, seconds }: DetectRun): DetectBench {
  const folder = mkdtempSync(join(tmpdir(), 'axond-bench-'));
  try {
    const hops = seconds * hopsPerSecond;
    const contenders = { axond: hopsOf(detector, channels, rate), floor: compileFloor(folder, channels) };
    const times = { axond: [] as number[][], floor: [] as number[][] };
    for (const contender of Object.values(contenders)) contender(hops);
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? (['axond', 'floor'] as const) : (['floor', 'axond'] as const);
      for (const name of order) times[name].push(contenders[name](hops));
    }
    const perRound = times.axond.map((axond, round) => ({
      axond: quantilesOf(axond),
      floor: quantilesOf(times.floor[round] ?? []),
    }));
    const ratio = (of: 'p50' | 'p99'): number => median(perRound.map(({ axond, floor }) => axond[of] / floor[of]));
    return {
      channels,
      rate,
      axondUs: quantilesOf(times.axond.flat()),
      floorUs: quantilesOf(times.floor.flat()),
      ratio: { p50: ratio('p50'), p99: ratio('p99') },
      rounds: perRound,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives the detector so many hops more and returns the microseconds of each. */
function hopsOf(detector: Detector, channels: number, rate: number): (hops: number) => number[] {
  const inputs = Array.from({ length: channels }, () => new Float64Array(Math.ceil(rate / hopsPerSecond) + 1));
  const found = createDetectionList(64);
  let hop = 0;
  let noise = 1;
  return (hops) =>
    Array.from({ length: hops }, () => {
      const first = Math.round((hop * rate) / hopsPerSecond);
      const length = Math.round((++hop * rate) / hopsPerSecond) - first;
      for (const input of inputs) {
        for (let i = 0; i < length; i++) {
          noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
          const t = (first + i) / rate;
          const spindle = t % 8 < 1 ? 20 * Math.sin(2 * Math.PI * 13 * t) : 0;
          input[i] = (noise / 2 ** 31) * 5 + 40 * Math.sin(2 * Math.PI * 0.8 * t) + spindle;
        }
      }
      found.length = 0;
      const start = performance.now();
      detector.processSeveral?.(inputs, length, first, found);
      return (performance.now() - start) * 1000;
    });
}

function compileFloor(folder: string, channels: number): (hops: number) => number[] {
  const source = fileURLToPath(new URL('../../../runtime/bench/detect-floor.c', import.meta.url));
  const target = join(folder, 'detect-floor.so');
  const compiled = spawnSync('cc', ['-O3', '-shared', '-fPIC', '-o', target, source, '-lm'], { encoding: 'utf8' });
  if (compiled.error) throw new Error('cc: there is no C compiler. Install one: sudo apt-get install gcc libc6-dev');
  if (compiled.status !== 0) throw new Error(`cc: ${compiled.stderr}`);
  const run: (...values: unknown[]) => unknown = koffi
    .load(target)
    .func('double floor_hops(const double *x, int channels, int hops, _Out_ double *us)');
  return (hops) => {
    const signal = Float64Array.from({ length: hops * channels * floorSamples }, (_, n) => 20 * Math.sin(0.7 * n));
    const us = new Float64Array(hops);
    run(signal, channels, hops, us);
    return [...us];
  };
}

const hopsPerSecond = 20;
/** Of a channel in a hop, at 100 Hz. */
const floorSamples = 5;

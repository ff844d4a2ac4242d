import type { Random } from './random.js';

export const sleepStages = ['W', 'N1', 'N2', 'N3', 'R'] as const;
export type SleepStage = (typeof sleepStages)[number];

export const epochSeconds = 30;

/** Corner frequencies in hertz of the parts of the background; below the last one they are smoothed (`Background`). */
export const backgroundCorners = [0.5, 1.6, 5, 16] as const;

/** What the signal of C3 − M2 is made of, stage by stage. Voltages in µV, rates a minute. */
export interface StageStatistics {
  /** Variances of the parts of the background: fitted to the spectra of four sleepers, without waves and spindles. */
  readonly background: readonly [number, number, number, number];
  /** Alpha with closed eyes. */
  readonly alpha: number;
  /** At the chin. */
  readonly muscle: number;
  readonly spindles: number;
  readonly slowOscillations: number;
  readonly kComplexes: number;
  readonly eyeMovements: number;
  readonly movements: number;
}

export const stageStatistics: Readonly<Record<SleepStage, StageStatistics>> = {
  W: {
    background: [27, 3, 19, 29],
    alpha: 3,
    muscle: 15,
    spindles: 0,
    slowOscillations: 0,
    kComplexes: 0,
    eyeMovements: 0,
    movements: 0.8,
  },
  N1: {
    background: [29, 0, 74, 18],
    alpha: 2.1,
    muscle: 8,
    spindles: 0,
    slowOscillations: 1,
    kComplexes: 0,
    eyeMovements: 0,
    movements: 0.1,
  },
  N2: {
    background: [72, 74, 117, 14],
    alpha: 0,
    muscle: 5,
    spindles: 4.5,
    slowOscillations: 2.8,
    kComplexes: 0.5,
    eyeMovements: 0,
    movements: 0.03,
  },
  N3: {
    background: [328, 190, 88, 9],
    alpha: 0,
    muscle: 4,
    spindles: 1.5,
    slowOscillations: 16,
    kComplexes: 0,
    eyeMovements: 0,
    movements: 0.01,
  },
  R: {
    background: [23, 0, 52, 15],
    alpha: 0.7,
    muscle: 2,
    spindles: 0,
    slowOscillations: 0,
    kComplexes: 0,
    eyeMovements: 10.5,
    movements: 0.05,
  },
};

/** Chance of the next epoch's stage, from the hypnogram of one whole night. */
export const transitions: Readonly<Record<SleepStage, Readonly<Record<SleepStage, number>>>> = {
  W: { W: 0.721, N1: 0.116, N2: 0.047, N3: 0, R: 0.116 },
  N1: { W: 0, N1: 0.773, N2: 0.227, N3: 0, R: 0 },
  N2: { W: 0.022, N1: 0, N2: 0.947, N3: 0.009, R: 0.022 },
  N3: { W: 0, N1: 0, N2: 0.016, N3: 0.984, R: 0 },
  R: { W: 0.026, N1: 0, N2: 0.045, N3: 0, R: 0.929 },
};

/** Nobody healthy falls asleep into REM: earlier draws of it keep the stage. */
const earliestRemSeconds = 3600;

/** The stage of the epoch that begins at `seconds`, after one in `stage`. */
export function nextStage(stage: SleepStage, seconds: number, random: Random): SleepStage {
  let chance = random.uniform();
  for (const next of sleepStages) {
    chance -= transitions[stage][next];
    if (chance < 0) return next === 'R' && seconds < earliestRemSeconds ? stage : next;
  }
  return stage;
}

/**
 * How strongly each source of the head reaches each electrode. Background, spindles, slow waves and alpha have the
 * published size in C3 − M2; the other places follow where each rhythm is largest, roughly. The last two columns are
 * movement of the left and of the right electrodes.
 */
export const sourceNames = [
  'common',
  'left',
  'right',
  'spindle',
  'slow',
  'alpha',
  'blink',
  'eyes',
  'muscle',
  'moveLeft',
  'moveRight',
] as const;

type Gains = readonly [number, number, number, number, number, number, number, number, number, number, number];

export const electrodes: Readonly<Record<string, Gains>> = {
  //    common left  right  spin  slow  alpha blink  eyes muscle move
  C3: [0.82, 0.66, 0.0, 1.05, 1.05, 1.05, 0.12, 0.02, 0.05, 1, 0],
  C4: [0.82, 0.0, 0.66, 1.05, 1.05, 1.05, 0.12, -0.02, 0.05, 0, 1],
  Cz: [0.82, 0.38, 0.38, 1.1, 1.15, 1.0, 0.12, 0.0, 0.03, 0.5, 0.5],
  Pz: [0.8, 0.38, 0.38, 1.1, 0.9, 1.6, 0.05, 0.0, 0.03, 0.5, 0.5],
  F3: [0.82, 0.62, 0.0, 0.85, 1.25, 0.6, 0.4, 0.05, 0.1, 1, 0],
  F4: [0.82, 0.0, 0.62, 0.85, 1.25, 0.6, 0.4, -0.05, 0.1, 0, 1],
  Fz: [0.82, 0.36, 0.36, 0.95, 1.3, 0.6, 0.4, 0.0, 0.08, 0.5, 0.5],
  Fp1: [0.78, 0.5, 0.0, 0.6, 1.2, 0.4, 1.0, 0.15, 0.3, 1, 0],
  Fp2: [0.78, 0.0, 0.5, 0.6, 1.2, 0.4, 1.0, -0.15, 0.3, 0, 1],
  O1: [0.7, 0.6, 0.0, 0.5, 0.6, 2.6, 0.03, 0.0, 0.1, 1, 0],
  O2: [0.7, 0.0, 0.6, 0.5, 0.6, 2.6, 0.03, 0.0, 0.1, 0, 1],
  M1: [0.1, 0.2, 0.0, 0.05, 0.05, 0.05, 0.0, 0.0, 0.15, 1, 0],
  M2: [0.1, 0.0, 0.2, 0.05, 0.05, 0.05, 0.0, 0.0, 0.15, 0, 1],
  E1: [0.35, 0.25, 0.0, 0.15, 0.4, 0.15, -0.3, 1.0, 0.2, 1, 0],
  E2: [0.35, 0.0, 0.25, 0.15, 0.4, 0.15, 0.9, -1.0, 0.2, 0, 1],
  EMG: [0.05, 0.03, 0.03, 0.02, 0.02, 0.02, 0.02, 0.0, 1.0, 0.5, 0.5],
};

/** What eight inputs of an amplifier are used for if nothing else is said. */
export const defaultElectrodes: readonly string[] = ['C3', 'M2', 'EMG', 'C4', 'M1', 'E1', 'E2', 'Fz'];

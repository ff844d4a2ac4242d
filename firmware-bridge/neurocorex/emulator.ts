import { Worker } from 'node:worker_threads';
import { openPty } from '../../drivers/serial/pty.js';

export interface EmulatorOptions {
  /** The terminal appears under this path too. */
  readonly link?: string;
  /** Ticks take their 0.96 ms; otherwise a run is over as soon as its end has come. */
  readonly realTime: boolean;
  /** Numbers of bytes from the host, counted from 0, that are lost on the way. */
  readonly lose: readonly number[];
}

/** An emulated NeuroCoreX on a real pseudo-terminal, in a thread of its own: its host may wait for it. */
export interface NeurocorexEmulator {
  readonly path: string;
  readonly counts: EmulatorCounts;
  stop(): Promise<void>;
}

export const countNames = [
  'bytes',
  'lostBytes',
  'commands',
  'ticks',
  'runs',
  'lostEntries',
  'learningSynapses',
] as const;
export type EmulatorCounts = Record<(typeof countNames)[number], number>;

export interface EmulatorData {
  readonly descriptor: number;
  readonly realTime: boolean;
  readonly lose: readonly number[];
  /** 1 in the first word stops it; behind it the counts. */
  readonly words: SharedArrayBuffer;
}

export function startEmulator({ link, realTime, lose }: EmulatorOptions): NeurocorexEmulator {
  const pty = openPty(link);
  const words = new Int32Array(new SharedArrayBuffer(4 * (1 + countNames.length)));
  const workerData: EmulatorData = { descriptor: pty.master, realTime, lose, words: words.buffer as SharedArrayBuffer };
  const thread = new Worker(new URL('./emulator-thread.js', import.meta.url), { workerData });
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  return {
    path: pty.path,
    get counts() {
      return Object.fromEntries(countNames.map((name, at) => [name, Atomics.load(words, 1 + at)])) as EmulatorCounts;
    },
    async stop() {
      Atomics.store(words, 0, 1);
      await ended;
      pty.close();
    },
  };
}

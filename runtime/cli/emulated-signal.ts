import { InvalidArgumentError } from 'commander';
import { parseFaults } from '../../drivers/cyton/faults.js';
import { SignalFileError, frameReader, openSignalFile } from '../../drivers/file/signal-file.js';
import { createSleeper, type Act } from '../../drivers/sleeper/generator.js';
import { Failure, UsageError } from './output.js';

/** What an emulated amplifier measures, and when it ends. */

export interface SignalOptions {
  from?: string;
  seed: string;
  night?: true;
  awake?: true;
  rate?: number;
}

/** Settles at Ctrl-C, when `end` is called, and with the program that started this one. */
export function untilEnded(): { ended: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  if (!process.stdin.isTTY) process.stdin.resume().once('end', end).once('error', end);
  return { ended, end };
}

export function readFaults(specs: readonly string[]): ReturnType<typeof parseFaults> {
  try {
    return parseFaults(specs);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** For commander: kilo-ohms, one after the other. */
export function ohms(text: string, before: number[] = []): number[] {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError(`${text} is no impedance. Write kilo-ohms: --impedance 5 8 120.`);
  return [...before, value * 1000];
}

/** A sleeper, or a recorded file. */
export function openEmulatedSignal({ from, seed, night, awake, rate = 250 }: SignalOptions): {
  source: { read(frame: Float64Array): boolean };
  channels: number;
  truth: () => number;
  /** Of somebody awake: what they do now. */
  does: (act: Act) => void;
} {
  if (from === undefined) {
    let spindles = 0;
    const sleeper = createSleeper({
      seed: Number(seed),
      rate,
      channels: sleeperInputs,
      night: night === true,
      awake: awake === true,
      onEvent: ({ kind }) => {
        if (kind === 'spindle') spindles++;
      },
    });
    const does = (act: Act): void => sleeper.does(act);
    return { source: sleeper, channels: sleeper.channels.length, truth: () => spindles, does };
  }
  if (awake)
    throw new UsageError('--awake: nobody in a recorded file does what is asked. Leave out --awake or --from.');
  try {
    const reader = frameReader(openSignalFile(from));
    if (reader.rate !== rate)
      throw new UsageError(
        `${from}: has ${reader.rate} Hz, the emulated board ${rate} Hz. Use a recording of that rate, or --rate.`,
      );
    return { source: reader, channels: reader.channels.length, truth: () => 0, does: () => undefined };
  } catch (error) {
    if (error instanceof SignalFileError) throw new Failure(error.message);
    throw error;
  }
}

/** What is plugged into the inputs of the emulated board, in their order: the electrodes of the preset `demo`. */
const sleeperInputs = ['C3', 'C4', 'M1', 'M2', 'E1', 'E2', 'EMG', 'Fz'];

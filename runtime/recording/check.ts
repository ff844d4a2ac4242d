import { ReceiptState } from '../contracts.js';
import { decodeEvent } from '../loop/records.js';
import { readDeliveries } from './deliveries.js';
import { openRecording, type Recording } from './read.js';

export interface RecordingReport {
  readonly path: string;
  /** No fault. Warnings are no faults. */
  readonly ok: boolean;
  readonly faults: string[];
  readonly warnings: string[];
  readonly closed: boolean;
  readonly cycles: number;
  readonly frames: number;
  readonly events: number;
  readonly permits: number;
  /** Commands of stimuli that the recording itself shows as started. */
  readonly started: number[];
  /** Commands that the guardian says it has started. */
  readonly delivered: number[];
  /** Delivered, but the recording lost the receipt with its tail. */
  readonly unreconciled: number[];
}

/** Checks a recording without repairing anything; needs no daemon. Throws a `RecordingError` if it cannot be opened. */
export function checkRecording(path: string): RecordingReport {
  const recording = openRecording(path);
  try {
    return check(recording, path);
  } finally {
    recording.close();
  }
}

function check(recording: Recording, path: string): RecordingReport {
  const faults: string[] = [];
  const warnings: string[] = [];
  const integrity = recording.integrity();
  if (integrity !== '') faults.push(`SQLite: ${integrity}`);
  const { cycles, frames } = attempt(faults, () => checkCycles(recording, faults), { cycles: 0, frames: 0 });
  attempt(faults, () => [...recording.messages()].length, 0);
  const seen = attempt(faults, () => checkEvents(recording, faults), { events: 0, permits: [], started: [] });
  const delivered = readDeliveries(path).map(({ command }) => command);
  const unreconciled = delivered.filter((command) => !seen.started.includes(command));
  if (recording.summary === undefined) {
    warnings.push('not closed: the run still goes on, or was killed. Its tail, at most the commit interval, is lost.');
  } else compareSummary(recording, frames, seen.started.length, faults);
  if (unreconciled.length > 0) {
    warnings.push(`stimuli ${unreconciled.join(', ')} were delivered, by the guardian's log, after the last commit.`);
  }
  const unknown = seen.permits.filter((command) => !seen.started.includes(command) && !delivered.includes(command));
  if (unknown.length > 0)
    warnings.push(`permits ${unknown.join(', ')} have no receipt of a start: refused, dropped, or lost.`);
  return {
    path,
    ok: faults.length === 0,
    faults,
    warnings,
    closed: recording.summary !== undefined,
    cycles,
    frames,
    events: seen.events,
    permits: seen.permits.length,
    started: seen.started,
    delivered,
    unreconciled,
  };
}

function checkCycles(recording: Recording, faults: string[]): { cycles: number; frames: number } {
  let last = 0;
  let lastUs = -Infinity;
  let nextIndex = 0;
  let cycles = 0;
  let frames = 0;
  for (const { cycle, nowUs, block } of recording.cycles()) {
    if (cycle !== last + 1)
      faults.push(`cycles ${last + 1} to ${cycle - 1} are missing: they were lost in a full ring`);
    if (nowUs < lastUs) faults.push(`cycle ${cycle}: its time runs backwards`);
    if (block.frames > 0 && block.firstIndex < nextIndex)
      faults.push(`cycle ${cycle}: sample ${block.firstIndex} comes again`);
    if (block.frames > 0) nextIndex = block.firstIndex + block.frames;
    last = cycle;
    lastUs = nowUs;
    cycles++;
    frames += block.frames;
    if (faults.length > mostFaults) break;
  }
  return { cycles, frames };
}

function checkEvents(recording: Recording, faults: string[]): { events: number; permits: number[]; started: number[] } {
  let events = 0;
  let lastCycle = 0;
  const permits: number[] = [];
  const started: number[] = [];
  for (const record of recording.events()) {
    events++;
    const event = decodeEvent(record);
    if (!event) {
      faults.push(`event ${events}: of an unknown kind`);
      continue;
    }
    if (event.cycle < lastCycle) faults.push(`event ${events}: its cycle ${event.cycle} comes after ${lastCycle}`);
    lastCycle = event.cycle;
    if (event.kind === 'permit') permits.push(event.command);
    if (event.kind === 'receipt' && event.state === ReceiptState.started) started.push(event.command);
  }
  return { events, permits, started };
}

function compareSummary({ summary }: Recording, frames: number, started: number, faults: string[]): void {
  if (!summary) return;
  if (summary.stimuli !== started) faults.push(`the summary counts ${summary.stimuli} stimuli, the events ${started}`);
  const lost = Object.values(summary.ringLosses).some((count) => count > 0);
  if (frames < summary.samples && !lost)
    faults.push(`the summary counts ${summary.samples} samples, the blocks ${frames}`);
}

function attempt<Result>(faults: string[], act: () => Result, otherwise: Result): Result {
  try {
    return act();
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
    return otherwise;
  }
}

const mostFaults = 20;

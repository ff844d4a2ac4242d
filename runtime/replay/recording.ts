import { recordLength, type LoopEvent, type RunSummary, type SampleBlock } from '../contracts.js';
import { buildLoop, describeLoop, type LoopDescription } from '../loop/build.js';
import { createRecordList, type RecordList } from '../loop/loop.js';
import type { LoopPlan } from '../loop/plan.js';
import { decodeEvent } from '../loop/records.js';
import { Tally } from '../loop/tally.js';
import { sentFrames } from '../loop/sample-block.js';
import type { Recording } from '../recording/read.js';
import { RecordingError } from '../recording/read.js';

/** One place where the loop decided otherwise than the recording says. `null` where there is no such event. */
export interface Difference {
  readonly cycle: number;
  readonly recorded: LoopEvent | string | null;
  readonly replayed: LoopEvent | string | null;
}

/**
 * Runs the loop again over a recording's own frames, times and messages, and compares every event bit for bit. Stops at
 * the first difference that time has carried into everything after it: `maxDifferences` are listed.
 */
export async function replayRecording(
  recording: Recording,
  plan: LoopPlan,
  onProgress?: (cycle: number) => void,
): Promise<{ summary: RunSummary; realtimeFactor: number; differences: Difference[] }> {
  const { run } = recording;
  const loop = await buildLoop(plan, run.stream, run.continues);
  const differences = compareDescriptions(run, describeLoop(loop));
  const tally = new Tally();
  const started = performance.now();
  const progress = compareCycles(recording, loop, differences, { tally, ...(onProgress ? { onProgress } : {}) });
  const seconds = (performance.now() - started) / 1000;
  return {
    summary: {
      samples: progress.sent,
      gaps: tally.gaps,
      discardedBytes: recording.summary?.discardedBytes ?? 0,
      detections: tally.detections,
      stimuli: tally.stimuli,
      refusals: tally.refusals,
      latencyUs: tally.latencyUs(),
      ringLosses: recording.summary?.ringLosses ?? {},
      recording: recording.path,
      mqtt: null,
    },
    realtimeFactor: progress.frames / run.stream.rate / seconds,
    differences,
  };
}

/** A loop that is given again what it was given when it was recorded. */
export interface Replayed {
  readonly cycleNumber: number;
  readonly events: RecordList;
  cycle(nowUs: number, block: SampleBlock, messages: RecordList): void;
}

interface Observers {
  readonly tally?: Tally;
  readonly onProgress?: (cycle: number) => void;
}

/** Gives a loop all cycles of a recording, adds where it decided otherwise, and says how far it came. */
export function compareCycles(
  recording: Recording,
  loop: Replayed,
  differences: Difference[],
  observers: Observers = {},
): { cycle: number; frames: number; sent: number } {
  const progress = { cycle: recording.run.continues?.cycle ?? 0, frames: 0, sent: 0 };
  try {
    repeat(recording, loop, differences, progress, observers);
  } catch (error) {
    // A damaged row is a difference too: nobody knows what the loop was given there, or what it decided.
    if (!(error instanceof RecordingError)) throw error;
    differences.push({ cycle: progress.cycle + 1, recorded: error.message, replayed: null });
  }
  return progress;
}

function repeat(
  recording: Recording,
  loop: Replayed,
  differences: Difference[],
  progress: { cycle: number; frames: number; sent: number },
  { tally, onProgress }: Observers,
): void {
  const messages = createRecordList(maxMessages);
  const recorded = recording.events()[Symbol.iterator]();
  const recordedMessages = recording.messages()[Symbol.iterator]();
  let nextMessage = recordedMessages.next();
  for (const { cycle, nowUs, block } of recording.cycles()) {
    if (cycle !== progress.cycle + 1) {
      differences.push(hole(progress.cycle, cycle));
      break;
    }
    progress.cycle = cycle;
    messages.length = 0;
    while (!nextMessage.done && (nextMessage.value[1] as number) === cycle) {
      messages.records.set(nextMessage.value, messages.length++ * recordLength);
      nextMessage = recordedMessages.next();
    }
    loop.cycle(nowUs, block, messages);
    progress.frames += block.frames;
    progress.sent += sentFrames(block);
    // A killed recorder may have kept a cycle without its events: the tail that every such recording lacks.
    const lacksTail = recording.summary === undefined;
    if (!compareCycle(loop, recorded, tally, differences, lacksTail)) break;
    if (differences.length >= maxDifferences) break;
    if (cycle % 65536 === 0) onProgress?.(cycle);
  }
  if (differences.length === 0) compareEnd(recorded.next(), progress.cycle, differences);
}

function compareCycle(
  loop: Replayed,
  recorded: Iterator<Float64Array>,
  tally: Tally | undefined,
  differences: Difference[],
  lacksTail: boolean,
): boolean {
  const { records, length } = loop.events;
  for (let place = 0; place < length; place++) {
    const at = place * recordLength;
    tally?.add(records, at);
    const next = recorded.next();
    if (!next.done && sameRecord(next.value, records, at)) continue;
    if (next.done && lacksTail) return false;
    differences.push({
      cycle: loop.cycleNumber,
      recorded: next.done ? null : (decodeEvent(next.value) ?? 'an event of an unknown kind'),
      replayed: decodeEvent(records, at) ?? null,
    });
    if (differences.length >= maxDifferences) break;
  }
  return true;
}

/** Events left over belong to cycles that were lost at the end, or were never decided. */
function compareEnd(next: IteratorResult<Float64Array>, lastCycle: number, differences: Difference[]): void {
  if (next.done || (next.value[1] as number) > lastCycle) return;
  differences.push({ cycle: lastCycle, recorded: decodeEvent(next.value) ?? null, replayed: null });
}

function compareDescriptions(recorded: LoopDescription, built: LoopDescription): Difference[] {
  const coefficients = Object.entries(built.coefficients).flatMap(([signal, lists]) => {
    const same = JSON.stringify(recorded.coefficients[signal]) === JSON.stringify(lists);
    const name = `coefficients of signal ${signal}`;
    return same ? [] : [{ cycle: 0, recorded: name, replayed: `${name}, designed otherwise by this version` }];
  });
  const models = Object.entries(built.models).flatMap(([detector, hash]) => {
    const before = recorded.models[detector] ?? 'none';
    const name = `model of detector ${detector}`;
    return hash === before ? [] : [{ cycle: 0, recorded: `${name}: ${before}`, replayed: `another file: ${hash}` }];
  });
  return [...coefficients, ...models];
}

function hole(last: number, next: number): Difference {
  return { cycle: last + 1, recorded: `cycles ${last + 1} to ${next - 1} were lost in a full ring`, replayed: null };
}

/** Bit for bit: NaN equals NaN, 0 does not equal −0. */
function sameRecord(a: Float64Array, b: Float64Array, at: number): boolean {
  for (let i = 0; i < recordLength; i++) if (!Object.is(a[i], b[at + i])) return false;
  return true;
}

const maxDifferences = 10;
const maxMessages = 1024;

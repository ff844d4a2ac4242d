import { ReceiptState, type OutputTiming } from '../contracts.js';
import { EnvelopeClock } from '../loop/clock.js';
import type { Recording } from '../recording/read.js';
import { soundedAt, type Sounded } from './sounded-at.js';

/**
 * By command: where each stimulus of a recording sounded, by the clock of its samples as it was ten seconds later, or at
 * the end. One pass over the whole recording.
 */
export function soundedStimuli(recording: Recording, timing: OutputTiming): Map<number, Sounded> {
  const sounded = new Map<number, Sounded>();
  const waiting: { command: number; startedUs: number }[] = [];
  for (const { event } of recording.readableEvents()) {
    if (event?.kind === 'receipt' && event.state === ReceiptState.started)
      waiting.push({ command: event.command, startedUs: event.atUs });
  }
  const clock = new EnvelopeClock(recording.run.stream.rate);
  let next = 0;
  const settle = (untilUs: number): void => {
    for (let one = waiting[next]; one && one.startedUs + settledUs <= untilUs; one = waiting[++next])
      sounded.set(one.command, soundedAt(one.startedUs, clock, timing));
  };
  for (const { nowUs, block } of recording.cycles()) {
    if (block.frames > 0) clock.observe(block.firstIndex + block.frames - 1, nowUs);
    settle(nowUs);
  }
  settle(Infinity);
  return sounded;
}

const settledUs = 10e6;

import { z } from 'zod';
import { DetectionPhase, ReceiptState, sessionStates, type LoopEvent } from '../contracts.js';

/**
 * How a run fared, counted from its events alone: what `event/health` tells of every ten minutes. So the health of hours
 * without a broker arrives afterwards like any other event, and a second reading of the recording tells the same.
 */

export const healthSoFar = z.strictObject({
  /** Ten-minute marks passed since the start of the run. */
  marks: z.int().nonnegative(),
  /** Frames up to the last event, filled gaps among them. */
  samples_total: z.number(),
  detections: z.number(),
  stimuli: z.number(),
  refusals: z.number(),
  gaps: z.number(),
  lost_frames: z.number(),
  ring_losses: z.number(),
  /** The source ceased to stream, the guardian to be ready: how often. */
  source_faults: z.number(),
  guardian_faults: z.number(),
  armed: z.boolean(),
});
export type HealthSoFar = z.infer<typeof healthSoFar>;

export const nothingYet: HealthSoFar = {
  marks: 0,
  samples_total: 0,
  detections: 0,
  stimuli: 0,
  refusals: 0,
  gaps: 0,
  lost_frames: 0,
  ring_losses: 0,
  source_faults: 0,
  guardian_faults: 0,
  armed: false,
};

/** Marks that lie at or before a time of a run that began at `startUs`. */
export function marksBy(us: number, startUs: number): number {
  return us > startUs ? Math.floor((us - startUs) / markUs) : 0;
}

export function markTime(mark: number, startUs: number): number {
  return startUs + mark * markUs;
}

export function healthAfter(before: HealthSoFar, event: LoopEvent): HealthSoFar {
  const seen = { ...before, samples_total: Math.max(before.samples_total, event.index + 1) };
  switch (event.kind) {
    case 'detection':
      return event.phase === DetectionPhase.confirmed ? { ...seen, detections: seen.detections + 1 } : seen;
    case 'receipt':
      return event.state === ReceiptState.started ? { ...seen, stimuli: seen.stimuli + 1 } : seen;
    case 'refusal':
      return { ...seen, refusals: seen.refusals + 1 };
    case 'gap':
      return { ...seen, gaps: seen.gaps + 1, lost_frames: seen.lost_frames + event.frames };
    case 'loss':
      return { ...seen, ring_losses: seen.ring_losses + 1 };
    case 'source': {
      const faults = sessionStates[event.state] === 'streaming' ? 0 : 1;
      return { ...seen, source_faults: seen.source_faults + faults };
    }
    case 'guardian':
      return { ...seen, guardian_faults: seen.guardian_faults + (event.state === 1 ? 0 : 1) };
    case 'armed':
      return { ...seen, armed: true };
    case 'disarmed':
      return { ...seen, armed: false };
    default:
      return seen;
  }
}

const markUs = 600e6;

import { percentile, type TimedEvent } from './events.js';

/** How well stimuli fell on marked events, where only their instants count. */
export interface StimulusScore {
  readonly stimuli: number;
  readonly events: number;
  /** Stimuli that hit an event; events that were hit; their harmonic mean. NaN where there are none. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** From an event's onset to the first stimulus that hits it, in milliseconds. */
  readonly delayMs: { readonly p25: number | null; readonly p50: number | null; readonly p75: number | null };
}

/** Of one recording; times in seconds. */
export interface StimulatedRecording {
  readonly stimuli: readonly number[];
  readonly events: readonly TimedEvent[];
}

/** A stimulus hits an event from its onset to 0.1 s behind its end. Counts are summed over recordings. */
export function scoreStimuli(recordings: readonly StimulatedRecording[]): StimulusScore {
  let hits = 0;
  const delays: number[] = [];
  for (const { stimuli, events } of recordings) {
    const hit = (at: number, { onset, end }: TimedEvent): boolean => at >= onset && at <= end + graceSeconds;
    hits += stimuli.filter((at) => events.some((event) => hit(at, event))).length;
    for (const event of events) {
      const first = stimuli.find((at) => hit(at, event));
      if (first !== undefined) delays.push(1000 * (first - event.onset));
    }
  }
  const count = (of: keyof StimulatedRecording): number =>
    recordings.reduce((sum, recording) => sum + recording[of].length, 0);
  const precision = hits / count('stimuli');
  const recall = delays.length / count('events');
  return {
    stimuli: count('stimuli'),
    events: count('events'),
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall),
    delayMs: { p25: percentile(delays, 0.25), p50: percentile(delays, 0.5), p75: percentile(delays, 0.75) },
  };
}

const graceSeconds = 0.1;

import { basename } from 'node:path';
import {
  DetectionPhase,
  ReceiptState,
  inhibitorStates,
  mapChanges,
  refusalReasons,
  ringNames,
  sessionStates,
  type LoopEvent,
} from '../contracts.js';
import type { HealthSoFar } from './recorded-health.js';

/** The messages that axond sends: topics and payloads, pure. */

/** Of the parts of a run, for its events. */
export interface EventNames {
  readonly detectors: readonly string[];
  /** By detector. */
  readonly estimates: Readonly<Record<string, readonly string[]>>;
  readonly actuator: string;
}

export interface Report {
  /** Below `axond/1/<node>/`. */
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export function rootOf(node: string): string {
  return `axond/1/${node}/`;
}

/** What stands in every payload. Times are of CLOCK_MONOTONIC; `wall` is for people. */
export function envelope(node: string, bootId: string, sequence: number, us: number, wall: Date) {
  return { v: 1, node, boot_id: bootId, seq: sequence, t_us: us, wall: wall.toISOString() };
}

/** The report of an event, or undefined for events that are not reported. `text` is a marker's. */
export function reportOf(event: LoopEvent, text: string | null, names: EventNames): Report | undefined {
  switch (event.kind) {
    case 'detection':
      if (event.phase !== DetectionPhase.confirmed) return undefined;
      return {
        topic: 'event/detection',
        payload: {
          detector: names.detectors[event.detector] ?? String(event.detector),
          onset_sample: event.onset,
          confirmed_sample: event.confirmed,
          score: event.score,
        },
      };
    case 'receipt':
      return stimulus(event, names);
    case 'refusal':
      return {
        topic: 'event/refusal',
        payload: {
          id: `R${event.request}`,
          request: event.request,
          reasons: refusalReasons.filter((_, place) => (event.reasons & (1 << place)) !== 0),
        },
      };
    case 'estimate':
      return estimate(event, names);
    case 'place':
      return { topic: 'event/place', payload: estimatePayload(event) };
    case 'map': {
      const change = mapChanges[event.change] ?? '';
      return {
        topic: 'event/map',
        payload: {
          change,
          place: event.place < 0 ? null : event.place,
          places: event.places,
          ...(text === null ? {} : change === 'switched' ? { map: basename(text) } : { label: text }),
        },
      };
    }
    case 'marker':
      return { topic: 'event/marker', payload: { marker: event.marker, text } };
    case 'gap':
      return { topic: 'event/fault', payload: { fault: 'gap', first_sample: event.firstIndex, samples: event.frames } };
    case 'loss':
      return {
        topic: 'event/fault',
        payload: { fault: 'ring-loss', ring: ringNames[event.ring] ?? '', count: event.count },
      };
    case 'source':
      return sessionStates[event.state] === 'streaming'
        ? undefined
        : { topic: 'event/fault', payload: { fault: 'source', state: sessionStates[event.state] ?? '' } };
    case 'guardian':
      return event.state === 1 ? undefined : { topic: 'event/fault', payload: { fault: 'guardian' } };
    default:
      return undefined;
  }
}

/** How the run has fared, every ten minutes of it. */
export function healthReport(health: HealthSoFar): Report {
  return { topic: 'event/health', payload: health };
}

/** What a detector judges, such as how likely sleep is: on each new state, and every ten seconds. */
function estimate({ detector, estimate, state, value }: LoopEvent & { kind: 'estimate' }, names: EventNames): Report {
  const name = names.detectors[detector] ?? String(detector);
  return {
    topic: 'event/estimate',
    payload: {
      detector: name,
      estimate: names.estimates[name]?.[estimate] ?? String(estimate),
      state: inhibitorStates[state] ?? '',
      value: Number.isFinite(value) ? value : null,
    },
  };
}

function estimatePayload(event: LoopEvent & { kind: 'place' }): Record<string, unknown> {
  const { place, score, second, margin, known, ambiguous, frameUs, ageUs } = event;
  return {
    place: place < 0 ? null : place,
    score,
    second,
    margin,
    known: known === 1,
    ambiguous: ambiguous === 1,
    frame_us: frameUs,
    age_us: ageUs,
  };
}

/** One report a stimulus, when the guardian says that it has started. */
function stimulus(event: LoopEvent & { kind: 'receipt' }, { actuator }: EventNames): Report | undefined {
  if (event.state !== ReceiptState.started) return undefined;
  return {
    topic: 'event/stimulus',
    payload: {
      id: `S${event.command}`,
      command: event.command,
      actuator,
      arrived_us: event.arrivalUs,
      started_us: event.atUs,
      latency_us: event.atUs - event.arrivalUs,
    },
  };
}

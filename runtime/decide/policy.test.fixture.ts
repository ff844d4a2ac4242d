import {
  refusalReasons,
  type Estimate,
  type RequestPort,
  type SampleClock,
  type StimulusRequest,
  type StreamDetection,
} from '../contracts.js';
import { createPolicy } from './policy.js';
import type { PolicyPlan } from './policy-plan.js';

/** Frames of 4 ms: frame n arrives at 4 ms × n. */
export const rate = 250;
export const clock: SampleClock = { timeOf: (index) => index * 4000 };
export const expiresUs = 1e5;

export interface Asked extends StimulusRequest {
  /** Newest sample index of the call in which it was asked for, and the index at which it was due. */
  readonly call: number;
  readonly due: number;
}

/** Bits of a refusal. */
export const refusedFor = (...reasons: (typeof refusalReasons)[number][]): number =>
  reasons.reduce((bits, reason) => bits | (1 << refusalReasons.indexOf(reason)), 0);

/** A gate that keeps what it was asked. Without an answer of its own it refuses what is withheld, and permits all else. */
export class AskedGate implements RequestPort {
  readonly request: StimulusRequest = { detector: 0, onset: 0, fireAtUs: 0, expiresUs: 0, variant: 0, withheld: false };
  readonly all: Asked[] = [];
  call = 0;
  readonly #answer: (asked: Asked) => number;

  constructor(answer: (asked: Asked) => number = ({ withheld }) => (withheld ? refusedFor('schedule') : 0)) {
    this.#answer = answer;
  }

  submit(): number {
    const { request, call } = this;
    const asked = { ...request, call, due: (request.expiresUs - expiresUs) / 4000 };
    this.all.push(asked);
    return this.#answer(asked);
  }
}

export function detection(confirmed: number, detector = 1, phase: 0 | 1 = 0, end = NaN): StreamDetection {
  return { detector, phase, onset: confirmed - 100, confirmed, end, score: 1 };
}

export interface Timeline {
  /** To the frame before this one. */
  readonly frames: number;
  readonly detections?: readonly StreamDetection[];
  readonly estimates?: (index: number) => readonly (readonly Estimate[])[];
  /** Frames of one read. */
  readonly block?: number;
  /** Reads that begin within are lost. */
  readonly gap?: readonly [from: number, to: number];
  readonly seed?: number;
  readonly answer?: (asked: Asked) => number;
}

/** A policy on a time line: what it asks for. An ended detection is told with the frame of its end. */
export function drive(plan: PolicyPlan, timeline: Timeline): Asked[] {
  const { frames, detections = [], estimates = () => [], block = 1, gap, seed, answer } = timeline;
  const policy = createPolicy(plan, rate);
  const gate = new AskedGate(answer);
  if (seed !== undefined) policy.seed?.(seed);
  const told = ({ confirmed, phase, end }: StreamDetection): number => (phase === 1 ? end : confirmed);
  const inOrder = detections.toSorted((a, b) => told(a) - told(b));
  let next = 0;
  let isLost = true;
  for (let first = 0; first < frames; first += block) {
    const last = first + block - 1;
    const from = next;
    for (let each = inOrder[next]; each && told(each) <= last; each = inOrder[next]) next++;
    if (gap && first >= gap[0] && first < gap[1]) {
      if (!isLost) policy.reset();
      isLost = true;
      continue;
    }
    if (isLost) policy.startAt?.(first);
    isLost = false;
    const now = inOrder.slice(from, next);
    gate.call = last;
    policy.decide(now, now.length, last, clock, gate, estimates(last));
  }
  return gate.all;
}

import {
  DetectionPhase,
  refusalReasons,
  type Estimate,
  type EstimateReason,
  type Policy,
  type RequestPort,
  type SampleClock,
  type StimulusRequest,
  type StreamDetection,
} from '../contracts.js';

export interface PolicyLawOptions {
  /** Bytes of the heap in use; without it allocation is not judged. */
  readonly heapUsed?: () => number;
}

/**
 * The laws of the `Policy` contract that this policy breaks, one line each; empty if it keeps them. It is tried on three
 * minutes of detections by four detectors, two gaps, and estimates of sleep, movement and phase that come and go, with a
 * gate that permits and refuses.
 */
export function checkPolicy(create: () => Policy, { heapUsed }: PolicyLawOptions = {}): string[] {
  const broken = new Set<string>();
  try {
    const whole = run(create(), commonLength, false, broken);
    if (!same(whole, run(create(), commonLength, false, broken))) {
      broken.add('determinism: two of a kind ask for different stimuli after the same calls');
    }
    for (const length of [1, 5, 7]) {
      if (!same(whole, run(create(), length, false, broken)))
        broken.add(`block size: reads of ${length} frames give other requests than those of ${commonLength}`);
    }
    if (!same(whole, run(create(), commonLength, true, broken)))
      broken.add('time-outs: calls without new frames change the requests');
    if (heapUsed) checkAllocation(create(), heapUsed, broken);
  } catch (error) {
    broken.add(`threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return [...broken];
}

/** Everything that was asked for, as numbers, each checked against the call that it came with. */
function run(policy: Policy, blockLength: number, withTimeOuts: boolean, broken: Set<string>): number[] {
  policy.seed?.(1);
  policy.startAt?.(0);
  const port = new TrialPort(broken);
  const detections = trialDetections();
  const estimates = trialEstimates();
  let next = 0;
  for (let first = 0; first < trialFrames; first += blockLength) {
    if (gaps.includes(first)) {
      policy.reset();
      port.knownFrom = first + gapFrames;
      first += gapFrames;
      policy.startAt?.(first);
    }
    const last = first + blockLength - 1;
    const now: StreamDetection[] = [];
    for (let each = detections[next]; each && each.at <= last; each = detections[++next]) {
      if (each.at >= first) now.push({ ...each.detection });
    }
    setEstimates(estimates, first);
    const before = JSON.stringify([now, estimates]);
    port.lastIndex = last;
    policy.decide(now, now.length, last, clock, port, estimates);
    if (withTimeOuts) policy.decide([], 0, last, clock, port, estimates);
    if (JSON.stringify([now, estimates]) !== before) broken.add('input: decide() changed detections or estimates');
  }
  return port.asked;
}

/** A gate that keeps what it is asked, permits at most one in 0.4 s, and refuses some for reasons of its own. */
class TrialPort implements RequestPort {
  readonly request: StimulusRequest = { detector: 0, onset: 0, fireAtUs: 0, expiresUs: 0, variant: 0, withheld: false };
  readonly asked: number[] = [];
  lastIndex = 0;
  knownFrom = 0;
  readonly #broken: Set<string>;
  #lastUs = -Infinity;

  constructor(broken: Set<string>) {
    this.#broken = broken;
  }

  submit(): number {
    const { detector, onset, fireAtUs, expiresUs, variant, withheld } = this.request;
    this.#check();
    let reasons = withheld ? bit('schedule') : 0;
    if (expiresUs - this.#lastUs < 0.4e6) reasons |= bit('interval');
    if (Math.floor(expiresUs / 4000) % 5 === 0) reasons |= bit('movement');
    if (reasons === 0) this.#lastUs = expiresUs;
    this.asked.push(detector, onset, expiresUs, variant, withheld ? 1 : 0, reasons);
    if (this.asked.length > 1e6) throw new RangeError('decide() asks without end');
    this.request.variant = 0;
    this.request.withheld = false;
    // When it is told depends on the read that it came with; at most 20 ms are taken by the guardian.
    if (fireAtUs !== 0 && !(fireAtUs - clock.timeOf(this.lastIndex) <= 20e3 && fireAtUs <= expiresUs))
      this.#broken.add(`fireAtUs: ${fireAtUs} is more than 20 ms ahead, or after its end`);
    return reasons;
  }

  #check(): void {
    const { detector, onset, expiresUs, variant, withheld } = this.request;
    const broken = this.#broken;
    if (!(Number.isInteger(detector) && detector >= -1 && detector < trialDetectors))
      broken.add(`detector: ${detector} is none of ${trialDetectors}, nor −1`);
    if (!(onset <= this.lastIndex + 0.02 * trialRate)) broken.add(`onset: ${onset} is in the future`);
    if (onset < this.knownFrom) broken.add('reset: asks for a stimulus for what was before a gap');
    if (!(Math.abs(expiresUs) < Infinity)) broken.add(`expiresUs: ${expiresUs} is no time`);
    if (!(Number.isInteger(variant) && variant >= 0)) broken.add(`variant: ${variant} is no whole number from 0`);
    if (typeof withheld !== 'boolean') broken.add('withheld: is neither true nor false');
  }
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, place) => Object.is(value, b[place]));
}

/** Reads of five frames, a detection every four seconds. */
function checkAllocation(policy: Policy, heapUsed: () => number, broken: Set<string>): void {
  policy.seed?.(1);
  policy.startAt?.(0);
  const port: RequestPort = {
    request: { detector: 0, onset: 0, fireAtUs: 0, expiresUs: 0, variant: 0, withheld: false },
    submit: () => 0,
  };
  const estimates = trialEstimates();
  setEstimates(estimates, 0);
  const found = trialDetections().slice(0, 1);
  const one = found.map(({ detection }) => detection);
  const growth = new Float64Array(roundsPerAttempt);
  let last = 0;
  let bytes = Infinity;
  for (let attempt = 0; attempt < mostAttempts && bytes > mostBytes; attempt++) {
    for (let round = 0; round < roundsPerAttempt; round++) {
      const before = heapUsed();
      for (let call = 0; call < callsPerRound; call++) {
        last += 5;
        const count = call % 200 === 0 ? one.length : 0;
        if (count > 0) (one[0] as StreamDetection).confirmed = last;
        policy.decide(one, count, last, clock, port, estimates);
      }
      growth[round] = (heapUsed() - before) / callsPerRound;
    }
    bytes = growth.sort()[roundsPerAttempt >> 1] as number;
  }
  if (bytes > mostBytes) broken.add(`allocation: ${bytes.toFixed(1)} bytes a call after warm-up`);
}

// ── What it is tried on: the same numbers in every run ──────────────────────────────────────────────────────────────

const trialRate = 250;
const clock: SampleClock = { timeOf: (index) => 1e6 + index * 4000 };

/** A multiple of all block lengths below it. What happens, happens in the middle of one, so that each split sees it. */
const commonLength = 35;
const trialFrames = 1286 * commonLength;
const gapFrames = 20 * commonLength;
const gaps = [302 * commonLength, 802 * commonLength];
export const trialDetectors = 4;

interface Told {
  /** The sample with which it is told. */
  readonly at: number;
  readonly detection: StreamDetection;
}

/** A detection each 0.3 to 2.7 s, now and then after 9, told again when it has ended; the detectors take turns at random. */
function trialDetections(): Told[] {
  let state = 11;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
  const told: Told[] = [];
  for (let block = 1; block * commonLength < trialFrames; block += 2 + draw(18) + (draw(6) === 0 ? 45 : 0)) {
    const confirmed = block * commonLength + commonLength / 2 - 0.5;
    const known = { detector: draw(trialDetectors), onset: confirmed - 20, confirmed, score: 1 };
    told.push({ at: confirmed, detection: { ...known, phase: DetectionPhase.confirmed, end: NaN } });
    const end = confirmed + commonLength;
    told.push({ at: end, detection: { ...known, phase: DetectionPhase.ended, end: end - 3 } });
  }
  return told.sort((a, b) => a.at - b.at);
}

/** Every detector judges everything, so that it does not matter which of them the policy looks at. */
function trialEstimates(): Estimate[][] {
  return Array.from({ length: trialDetectors }, () => [
    { name: 'sleep', unit: '1', value: NaN, state: 'unknown', reason: 'sleep' satisfies EstimateReason },
    { name: 'movement', unit: '1', value: NaN, state: 'unknown', reason: 'movement' satisfies EstimateReason },
    { name: 'phase', unit: 'deg', value: NaN, state: 'unknown' },
  ]);
}

/** They change between blocks of the common length: asleep for five of six, moving for one of twenty of them. */
function setEstimates(estimates: readonly (readonly Estimate[])[], first: number): void {
  const block = Math.floor(first / commonLength);
  for (const list of estimates) {
    for (const estimate of list) {
      const isFine = estimate.name === 'sleep' ? block % 120 < 100 : estimate.name === 'phase' || block % 200 < 190;
      estimate.value = estimate.name === 'phase' ? ((block * 97) % 360) - 180 : 1;
      estimate.state = isFine ? 'clear' : 'holds';
    }
  }
}

const bit = (reason: (typeof refusalReasons)[number]): number => 1 << refusalReasons.indexOf(reason);

const callsPerRound = 4000;
const roundsPerAttempt = 7;
const mostAttempts = 10;
/** Reading the heap costs some itself, and a request may cost some numbers; an object a call would be 16 or more. */
const mostBytes = 4;

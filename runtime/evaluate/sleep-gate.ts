import type { InhibitorState } from '../contracts.js';
import { createRecordList, type Loop } from '../loop/loop.js';
import { createSampleBlock } from '../loop/sample-block.js';
import type { DetectedEvent } from './comparison.js';
import { within, type TimedEvent } from './events.js';
import { perStage, stageAt, type Hypnogram, type Stage } from './hypnogram.js';
import type { FrameSource } from './marked-recording.js';

/** What a sleep gate said: `states[n]` from (n + 1) × `step` seconds on. */
export interface Judgements {
  readonly step: number;
  readonly states: readonly InhibitorState[];
}

/** Runs the loop over a recording, some 50 ms at a time. `detector` is the place of the gate in it. */
export function runGate(loop: Loop, detector: number, source: FrameSource, seconds: number): Judgements {
  const { rate, channels } = source.stream;
  const frames = Math.max(1, Math.round(rate / 20));
  const block = createSampleBlock(channels.length, frames);
  const states: InhibitorState[] = [];
  while (states.length * frames < seconds * rate && source.read(block) === frames) {
    loop.cycle(0, block, noMessages);
    states.push(loop.graph.estimates[detector]?.[0]?.state ?? 'unknown');
  }
  return { step: frames / rate, states };
}

type PerStage = Readonly<Record<Stage, number>>;

/** Of one recording; what is counted here can be summed. Nothing counts before the first judgement. */
export interface GateCounts {
  /** Seconds. */
  readonly judged: PerStage;
  readonly open: PerStage;
  /** By stage at their onset: all, and those that the gate was open for when they were confirmed. */
  readonly detections: PerStage;
  readonly gated: PerStage;
  /** Marks with onset in S2–S4, or all of them where there is no hypnogram. */
  readonly marks: number;
  /** Of these: the gate was shut at the onset, and when a causal detector would be sure of them. */
  readonly lost: number;
  readonly lostWhenSure: number;
  readonly turns: number;
}

/** Up to `seconds`. Stages are those of the hypnogram, or all `other`. */
export function countGate(
  { step, states }: Judgements,
  hypnogram: Hypnogram | null,
  marks: readonly TimedEvent[],
  detected: readonly DetectedEvent[],
  seconds: number,
): GateCounts {
  const stageOf = (time: number): Stage => (hypnogram ? stageAt(hypnogram, time) : 'other');
  const placeOf = (time: number): number => Math.floor(time / step + 1e-6) - 1;
  const isOpen = (time: number): boolean => states[placeOf(time)] === 'clear';
  const first = states.findIndex((state) => state !== 'unknown');
  const places = Math.min(states.length, placeOf(Math.min(seconds, states.length * step)));
  const judged = perStage(() => 0);
  const open = perStage(() => 0);
  let turns = 0;
  for (let place = first < 0 ? places : first; place < places; place++) {
    const stage = stageOf((place + 1) * step);
    judged[stage] += step;
    if (states[place] === 'clear') open[stage] += step;
    if (place > first && (states[place] === 'clear') !== (states[place - 1] === 'clear')) turns++;
  }
  const counted = <E extends TimedEvent>(events: readonly E[]): E[] =>
    first < 0 ? [] : within(events, (first + 1) * step, Math.min(seconds, states.length * step));
  const countAtOnset = (events: readonly TimedEvent[]): PerStage => {
    const counts = perStage(() => 0);
    for (const { onset } of events) counts[stageOf(onset)]++;
    return counts;
  };
  const sleeping = counted(marks).filter(({ onset }) => !hypnogram || ['S2', 'S3', 'S4'].includes(stageOf(onset)));
  const detections = counted(detected);
  return {
    judged,
    open,
    detections: countAtOnset(detections),
    gated: countAtOnset(detections.filter(({ confirmed }) => isOpen(confirmed))),
    marks: sleeping.length,
    lost: sleeping.filter(({ onset }) => !isOpen(onset)).length,
    lostWhenSure: sleeping.filter(({ onset }) => !isOpen(onset + sureSeconds)).length,
    turns,
  };
}

/** Null for a stage that did not occur. */
type Ratios = Readonly<Record<Stage, number | null>>;

export interface GateScore {
  readonly minutes: PerStage;
  /** Share of each stage in which the gate permits a stimulus. */
  readonly open: Ratios;
  readonly detectionsPerMinute: Ratios;
  readonly gatedPerMinute: Ratios;
  readonly turnsPerMinute: number | null;
  readonly marks: number;
  readonly lost: number;
  readonly lostWhenSure: number;
}

export function scoreGate(parts: readonly GateCounts[]): GateScore {
  const sum = (of: (part: GateCounts) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const minutes = perStage((stage) => sum(({ judged }) => judged[stage]) / 60);
  const all = Object.values(minutes).reduce((total, part) => total + part, 0);
  const per = (value: number, time: number): number | null => (time === 0 ? null : value / time);
  return {
    minutes,
    open: perStage((stage) => per(sum(({ open }) => open[stage]) / 60, minutes[stage])),
    detectionsPerMinute: perStage((stage) =>
      per(
        sum(({ detections }) => detections[stage]),
        minutes[stage],
      ),
    ),
    gatedPerMinute: perStage((stage) =>
      per(
        sum(({ gated }) => gated[stage]),
        minutes[stage],
      ),
    ),
    turnsPerMinute: per(
      sum(({ turns }) => turns),
      all,
    ),
    marks: sum(({ marks }) => marks),
    lost: sum(({ lost }) => lost),
    lostWhenSure: sum(({ lostWhenSure }) => lostWhenSure),
  };
}

/** After its onset. */
const sureSeconds = 0.6;
const noMessages = createRecordList(0);

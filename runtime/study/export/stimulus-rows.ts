import { parse } from 'yaml';
import { z } from 'zod';
import {
  DetectionPhase,
  ReceiptState,
  inhibitorStates,
  type Condition,
  type LoopEvent,
  type RunDescription,
} from '../../contracts.js';

/** One stimulus or sham stimulus of a recording: nothing here tells which, but `condition` and `realisedPhase`. */
export interface StimulusRow {
  /** As `axond explain` takes it. */
  readonly id: string;
  /** `unknown`: it was permitted, and nothing says whether it was given. */
  readonly outcome: 'given' | 'unknown';
  /** Newest sample when it was permitted, and where it sounded, to a fraction; NaN where that is not known. */
  readonly sample: number;
  readonly soundSample: number;
  /** 95 of 100 are no further from `soundSample`; in samples, NaN where nobody has measured. */
  readonly within: number;
  /** When it started, or was permitted where no start is known: of this boot's clock. */
  readonly startUs: number;
  /** The detector that asked, its score; the empty string and NaN where no detection did. */
  readonly detector: string;
  readonly score: number;
  /** Of the slow oscillation, in degrees: foreseen at the permit, and seen in hindsight; NaN where nothing follows it. */
  readonly expectedPhase: number;
  readonly realisedPhase: number;
  /** As configured; the empty string where the actuator has none. */
  readonly level: string;
  /** By which all were weakened then, 0 or less. */
  readonly gainDb: number;
  /** Its sound, code or line; the empty string where there is one. */
  readonly variant: string;
  /** What the detectors judged when it was permitted: `sleep-gate.sleep clear 0.97; …`. */
  readonly gate: string;
  /** Undefined while its participant is blinded. */
  readonly condition: Condition | undefined;
}

type Run = Pick<RunDescription, 'detectors' | 'estimates' | 'variants' | 'configuration' | 'timing' | 'stream'>;

/** Of all events of a run in their order. `conditionAt` takes the time of its clock. Pure. */
export function stimulusRows(
  run: Run,
  events: Iterable<LoopEvent | undefined>,
  sounded: ReadonlyMap<number, { readonly sample: number; readonly uncertainty: number }>,
  conditionAt: ((atUs: number) => Condition) | undefined,
): StimulusRow[] {
  const level = levelOf(run.configuration);
  const scores = new Map<string, number>();
  const requests = new Map<number, { detector: number; onset: number }>();
  const judged = new Map<string, string>();
  const permits = new Map<number, Permit>();
  let gainDb = 0;
  for (const event of events) {
    if (!event) continue;
    const { kind } = event;
    if (kind === 'detection' && event.phase === DetectionPhase.confirmed) {
      scores.set(`${event.detector} ${event.onset}`, event.score);
    } else if (kind === 'request') requests.set(event.request, event);
    else if (kind === 'estimate') {
      const detector = run.detectors[event.detector] ?? String(event.detector);
      const name = run.estimates[detector]?.[event.estimate] ?? String(event.estimate);
      judged.set(`${detector}.${name}`, `${inhibitorStates[event.state] ?? 'unknown'} ${shown(event.value)}`);
    } else if (kind === 'armed') ({ gainDb } = event);
    else if (kind === 'permit') {
      const asked = requests.get(event.request);
      requests.delete(event.request);
      const { command, index, us, variant } = event;
      permits.set(command, {
        ...{ command, index, us, variant, gainDb, startedUs: NaN, declined: false, expected: NaN, realised: NaN },
        detector: asked && asked.detector >= 0 ? (run.detectors[asked.detector] ?? String(asked.detector)) : '',
        score: asked ? (scores.get(`${asked.detector} ${asked.onset}`) ?? NaN) : NaN,
        gate: [...judged].map(([name, state]) => `${name} ${state}`).join('; '),
      });
    } else if (kind === 'receipt') {
      const permit = permits.get(event.command) ?? withoutPermit(event.command, event.index, event.us);
      permits.set(event.command, permit);
      if (event.state === ReceiptState.started) permit.startedUs = event.atUs;
      else if (event.state === ReceiptState.refused || event.state === ReceiptState.dropped) permit.declined = true;
    } else if (kind === 'phase') {
      const permit = permits.get(event.command);
      if (permit) Object.assign(permit, { expected: event.expected, realised: event.realised });
    }
  }
  const rows: StimulusRow[] = [];
  for (const [command, permit] of permits) {
    const isGiven = !Number.isNaN(permit.startedUs);
    if (permit.declined && !isGiven) continue;
    const where = sounded.get(command);
    const startUs = isGiven ? permit.startedUs : permit.us;
    rows.push({
      id: `S${command}`,
      outcome: isGiven ? 'given' : 'unknown',
      sample: permit.index,
      soundSample: where?.sample ?? NaN,
      within: run.timing && where ? where.uncertainty : NaN,
      startUs,
      detector: permit.detector,
      score: permit.score,
      expectedPhase: permit.expected,
      realisedPhase: permit.realised,
      level,
      gainDb: permit.gainDb,
      variant: run.variants?.[permit.variant] ?? '',
      gate: permit.gate,
      condition: conditionAt?.(startUs),
    });
  }
  return rows.sort((a, b) => a.startUs - b.startUs);
}

interface Permit {
  readonly command: number;
  readonly index: number;
  readonly us: number;
  readonly variant: number;
  readonly gainDb: number;
  readonly detector: string;
  readonly score: number;
  readonly gate: string;
  startedUs: number;
  declined: boolean;
  expected: number;
  realised: number;
}

/** A receipt that the guardian's log alone has kept, of a command whose permit was lost with the tail. */
function withoutPermit(command: number, index: number, us: number): Permit {
  return {
    ...{ command, index, us, variant: -1, gainDb: NaN, detector: '', score: NaN, gate: '' },
    ...{ startedUs: NaN, declined: false, expected: NaN, realised: NaN },
  };
}

function levelOf(configuration: string): string {
  const read = z.object({ stimulus: z.object({ level: z.string() }) }).safeParse(parse(configuration));
  return read.success ? read.data.stimulus.level : '';
}

/** To four digits: an estimate is no more certain than that. */
function shown(value: number): string {
  return Number.isNaN(value) ? '' : String(Number(value.toPrecision(4)));
}

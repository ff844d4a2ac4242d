import { DetectionPhase, ReceiptState, inhibitorStates, refusalReasons, type LoopEvent } from '../../contracts.js';
import { sampleOfMarker } from '../../recording/export/marks.js';
import type { EstimatePoint, Latency, Mark } from './messages.js';

/** Names of the run that events have as numbers. */
export interface NightNames {
  readonly detectors: readonly string[];
  /** By detector. */
  readonly estimates: Readonly<Record<string, readonly string[]>>;
}

/** What one event adds to the page. */
export interface Added {
  readonly mark?: Mark;
  readonly estimate?: EstimatePoint;
}

/**
 * What a page shows of the events of a run: the marks of the last minutes, every judgement of the night, and how long
 * stimuli took. Pure.
 */
export class Night {
  readonly marks: Mark[] = [];
  readonly estimates: EstimatePoint[] = [];
  readonly #names: NightNames;
  /** Samples of the stream for one of the display, and of the stream a second. */
  readonly #every: number;
  readonly #rate: number;
  readonly #counts = new Array<number>(latencyBins.length).fill(0);
  readonly #latencies: number[] = [];

  constructor(names: NightNames, every: number, rate: number) {
    this.#names = names;
    this.#every = every;
    this.#rate = rate;
  }

  /** Null before the first stimulus. */
  get latency(): Latency | null {
    if (this.#latencies.length === 0) return null;
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return { bins: latencyBins, counts: this.#counts, median: at(0.5), p95: at(0.95), most: at(1) };
  }

  /** `text` is a marker's; `wallMs` when it was. */
  take(event: LoopEvent, text: string | null, wallMs: number): Added {
    if (event.kind === 'estimate') {
      const estimate = this.#estimate(event, wallMs);
      this.estimates.push(estimate);
      if (this.estimates.length > mostEstimates) this.estimates.splice(0, mostEstimates / 10);
      return { estimate };
    }
    const mark = this.#markOf(event, text);
    if (!mark) return {};
    this.marks.push(mark);
    if (this.marks.length > mostMarks) this.marks.splice(0, mostMarks / 10);
    return { mark };
  }

  #estimate({ detector, estimate, state, value }: LoopEvent & { kind: 'estimate' }, wallMs: number): EstimatePoint {
    const name = this.#detector(detector);
    return {
      name: `${name}.${this.#names.estimates[name]?.[estimate] ?? estimate}`,
      wallMs,
      state: inhibitorStates[state] ?? '',
      value: Number.isFinite(value) ? value : null,
    };
  }

  #markOf(event: LoopEvent, text: string | null): Mark | undefined {
    const shown = (index: number): number => index / this.#every;
    switch (event.kind) {
      case 'detection': {
        const { detector, phase, onset, confirmed, end, score } = event;
        const name = this.#detector(detector);
        const from = shown(onset);
        if (phase === DetectionPhase.confirmed) return { kind: 'detection', name, from, to: shown(confirmed), score };
        return { kind: 'detection', name, from, to: shown(end), score };
      }
      case 'receipt': {
        if (event.state !== ReceiptState.started) return undefined;
        this.#took((event.atUs - event.arrivalUs) / 1000);
        const ago = ((event.us - event.atUs) / 1e6) * this.#rate;
        return { kind: 'stimulus', name: `S${event.command}`, from: shown(event.index - ago) };
      }
      case 'refusal':
        return {
          kind: 'refusal',
          name: `R${event.request}`,
          from: shown(event.index),
          reasons: refusalReasons.filter((_, place) => (event.reasons & (1 << place)) !== 0),
        };
      case 'marker':
        return { kind: 'marker', name: text ?? `marker ${event.marker}`, from: shown(sampleOfMarker(event)) };
      default:
        return undefined;
    }
  }

  #took(ms: number): void {
    if (!Number.isFinite(ms)) return;
    let bin = 0;
    while (bin + 1 < latencyBins.length && ms >= (latencyBins[bin + 1] as number)) bin++;
    this.#counts[bin] = (this.#counts[bin] as number) + 1;
    this.#latencies.push(ms);
    if (this.#latencies.length > mostLatencies) this.#latencies.splice(0, mostLatencies / 10);
  }

  #detector(place: number): string {
    return this.#names.detectors[place] ?? String(place);
  }
}

/** Lower ends in milliseconds: four a decade, from 0.1 ms to 100 ms. */
const latencyBins: readonly number[] = [0.1, 0.18, 0.32, 0.56, 1, 1.8, 3.2, 5.6, 10, 18, 32, 56, 100];
const mostMarks = 500;
/** Of a night: three a minute and detector in ten hours, of six. */
const mostEstimates = 20_000;
const mostLatencies = 5000;

import { DetectionPhase, ReceiptState } from '../contracts.js';
import { EventCode } from './records.js';

/** Counts what a run decided, from its events alone. Allocates nothing per event. */
export class Tally {
  detections = 0;
  refusals = 0;
  /** Bits of `refusalReasons` of the last one. */
  lastReasons = 0;
  /** Number of the request of the last one. */
  lastRefused = 0;
  permits = 0;
  /** Runs of lost frames. */
  gaps = 0;
  /** Stimuli that the guardian reported as started. */
  stimuli = 0;
  readonly #latenciesUs = new Float64Array(latencyCapacity);
  #latencies = 0;

  add(records: Float64Array, at: number): void {
    switch (records[at]) {
      case EventCode.detection:
        if (records[at + 5] === DetectionPhase.confirmed) this.detections++;
        break;
      case EventCode.permit:
        this.permits++;
        break;
      case EventCode.gap:
        this.gaps++;
        break;
      case EventCode.refusal:
        this.refusals++;
        this.lastRefused = records[at + 4] as number;
        this.lastReasons = records[at + 5] as number;
        break;
      case EventCode.receipt:
        if (records[at + 5] === ReceiptState.started)
          this.#started((records[at + 6] as number) - (records[at + 7] as number));
        break;
    }
  }

  #started(latencyUs: number): void {
    this.stimuli++;
    if (latencyUs >= 0) this.#latenciesUs[this.#latencies++ % latencyCapacity] = latencyUs;
  }

  /** From bytes arrived to stimulus started; null where nothing was. Of the last `latencyCapacity` stimuli. */
  latencyUs(): { p50: number; p99: number; max: number } | null {
    if (this.#latencies === 0) return null;
    const sorted = this.#latenciesUs.slice(0, Math.min(this.#latencies, latencyCapacity)).sort();
    const quantile = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
    return { p50: quantile(0.5), p99: quantile(0.99), max: sorted[sorted.length - 1] as number };
  }
}

const latencyCapacity = 1 << 16;

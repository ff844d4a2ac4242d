import type { DetectionList, Detector, Estimate } from '../../runtime/contracts.js';
import { DetectionPhase } from '../../runtime/contracts.js';
import { asleepCounts, spindleCounts } from './scripted-head.js';

/** A spindle is one large sample. */
export class ScriptedSpindles implements Detector {
  readonly delaySamples = 0;
  readonly settleSamples = 0;

  prepare(): void {
    // Nothing to make ready.
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    for (let i = 0; i < length; i++) {
      const value = input[i] as number;
      if (value < spindleCounts) continue;
      const entry = out.items[out.length++];
      if (!entry) return;
      entry.phase = DetectionPhase.confirmed;
      entry.onset = firstSample + i;
      entry.confirmed = firstSample + i;
      entry.end = NaN;
      entry.score = value;
    }
  }

  reset(): void {
    // Nothing to forget.
  }
}

/** Sleep as the second channel tells it. */
export class ScriptedSleep implements Detector {
  readonly delaySamples = 0;
  readonly settleSamples = 0;
  readonly #sleep: Estimate = { name: 'sleep', unit: '1', value: NaN, state: 'unknown', reason: 'sleep' };
  readonly estimates = [this.#sleep];

  prepare(): void {
    this.reset();
  }

  process(input: Float64Array, length: number): void {
    if (length === 0) return;
    const value = input[length - 1] as number;
    this.#sleep.value = value;
    this.#sleep.state = value >= asleepCounts ? 'clear' : value <= -asleepCounts ? 'holds' : 'unknown';
  }

  reset(): void {
    this.#sleep.value = NaN;
    this.#sleep.state = 'unknown';
  }
}

import type { Open } from '../../firmware-bridge/protocol/messages.js';

/** A change of the output as seen at the pin, not as the firmware tells it. */
export interface OutputChange {
  readonly atUs: number;
  readonly amplitude: number;
}

export type Limits = Pick<
  Open,
  'amplitudeLimit' | 'durationLimitUs' | 'chargeLimit' | 'intervalLimitUs' | 'perMinuteLimit' | 'dutyLimit'
>;

/** What SAFETY.md says of every stimulus of a trigger: written down here once more, not read from the firmware. */
export const compiledLimits: Limits = {
  amplitudeLimit: 1000,
  durationLimitUs: 1_000_000,
  chargeLimit: 1_000_000_000,
  intervalLimitUs: 400_000,
  perMinuteLimit: 60,
  dutyLimit: 500,
};

/**
 * Judges an output by its changes alone, one after the other. Shares no code and no idea with the interlock: windows over
 * all starts, a balance of work in microseconds. `slackUs`: how far the changes' stamps may be off.
 */
export class OutputRules {
  readonly violations: string[] = [];
  starts = 0;
  readonly #slackUs: number;
  readonly #limits: Limits;
  readonly #startsUs: number[] = [];
  #amplitude = 0;
  #newestUs = 0;
  /** Work that is not paid off by `dutyLimit` thousandths of the time since. */
  #balanceUs = 0;

  constructor(limits: Limits, slackUs: number) {
    this.#limits = limits;
    this.#slackUs = slackUs;
  }

  take({ atUs, amplitude }: OutputChange): void {
    const { amplitudeLimit, durationLimitUs, chargeLimit, intervalLimitUs, perMinuteLimit, dutyLimit } = this.#limits;
    const passedUs = atUs - this.#newestUs;
    const slackUs = this.#slackUs;
    if (passedUs < 0) this.#complain(atUs, `time ran back by ${-passedUs} us`);
    if (this.#amplitude > 0) {
      if (amplitude > 0) this.#complain(atUs, `from ${this.#amplitude} to ${amplitude} without rest`);
      if (passedUs > durationLimitUs + slackUs) this.#complain(atUs, `lasted ${passedUs} us`);
      if (passedUs * this.#amplitude > chargeLimit + slackUs * this.#amplitude)
        this.#complain(atUs, `charge ${passedUs * this.#amplitude}`);
      this.#balanceUs += passedUs;
    }
    this.#balanceUs = Math.max(0, this.#balanceUs - (passedUs * dutyLimit) / 1000);
    if (this.#balanceUs > durationLimitUs + slackUs) this.#complain(atUs, `${this.#balanceUs} us of work unpaid`);
    if (amplitude > amplitudeLimit) this.#complain(atUs, `amplitude ${amplitude}`);
    if (amplitude > 0) {
      const before = this.#startsUs.at(-1) ?? -Infinity;
      if (atUs - before < intervalLimitUs - slackUs) this.#complain(atUs, `${atUs - before} us after the start before`);
      this.#startsUs.push(atUs);
      this.starts++;
      const first = this.#startsUs.at(-perMinuteLimit - 1) ?? -Infinity;
      if (atUs - first < 60_000_000 - slackUs) this.#complain(atUs, `more than ${perMinuteLimit} within a minute`);
      if (this.#startsUs.length > 1000) this.#startsUs.splice(0, 500);
    }
    this.#amplitude = amplitude;
    this.#newestUs = atUs;
  }

  #complain(atUs: number, what: string): void {
    this.violations.push(`at ${atUs} us: ${what}`);
  }
}

/**
 * What a loop-back puts into an input of the emulated board: a pulse of 50 ms for each byte of a trigger, some time
 * after that byte, behind the converter's filter. Pure.
 */
export interface LoopbackOptions {
  /** Board channel into which the output is looped, from 1. */
  readonly channel: number;
  readonly delayUs: number;
  readonly faults: LoopbackFaults;
}

export interface LoopbackFaults {
  /** The pulses are on the next channel. */
  wrongChannel: boolean;
  /** They are far higher than the converter takes. */
  clipping: boolean;
  /** None comes. */
  silence: boolean;
  /** Parts of all pulses. */
  missing: number;
  double: number;
}

/** Throws a `RangeError` that names the fault and shows a right one. */
export function parseLoopbackFaults(specs: readonly string[]): LoopbackFaults {
  const faults: LoopbackFaults = { wrongChannel: false, clipping: false, silence: false, missing: 0, double: 0 };
  for (const spec of specs) {
    const [kind, value] = spec.split(':');
    if (spec === 'wrong-channel') faults.wrongChannel = true;
    else if (spec === 'clipping' || spec === 'silence') faults[spec] = true;
    else if ((kind === 'missing' || kind === 'double') && Number(value) > 0 && Number(value) <= 1) {
      faults[kind] = Number(value);
    } else {
      throw new RangeError(
        `--loopback-fault: ${spec} is no fault. Write wrong-channel, clipping, silence, missing:0.05 or double:0.05.`,
      );
    }
  }
  return faults;
}

export class Loopback {
  readonly #options: LoopbackOptions;
  readonly #channels: number;
  readonly #random: () => number;
  /** Beginnings of the pulses that are not over. */
  #pulses: number[] = [];

  constructor(options: LoopbackOptions, channels: number, random: () => number) {
    this.#options = options;
    this.#channels = channels;
    this.#random = random;
  }

  /** A byte came from the trigger. */
  heard(us: number): void {
    const { delayUs, faults } = this.#options;
    if (faults.silence || this.#random() < faults.missing) return;
    this.#pulses.push(us + delayUs);
    if (this.#random() < faults.double) this.#pulses.push(us + delayUs + doubleUs);
  }

  /** Replaces what the input measures at `us`; `periodUs` is from one sample to the next. */
  put(frame: Float64Array, us: number, periodUs: number): void {
    const { channel, faults } = this.#options;
    const spare = channel - 1;
    frame[spare] = humUv * Math.sin(2 * Math.PI * 50e-6 * us) + noiseUv * (this.#random() + this.#random() - 1);
    const height = faults.clipping ? clippingUv : heightUv;
    const on = faults.wrongChannel ? (spare + 1) % this.#channels : spare;
    for (const begins of this.#pulses) {
      const sinceBegin = (us - begins) / periodUs;
      frame[on] = (frame[on] ?? 0) + height * (edge(sinceBegin) - edge(sinceBegin - widthUs / periodUs));
    }
    this.#pulses = this.#pulses.filter((begins) => us < begins + widthUs + 2 * periodUs);
  }
}

/**
 * A step from 0 to 1 at 0, in samples, as a third-order decimation filter gives it: the mean over a sample, three times,
 * and so half way up at the step itself, as the signals of electrodes are.
 */
function edge(x: number): number {
  if (x <= -1.5) return 0;
  if (x < -0.5) return (x + 1.5) ** 3 / 6;
  if (x <= 0.5) return 0.5 + 0.75 * x - x ** 3 / 3;
  return x < 1.5 ? 1 - (1.5 - x) ** 3 / 6 : 1;
}

/** The filter looks ahead by one and a half samples: a pulse must be known before it begins. */
export const leastDelayUs = 10e3;
const widthUs = 50e3;
const doubleUs = 200e3;
const heightUv = 2000;
/** Above the rails at every gain but the lowest. */
const clippingUv = 5e6;
const humUv = 5;
const noiseUv = 5;

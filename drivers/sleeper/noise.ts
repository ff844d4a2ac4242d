import { cos, exp, sin } from '../../runtime/signal/math.js';
import type { Random } from './random.js';

/** Noises with a spectrum in hertz: the same at every sample rate, for each is a continuous process sampled exactly. */

/** Unit variance, flat up to `corner` Hz, falling with the square of the frequency above (Ornstein-Uhlenbeck). */
export class LowNoise {
  value: number;
  readonly #keep: number;
  readonly #drive: number;
  readonly #random: Random;

  constructor(corner: number, rate: number, random: Random) {
    this.#keep = exp((-2 * Math.PI * corner) / rate);
    this.#drive = Math.sqrt(1 - this.#keep * this.#keep);
    this.#random = random;
    this.value = random.noise();
  }

  step(): number {
    this.value = this.#keep * this.value + this.#drive * this.#random.noise();
    return this.value;
  }
}

/** Unit variance around `centre` Hz, `width` Hz wide at half its power: a rhythm that waxes and wanes. */
export class Rhythm {
  #real = 0;
  #imaginary = 0;
  readonly #cos: number;
  readonly #sin: number;
  readonly #drive: number;
  readonly #random: Random;

  constructor(centre: number, width: number, rate: number, random: Random) {
    const keep = exp((-Math.PI * width) / rate);
    this.#cos = keep * cos((2 * Math.PI * centre) / rate);
    this.#sin = keep * sin((2 * Math.PI * centre) / rate);
    this.#drive = Math.sqrt(1 - keep * keep);
    this.#random = random;
  }

  step(): number {
    const real = this.#cos * this.#real - this.#sin * this.#imaginary + this.#drive * this.#random.noise();
    this.#imaginary = this.#sin * this.#real + this.#cos * this.#imaginary + this.#drive * this.#random.noise();
    this.#real = real;
    return real;
  }
}

/** First-order low-pass, settled on its first input. */
export class LowPass {
  readonly #follow: number;
  #value = NaN;

  constructor(corner: number, rate: number) {
    this.#follow = 1 - exp((-2 * Math.PI * corner) / rate);
  }

  step(input: number): number {
    if (Number.isNaN(this.#value)) this.#value = input;
    this.#value += this.#follow * (input - this.#value);
    return this.#value;
  }
}

/** Mains hum with odd and even harmonics; its frequency wanders by up to 0.2 Hz. Amplitude 1 at the fundamental. */
export class Mains {
  readonly #frequency: number;
  readonly #rate: number;
  readonly #wander: LowNoise;
  /** Amplitudes of the harmonics 1, 2, 3 and 5, none where the rate cannot carry it. */
  readonly #harmonics: readonly [number, number, number, number];
  #cos = 1;
  #sin = 0;
  #turnCos = 1;
  #turnSin = 0;

  /** `tick` is called every `tickSeconds`. */
  constructor(frequency: number, rate: number, tickSeconds: number, random: Random) {
    const carried = (harmonic: number, amplitude: number): number =>
      harmonic * frequency < 0.45 * rate ? amplitude : 0;
    this.#frequency = frequency;
    this.#rate = rate;
    this.#wander = new LowNoise(0.005, 1 / tickSeconds, random);
    this.#harmonics = [carried(1, 1), carried(2, 0.03), carried(3, 0.15), carried(5, 0.05)];
    this.tick();
  }

  tick(): void {
    const wander = Math.max(-0.2, Math.min(0.2, 0.1 * this.#wander.step()));
    const turn = (2 * Math.PI * (this.#frequency + wander)) / this.#rate;
    this.#turnCos = cos(turn);
    this.#turnSin = sin(turn);
    const length = Math.sqrt(this.#cos * this.#cos + this.#sin * this.#sin);
    this.#cos /= length;
    this.#sin /= length;
  }

  step(): number {
    const [c, s] = [this.#cos, this.#sin];
    this.#cos = c * this.#turnCos - s * this.#turnSin;
    this.#sin = s * this.#turnCos + c * this.#turnSin;
    const [c2, s2] = [c * c - s * s, 2 * s * c];
    const [c3, s3] = [c2 * c - s2 * s, s2 * c + c2 * s];
    const s5 = s3 * c2 + c3 * s2;
    const [first, second, third, fifth] = this.#harmonics;
    return first * s + second * s2 + third * s3 + fifth * s5;
  }
}

import type { SleeperEvent } from './events.js';
import type { Random } from './random.js';

/** What is asked of somebody in the evening before a night: to look at one point, to close the eyes, … and to sleep. */
export type Act = 'open' | 'closed' | 'blink' | 'jaw' | 'sleep';

/**
 * Somebody awake who lies still and does what is asked. With closed eyes alpha is 20 to 50 µV from peak to peak at the
 * back of the head; a blink has 100 to 200 µV at the forehead, a clenched jaw a few hundred at the chin.
 */
export class Waking {
  #act: Act = 'open';
  #nextBlink = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  does(act: Act): void {
    this.#act = act;
    this.#nextBlink = 0;
  }

  get sleeps(): boolean {
    return this.#act === 'sleep';
  }

  /** Standard deviations in µV: of alpha as C3 − M2 shows it, and of the muscles at the chin. */
  get strengths(): readonly [alpha: number, muscle: number] {
    const eyesClosed = this.#act === 'closed' || this.#act === 'sleep';
    return [eyesClosed ? 5 : 1.5, this.#act === 'jaw' ? 150 : 15];
  }

  /** The blink that begins now, if one does. */
  blink(seconds: number): SleeperEvent | undefined {
    if (this.#act !== 'blink' || seconds < this.#nextBlink) return undefined;
    this.#nextBlink = seconds + this.#random.between(0.8, 1.3);
    // At half its height it is 0.28 s wide.
    return { kind: 'blink', onset: seconds, duration: 0.56, amplitude: this.#random.between(100, 200) };
  }
}

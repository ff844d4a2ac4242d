import { longestWindowSeconds } from '../study/night.js';

/** How long a night may stimulate at most, as whoever is at the bedside says it: a length, or the time at which it ends. */
export class NightWindow {
  readonly #secondsUntil: (time: string) => number;
  #length = defaultSeconds;
  /** It ends at this time, whenever it is opened; empty where a length was said. */
  #until = '';

  /** `secondsUntil`: until a clock at the bed next shows a time; NaN where it is none. */
  constructor(secondsUntil: (time: string) => number) {
    this.#secondsUntil = secondsUntil;
  }

  /** Were it opened now. */
  get seconds(): number {
    return this.#until === '' ? this.#length : this.#secondsUntil(this.#until);
  }

  /** As it was said. */
  get text(): string {
    return this.#until || hours(this.#length);
  }

  /** A time that was said may have passed meanwhile. */
  get isPossible(): boolean {
    return isPossible(this.seconds);
  }

  /** One that is open already ends as it would. */
  isOpenFor(seconds: number): void {
    this.#length = seconds;
    this.#until = '';
  }

  forget(): void {
    this.isOpenFor(defaultSeconds);
  }

  /** False where it is no time; nothing keeps what was said before. */
  take(text: string): boolean {
    if (text === '') return this.isPossible;
    const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(m|h)$/.exec(text) ?? [];
    const isTime = text.includes(':');
    const seconds = isTime ? this.#secondsUntil(text) : Number(amount || NaN) * (unit === 'h' ? 3600 : 60);
    if (!isPossible(seconds)) return false;
    this.#length = seconds;
    this.#until = isTime ? text : '';
    return true;
  }
}

export const hours = (seconds: number): string =>
  seconds % 3600 === 0 ? `${seconds / 3600}h` : `${Math.round(seconds / 60)}m`;

const isPossible = (seconds: number): boolean => seconds >= 60 && seconds <= longestWindowSeconds;
const defaultSeconds = 9 * 3600;

/**
 * By how much the clock of a stream's sender is ahead of ours, in seconds. Of the last probes the one with the shortest way
 * there and back counts, and its error is at most half of that way. Pure.
 */
export class ClockOffset {
  readonly #probes: { offset: number; wayThereAndBack: number }[] = [];

  /** The datagram to send at `seconds` of our clock. */
  static question(seconds: number): string {
    return `LSL:timedata\r\n1 ${seconds.toFixed(9)}\r\n`;
  }

  /** What came back, at `seconds` of our clock: what we asked at, when it was there and when it left there. */
  answer(text: string, seconds: number): void {
    const [, asked = NaN, there = NaN, left = NaN] = text.trim().split(/\s+/).map(Number);
    const wayThereAndBack = seconds - asked - (left - there);
    // An answer that was there before it was asked for, or long ago, is none.
    if (!(wayThereAndBack >= 0 && wayThereAndBack < longestWay)) return;
    if (this.#probes.length === mostProbes) this.#probes.shift();
    this.#probes.push({ offset: (there - asked + (left - seconds)) / 2, wayThereAndBack });
  }

  get probes(): number {
    return this.#probes.length;
  }

  /** NaN before the first answer. */
  get seconds(): number {
    const [first, ...others] = this.#probes;
    if (!first) return NaN;
    return others.reduce((best, one) => (one.wayThereAndBack < best.wayThereAndBack ? one : best), first).offset;
  }
}

export const mostProbes = 8;
const longestWay = 1;

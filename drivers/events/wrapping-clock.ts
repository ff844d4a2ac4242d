/** A sensor's clock that counts from 0 to `span` − 1 and begins again, as one that goes on. */
export class WrappingClock {
  /** Times at which it went backwards without having wrapped. */
  errors = 0;
  readonly #span: number;
  #base = 0;
  #last = 0;

  constructor(span: number) {
    this.#span = span;
  }

  /** A step back by more than half the span is a wrap: no buffer on the way reorders events by that much. */
  unwrap(reading: number): number {
    if (reading < this.#last) {
      if (this.#last - reading > this.#span / 2) this.#base += this.#span;
      else this.errors++;
    }
    this.#last = reading;
    return this.#base + reading;
  }

  reset(): void {
    this.errors = this.#base = this.#last = 0;
  }
}

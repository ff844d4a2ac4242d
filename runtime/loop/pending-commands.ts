/**
 * Commands whose end the guardian has not reported yet, with the arrival of the bytes that caused them. When more than
 * `capacity` are open, `oldestUs` stays at the time of the first, so that the gate holds.
 */
export class PendingCommands {
  readonly #command = new Float64Array(capacity);
  readonly #permitUs = new Float64Array(capacity).fill(Infinity);
  readonly #arrivalUs = new Float64Array(capacity);
  #open = 0;

  add(command: number, permitUs: number, arrivalUs: number): void {
    const place = command % capacity;
    // A place still taken means that `capacity` commands are open: its older time stays and holds the gate.
    if ((this.#permitUs[place] as number) === Infinity) {
      this.#permitUs[place] = permitUs;
      this.#open++;
    }
    this.#command[place] = command;
    this.#arrivalUs[place] = arrivalUs;
  }

  resolve(command: number): void {
    const place = command % capacity;
    if (this.#command[place] !== command || this.#permitUs[place] === Infinity) return;
    this.#permitUs[place] = Infinity;
    this.#open--;
  }

  /** A guardian that says it is ready is at rest: what its forerunner owed will never come. */
  clear(): void {
    this.#permitUs.fill(Infinity);
    this.#open = 0;
  }

  /** NaN for a command that is too old to be known. */
  arrivalOf(command: number): number {
    const place = command % capacity;
    return this.#command[place] === command ? (this.#arrivalUs[place] as number) : NaN;
  }

  /** Permit time of the oldest open command; Infinity if none is open. */
  get oldestUs(): number {
    let oldest = Infinity;
    if (this.#open === 0) return oldest;
    for (let place = 0; place < capacity; place++) {
      const permitUs = this.#permitUs[place] as number;
      if (permitUs < oldest) oldest = permitUs;
    }
    return oldest;
  }
}

const capacity = 64;

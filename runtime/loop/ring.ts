/**
 * A ring of fixed slots between one producer thread and one consumer thread, in shared memory. Never blocks: a full
 * ring refuses, and counts what it refused. The producer claims a slot, writes `doubles` or `ints` at the returned
 * offset and publishes it; the consumer reads the oldest slot and releases it.
 */
export class SlotRing {
  readonly #header: Int32Array;
  readonly #slots: number;
  readonly slotBytes: number;
  /** The whole storage; slot s begins at double `s × slotBytes / 8`. */
  readonly doubles: Float64Array;
  /** The same storage as 32-bit integers. */
  readonly ints: Int32Array;
  /** And as bytes. */
  readonly bytes: Uint8Array;

  readonly memory: SharedArrayBuffer;

  private constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#header = new Int32Array(memory, 0, headerBytes / 4);
    this.#slots = this.#header[Header.slots] as number;
    this.slotBytes = this.#header[Header.slotBytes] as number;
    this.doubles = new Float64Array(memory, headerBytes);
    this.ints = new Int32Array(memory, headerBytes);
    this.bytes = new Uint8Array(memory, headerBytes);
  }

  /** `slots` must be a power of two; `slotBytes` a multiple of 8, so that each slot begins on a double. */
  static create(slots: number, slotBytes: number): SlotRing {
    if (slots < 2 || (slots & (slots - 1)) !== 0) throw new RangeError(`slots: ${slots} is not a power of two`);
    if (slotBytes % 8 !== 0) throw new RangeError(`slotBytes: ${slotBytes} is not a multiple of 8`);
    const memory = new SharedArrayBuffer(headerBytes + slots * slotBytes);
    const header = new Int32Array(memory, 0, headerBytes / 4);
    header[Header.slots] = slots;
    header[Header.slotBytes] = slotBytes;
    return new SlotRing(memory);
  }

  /** The other thread's view of a ring made by `create`. */
  static attach(memory: SharedArrayBuffer): SlotRing {
    return new SlotRing(memory);
  }

  #used(): number {
    return (Atomics.load(this.#header, Header.written) - Atomics.load(this.#header, Header.released)) | 0;
  }

  /** Slots that the producer can still claim. */
  free(): number {
    return this.#slots - this.#used();
  }

  /** Slot number to write `ahead` slots after the next one; check `free()` first. */
  slot(ahead: number): number {
    return this.#place(Atomics.load(this.#header, Header.written) + ahead);
  }

  /** Makes the next `count` slots visible to the consumer. */
  publish(count: number): void {
    Atomics.add(this.#header, Header.written, count);
  }

  /** Counts what did not fit. */
  refuse(count: number): void {
    Atomics.add(this.#header, Header.losses, count);
  }

  get losses(): number {
    return Atomics.load(this.#header, Header.losses);
  }

  /** Slots waiting for the consumer. */
  waiting(): number {
    return this.#used();
  }

  /** Slot number of the oldest waiting slot, or `ahead` slots after it. */
  oldest(ahead = 0): number {
    return this.#place(Atomics.load(this.#header, Header.released) + ahead);
  }

  /** For an onlooker, who takes nothing: slots ever published, as a 32-bit counter that wraps. */
  get written(): number {
    return Atomics.load(this.#header, Header.written);
  }

  /** Slot number of the slot that was published as the `position`th; good until the producer has gone round. */
  at(position: number): number {
    return this.#place(position);
  }

  release(count: number): void {
    Atomics.add(this.#header, Header.released, count);
  }

  #place(position: number): number {
    // 32-bit counters wrap after 2^32 slots; slot counts are powers of two, so the mask stays right through the wrap.
    return (position & (this.#slots - 1)) >>> 0;
  }
}

const Header = { slots: 0, slotBytes: 1, written: 2, released: 3, losses: 4 } as const;
const headerBytes = 64;

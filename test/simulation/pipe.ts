/** A FIFO between two processes, of the kernel's making: bytes in order, a fixed room, an end when the writer is gone. */
export class Pipe {
  readonly capacity: number;
  /** Somebody reads, or waits in `open` for a writer. */
  readerIsThere = false;
  writerIsThere = false;
  /** Bytes that wait are there, or the writer has gone. */
  onChange: () => void = () => undefined;
  readonly #waiting: Uint8Array[] = [];
  #length = 0;
  #wasWritten = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** As `open` for writing without waiting. */
  openToWrite(): boolean {
    if (!this.readerIsThere) return false;
    this.writerIsThere = true;
    this.#wasWritten = true;
    return true;
  }

  /** All or nothing; false where it is full or nobody reads any more. */
  write(bytes: Uint8Array, length: number): boolean {
    if (!this.readerIsThere || this.#length + length > this.capacity) return false;
    this.#waiting.push(bytes.slice(0, length));
    this.#length += length;
    this.onChange();
    return true;
  }

  closeWriter(): void {
    if (!this.writerIsThere) return;
    this.writerIsThere = false;
    this.onChange();
  }

  closeReader(): void {
    this.readerIsThere = false;
    this.#waiting.length = 0;
    this.#length = 0;
  }

  get waits(): boolean {
    return this.#length > 0;
  }

  /** A writer was there and has gone, and all was read. */
  get isAtItsEnd(): boolean {
    return this.#wasWritten && !this.writerIsThere && this.#length === 0;
  }

  /** At most `most` bytes, those of whole writes together. */
  read(into: Uint8Array, most: number): number {
    let length = 0;
    for (let next = this.#waiting[0]; next && length < most; next = this.#waiting[0]) {
      const taken = Math.min(next.length, most - length);
      into.set(next.subarray(0, taken), length);
      length += taken;
      if (taken < next.length) this.#waiting[0] = next.subarray(taken);
      else this.#waiting.shift();
    }
    this.#length -= length;
    return length;
  }

  /** Turns one bit of what waits. */
  damage(place: number): boolean {
    const [first] = this.#waiting;
    if (!first) return false;
    const at = place % first.length;
    first[at] = (first[at] as number) ^ (1 << (place & 7));
    return true;
  }
}

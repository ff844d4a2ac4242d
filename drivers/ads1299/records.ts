/**
 * What passes between the session and whoever holds the SPI port, as bytes, pure. A record is `A5`, its kind, the length of
 * its payload, the payload, and the exclusive or of the three. So an emulated chip can live behind a terminal, and a
 * session that was opened in the middle finds its place.
 */

export const Kind = {
  /** To the port: clock these bytes out; the answer has what came in at the same time. */
  transfer: 1,
  answer: 2,
  /** To the port: 1, read a frame at each data-ready edge from now on; 0, no more. */
  stream: 3,
  /** The number of the edge, counted by whoever saw it (32 bits, little-endian), and the frame. */
  frame: 4,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const mostPayload = 64;
const overhead = 4;
export const mostRecord = mostPayload + overhead;

/** Returns where the next record begins. */
export function writeRecord(
  out: Uint8Array,
  at: number,
  kind: Kind,
  payload: ArrayLike<number>,
  length: number,
): number {
  let check = kind ^ length;
  out[at] = mark;
  out[at + 1] = kind;
  out[at + 2] = length;
  for (let place = 0; place < length; place++) {
    const byte = payload[place] as number;
    out[at + 3 + place] = byte;
    check ^= byte;
  }
  out[at + 3 + length] = check;
  return at + overhead + length;
}

/** Takes records out of bytes as they come. Allocates nothing after construction. */
export class RecordReader {
  /** Bytes that belonged to no record. */
  discarded = 0;
  /** Of the record that `next` has found. */
  readonly payload = new Uint8Array(mostPayload);
  length = 0;
  readonly #bytes: Uint8Array;
  #from = 0;
  #to = 0;

  /** What is pushed before it was taken must fit into `capacity`; what does not is discarded, the oldest first. */
  constructor(capacity = 16384) {
    this.#bytes = new Uint8Array(capacity);
  }

  reset(): void {
    this.#from = 0;
    this.#to = 0;
  }

  push(bytes: Uint8Array, length: number): void {
    const own = this.#bytes;
    if (this.#to + length > own.length) {
      own.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
      const excess = Math.min(this.#to, Math.max(0, this.#to + length - own.length));
      this.discarded += excess;
      own.copyWithin(0, excess, this.#to);
      this.#to -= excess;
    }
    for (let place = 0; place < length && this.#to < own.length; place++) own[this.#to++] = bytes[place] as number;
  }

  /** Kind of the next whole record, whose payload is the reader's until the next call; 0 if there is none yet. */
  next(): Kind | 0 {
    const bytes = this.#bytes;
    while (this.#to - this.#from >= overhead) {
      const from = this.#from;
      const kind = bytes[from + 1] as number;
      const length = bytes[from + 2] as number;
      if (bytes[from] !== mark || !isKind(kind) || length > mostPayload) {
        this.#skip();
        continue;
      }
      if (this.#to - from < overhead + length) return 0;
      let check = kind ^ length;
      for (let place = 0; place < length; place++) check ^= this.payload[place] = bytes[from + 3 + place] as number;
      if (check !== bytes[from + 3 + length]) {
        this.#skip();
        continue;
      }
      this.#from += overhead + length;
      this.length = length;
      return kind;
    }
    return 0;
  }

  #skip(): void {
    this.#from++;
    this.discarded++;
  }
}

function isKind(kind: number): kind is Kind {
  return kind >= Kind.transfer && kind <= Kind.frame;
}

const mark = 0xa5;

/**
 * The lines of text at the beginning of an event file, each with the same characters in front. Ends behind its closing
 * line, or where a line begins otherwise. Pure; whatever the split of the bytes.
 */
export class TextHeader {
  readonly lines: string[] = [];
  ended = false;
  /** Bytes that looked like the beginning of a line and were not: the data begins with them. */
  held = 0;
  readonly #mark: string;
  readonly #closing: string;
  #line = '';
  #length = 0;

  constructor(mark: string, closing: string) {
    this.#mark = mark;
    this.#closing = closing;
  }

  get tooLong(): boolean {
    return this.#length > longestHeader;
  }

  /** Returns how far it came: before `length` where the header ended. */
  push(bytes: Uint8Array, from: number, length: number): number {
    for (let at = from; at < length; at++) {
      const character = String.fromCharCode(bytes[at] as number);
      const place = this.#line.length;
      if (place < this.#mark.length && character !== this.#mark[place]) {
        this.held = place;
        this.ended = true;
        return at;
      }
      this.#length++;
      if (character !== '\n') {
        this.#line += character;
        if (this.tooLong) this.ended = true;
      } else {
        const line = this.#line.trimEnd();
        this.lines.push(line);
        this.#line = '';
        if (line === this.#closing) this.ended = true;
      }
      if (this.ended) return at + 1;
    }
    return length;
  }
}

/** Of known files the longest have 20 KB, most of it settings. */
const longestHeader = 1 << 20;

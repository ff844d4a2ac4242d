import type { EventBlock, EventCounts, EventDecoder } from '../../runtime/contracts.js';
import { sensorSide, timestampBytes, type TimestampMode } from './protocol.js';

/**
 * Events out of the bytes of an eDVS, though nothing but bit 7 of the first byte tells where one begins, and bytes of
 * time may have that too.
 *
 * An event is taken once a few more have come behind it. Where they do not look like events in a row (bit 7 is missing,
 * or time runs many times faster than it would otherwise), the explanation is looked for that costs one byte: which
 * event has lost one, so that all others are whole and time runs slowest? That event alone is left out.
 */
export class EdvsDecoder implements EventDecoder {
  readonly width = sensorSide;
  readonly height = sensorSide;
  readonly failure = '';
  readonly counts: EventCounts = { events: 0, discardedBytes: 0, outside: 0, timeErrors: 0 };
  /** Time of events that bring none: when their bytes came. */
  arrivalUs = 0;
  readonly #mode: TimestampMode;
  /** Some boards send the column first. */
  readonly #columnFirst: boolean;
  readonly #ahead: number;
  readonly #longest: number;
  readonly #shortest: number;
  readonly #span: number;
  readonly #bytes = new Uint8Array(4096);
  #start = 0;
  #end = 0;
  /** A stream begins with an event; where that is lost, it is looked for. */
  #locked = true;
  /** Time of the last event as sent; −1 before the first. */
  #last = -1;
  #baseUs = 0;
  /** How long the events in view usually take. */
  #usual = 0;

  constructor(mode: TimestampMode, columnFirst = false) {
    this.#mode = mode;
    this.#columnFirst = columnFirst;
    // Without times bit 7 says it all, and each event says it with one chance in two.
    this.#ahead = mode === 'none' ? 12 : 4;
    this.#longest = 2 + timestampBytes[mode];
    this.#shortest = mode === 'delta' ? 3 : this.#longest;
    this.#span = mode === 'delta' || mode === 'none' ? Infinity : 2 ** (8 * timestampBytes[mode]);
  }

  reset(): void {
    this.counts.events = this.counts.discardedBytes = this.counts.outside = this.counts.timeErrors = 0;
    this.#start = this.#end = this.#baseUs = this.#usual = 0;
    this.#locked = true;
    this.#last = -1;
  }

  push(bytes: Uint8Array, from: number, length: number, out: EventBlock): number {
    let at = from;
    while (at < length) {
      if (this.#start > 0) {
        this.#bytes.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      const room = (out.capacity - out.events) * this.#shortest - this.#end;
      const count = Math.min(length - at, room, this.#bytes.length - this.#end);
      if (count <= 0) return at;
      for (let i = 0; i < count; i++) this.#bytes[this.#end + i] = bytes[at + i] as number;
      this.#end += count;
      at += count;
      while (this.#end - this.#start >= (this.#ahead + 2) * this.#longest) this.#step(out);
    }
    return at;
  }

  #step(out: EventBlock): void {
    if (!this.#locked && !this.#lock()) return;
    const whole = this.#elapsed(this.#start, this.#last, this.#ahead + 1);
    if (whole >= 0 && (this.#span === Infinity || this.#last < 0 || whole <= 4 * this.#usual)) {
      this.#take(out, whole);
      return;
    }
    const { cost, event, lost } = this.#explain();
    // Slow is no fault: without a missing bit, only a far slower clock makes a lost byte likely.
    if (whole >= 0 && !(8 * cost < whole)) this.#take(out, whole);
    else if (cost === Infinity) {
      this.#locked = false;
      this.#discard(1);
    } else if (event === 0) this.#discard(lost);
    else this.#take(out, this.#usual);
  }

  /** Finds where events begin; discards a byte if that seems to be nowhere. */
  #lock(): boolean {
    let best = Infinity;
    let offset = -1;
    for (let skipped = 0; skipped < this.#longest; skipped++) {
      const elapsed = this.#elapsed(this.#start + skipped, -1, this.#ahead);
      // Of a clock that stands still, the bytes of an edge's column may be taken for it.
      if (elapsed >= 0 && (elapsed || Number.MAX_VALUE) < best) {
        best = elapsed || Number.MAX_VALUE;
        offset = skipped;
      }
    }
    this.#discard(offset < 0 ? 1 : offset);
    this.#locked = offset >= 0;
    return this.#locked && this.#end - this.#start >= (this.#ahead + 2) * this.#longest;
  }

  /** Of the events in view, the one whose loss of a byte explains the rest best, and how many bytes it has left. */
  #explain(): Explanation {
    const found = this.#explanation;
    found.cost = Infinity;
    let at = this.#start;
    let before = 0;
    let last = this.#last;
    for (let event = 0; event <= this.#ahead; event++) {
      for (let left = this.#shortest - 1; left < this.#longest; left++) {
        const after = this.#elapsed(at + left, last, this.#ahead - event);
        if (after >= 0 && before + after <= found.cost) {
          found.cost = before + after;
          found.event = event;
          found.lost = left;
        }
      }
      const length = this.#lengthAt(at);
      if (length === 0) break;
      before += this.#sinceAt(at, last);
      last = this.#timeAt(at, length);
      at += length;
    }
    return found;
  }
  readonly #explanation: Explanation = { cost: Infinity, event: 0, lost: 0 };

  /** How long so many events in a row take, from `last` on; −1 if one of them cannot be an event. */
  #elapsed(from: number, last: number, events: number): number {
    let at = from;
    let before = last;
    let elapsed = 0;
    for (let event = 0; event < events; event++) {
      const length = this.#lengthAt(at);
      if (length === 0) return -1;
      elapsed += this.#sinceAt(at, before);
      before = this.#timeAt(at, length);
      at += length;
    }
    return elapsed;
  }

  /** Bytes of the event at this place; 0 if there can be none. */
  #lengthAt(at: number): number {
    const bytes = this.#bytes;
    if ((bytes[at] as number) < 0x80) return 0;
    if (this.#mode !== 'delta') return this.#longest;
    for (let length = 3; length <= 6; length++) if ((bytes[at + length - 1] as number) >= 0x80) return length;
    return 0;
  }

  /** The time as sent. */
  #timeAt(at: number, length: number): number {
    const bytes = this.#bytes;
    let time = 0;
    if (this.#mode === 'delta')
      for (let i = at + 2; i < at + length; i++) time = time * 128 + ((bytes[i] as number) & 0x7f);
    else for (let i = at + 2; i < at + length; i++) time = time * 256 + (bytes[i] as number);
    return time;
  }

  #sinceAt(at: number, last: number): number {
    const time = this.#timeAt(at, this.#lengthAt(at));
    if (this.#mode === 'delta') return time;
    if (last < 0) return 0;
    return time >= last ? time - last : time - last + this.#span;
  }

  #take(out: EventBlock, elapsed: number): void {
    const at = this.#start;
    const length = this.#lengthAt(at);
    const time = this.#timeAt(at, length);
    this.#usual += (elapsed - this.#usual) / 16;
    if (this.#mode === 'delta') this.#baseUs += time;
    else if (time < this.#last) this.#baseUs += this.#span;
    this.#last = time;
    const first = (this.#bytes[at] as number) & 0x7f;
    const second = this.#bytes[at + 1] as number;
    const place = out.events++;
    out.x[place] = this.#columnFirst ? first : second & 0x7f;
    out.y[place] = this.#columnFirst ? second & 0x7f : first;
    out.polarity[place] = second >> 7;
    out.timeUs[place] =
      this.#mode === 'none' ? this.arrivalUs : this.#mode === 'delta' ? this.#baseUs : this.#baseUs + time;
    this.counts.events++;
    this.#start += length;
  }

  #discard(bytes: number): void {
    this.#start += bytes;
    this.counts.discardedBytes += bytes;
  }
}

interface Explanation {
  cost: number;
  event: number;
  /** Bytes that the event still has. */
  lost: number;
}

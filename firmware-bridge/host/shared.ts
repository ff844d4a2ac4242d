import type { ClockLine } from './clock-sync.js';

/** What the threads of the guardian share of a link: the link thread hears, the two others say pulse and rest. */
export interface LinkHandle {
  /** To write to. Nothing is behind it while there is no connection. */
  readonly descriptor: number;
  readonly words: SharedArrayBuffer;
  readonly values: SharedArrayBuffer;
  /** Lines that speak against a stimulus, as the link thread knows them. */
  readonly lines: SharedArrayBuffer;
}

/** Words (`Int32Array`). */
export const Word = {
  /** Of the open session; 0: none. Written by the link thread, as all but those that say otherwise. */
  session: 0,
  /** 1 while the guardian does not hold. Written by the main thread. */
  ready: 1,
  /** Number of the pulse that was asked for last. Written by the command thread. */
  pulse: 2,
  /** Number of the newest pulse that was judged, and all that spoke against it. */
  judged: 3,
  reasons: 4,
  /** Number of the newest pulse that has started. */
  begun: 5,
  /** No pulse up to this one waits or lasts. */
  over: 6,
  /** No pulse up to this one is wanted any more. Written by whoever brings to rest. */
  cancelled: 7,
  /** Counts what was heard: to wait on. */
  heard: 8,
  /** As in `BridgeSession`. */
  losses: 9,
  stalls: 10,
  /** 1: the device did what nobody asked for; the lines say what. */
  fault: 11,
  /** Odd while the clock's line is being written. */
  clock: 12,
  /** Bytes of the lines; −1 while they are being written. */
  lines: 13,
  /** 1 asks the link thread to end, 2 is its answer. */
  close: 14,
} as const;

/** Doubles. */
export const Value = {
  /** When the main thread has ticked last. Written by it. */
  tickUs: 0,
  /** Of the pulse that was asked for last: whatever becomes of it, it is over then. Written by the command thread. */
  untilUs: 1,
  /** Of the same: how long it should last. Written by the command thread. */
  durationUs: 2,
  /** By the device's clock: when the newest pulse has started. */
  begunUs: 3,
  /** When the heartbeat was lost last; 0: never. */
  lossUs: 4,
  longestBeatUs: 5,
  /** A `ClockLine`; `lineAtUs` is 0 before the first. */
  lineAtUs: 6,
  lineLowUs: 7,
  lineHighUs: 8,
  lineSlowest: 9,
  lineFastest: 10,
} as const;

/** One thread's view. */
export class SharedLink {
  readonly words: Int32Array;
  readonly values: Float64Array;
  readonly #lines: Uint8Array;

  constructor({ words, values, lines }: Pick<LinkHandle, 'words' | 'values' | 'lines'>) {
    this.words = new Int32Array(words);
    this.values = new Float64Array(values);
    this.#lines = new Uint8Array(lines);
  }

  static memory(): Omit<LinkHandle, 'descriptor'> {
    return {
      words: new SharedArrayBuffer(4 * Object.keys(Word).length),
      values: new SharedArrayBuffer(8 * Object.keys(Value).length),
      lines: new SharedArrayBuffer(4096),
    };
  }

  /** Undefined before the first round trip. */
  readLine(): ClockLine | undefined {
    for (;;) {
      const before = Atomics.load(this.words, Word.clock);
      const at = (value: number): number => this.values[value] as number;
      const line = {
        atUs: at(Value.lineAtUs),
        lowUs: at(Value.lineLowUs),
        highUs: at(Value.lineHighUs),
        slowest: at(Value.lineSlowest),
        fastest: at(Value.lineFastest),
      };
      if (before % 2 === 0 && Atomics.load(this.words, Word.clock) === before) {
        return line.atUs === 0 ? undefined : line;
      }
    }
  }

  /** By the link thread. */
  writeLine(line: ClockLine | undefined): void {
    Atomics.add(this.words, Word.clock, 1);
    this.values[Value.lineAtUs] = line?.atUs ?? 0;
    this.values[Value.lineLowUs] = line?.lowUs ?? 0;
    this.values[Value.lineHighUs] = line?.highUs ?? 0;
    this.values[Value.lineSlowest] = line?.slowest ?? 0;
    this.values[Value.lineFastest] = line?.fastest ?? 0;
    Atomics.add(this.words, Word.clock, 1);
  }

  readLines(): string[] {
    for (;;) {
      const length = Atomics.load(this.words, Word.lines);
      if (length < 0) continue;
      const text = new TextDecoder().decode(this.#lines.slice(0, length));
      if (Atomics.load(this.words, Word.lines) === length) return text === '' ? [] : text.split('\n');
    }
  }

  /** By the link thread. */
  writeLines(lines: readonly string[]): void {
    const bytes = new TextEncoder().encode(lines.join('\n')).subarray(0, this.#lines.length);
    Atomics.store(this.words, Word.lines, -1);
    this.#lines.set(bytes);
    Atomics.store(this.words, Word.lines, bytes.length);
  }

  /** Each pulse that was asked for is over: by the device's word, or because it would have expired by now. */
  isAtRest(nowUs: number): boolean {
    const pulse = Atomics.load(this.words, Word.pulse);
    return Atomics.load(this.words, Word.over) === pulse || nowUs > (this.values[Value.untilUs] as number);
  }

  /** Returns when something was heard after `heard`, or the time is over. */
  waitBeyond(heard: number, us: number): void {
    Atomics.wait(this.words, Word.heard, heard, us / 1000);
  }

  /** By the link thread. */
  wake(): void {
    Atomics.add(this.words, Word.heard, 1);
    Atomics.notify(this.words, Word.heard);
  }
}

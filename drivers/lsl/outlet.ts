import { monotonicUs } from '../../runtime/monotonic.js';
import { LslFeed } from './feed.js';
import { testOffsets, testPattern, testTimestamp, writeSample } from './protocol.js';

export interface OutletOptions {
  readonly stream: string;
  readonly channels: number;
  readonly rate: number;
  /** Microvolts of all channels, sample by sample; false at the end. */
  readonly source: { read(frame: Float64Array): boolean };
  readonly sourceChannels: number;
  readonly onEnd: () => void;
  readonly port?: number;
}

/** An emulated amplifier on LSL: float32, a few samples at a time, as senders do, from when somebody reads. */
export class LslOutlet {
  readonly counts = { frames: 0 };
  readonly #options: OutletOptions;
  readonly #feed: LslFeed;
  readonly #frame: Float64Array;
  #timer: NodeJS.Timeout | undefined;
  #beganUs = NaN;

  private constructor(options: OutletOptions, feed: LslFeed) {
    this.#options = options;
    this.#feed = feed;
    this.#frame = new Float64Array(Math.max(options.sourceChannels, options.channels));
    this.#stream();
  }

  static async open(options: OutletOptions): Promise<LslOutlet> {
    const { stream: name, channels, rate, port } = options;
    const patterns = testOffsets.map((offset) => {
      const values = Array.from({ length: channels }, (_, channel) => testPattern('float32', channel, offset));
      return writeSample(values, testTimestamp);
    });
    const description = { name, channels, rate, type: 'EEG', format: 'float32' } as const;
    return new LslOutlet(options, await LslFeed.open(description, patterns, port));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#feed.close();
  }

  /** All that is due: the first with its time, the others deduced from it. */
  #stream(): void {
    const { rate, source, channels, onEnd } = this.#options;
    if (Number.isNaN(this.#beganUs) && this.#feed.readers > 0) this.#beganUs = monotonicUs();
    const due = ((monotonicUs() - this.#beganUs) / 1e6) * rate;
    for (let isFirst = true; this.counts.frames < due; isFirst = false) {
      if (!source.read(this.#frame)) {
        onEnd();
        return;
      }
      const stamp = this.#beganUs / 1e6 + this.counts.frames++ / rate;
      this.#feed.send(writeSample(this.#frame.subarray(0, channels), isFirst ? stamp : undefined));
    }
    this.#timer = setTimeout(() => this.#stream(), chunkMs);
  }
}

const chunkMs = 16;

import { LslFeed } from '../../drivers/lsl/feed.js';
import { stringPatterns, writeText } from '../../drivers/lsl/protocol.js';
import { DetectionPhase, ReceiptState, type LoopEvent } from '../contracts.js';
import type { Recording } from '../recording/read.js';

/**
 * Marks for a laboratory's own recorder: a stream of LSL with detections, stimuli and what people mark, each with the time at
 * which it was, whenever it arrives. They are those of the recording, in both conditions alike.
 */
export class LslMarks {
  readonly #feed: LslFeed;
  #recording: Followed;
  readonly #detectors: readonly string[];
  readonly #timer: NodeJS.Timeout;
  readonly #notes: boolean;
  #lastEvent = 0;

  private constructor(feed: LslFeed, recording: Followed, detectors: readonly string[], notes: boolean) {
    this.#feed = feed;
    this.#recording = recording;
    this.#detectors = detectors;
    this.#notes = notes;
    this.#timer = setInterval(() => this.#follow(), followMs);
  }

  /** `notes`: with the texts of marks. */
  static async open(node: string, recording: Recording, notes: boolean, port?: number): Promise<LslMarks> {
    const description = { name: `axond ${node}`, type: 'Markers', channels: 1, rate: 0, format: 'string' } as const;
    const feed = await LslFeed.open(description, stringPatterns, port);
    return new LslMarks(feed, recording, recording.run.detectors, notes);
  }

  /** The run goes on in this recording; its marks follow those of the one before. */
  follow(recording: Followed): void {
    for (let last = -1; last !== this.#lastEvent;) {
      last = this.#lastEvent;
      this.#follow();
    }
    this.#recording.close();
    this.#recording = recording;
    this.#lastEvent = 0;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#follow();
    this.#feed.close();
    this.#recording.close();
  }

  #follow(): void {
    try {
      for (const { id, event, text } of this.#recording.eventsAfter(this.#lastEvent, mostEvents)) {
        this.#lastEvent = id;
        const mark = event && markOf(event, this.#notes ? text : null, this.#detectors);
        if (mark) this.#feed.send(writeText(mark.text, mark.us / 1e6));
      }
    } catch (error) {
      process.stderr.write(`link: LSL cannot follow the recording: ${String(error)}\n`);
    }
  }
}

type Followed = Pick<Recording, 'eventsAfter' | 'close'>;

export interface Mark {
  readonly text: string;
  /** When it was, monotonic. */
  readonly us: number;
}

/** Undefined for events that are no marks. */
export function markOf(event: LoopEvent, text: string | null, detectors: readonly string[]): Mark | undefined {
  switch (event.kind) {
    case 'detection':
      if (event.phase !== DetectionPhase.confirmed) return undefined;
      return { text: `detection ${detectors[event.detector] ?? event.detector}`, us: event.us };
    case 'receipt':
      if (event.state === ReceiptState.started) return { text: `stimulus S${event.command} started`, us: event.atUs };
      return event.state === ReceiptState.ended
        ? { text: `stimulus S${event.command} ended`, us: event.atUs }
        : undefined;
    case 'marker':
      return { text: `mark ${text ?? event.marker}`, us: event.atUs === 0 ? event.us : event.atUs };
    default:
      return undefined;
  }
}

const followMs = 100;
const mostEvents = 256;

import { createSocket, type Socket } from 'node:dgram';
import type { MarkInput, TimedMark } from '../marks/mark-input.js';
import { ClockOffset, mostProbes } from './clock-offset.js';
import { LslMarkerSession } from './marker-session.js';
import { discoveryPort } from './protocol.js';
import { openLslTransport, type LslTransport } from './transport.js';

/** A stream of markers of the lab streaming layer, found by its name. */
export interface LslMarksPlan {
  readonly use: 'lsl';
  readonly stream: string;
}

/** Marks have the time that their sender gave them, by our clock; the time of arrival until the clocks are compared. */
export function openLslMarks(
  name: string,
  { stream }: LslMarksPlan,
  nowUs: () => number,
  port = discoveryPort,
): MarkInput {
  return new MarkerInlet(name, stream, nowUs, port);
}

class MarkerInlet implements MarkInput {
  readonly #name: string;
  readonly #stream: string;
  readonly #nowUs: () => number;
  readonly #transport: LslTransport;
  readonly #session: LslMarkerSession;
  readonly #offset = new ClockOffset();
  readonly #buffer = new Uint8Array(65536);
  readonly #clockSocket: Socket;
  #askedUs = -Infinity;
  /** When something last came back from the sender's clock, and how often it was asked since anything came at all. */
  #answeredUs = NaN;
  #unanswered = 0;

  constructor(name: string, stream: string, nowUs: () => number, port: number) {
    this.#name = name;
    this.#stream = stream;
    this.#nowUs = nowUs;
    this.#session = new LslMarkerSession(stream);
    this.#transport = openLslTransport(stream, port);
    this.#clockSocket = createSocket('udp4');
    this.#clockSocket.on('error', () => undefined); // asked again
    this.#clockSocket.on('message', (answer) => {
      this.#offset.answer(answer.toString('latin1'), nowUs() / 1e6);
      this.#answeredUs = nowUs();
      this.#unanswered = 0;
    });
  }

  get ready(): boolean {
    return this.#session.state === 'samples';
  }

  take(): readonly TimedMark[] {
    const marks: TimedMark[] = [];
    for (let reads = 0; reads < mostReads; reads++) {
      const length = this.#transport.read(this.#buffer, 0);
      if (length < 0) throw new Error(`lsl: ${this.#stream} is gone. Start what sends it again.`);
      if (length > 0) this.#unanswered = 0;
      for (const { text, seconds } of this.#session.push(this.#buffer.subarray(0, length)))
        marks.push({ text: `${this.#name} ${text}`, atUs: this.#timeOf(seconds) });
      this.#send();
      if (this.#session.state === 'failed') throw new Error(this.#session.failure);
      if (length === 0) break;
    }
    this.#compareClocks();
    return marks;
  }

  close(): void {
    this.#transport.close();
    this.#clockSocket.close();
  }

  #send(): void {
    if (this.#session.outgoing === '') return;
    const bytes = Buffer.from(this.#session.outgoing, 'latin1');
    // What is found is not yet connected: it is written once it is.
    if (this.#transport.isConnected && this.#transport.write(bytes, bytes.length)) this.#session.outgoing = '';
  }

  /** A stamp that is no time of the sender's clock, far off or in the future, is not believed. */
  #timeOf(stamp: number): number {
    const nowUs = this.#nowUs();
    const atUs = (stamp - this.#offset.seconds) * 1e6;
    return atUs > nowUs - oldestUs && atUs < nowUs + clockErrorUs ? Math.min(atUs, nowUs) : nowUs;
  }

  #compareClocks(): void {
    const port = this.#session.info?.servicePort ?? 0;
    const nowUs = this.#nowUs();
    const everyUs = this.#offset.probes < mostProbes ? 0 : probeUs;
    if (port === 0 || nowUs - this.#askedUs < everyUs) return;
    this.#askedUs = nowUs;
    // It sends nothing while there are no marks: that it is there is known by its clock. One that never answered may be
    // behind a firewall; and where we were asleep ourselves, nobody was asked.
    if (nowUs - this.#answeredUs > awayUs && this.#unanswered >= mostUnanswered) {
      throw new Error(
        `lsl: ${this.#stream} has not answered for 10 s. Start what sends it again, or look at the network.`,
      );
    }
    this.#unanswered++;
    this.#clockSocket.send(ClockOffset.question(nowUs / 1e6), port, this.#transport.sender);
  }
}

const mostReads = 64;
const probeUs = 1e6;
const awayUs = 10e6;
const mostUnanswered = awayUs / probeUs;
const clockErrorUs = 100e3;
const oldestUs = 60e6;

import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Recording } from '../../recording/read.js';
import type { BedRow } from '../beds.js';
import type { CoreRequests } from '../core-requests.js';
import type { FromLink, ToLink } from '../messages.js';
import { Allowance } from './access.js';
import { readAssets } from './assets.js';
import { marksFor, reasonsFor, statusFor } from './blinding.js';
import { LiveSignal } from './live-signal.js';
import type { Action, Disk, EstimatePoint, Hello, Mark } from './messages.js';
import { Night } from './night.js';
import type { DashboardOptions, LivePicture, LiveSamples, ShownStatus } from './options.js';
import { Closing, PageConnection } from './page-connection.js';
import { encodePicture, encodeSignal } from './signal-frame.js';
import { readTokens } from './tokens.js';
import { WebServer } from './web-server.js';

/** The recording that is followed while it is written. */
export type Followed = Pick<Recording, 'path' | 'eventsAfter' | 'close'> & {
  readonly run: Pick<Recording['run'], 'detectors' | 'estimates' | 'startUs' | 'startWallMs'>;
};

/** Before there is a recording. */
export const nothingYet: Followed = {
  path: '',
  eventsAfter: () => [],
  close: () => undefined,
  run: { detectors: [], estimates: {}, startUs: 0, startWallMs: 0 },
};

/** The beds that are heard, this one among them. */
export interface BedList {
  rows(): readonly BedRow[];
  /** Null where no broker is configured. */
  readonly broker: boolean | null;
  /** Of another bed than this: what is sent, or why not. */
  acknowledge(bed: string, alarm: string, by: string): Promise<{ readonly ok: boolean; readonly text: string }>;
}

/**
 * The page of a run: the signal comes from the supervisor while somebody looks, all else from the recording, as the
 * reports to a broker do. What is asked for on it goes the way of requests from the network, which cannot arm.
 */
export class Dashboard {
  readonly #options: DashboardOptions;
  readonly #node: string;
  #recording: Followed;
  readonly #core: CoreRequests;
  readonly #say: (message: FromLink) => void;
  readonly #signal: LiveSignal;
  readonly #night: Night;
  readonly #server: WebServer;
  readonly #pages = new Set<PageConnection>();
  readonly #beds: BedList;
  readonly #bedPages = new Set<PageConnection>();
  readonly #wrongTokens = new Allowance(20, 1000);
  readonly #timer: NodeJS.Timeout;
  readonly #beatTimer: NodeJS.Timeout;
  #again: NodeJS.Timeout | undefined;
  #lastEvent = 0;
  #disk: Disk | null = null;
  #status: ShownStatus | undefined;
  #ticks = 0;

  constructor(
    options: DashboardOptions,
    node: string,
    recording: Followed,
    core: CoreRequests,
    beds: BedList,
    say: (message: FromLink) => void,
  ) {
    this.#options = options;
    this.#node = node;
    this.#recording = recording;
    this.#core = core;
    this.#beds = beds;
    this.#say = say;
    this.#signal = new LiveSignal(options.stream);
    const { rate } = this.#signal.info;
    this.#night = new Night(recording.run, options.stream.rate / rate, options.stream.rate);
    const tokens = readTokens(options.state);
    this.#server = new WebServer(readAssets(), options.hosts, {
      onPage: (socket) => {
        new PageConnection(socket, tokens, this.#wrongTokens, {
          onReady: (page) => this.#welcome(page),
          onAction: (page, wanted) => void this.#act(page, wanted),
          onCaughtUp: (page) => this.#tellPast(page),
          onClose: (page) => this.#gone(page),
        });
      },
    });
    this.#timer = setInterval(() => this.#follow(), followMs);
    this.#beatTimer = setInterval(() => this.#beat(), beatMs);
    void this.#listen('');
  }

  /** Tries again until whoever has the address lets go of it: the evening before this run, or the run before it. */
  async #listen(told: string): Promise<void> {
    try {
      const port = await this.#server.listen(this.#options);
      this.#say({ dashboard: { url: `http://${urlHost(this.#options.address)}:${port}/`, problem: '' } });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== told) this.#say({ dashboard: { url: '', problem } });
      this.#again = setTimeout(() => void this.#listen(problem), listenMs);
    }
  }

  /** The run goes on in this recording; its events follow those of the one before. */
  follow(recording: Followed): void {
    for (let last = -1; last !== this.#lastEvent;) {
      last = this.#lastEvent;
      this.#follow();
    }
    this.#recording.close();
    this.#recording = recording;
    this.#lastEvent = 0;
  }

  hear(message: ToLink): void {
    if ('samples' in message) this.#samples(message.samples);
    else if ('picture' in message) this.#picture(message.picture);
    else if ('status' in message) this.#now(message.status);
    else if ('bed' in message) this.#tellBeds();
  }

  close(): void {
    clearInterval(this.#timer);
    clearInterval(this.#beatTimer);
    clearTimeout(this.#again);
    const why = this.#recording === nothingYet ? 'its run takes the page over' : 'the run has ended';
    for (const page of [...this.#pages, ...this.#bedPages]) page.close(Closing.over, why);
    this.#server.close();
    this.#recording.close();
  }

  // ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #welcome(page: PageConnection): void {
    if (!page.role) return;
    if (this.#pages.size + this.#bedPages.size >= mostPages) {
      page.close(Closing.tooMany, 'too many pages look on');
      return;
    }
    if (page.view === 'beds') {
      this.#bedPages.add(page);
      this.#tellBeds();
      return;
    }
    this.#pages.add(page);
    if (this.#pages.size === 1) this.#say({ watched: true });
    const sleeps = Object.entries(this.#recording.run.estimates).find(([, names]) => names.includes('sleep'));
    const hello: Hello = {
      v: 1,
      role: page.role,
      device: this.#node,
      timeZone: this.#options.timeZone,
      display: this.#signal.info,
      pictures: this.#options.pictures ?? null,
      stimulates: this.#options.stimulates,
      reasons: reasonsFor(page.role),
      sleep: sleeps ? `${sleeps[0]}.sleep` : null,
    };
    page.tell({ hello });
    this.#tellPast(page);
    this.#tellNow(page);
  }

  #gone(page: PageConnection): void {
    this.#bedPages.delete(page);
    if (this.#pages.delete(page) && this.#pages.size === 0) this.#say({ watched: false });
  }

  #tellPast(page: PageConnection): void {
    if (!page.role) return;
    const { marks, estimates } = this.#night;
    page.tell({ past: { marks: marksFor(page.role, marks), estimates } });
    const history = this.#signal.history();
    if (history) page.show(encodeSignal(history));
  }

  #beat(): void {
    for (const page of this.#pages) page.tell({ beat: true });
    this.#tellBeds();
  }

  #tellBeds(): void {
    // Also while nobody looks: a silence that was over by then is an alarm all the same.
    const rows = this.#beds.rows();
    const { broker } = this.#beds;
    const beds = { rows, device: this.#node, broker };
    for (const page of this.#bedPages) page.tell({ beds });
  }

  #tellNow(page: PageConnection): void {
    if (!this.#status || !page.role) return;
    page.tell({
      now: {
        wallMs: Date.now(),
        status: statusFor(page.role, this.#status),
        latency: page.role === 'operator' ? this.#night.latency : null,
        disk: this.#disk,
        dropped: page.dropped,
        pages: this.#pages.size,
      },
    });
  }

  // ── What the supervisor tells ─────────────────────────────────────────────────────────────────────────────────────

  #samples({ firstIndex, frames, counts }: LiveSamples): void {
    const bytes = Buffer.from(counts, 'base64');
    if (bytes.length !== frames * this.#options.stream.channels.length * 4) return;
    const frame = this.#signal.take(firstIndex, frames, int32(bytes));
    if (!frame) return;
    const encoded = encodeSignal(frame);
    for (const page of this.#pages) page.show(encoded);
  }

  #picture({ number, pixels }: LivePicture): void {
    const { pictures } = this.#options;
    const bytes = Buffer.from(pixels, 'base64');
    if (!pictures || bytes.length !== pictures.width * pictures.height) return;
    const encoded = encodePicture({ ...pictures, number, pixels: bytes });
    for (const page of this.#pages) page.show(encoded);
  }

  #now(status: ShownStatus): void {
    this.#status = status;
    if (this.#ticks++ % diskTicks === 0) this.#disk = diskOf(this.#recording.path);
    for (const page of this.#pages) this.#tellNow(page);
  }

  // ── Events, from the recording ────────────────────────────────────────────────────────────────────────────────────

  #follow(): void {
    // A camera's run has an event a picture: what they say is in the status.
    if (this.#options.pictures) return;
    const { startUs, startWallMs } = this.#recording.run;
    const offsetMs = startWallMs - startUs / 1000;
    try {
      const marks: Mark[] = [];
      const estimates: EstimatePoint[] = [];
      for (const { id, event, text } of this.#recording.eventsAfter(this.#lastEvent, mostEvents)) {
        this.#lastEvent = id;
        const told = event?.kind === 'marker' && !this.#options.notes ? null : text;
        const { mark, estimate } = event ? this.#night.take(event, told, event.us / 1000 + offsetMs) : {};
        if (mark) marks.push(mark);
        if (estimate) estimates.push(estimate);
      }
      for (const page of this.#pages) {
        const seen = page.role ? marksFor(page.role, marks) : [];
        if (seen.length > 0) page.tell({ marks: seen });
        if (estimates.length > 0) page.tell({ estimates });
      }
    } catch (error) {
      process.stderr.write(`link: the page cannot follow the recording: ${String(error)}\n`);
      clearInterval(this.#timer);
    }
  }

  // ── What pages ask for ────────────────────────────────────────────────────────────────────────────────────────────

  /** What was asked for is done first, then written into the recording. */
  async #act(page: PageConnection, wanted: Action): Promise<void> {
    if (wanted.do === 'acknowledge') {
      const { id, bed, alarm, by } = wanted;
      page.tell({ answer: { id, ...(await this.#acknowledge(bed, alarm, by)) } });
      this.#tellBeds();
      return;
    }
    const { ok, data, reasons } =
      wanted.do === 'mark'
        ? await this.#core.ask({ verb: 'mark', text: wanted.text })
        : await this.#core.ask({ verb: wanted.do });
    if (wanted.do !== 'mark')
      void this.#core.ask({
        verb: 'mark',
        text: `page (${page.role ?? ''}): ${wanted.do}${ok ? '' : ', which failed'}`,
      });
    const done = typeof data === 'string' ? data : 'done';
    const text = ok ? `${wanted.do}: ${done}` : `${wanted.do}: ${reasons.join('; ') || 'the core does not answer'}`;
    page.tell({ answer: { id: wanted.id, ok, text } });
  }

  async #acknowledge(bed: string, alarm: string, by: string): Promise<{ ok: boolean; text: string }> {
    if (bed !== this.#node) return this.#beds.acknowledge(bed, alarm, by);
    const { ok, reasons } = await this.#core.ask({ verb: 'acknowledge', alarm, by });
    return { ok, text: ok ? `${alarm}: acknowledged` : reasons.join('; ') || 'the core does not answer' };
  }
}

function int32(bytes: Buffer): Int32Array {
  const values = new Int32Array(bytes.length / 4);
  for (let i = 0; i < values.length; i++) values[i] = bytes.readInt32LE(4 * i);
  return values;
}

/** Null where it cannot be told. */
function diskOf(recording: string): Disk | null {
  if (recording === '') return null;
  try {
    const { bavail, bsize } = statfsSync(dirname(recording));
    const log = statSync(`${recording}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    return { freeBytes: bavail * bsize, recordingBytes: statSync(recording).size + log };
  } catch {
    return null;
  }
}

const urlHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const listenMs = 1000;
const followMs = 100;
const beatMs = 1000;
const mostEvents = 1000;
const mostPages = 32;
/** Every ten seconds. */
const diskTicks = 20;

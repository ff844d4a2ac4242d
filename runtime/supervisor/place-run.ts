import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import { basename } from 'node:path';
import type { Logger } from 'pino';
import type { PlaceRunPlan } from '../config/compile-place.js';
import { addressText } from '../../drivers/socket-stream.js';
import type { RunDescription, RunSummary } from '../contracts.js';
import type { RunLinkOptions } from '../link/messages.js';
import { ControlTime } from '../loop/shared.js';
import { monotonicUs } from '../monotonic.js';
import { kindOf } from '../place/picture-options.js';
import type { PlaceState, PlaceThreadData, RotatedPlaces } from '../place/shared.js';
import { mostBytesPerSecond, roomToBegin } from '../recording/room.js';
import { tidyRecording } from '../recording/tidy.js';
import { serveControl, type ControlAnswer, type ControlRequest } from './control-socket.js';
import { Lifecycle } from './lifecycle.js';
import { LiveFeed } from './live-feed.js';
import { LinkConnection, type Live } from './link-connection.js';
import { PlaceMemory } from './place-memory.js';
import { PlaceThread } from './place-thread.js';
import { createPlaces, type Places } from './places.js';
import { RecorderThread } from './recorder-thread.js';
import { clockIsUnset, readBootId } from './run-file.js';
import { RunRecordings, type Beginning } from './run-recordings.js';
import { Service } from './service.js';
import type { Status } from './status.js';
import { StorageKeeper } from './storage-keeper.js';

export interface PlaceRunOptions {
  readonly verb: string;
  readonly plan: PlaceRunPlan;
  /** The effective configuration as YAML, for the recording. */
  readonly configuration: string;
  readonly axondVersion: string;
  readonly log: Logger;
  /** Ends by itself this long after the first frame. */
  readonly seconds?: number;
}

/**
 * One run that recognises places, from start to summary. It stimulates nothing: there is no guardian, no lease and
 * nothing to arm.
 */
export class PlaceRun {
  /** Settles after `stop`, whoever called it. */
  readonly finished: Promise<RunSummary>;
  readonly #options: PlaceRunOptions;
  readonly #memory: PlaceMemory;
  /** Of the frames that are recorded. */
  readonly #pictures: { readonly width: number; readonly height: number };
  readonly #places: Places;
  readonly #storage: StorageKeeper;
  /** What a recording begins with where one has ended for want of space. */
  readonly #roomToBegin: number;
  readonly #startUs = monotonicUs();
  readonly #recordings: RunRecordings;
  readonly #lifecycle: Lifecycle;
  #recorder: RecorderThread | undefined;
  #link: LinkConnection | undefined;
  #thread: PlaceThread | undefined;
  #server: Server | undefined;
  #beat: NodeJS.Timeout | undefined;
  #service: Service | undefined;
  /** For systemd: grows while the thread of places does its work. */
  #cycle = 0;
  #frames = 0;
  #framesUs = -Infinity;
  #state: PlaceState | undefined;
  #toldUs = -Infinity;
  #notice = '';
  #delivering = false;
  /** Texts of markers and labels. */
  #texts = 0;
  #stopping = false;
  #finish: (summary: RunSummary) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(options: PlaceRunOptions) {
    const { plan } = options;
    this.#options = options;
    this.#lifecycle = new Lifecycle(options.seconds);
    const { width, height } = kindOf(plan.source, plan.place.size);
    this.#pictures = { width, height };
    this.#memory = new PlaceMemory(width, height);
    const stream = { device: plan.source.use, channels: [], rate: plan.source.rate, delayUs: 0 };
    this.#roomToBegin = roomToBegin(mostBytesPerSecond({ stream, pictures: this.#pictures }));
    this.#storage = new StorageKeeper(plan.record, plan.storage, this.#roomToBegin, options.log);
    this.#places = createPlaces(plan.name);
    mkdirSync(plan.record, { recursive: true });
    const { record: folder, name, rotate } = plan;
    this.#recordings = new RunRecordings({ folder, name, ...(rotate === undefined ? {} : { rotate }) }, this.#startUs);
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
  }

  static async start(options: PlaceRunOptions): Promise<PlaceRun> {
    const run = new PlaceRun(options);
    try {
      await run.#start();
    } catch (error) {
      await run.#end().catch(() => undefined);
      throw error;
    }
    return run;
  }

  /** The one that is being written. */
  get recording(): string {
    return this.#recordings.path;
  }

  async #start(): Promise<void> {
    const { plan, log } = this.#options;
    this.#server = await serveControl(this.#places.control, (request) => this.#answer(request));
    this.#thread = new PlaceThread(
      threadData(plan, this.#places, this.#memory),
      {
        onState: (state, told, moved) => this.#stands(state, told, moved),
        onNotice: (delivering, text) => {
          this.#delivering = delivering;
          this.#notice = delivering ? '' : text;
          log[delivering ? 'info' : 'warn'](text);
        },
        onRotated: (rotated) => this.#rotated(rotated),
        onNotRotated: (reason) => {
          log.warn(`the recording goes on: ${reason}`);
          this.#recordings.goesOn(monotonicUs());
        },
        onOver: () => void this.stop(),
        onDeath: (error) => void this.#end().finally(() => this.#fail(error)),
      },
      log,
    );
    const { maps, notices } = await this.#thread.ready;
    for (const notice of notices) log.warn(notice);
    const deleted: string[] = [];
    await this.#storage.look(this.recording, (text) => deleted.push(text));
    const run = this.#describe(this.#beginning());
    this.#recorder = await RecorderThread.start(this.recording, run, undefined, this.#memory, log);
    this.#recorder.onContinued = (path) => {
      this.#recordings.changed(path);
      this.#link?.follow(path);
    };
    for (const { name, bytes } of maps) {
      this.#recorder.keepMap(name, bytes);
      // The loop counts on it that the first texts are the names of the maps.
      this.#text(name);
    }
    for (const text of deleted) this.#thread.mark(this.#text(text));
    if (plan.mqtt ?? plan.dashboard ?? plan.upload ?? plan.recipients) this.#report();
    this.#service = await Service.find(process.env, (text) => log.warn(text));
    this.#beat = setInterval(() => this.#tick(), beatMs);
    this.#thread.start();
  }

  #report(): void {
    const { plan, axondVersion, log } = this.#options;
    const { homeAssistant, ...broker } = plan.mqtt ?? {};
    const shown = { axond: axondVersion, source: plan.source.use, stimulates: false, recognisesPlaces: true };
    const dashboard = plan.dashboard && {
      ...plan.dashboard,
      socket: this.#places.page,
      state: plan.state,
      timeZone: plan.timeZone,
      stream: { rate: plan.source.rate, channels: [] },
      pictures: this.#pictures,
      stimulates: false,
      notes: plan.reveal.includes('notes'),
    };
    const options: RunLinkOptions = {
      ...broker,
      ...(homeAssistant === undefined ? {} : { homeAssistant: { shown: homeAssistant, ...shown } }),
      ...(dashboard ? { dashboard } : {}),
      ...(plan.upload ? { upload: plan.upload } : {}),
      notes: plan.reveal.includes('notes'),
      ...(plan.recipients ? { recipients: plan.recipients } : {}),
      node: plan.name,
      bootId: readBootId(),
      recording: this.recording,
      silenceSocket: this.#places.silence,
      description: {
        axond: axondVersion,
        node_js: process.version,
        time_zone: plan.timeZone,
        device: plan.source.use,
        rate_hz: plan.source.rate,
        frame: this.#pictures,
        map: plan.place.map ?? null,
      },
    };
    const answer = (request: ControlRequest): Promise<ControlAnswer> => this.#answer(request);
    const feed = new LiveFeed(this.#memory.samples, 0);
    const pixels = this.#pictures.width * this.#pictures.height;
    const live = (): readonly Live[] => {
      const picture = feed.picture(pixels);
      return picture ? [{ picture }] : [];
    };
    const link = new LinkConnection({ options, status: () => this.status(), answer, live }, log);
    this.#link = link;
    if (this.#recorder) this.#recorder.onCommitted = () => link.look();
  }

  // ── While it runs ─────────────────────────────────────────────────────────────────────────────────────────────────

  #tick(): void {
    if (this.#service) this.#tellService();
    const problem = this.#recorder?.problem ?? '';
    this.#storage.beat(monotonicUs() / 1000, this.recording, (text) => this.#thread?.mark(this.#text(text)));
    if (this.#recordings.due(monotonicUs())) this.#thread?.rotate();
    if (this.#lifecycle.beat(monotonicUs(), this.#state?.frames ?? 0, problem, undefined) !== 'stop') return;
    if (problem !== '' && !this.#stopping) this.#options.log.error(problem);
    void this.stop();
  }

  /** The loop goes on, and what follows belongs into the next recording. */
  #rotated({ cycle, index, us, maps }: RotatedPlaces): void {
    const counted = { ...this.#summary(), samples: index + 1 };
    const describe = (beginning: Beginning): RunDescription => this.#describe(beginning);
    const clocks = { us: monotonicUs(), wallMs: Date.now() };
    const next = this.#recordings.next({ cycle, index }, us, counted, describe, clocks);
    this.#recorder?.continueIn({ ...next, maps });
  }

  #tellService(): void {
    const nowUs = monotonicUs();
    const frames = this.#state?.frames ?? 0;
    if (frames !== this.#frames) this.#framesUs = nowUs;
    this.#frames = frames;
    const delivering = this.#delivering && frames > 0;
    // A camera that is away gives no frame; one that delivers to a thread that takes none shows that it hangs.
    if (!delivering || nowUs - this.#framesUs < hangUs) this.#cycle++;
    const { device, port } = this.status().source;
    const frameUs = this.#state?.estimate.frameUs ?? 0;
    this.#service?.beat({
      cycle: this.#cycle,
      delivering,
      behindUs: frameUs - (this.#memory.times[ControlTime.committedUs] as number),
      text: `${delivering ? `${device} on ${port} streams` : this.#notice || `waiting for ${device} on ${port}`}, recording ${basename(this.recording)}`,
    });
  }

  #stands(state: PlaceState, told: boolean, moved: boolean): void {
    for (const problem of ['mapProblem', 'ruleProblem'] as const) {
      if (state[problem] !== '' && state[problem] !== this.#state?.[problem]) this.#options.log.warn(state[problem]);
    }
    this.#state = state;
    if (moved) this.#recorder?.commitNow();
    const nowUs = monotonicUs();
    if (!told || (!moved && nowUs - this.#toldUs < beliefUs)) return;
    this.#toldUs = nowUs;
    this.#link?.believe(beliefOf(state));
  }

  async #answer(request: ControlRequest): Promise<ControlAnswer> {
    switch (request.verb) {
      case 'status':
        return { ok: true, value: this.status() };
      case 'place':
        return this.#steer(request);
      case 'mark':
        this.#thread?.mark(this.#text(request.text));
        return { ok: true, value: this.status() };
      case 'disarm':
        // Nothing is armed: what was asked for holds.
        return { ok: true, value: this.status() };
      case 'arm':
      case 'lower':
        return { ok: false, reasons: [`${request.verb}: this run recognises places and stimulates nothing.`] };
      case 'step':
        return { ok: false, reasons: ['this run belongs to no night of a study.'] };
      case 'acknowledge':
        return { ok: false, reasons: ['acknowledge: this run recognises places and has no alarms.'] };
      case 'stop':
        void this.stop();
        return { ok: true, value: 'stopping' };
    }
  }

  async #steer({ request, place = -1, label, map }: ControlRequest & { verb: 'place' }): Promise<ControlAnswer> {
    if (!this.#thread) return { ok: false, reasons: ['the loop has not started yet'] };
    if (request === 'map') return this.#goTo(this.#thread, map);
    if (request === 'label' && label === undefined) return { ok: false, reasons: ['label: is missing. Give a text.'] };
    const number = label === undefined ? 0 : this.#text(label);
    const refusal = await this.#thread.request(request, place, number, label ?? '');
    return refusal === '' ? { ok: true, value: this.status() } : { ok: false, reasons: [`${request}: ${refusal}`] };
  }

  async #goTo(thread: PlaceThread, map: string | undefined): Promise<ControlAnswer> {
    const { place } = this.#options.plan;
    const paths = place.map === undefined ? [] : [place.map, ...place.otherMaps];
    const asked = paths.findIndex((path) => path === map || basename(path) === map);
    const names = paths.map((path) => basename(path)).join(', ');
    if (asked < 0)
      return { ok: false, reasons: [`map: ${map ?? 'none'} is not among the maps of this run. There are ${names}.`] };
    const refusal = await thread.request('map', asked, 0, '');
    return refusal === '' ? { ok: true, value: this.status() } : { ok: false, reasons: [refusal] };
  }

  /** The number by which the recording finds it. */
  #text(text: string): number {
    this.#recorder?.keepText(++this.#texts, text);
    return this.#texts;
  }

  status(): Status {
    const { plan, verb } = this.#options;
    const state = this.#state;
    return {
      name: plan.name,
      verb,
      recording: this.recording,
      runningSeconds: (monotonicUs() - this.#startUs) / 1e6,
      source: {
        device: plan.source.use,
        port: originOf(plan.source),
        state: this.#delivering ? 'streaming' : 'starting',
        notice: this.#notice,
        samples: state?.frames ?? 0,
        gaps: 0,
        lostFrames: state?.dropped ?? 0,
        discardedBytes: state?.discardedBytes ?? 0,
        duplicates: 0,
        driftPpm: 0,
      },
      detections: 0,
      stimulation: null,
      place: state ?? null,
      night: null,
      alarms: [],
      ringLosses: this.#memory.ringLosses,
      recorder: this.#recorder?.status ?? { state: 'starting', lagMs: 0, head: null },
      mqtt: this.#link?.status ?? null,
      dashboard: this.#link?.dashboard ?? null,
      realtime: 'not asked for',
      processes: { core: process.pid, guardian: null, link: this.#link?.pid ?? null },
    };
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends the run; `finished` gives its summary. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    try {
      this.#finish(await this.#end());
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Why the recorder could not go on, other than for want of space; the empty string if it could. */
  get recorderFailure(): string {
    return this.#recorder && !this.#recorder.diskFull ? this.#recorder.problem : '';
  }

  /** Undefined unless it ended for want of space: how much there has to be for the next recording. */
  get roomWanted(): number | undefined {
    return this.#recorder?.diskFull ? this.#roomToBegin : undefined;
  }

  async #end(): Promise<RunSummary> {
    this.#stopping = true;
    if (this.roomWanted === undefined) this.#service?.stop();
    clearInterval(this.#beat);
    await this.#thread?.stop();
    const summary = this.#summary();
    await this.#recorder?.stop(this.#recordings.partOf(summary));
    // Another one may have been begun with the last beat.
    if (summary.recording !== null) summary.recording = this.recording;
    if (this.#link) {
      summary.mqtt = await this.#link.finish();
      this.#recordings.tidy();
      tidyRecording(this.recording);
    }
    this.#server?.close();
    return summary;
  }

  /** Of the whole run. */
  #summary(): RunSummary {
    return {
      samples: this.#state?.frames ?? 0,
      gaps: 0,
      discardedBytes: this.#state?.discardedBytes ?? 0,
      detections: 0,
      stimuli: 0,
      refusals: 0,
      latencyUs: null,
      ringLosses: this.#memory.ringLosses,
      recording: this.#recorder ? this.recording : null,
      mqtt: null,
    };
  }

  #beginning(): Beginning {
    return { startUs: this.#startUs, startWallMs: Date.now() - (monotonicUs() - this.#startUs) / 1000 };
  }

  #describe(beginning: Beginning): RunDescription {
    const { plan, configuration, verb, axondVersion } = this.#options;
    return {
      name: plan.name,
      axond: axondVersion,
      node: process.version,
      verb,
      configuration,
      stream: { device: plan.source.use, channels: [], rate: plan.source.rate, delayUs: 0 },
      pictures: this.#pictures,
      detectors: [],
      estimates: {},
      coefficients: {},
      models: {},
      bootId: readBootId(),
      ...beginning,
      ...(clockIsUnset(plan.record, Date.now()) ? { wallClock: 'unset' } : {}),
    };
  }
}

function threadData(plan: PlaceRunPlan, places: Places, memory: PlaceMemory): PlaceThreadData {
  const { map, otherMaps, size, spacing, recall, ros } = plan.place;
  return {
    source: plan.source,
    ...(map === undefined ? {} : { map }),
    otherMaps,
    size,
    recall,
    ...(spacing === undefined ? {} : { spacing }),
    socket: places.estimates,
    ...(ros ? { ros: { ...ros, spacing: spacing ?? 1 } } : {}),
    pictures: memory.samples.memory,
    decisions: memory.decisions.memory,
    times: memory.times.buffer as SharedArrayBuffer,
  };
}

/** Program, port, socket or file. */
function originOf(source: PlaceRunPlan['source']): string {
  if (source.use === 'camera') return source.command[0];
  if (source.use === 'edvs') return source.port;
  const { from } = source;
  if ('command' in from) return from.command[0];
  return 'file' in from ? from.file : addressText(from.socket);
}

function beliefOf({ estimate, label, map, mode }: PlaceState): Record<string, unknown> {
  const { place, score, second, margin, known, ambiguous, frameUs, ageUs } = estimate;
  return {
    place: place < 0 ? null : place,
    ...(label === '' ? {} : { label }),
    ...(map === '' ? {} : { map: basename(map) }),
    score,
    second,
    margin,
    known,
    ambiguous,
    mode,
    frame_us: frameUs,
    age_us: ageUs,
  };
}

const beatMs = 50;
/** The slowest robots see a place every few seconds. */
const hangUs = 30e6;
/** Ten times a second, and at once where the place changes. */
const beliefUs = 100e3;

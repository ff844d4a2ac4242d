import { basename } from 'node:path';
import type { Logger } from 'pino';
import type { RunSummary } from '../contracts.js';
import { headText } from '../recording/table-chains.js';
import type { FromLink, ForwardedRequest, RunLinkOptions } from '../link/messages.js';
import type { BedReport } from '../link/bed.js';
import { shownStatus, type LivePicture, type LiveSamples, type ShownStatus } from '../link/dashboard/options.js';
import { LinkProcess } from '../link/start.js';
import { placeRequest, type ControlAnswer, type ControlRequest } from './control-socket.js';
import type { Status } from './status.js';

/** What the link reports about; given by the run. */
export interface Reported {
  readonly options: RunLinkOptions;
  status(): Status;
  answer(request: ControlRequest): Promise<ControlAnswer>;
  /** Absent where nobody sleeps. */
  bed?(): BedReport;
  /** What a page shows of the signal since the last call. */
  live?(): readonly Live[];
  /** Somebody begins to look. */
  look?(): void;
}
export type Live = { readonly samples: LiveSamples } | { readonly picture: LivePicture };

/** The link process as the supervisor sees it: keeps it alive, feeds it, and answers what comes from the network. */
export class LinkConnection {
  readonly #reported: Reported;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  /** While somebody looks at the page. */
  #shows: NodeJS.Timeout | undefined;
  #page = { url: '', problem: '' };
  #process: LinkProcess;
  #connected = false;
  #detail = 'not connected yet';
  /** Of link processes that are gone, and of the one that lives. */
  #before = { published: 0, acked: 0 };
  #counts = { published: 0, acked: 0 };
  #state = '';
  #bed = '';
  /** The one that is being written, and whether the process was told so. */
  #recording: string;
  #follows = true;
  #finishing = false;
  #ticks = 0;
  /** That was sent last. */
  #head = '';

  constructor(reported: Reported, log: Logger) {
    this.#reported = reported;
    this.#log = log;
    this.#recording = reported.options.recording;
    this.#process = this.#start();
    this.#timer = setInterval(() => this.#report(), reportMs);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Null where no broker is named. */
  get status(): Status['mqtt'] {
    const { url } = this.#reported.options;
    if (url === undefined) return null;
    return { url, connected: this.#connected, detail: this.#detail, ...this.#total() };
  }

  /** Null where there is no page. */
  get dashboard(): Status['dashboard'] {
    return this.#reported.options.dashboard ? this.#page : null;
  }

  /** Where the robot is: the newest there is. */
  believe(belief: Record<string, unknown>): void {
    this.#process.send({ belief });
  }

  /** The run goes on in this recording. */
  follow(recording: string): void {
    this.#recording = recording;
    this.#follows = this.#process.send({ recording });
  }

  /** Events that are worth reporting at once are on disk. */
  look(): void {
    this.#process.send({ look: true });
  }

  /** Lets it report what is left and end; kills it if it takes longer than it should. */
  async finish(): Promise<RunSummary['mqtt']> {
    this.#finishing = true;
    clearInterval(this.#timer);
    clearInterval(this.#shows);
    this.#tellHead();
    this.#process.send({ finish: true });
    const last = setTimeout(() => this.#process.kill(), finishMs);
    await this.#process.exited;
    clearTimeout(last);
    return this.#reported.options.url === undefined ? null : this.#total();
  }

  #start(): LinkProcess {
    this.#state = '';
    this.#bed = '';
    this.#head = '';
    this.#follows = true;
    return new LinkProcess(
      { ...this.#reported.options, recording: this.#recording },
      {
        onMessage: (message) => this.#heard(message),
        onExit: (detail) => {
          this.#connected = false;
          clearInterval(this.#shows);
          this.#before = this.#total();
          this.#counts = { published: 0, acked: 0 };
          if (this.#finishing) return;
          this.#log.warn(`${detail}; starting it again. No decision depends on it.`);
          setTimeout(() => {
            if (!this.#finishing) this.#process = this.#start();
          }, restartMs);
        },
      },
    );
  }

  #heard(message: FromLink): void {
    if ('counts' in message) this.#counts = message.counts;
    else if ('finished' in message) this.#counts = message.finished;
    else if ('connection' in message) this.#connection(message.connection);
    else if ('problem' in message) this.#hindered(message.problem);
    else if ('watched' in message) this.#watched(message.watched);
    else if ('dashboard' in message) this.#paged(message.dashboard);
    else if ('upload' in message) this.#uploaded(message.upload);
    else void this.#answer(message.request.id, message.request.wanted);
  }

  #connection({ connected, detail }: { connected: boolean; detail: string }): void {
    if (connected) this.#log.info(`mqtt: connected to ${this.#reported.options.url}`);
    else if (this.#connected || detail !== this.#detail)
      this.#log.warn(`mqtt: ${this.#reported.options.url}: ${detail}. Trying again.`);
    this.#connected = connected;
    this.#detail = detail;
  }

  #uploaded(report: Extract<FromLink, { upload: unknown }>['upload']): void {
    if ('uploaded' in report) this.#log.info(`upload: ${report.uploaded} is there, and verified`);
    else if ('encrypted' in report) this.#log.info(`${report.encrypted} is encrypted; the plain file is gone`);
    else if (report.problem !== '') this.#log.warn(`upload: ${report.problem}`);
  }

  #hindered(problem: string): void {
    this.#detail = problem;
    if (problem !== '') this.#log.warn(`mqtt: ${problem}`);
    else this.#log.info('mqtt: reports arrive again');
  }

  #paged({ url, problem }: { url: string; problem: string }): void {
    this.#page = { url, problem };
    const { state } = this.#reported.options.dashboard ?? { state: '' };
    if (problem !== '') this.#log.error(`dashboard: ${problem}`);
    else this.#log.info(`dashboard: ${url} (its tokens are in ${state})`);
  }

  #watched(watched: boolean): void {
    clearInterval(this.#shows);
    if (!watched) return;
    this.#reported.look?.();
    this.#shows = setInterval(() => {
      for (const one of this.#reported.live?.() ?? []) this.#process.show(one);
    }, showMs);
  }

  async #answer(id: string, wanted: ForwardedRequest): Promise<void> {
    const answer = await this.#obey(wanted).catch((error: unknown): ControlAnswer => ({
      ok: false,
      reasons: [String(error)],
    }));
    this.#process.send({
      response: answer.ok
        ? { id, ok: true, data: answer.value, reasons: [] }
        : { id, ok: false, data: null, reasons: answer.reasons },
    });
  }

  async #obey(wanted: ForwardedRequest): Promise<ControlAnswer> {
    switch (wanted.verb) {
      case 'lower': {
        const { verb, perMinute, perHour, perNight, interval_us: intervalUs, gain_db: gainDb } = wanted;
        return this.#reported.answer({
          verb,
          ...(perMinute === undefined ? {} : { perMinute }),
          ...(perHour === undefined ? {} : { perHour }),
          ...(perNight === undefined ? {} : { perNight }),
          ...(intervalUs === undefined ? {} : { intervalUs }),
          ...(gainDb === undefined ? {} : { gainDb }),
        });
      }
      case 'place/learn':
      case 'place/match':
      case 'place/pause':
      case 'place/label':
      case 'place/forget':
      case 'place/map': {
        const { verb, ...more } = wanted;
        return this.#reported.answer({
          verb: 'place',
          request: placeRequest.parse(verb.slice('place/'.length)),
          ...more,
        });
      }
      default:
        return this.#reported.answer(wanted);
    }
  }

  #report(): void {
    this.#ticks++;
    const status = this.#reported.status();
    const { stimulation, source } = status;
    if (!this.#follows) this.follow(this.#recording);
    if (this.#reported.options.dashboard) this.#process.send({ status: finite(status) });
    if (this.#reported.options.upload ?? this.#reported.options.recipients)
      this.#process.send({ armed: stimulation?.armed ?? false });
    this.#tellBed();
    if (this.#reported.options.url === undefined) return;
    const state = source.state !== 'streaming' ? 'checking' : stimulation?.armed ? 'armed' : 'idle';
    const reasons = stimulation?.armed ? [...stimulation.holding] : [];
    const told = `${state} ${reasons.join()}`;
    if (told !== this.#state) {
      this.#state = told;
      this.#process.send({ state, reasons });
    }
    this.#tellHead();
    if (this.#ticks % healthTicks === 0) this.#process.send({ health: healthOf(status) });
  }

  /** At once where more than ages has changed, and often enough for whoever takes a silent bed for a lost one. */
  #tellBed(): void {
    const bed = this.#reported.bed?.();
    if (!bed) return;
    const told = JSON.stringify({ ...bed, sample_age_s: null });
    if (told === this.#bed && this.#ticks % bedTicks !== 0) return;
    this.#bed = told;
    this.#process.send({ bed });
  }

  /** Who keeps it elsewhere can prove later what the recording held then. */
  #tellHead(): void {
    const { recording, recorder } = this.#reported.status();
    if (this.#reported.options.url === undefined || !recorder.head) return;
    const { seal, events } = recorder.head;
    const head = headText(recorder.head);
    if (head === this.#head) return;
    this.#head = head;
    this.#process.send({ head: { recording: basename(recording), head, seal, events } });
  }

  #total(): { published: number; acked: number } {
    return {
      published: this.#before.published + this.#counts.published,
      acked: this.#before.acked + this.#counts.acked,
    };
  }
}

/** JSON knows no other numbers: what is not finite is null, as whoever reads it expects. */
function finite(status: Status): ShownStatus {
  return shownStatus.parse(JSON.parse(JSON.stringify(status)));
}

function healthOf({
  source,
  detections,
  stimulation,
  ringLosses,
  recorder,
  runningSeconds,
  place,
}: Status): Record<string, unknown> {
  return {
    running_s: runningSeconds,
    samples_total: source.samples,
    gaps: source.gaps,
    lost_frames: source.lostFrames,
    discarded_bytes: source.discardedBytes,
    drift_ppm: source.driftPpm,
    detections,
    stimuli: stimulation?.stimuli ?? 0,
    refusals: stimulation?.refusals ?? 0,
    guardian: stimulation?.guardian ?? 'none',
    ring_losses: ringLosses,
    recorder_lag_ms: recorder.lagMs,
    notice: source.notice,
    ...(place ? { place: placeHealth(place) } : {}),
  };
}

function placeHealth(place: NonNullable<Status['place']>): Record<string, unknown> {
  const { mode, map, places, dropped, withoutEvidence, restarts, ms, ros, mapProblem, ruleProblem } = place;
  return {
    mode,
    map,
    places,
    dropped,
    without_evidence: withoutEvidence,
    camera_restarts: restarts,
    frame_ms: ms,
    ros,
    map_problem: mapProblem,
    rule_problem: ruleProblem,
  };
}

/** Thirty times a second. */
const showMs = 33;
const reportMs = 500;
/** Ten seconds. */
const healthTicks = 20;
/** Fifteen seconds. */
const bedTicks = 30;
const restartMs = 500;
const finishMs = 4000;

import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import { basename } from 'node:path';
import type { Logger } from 'pino';
import { createDevice } from '../../drivers/devices.js';
import { openMarks, type MarksPlan } from '../../drivers/marks/open-marks.js';
import { openSyncOutput } from '../../drivers/sync/sync-output.js';
import type { RunPlan } from '../config/compile.js';
import { inhibitorStates, type RunDescription, type RunSummary, type StreamInfo } from '../contracts.js';
import type { NightOptions } from '../guardian/condition.js';
import { readSeal } from '../guardian/seal.js';
import { monotonicUs } from '../monotonic.js';
import type { LoopDescription } from '../loop/build.js';
import { Control, ControlTime, post, type Rotated } from '../loop/shared.js';
import type { AlarmWatch } from './alarm-watch.js';
import { bedOf } from './bed.js';
import { sampleAge, watchRun } from './run-alarms.js';
import { serveControl, type ControlRequest } from './control-socket.js';
import { Lifecycle } from './lifecycle.js';
import { linkOptions } from './link-options.js';
import { LinkConnection } from './link-connection.js';
import { LiveFeed } from './live-feed.js';
import { LoopThread } from './loop-thread.js';
import { MarkInputs } from './mark-inputs.js';
import { RunMemory } from './memory.js';
import { clearAgain, mostBytesPerSecond, roomToBegin, wantedSeconds } from '../recording/room.js';
import { tidyRecording } from '../recording/tidy.js';
import { evidenceNumber } from '../recording/writer.js';
import { createPlaces, type Places } from './places.js';
import { PortKeeper } from './port-keeper.js';
import { RecorderThread } from './recorder-thread.js';
import { alarmsOf } from '../study/alarms.js';
import { ownPackage } from '../study/lock-file.js';
import type { NightRun } from './night-run.js';
import { RunArming } from './run-arming.js';
import { budgetOf, describeRun } from './run-description.js';
import { readBootId } from './run-file.js';
import { beginNight, findNight, nightFacts, sleptBefore, type FoundNight } from './run-night.js';
import { RunRecordings, type Beginning } from './run-recordings.js';
import { RunRequests } from './run-requests.js';
import { Service } from './service.js';
import { statusOf } from './run-status.js';
import type { Status } from './status.js';
import { StorageKeeper } from './storage-keeper.js';
import { StudyLock } from './study-lock.js';
import { Stimulator } from './stimulator.js';
import { SyncTrain } from './sync-train.js';
import { WallClock } from './wall-clock.js';

export interface RunOptions {
  readonly verb: string;
  readonly plan: RunPlan;
  /** The effective configuration as YAML, for the recording. */
  readonly configuration: string;
  readonly axondVersion: string;
  readonly log: Logger;
  /** Ends by itself this long after the first sample. */
  readonly seconds?: number;
  /** Arms as soon as everything stands. The caller has made sure that every actuator is virtual. */
  readonly armAtStart?: boolean;
}

/**
 * One run from start to summary: starts recorder, guardian, link and loop in this order, serves the control socket, and
 * ends them in the reverse order, so that nothing can fire that would not be recorded.
 */
export class Run {
  readonly memory: RunMemory;
  readonly stream: StreamInfo;
  /** Settles after `stop`, whoever called it. */
  readonly finished: Promise<RunSummary>;
  readonly #options: RunOptions;
  readonly #places: Places;
  readonly #startUs = monotonicUs();
  readonly #recordings: RunRecordings;
  readonly #port: PortKeeper;
  readonly #storage: StorageKeeper;
  readonly #arming: RunArming;
  readonly #requests: RunRequests;
  #lock: StudyLock | undefined;
  readonly #marks: MarkInputs<MarksPlan>;
  readonly #sync: SyncTrain | undefined;
  #night: NightRun | undefined;
  #recorder: RecorderThread | undefined;
  #stimulator: Stimulator | undefined;
  #link: LinkConnection | undefined;
  #loop: LoopThread | undefined;
  #server: Server | undefined;
  #beat: NodeJS.Timeout | undefined;
  #alarms: AlarmWatch | undefined;
  #service: Service | undefined;
  #notice = '';
  #realtime = '';
  readonly #wallClock = new WallClock();
  #wallClockState = 0;
  #markers = 0;
  readonly #lifecycle: Lifecycle;
  #stopping = false;
  #finish: (summary: RunSummary) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(options: RunOptions) {
    const { plan } = options;
    this.#options = options;
    this.#lifecycle = new Lifecycle(options.seconds, options.armAtStart === true);
    this.stream = createDevice(plan.source.device).info;
    this.memory = new RunMemory(this.stream.channels.length);
    this.#places = createPlaces(plan.name);
    mkdirSync(plan.record, { recursive: true });
    const { record: folder, name, rotate } = plan;
    this.#recordings = new RunRecordings({ folder, name, ...(rotate === undefined ? {} : { rotate }) }, this.#startUs);
    const bytesPerSecond = mostBytesPerSecond({ stream: this.stream });
    const wanted = plan.actuator ? bytesPerSecond * wantedSeconds * clearAgain : roomToBegin(bytesPerSecond);
    this.#storage = new StorageKeeper(plan.record, plan.storage, wanted, options.log);
    this.#port = new PortKeeper(plan.source, this.memory.control, options.log);
    const { sync } = plan;
    this.#sync =
      sync &&
      new SyncTrain(sync.everySeconds, {
        open: () => openSyncOutput(sync),
        nowUs: monotonicUs,
        random: () => randomInt(2 ** 32) / 2 ** 32,
        mark: (text, atUs) => this.#mark(text, atUs),
        tell: (line) => options.log.info(line),
      });
    this.#marks = new MarkInputs(plan.marks, {
      open: (name, input) => openMarks(name, input, monotonicUs),
      submit: (text, atUs) => this.memory.requests.free() > keptFree && this.#mark(text, atUs),
      follow: (text, name) => this.#requests.follow(text, plan.marks[name]?.use === 'lsl'),
      tell: (line) => options.log.info(line),
    });
    this.#arming = new RunArming(
      plan,
      this.memory,
      () => ({ stimulator: this.#stimulator, recorder: this.#recorder, lock: this.#lock, night: this.#night }),
      () => this.status(),
    );
    this.#requests = new RunRequests({
      memory: this.memory,
      arming: this.#arming,
      silenceSocket: this.#places.silence,
      log: options.log,
      night: () => this.#night,
      alarms: () => this.#alarms,
      status: () => this.status(),
      mark: (text) => this.#mark(text),
      stop: () => void this.stop(),
    });
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
  }

  static async start(options: RunOptions): Promise<Run> {
    const run = new Run(options);
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
    const { memory } = this;
    this.#server = await serveControl(this.#places.control, (request, isThere) =>
      this.#requests.answer(request, 'request', isThere),
    );
    this.#loop = new LoopThread(
      {
        plan: plan.loop,
        device: plan.source.device,
        port: plan.source.port,
        ...(plan.actuator ? { fifo: this.#places.fifo } : {}),
        realtime: plan.realtime,
        control: memory.control.buffer as SharedArrayBuffer,
        times: memory.times.buffer as SharedArrayBuffer,
        trace: memory.trace.buffer as SharedArrayBuffer,
        samples: memory.samples.memory,
        decisions: memory.decisions.memory,
        mailboxes: [memory.requests.memory, memory.receipts.memory, memory.recorder.memory],
      },
      {
        onPortLost: (reason) => void this.#port.lost(reason),
        onNotice: (notice) => this.#noticed(notice),
        onRotated: (rotated) => this.#rotated(rotated, description),
        onDeath: (error) => void this.#end().finally(() => this.#fail(error)),
      },
      log,
    );
    const { description, realtime } = await this.#loop.ready;
    this.#realtime = realtime;
    const found = plan.study && (await findNight(plan, plan.study));
    const night = await this.#whose(found);
    const deleted: string[] = [];
    await this.#storage.look(this.recording, (text) => deleted.push(text));
    // A message, so that replay draws what was drawn.
    post(memory.requests, 'seed', randomInt(2 ** 48 - 1));
    this.#recorder = await RecorderThread.start(
      this.recording,
      this.#describe(description, night, this.#beginning()),
      budgetOf(plan),
      memory,
      log,
    );
    this.#recorder.onContinued = (path) => {
      this.#recordings.changed(path);
      this.#link?.follow(path);
    };
    for (const text of deleted) this.#mark(text);
    if (plan.actuator) {
      const deliveries = this.recording.replace(/\.db$/, '.deliveries');
      const { realtime, stopInput } = plan;
      const more = { ...(stopInput ? { stopInput } : {}), ...(night ? { night } : {}) };
      const work = { actuator: plan.actuator.plan, deliveries, realtime, ...more };
      this.#stimulator = new Stimulator(memory, this.#places, work, log, {
        keepEvidence: ({ command, state, evidence }) =>
          this.#recorder?.keepText(evidenceNumber(command, state), evidence),
        silenced: () => this.#arming.silenced(),
      });
      await this.#stimulator.start();
    }
    if (found) {
      this.#night = await beginNight(found, this.recording, this.#lock?.record, {
        plan,
        study: plan.study,
        memory,
        arming: this.#arming,
        stimulator: () => this.#stimulator,
        silenceSocket: this.#places.silence,
        mark: (text) => void this.#mark(text),
        log,
      });
    }
    this.#requests.begin();
    this.#alarms = watchRun({
      plan,
      estimates: description.estimates,
      stream: this.stream,
      memory,
      status: () => this.status(),
      before: {
        alarms: alarmsOf(found?.lines ?? []),
        ...(plan.study && { slept: await sleptBefore(plan, plan.study, this.#lock?.record) }),
      },
      night: () => nightFacts(this.#night),
      changed: (change, words) => {
        log.warn(words);
        this.#mark(words);
        void this.#night?.append({ kind: 'alarm', ...change }).catch(() => undefined);
      },
      slept: ({ seconds, stimuli }) =>
        void this.#night?.append({ kind: 'slept', seconds: Math.round(seconds), stimuli }).catch(() => undefined),
    });
    if ((plan.mqtt ?? plan.dashboard ?? plan.upload ?? plan.recipients) !== undefined || plan.lsl)
      this.#link = this.#report();
    this.#service = await Service.find(process.env, (text) => log.warn(text));
    this.#beat = setInterval(() => this.#tick(), beatMs);
    await this.#port.open();
  }

  /** Of a blinded study: whose night, by which sealed file and under which lock. */
  async #whose(found: FoundNight | undefined): Promise<NightOptions | undefined> {
    const { plan, log } = this.#options;
    const { sha256, fault } = plan.study ? await readSeal(plan.study.allocation) : { sha256: null, fault: '' };
    if (fault !== '') log.warn(`study: ${fault} Nothing can be armed.`);
    const { configuration, axondVersion } = this.#options;
    const own = { axondVersion, package: ownPackage };
    this.#lock = await StudyLock.open({ plan, configuration, ...own, allocation: sha256 });
    for (const difference of await this.#lock.faults()) log.warn(`${difference} Nothing can be armed.`);
    if (!plan.study) return undefined;
    const run = basename(this.recording, '.db');
    const study = found?.goesOn ? { ...plan.study, continue: true } : plan.study;
    return { study, run, boot: readBootId(), sha256, locks: this.#lock.versions };
  }

  #report(): LinkConnection {
    const { plan, axondVersion, log } = this.#options;
    const code = plan.reveal.includes('codes') ? (plan.study?.participant ?? null) : null;
    const options = linkOptions({
      plan,
      axondVersion,
      stream: this.stream,
      recording: this.recording,
      places: this.#places,
    });
    const feed = new LiveFeed(this.memory.samples, this.stream.channels.length);
    const reported = {
      options,
      status: () => this.status(),
      bed: () => bedOf(this.status(), sampleAge(this.memory), code, Date.now()),
      answer: (request: ControlRequest) => this.#requests.answer(request, 'remote'),
      look: () => feed.begin(),
      live: () => feed.samples().map((samples) => ({ samples })),
    };
    return new LinkConnection(reported, log);
  }

  // ── While it runs ─────────────────────────────────────────────────────────────────────────────────────────────────

  #tick(): void {
    const { memory } = this;
    const { log } = this.#options;
    Atomics.add(memory.control, Control.supervisorBeat, 1);
    this.#stimulator?.flush();
    const stepMs = this.#watchWallClock();
    this.#alarms?.beat(monotonicUs(), Date.now(), stepMs);
    this.#night?.beat();
    this.#tellService();
    this.#marks.beat(monotonicUs());
    this.#sync?.beat();
    this.#storage.beat(monotonicUs() / 1000, this.recording, (text) => this.#mark(text));
    if (this.#recordings.due(monotonicUs())) Atomics.store(memory.control, Control.rotate, 1);
    const problem = this.#recorder?.problem ?? '';
    switch (this.#lifecycle.beat(monotonicUs(), memory.frames, problem, this.#stimulator)) {
      case 'arm':
        void this.#armVirtual();
        break;
      case 'renew':
        if (this.#stimulator?.renew()) log.warn('the guardian latched; its actuator is virtual: arming again');
        break;
      case 'stop':
        if (problem !== '' && !this.#stopping) log.error(problem);
        void this.stop();
    }
  }

  /** The loop goes on, and what follows belongs into the next recording. */
  #rotated({ us, counts, ...position }: Rotated, loop: LoopDescription): void {
    const counted = { ...this.#summary(null), ...counts };
    const describe = (beginning: Beginning): RunDescription => this.#describe(loop, undefined, beginning);
    const clocks = { us: monotonicUs(), wallMs: Date.now() };
    this.#recorder?.continueIn(this.#recordings.next(position, us, counted, describe, clocks));
  }

  #tellService(): void {
    if (!this.#service) return;
    const { times, armed } = this.memory;
    const { source } = this.status();
    const delivering = source.state === 'streaming' && source.samples > 0;
    const device = `${source.device} on ${source.port}`;
    this.#service.beat({
      cycle: times[ControlTime.cycle] as number,
      delivering,
      behindUs: monotonicUs() - (times[ControlTime.committedUs] as number),
      text: `${delivering ? `${device} streams` : source.notice || `waiting for ${device}`}, ${armed ? 'armed' : 'disarmed'}, recording ${basename(this.recording)}`,
    });
  }

  async #armVirtual(): Promise<void> {
    const reasons = await this.#arming.armVirtual();
    for (const reason of reasons) this.#options.log.error(`not armed: ${reason}`);
    if (reasons.length > 0) this.#lifecycle.refused(monotonicUs());
  }

  /** By how much it was set stands in the recording, between the samples before and after. */
  #watchWallClock(): number {
    const nowUs = monotonicUs();
    const stepMs = this.#wallClock.look(nowUs, Date.now());
    if (stepMs !== 0) {
      const text = `the wall clock was set by ${(stepMs / 1000).toFixed(1)} s`;
      this.#options.log.warn(text);
      this.#mark(text);
    }
    const state = inhibitorStates.indexOf(this.#wallClock.stepped(nowUs) ? 'holds' : 'clear');
    if (state !== this.#wallClockState && post(this.memory.requests, 'clock', state)) this.#wallClockState = state;
    return stepMs;
  }

  /** `atUs` 0: now. */
  #mark(text: string, atUs = 0): boolean {
    const marker = ++this.#markers;
    this.#recorder?.keepText(marker, text);
    return post(this.memory.requests, 'marker', marker, atUs);
  }

  #noticed(notice: string): void {
    this.#notice = notice;
    if (notice !== '') this.#options.log.warn(notice);
  }

  status(): Status {
    const { memory } = this;
    const { plan, verb } = this.#options;
    return statusOf({
      marks: this.#marks.status,
      plan,
      verb,
      memory,
      recording: this.recording,
      runningSeconds: (monotonicUs() - this.#startUs) / 1e6,
      notice: this.#port.problem !== '' ? this.#port.problem : this.#notice,
      stimulator: this.#stimulator,
      recorder: this.#recorder,
      night: this.#night,
      alarms: this.#alarms?.list ?? [],
      link: this.#link,
      realtime: this.#realtime,
    });
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
    return this.#recorder?.diskFull ? roomToBegin(mostBytesPerSecond({ stream: this.stream })) : undefined;
  }

  async #end(): Promise<RunSummary> {
    this.#stopping = true;
    this.#requests.end();
    if (this.roomWanted === undefined) this.#service?.stop();
    this.#arming.disarm('shutdown');
    await this.#night?.end(basename(this.recording, '.db'));
    await this.#stimulator?.stop();
    this.#stimulator?.flush();
    await this.#loopTakes();
    await this.#port.stop();
    this.#marks.close();
    this.#sync?.close();
    const latencyUs = (await this.#loop?.stop()) ?? null;
    clearInterval(this.#beat);
    const summary = this.#summary(latencyUs);
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
  #summary(latencyUs: RunSummary['latencyUs']): RunSummary {
    const { control, frames, ringLosses } = this.memory;
    return {
      samples: frames,
      gaps: control[Control.gaps] as number,
      discardedBytes: control[Control.discardedBytes] as number,
      detections: control[Control.detections] as number,
      stimuli: control[Control.stimuli] as number,
      refusals: control[Control.refusals] as number,
      latencyUs,
      ringLosses,
      recording: this.#recorder ? this.recording : null,
      mqtt: null,
    };
  }

  /** The last receipts are in the mailbox: wait until the loop has taken them, but not for a loop that is stuck. */
  async #loopTakes(): Promise<void> {
    const deadlineUs = monotonicUs() + 100e3;
    const { requests, receipts } = this.memory;
    while (this.#loop && monotonicUs() < deadlineUs && requests.waiting() + receipts.waiting() > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #beginning(): Beginning {
    return { startUs: this.#startUs, startWallMs: Date.now() - (monotonicUs() - this.#startUs) / 1000 };
  }

  #describe(loop: LoopDescription, night: NightOptions | undefined, beginning: Beginning): RunDescription {
    const { timing } = this.#arming.timing();
    const { stream } = this;
    return describeRun({ ...this.#options, stream, loop, night, lock: this.#lock?.record, timing, beginning });
  }
}

const beatMs = 50;
/** Places of the mailbox that no mark from outside takes: a wish to disarm always finds one (R-46). */
const keptFree = 64;

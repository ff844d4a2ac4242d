import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { withTestCurrent } from '../../drivers/devices.js';
import type { RunPlan } from '../config/compile.js';
import type { StudyPlan } from '../contracts.js';
import { lockPath, readLockFile } from '../study/lock-file.js';
import { protocolHash } from '../study/lock.js';
import { NightFile, nightPath } from '../study/night-file.js';
import { Night } from '../study/night.js';
import { barred } from '../study/withdrawn.js';
import type { ControlRequest } from '../supervisor/control-socket.js';
import { createPlaces, isRunning, placesOf } from '../supervisor/places.js';
import { nightTime } from '../supervisor/run-night.js';
import { answerOf, PerhapsArmed } from './ask-to-arm.js';
import { clockTime, secondsUntil } from './clock-time.js';
import { loadRunPlan } from './configuration.js';
import { EveningPage } from './evening-page.js';
import { setsOf, type NamedNight } from './night-named.js';
import { NightGuide } from './night-guide.js';
import { listen, lookAround, measureElectrodes, playTo } from './night-measures.js';
import { runOf, type RunningRun } from './night-run-of.js';
import type { EveningWish, Problem, StepEntry } from './night-wishes.js';
import { Failure, UsageError, print } from './output.js';
import { callForRest } from './rest-call.js';
import { lacks, runStatus, type RunStatus } from './run-beginning.js';
import { Terminal } from './terminal.js';

/** `axond night`: the guide at a terminal, from the code of the participant to lights off. */
export async function evening(named: NamedNight, by: string, continues: boolean): Promise<void> {
  if (!process.stdin.isTTY)
    throw new UsageError('axond night: asks questions, and this is no terminal. Run it at the bedside.');
  const { plan } = loadRunPlan({ files: named.files, sets: setsOf(named), armVirtual: false });
  const { study } = plan;
  if (!study) throw new UsageError('study: the configuration has none, so that it has no nights. Run axond run.');
  const bedside = await Bedside.open({ named, plan, study, by, continues });
  const person = new Terminal();
  // Whoever is in a hurry types Ctrl-C twice: the second must not end the disarming of the first.
  const left = (): void => {
    person.say('', 'Ending …');
    void bedside.leave().then(() => {
      person.say(bedside.unfinished());
      process.exit(130);
    });
  };
  for (const signal of endings) process.on(signal, left);
  try {
    await bedside.showPage(person);
    person.say('back goes one question back, quit or Ctrl-C ends it. Nothing is armed before the last answer.', '');
    const guide = bedside.guide();
    while (!bedside.left && guide.wish.want !== 'done' && guide.wish.want !== 'nothing')
      await bedside.next(guide, guide.wish, person);
    if (guide.wish.want === 'done' && (await bedside.finish(guide.wish.armed))) {
      print(
        `Lights off. It records${guide.wish.armed ? ' and is armed' : '; nothing is armed'}. Sleep well.`,
        `In the morning:  axond night --lights-on${by === '' ? '' : ` --by ${by}`}`,
      );
      return;
    }
  } finally {
    person.close();
    await bedside.leave();
    for (const signal of endings) process.off(signal, left);
  }
  throw new Failure(bedside.unfinished());
}

/** Ctrl-C, a service that ends, a terminal that is closed. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Evening {
  readonly named: NamedNight;
  readonly plan: RunPlan;
  readonly study: StudyPlan;
  readonly by: string;
  readonly continues: boolean;
}

/** What the guide wishes, done with the devices of one bed. */
class Bedside {
  readonly #named: NamedNight;
  readonly #plan: RunPlan;
  readonly #study: StudyPlan;
  readonly #by: string;
  readonly #file: NightFile;
  readonly #continues: boolean;
  /** A run of this very night answers. */
  #runs: boolean;
  /** The one that was started here. */
  #child: ChildProcess | undefined;
  /** While nothing runs that has one itself. */
  #page: EveningPage | undefined;
  /** Whoever was here ends it before its end. */
  #leaving: Promise<void> | undefined;
  /** What is under way with the devices. */
  #acting: Promise<void> = Promise.resolve();
  /** The evening has come to its end, and what it has armed is to stay so. */
  #staysArmed = false;
  /** Why what may be armed could not be disarmed. */
  #notDisarmed = '';

  private constructor({ named, plan, study, by, continues }: Evening, file: NightFile, runs: boolean) {
    this.#named = named;
    this.#plan = plan;
    this.#study = study;
    this.#by = by;
    this.#file = file;
    this.#continues = continues || file.lines.some(({ entry }) => entry.kind === 'armed');
    this.#runs = runs;
  }

  /** Begins the night's log where there is none. */
  static async open(planned: Evening): Promise<Bedside> {
    const { plan, study, by } = planned;
    const { name: device, state } = plan;
    const { name, participant, night } = study;
    const running = (await isRunning(device)) ? await runOf(placesOf(device).control) : undefined;
    const stranger = running ? strangerTo(study, device, running) : '';
    if (stranger !== '') throw new Failure(stranger);
    // A run that was started in another folder may have named it from there.
    const record = running ? dirname(running.recording) : plan.record;
    mkdirSync(record, { recursive: true });
    const { uid } = statSync(record);
    if (process.getuid?.() === 0 && uid !== 0)
      throw new UsageError(
        `${record}: belongs to user ${uid}, whose run could not read what root writes there. Run it as that user: sudo -u '#${uid}' axond night …`,
      );
    const refusal = barred(record, name, participant);
    if (refusal !== undefined) throw new Failure(refusal);
    if (running && (await statusOf(device)).stimulation?.armed)
      throw new Failure(
        `${device}: is armed for this night already. axond disarm --device ${device} disarms it, axond night --lights-on ends the night.`,
      );
    const file = new NightFile(nightPath(record, name, participant, night), () => nightTime(plan));
    const lines = await file.read();
    if (new Night(lines).closed)
      throw new Failure(`${file.path}: night ${night} of ${participant} is closed. It takes another night.`);
    const lock = (await readLockFile(lockPath(state, name)))?.versions.at(-1);
    if (lines.length === 0)
      await file.append({
        kind: 'begun',
        ...{ study: name, participant, night, device, by },
        protocol: lock ? protocolHash(lock.protocol) : null,
        approval: lock?.approval ?? null,
      });
    return new Bedside(planned, file, running !== undefined);
  }

  guide(): NightGuide {
    const { source, actuator, name: device, timeZone } = this.#plan;
    const { name: study, participant, night } = this.#study;
    // A run that is gone has left somebody asleep.
    const asleep = new Night(this.#file.lines).windowSeconds(nightTime(this.#plan)) > 0;
    const busy = this.#runs ? 'a run has the devices' : asleep ? 'the lights are off' : '';
    const noCurrent = withTestCurrent(source.device, []) ? '' : `a source of use ${source.device.use} measures none`;
    const noSound = actuator?.plan.use === 'audio' ? '' : 'no sound card stimulates here';
    return new NightGuide({
      ...{ study, participant, night, device, timeZone },
      stimulates: actuator !== undefined,
      without: { impedance: busy || noCurrent, signal: busy, sound: noSound || busy },
      asleep,
      secondsUntil: (time) => secondsUntil(time, Date.now(), timeZone),
      clockIn: (seconds) => clockTime(Date.now() + seconds * 1000, timeZone),
      firstEar: Math.random() < 0.5 ? 'left' : 'right',
      earlier: new Night(this.#file.lines).steps,
    });
  }

  async showPage(person: Terminal): Promise<void> {
    if (this.#runs || this.left || (await isRunning(this.#plan.name))) return;
    this.#page = EveningPage.open(this.#plan, () => this.#file.lines);
    if (this.#page) person.say(await this.#page.opened);
  }

  async next(guide: NightGuide, wish: EveningWish, person: Terminal): Promise<void> {
    if (wish.want === 'answer') {
      const { lines, prompt } = guide.show();
      person.say(...lines);
      this.#page?.asks(guide.asks);
      guide.answer((await person.answerTo(prompt)) ?? 'quit');
    } else {
      this.#acting = this.#act(guide, wish, person);
      await this.#acting;
    }
  }

  async #act(guide: NightGuide, wish: EveningWish, person: Terminal): Promise<void> {
    switch (wish.want) {
      case 'impedance':
        this.#tells(person, 'Measuring …');
        guide.impedance(await orProblem(() => measureElectrodes(this.#plan, () => this.left)));
        break;
      case 'signal':
        this.#tells(person, 'Measuring: now …');
        guide.signal(await orProblem(() => listen(this.#plan, wish.part, () => this.left)));
        break;
      case 'sounded':
        guide.sounded(await problemOf(() => playTo(wish.ear, this.#plan)));
        break;
      case 'machine':
        guide.machine(await lookAround(this.#plan, { files: this.#named.files, sets: setsOf(this.#named) }));
        break;
      case 'recorded':
        guide.recorded(await problemOf(() => this.#record(wish.entry)));
        break;
      case 'began':
        person.say(this.#runs ? 'Looking at the run …' : 'Starting the run …');
        await this.#page?.close();
        this.#page = undefined;
        guide.began(await orProblem(() => this.#begin()));
        if (!isAlive(this.#child)) await this.showPage(person);
        break;
      case 'lightsOff':
        await this.#lightsOff(guide, wish.forSeconds);
    }
  }

  #tells(person: Terminal, text: string): void {
    person.say(text);
    this.#page?.asks(text);
  }

  /** The evening has come to its end, armed or not. False where that is not so, or somebody left meanwhile. */
  async finish(isArmed: boolean): Promise<boolean> {
    if (this.left) return false;
    this.#staysArmed = isArmed;
    await this.leave();
    return this.#notDisarmed === '';
  }

  get left(): boolean {
    return this.#leaving !== undefined;
  }

  /** The test current off, nothing armed, no run half begun, whatever is under way (SAFETY.md R-63). */
  leave(): Promise<void> {
    return (this.#leaving ??= this.#acting.catch(() => undefined).then(() => this.#leave()));
  }

  async #leave(): Promise<void> {
    await this.#page?.close();
    const child = this.#child;
    if (child && isAlive(child) && !this.#runs) {
      child.ref();
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      await gone;
    }
    // One that somebody else has started meanwhile may have armed itself; one that cannot say yet whose it is may do so.
    if (!this.#runs && (await isRunning(this.#plan.name))) this.#runs = await this.#isOurs().catch(() => true);
    // Also where nobody knows that it is armed: what was asked for may have been done without an answer.
    if (!this.#runs || !this.#plan.actuator || this.#staysArmed) return;
    await callForRest({ device: this.#plan.name });
    this.#notDisarmed = await problemOf(() => this.#ask({ verb: 'disarm' }));
  }

  unfinished(): string {
    const { name } = this.#plan;
    if (this.#notDisarmed !== '')
      return `${this.#notDisarmed}\n${name} may be armed: axond silence --device ${name} ends that.`;
    return this.#runs
      ? `Nothing is armed. ${name} goes on recording. The same command goes on; axond night --lights-on ends the night.`
      : 'Nothing is armed or recorded for this night. The steps so far stand in its log; the same command goes on.';
  }

  // ── The run ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** By its run, where there is one. */
  async #record(entry: StepEntry): Promise<void> {
    const { step, result, detail, measures } = entry;
    if (!this.#runs) await this.#file.append(entry);
    else await this.#ask({ verb: 'step', step, result, detail, ...(measures ? { measures } : {}) });
  }

  /** Resolves when it reads samples, with what is left of a window that is open already. */
  async #begin(): Promise<{ readonly openSeconds: number }> {
    // No code in its name: it stays when somebody withdraws.
    const log = join(this.#plan.state, `${this.#plan.name}-run.log`);
    const isThere = (await this.#statusIfThere()) !== undefined;
    this.#runs &&= isThere;
    if (!isThere && !isAlive(this.#child)) {
      // Somebody is here to arm it.
      createPlaces(this.#plan.name);
      await callForRest({ device: this.#plan.name });
      this.#child = this.#start(log);
    }
    const begunMs = performance.now();
    let sampledAtMs: number | undefined;
    while (!this.left) {
      const status = await this.#statusIfThere();
      // From here on its recording says whose night it is.
      if (status && !this.#runs && (status.night || status.source.samples > 0)) {
        await this.#mustBeOurs();
        this.#runs = true;
      }
      const nowMs = performance.now();
      if (status && status.source.samples > 0) sampledAtMs ??= nowMs;
      const missing = lacks(status, nowMs - begunMs, sampledAtMs === undefined ? undefined : nowMs - sampledAtMs);
      if (missing === '' && this.#runs) return { openSeconds: status?.night?.windowSeconds ?? 0 };
      if (this.#child && !isAlive(this.#child)) {
        this.#child = undefined;
        this.#runs = false;
        throw new Error(`The run ended: ${lastLine(log)} (${log})`);
      }
      if (missing) throw new Error(`${missing} (${log})`);
      await pause(100);
    }
    throw new Error('Broken off.');
  }

  /** It outlives this process and its terminal. */
  #start(log: string): ChildProcess {
    mkdirSync(this.#plan.state, { recursive: true });
    const { files, sets, participant, night } = this.#named;
    const launcher = process.argv[1] ?? '';
    const output = openSync(log, 'a', 0o600);
    try {
      // Its last line must not be one of another night.
      writeSync(output, `${new Date().toISOString()} a run is started\n`);
      const more = [...(sets.length > 0 ? ['--set', ...sets] : []), ...(this.#continues ? ['--continue'] : [])];
      const words = ['run', '--config', ...files, '--participant', participant, '--night', String(night), ...more];
      const child = spawn(process.execPath, [...process.execArgv, launcher, ...words], {
        detached: true,
        stdio: ['ignore', output, output],
      });
      child.unref();
      return child;
    } finally {
      closeSync(output);
    }
  }

  async #lightsOff(guide: NightGuide, forSeconds: number): Promise<void> {
    let isOff = false;
    try {
      await this.#mustBeOurs();
      let { night } = await statusOf(this.#plan.name);
      const by = this.#by === '' ? {} : { by: this.#by };
      if (!(night && night.windowSeconds > 0))
        await this.#ask({ verb: 'mark', mark: 'lightsOff', text: '', forSeconds, ...by });
      ({ night } = await statusOf(this.#plan.name));
      isOff = true;
      if (this.#plan.actuator && !this.left)
        await this.#ask({ verb: 'arm', device: this.#plan.name, forSeconds: night?.windowSeconds ?? 0 });
      guide.lightsOff(true, []);
    } catch (error) {
      const reasons = (error instanceof Error ? error.message : String(error)).split('\n');
      guide.lightsOff(isOff, reasons, error instanceof PerhapsArmed);
    }
  }

  /** Asked for again before it is told anything that stimulates (SAFETY.md R-64). */
  async #mustBeOurs(): Promise<void> {
    const { name } = this.#plan;
    const stranger = strangerTo(this.#study, name, await runOf(placesOf(name).control));
    if (stranger === '') return;
    this.#runs = false;
    throw new Error(stranger);
  }

  async #isOurs(): Promise<boolean> {
    const { name } = this.#plan;
    return strangerTo(this.#study, name, await runOf(placesOf(name).control)) === '';
  }

  #statusIfThere(): Promise<RunStatus | undefined> {
    return statusOf(this.#plan.name).catch(() => undefined);
  }

  #ask(request: ControlRequest): Promise<unknown> {
    return answerOf(placesOf(this.#plan.name).control, request);
  }
}

async function statusOf(device: string): Promise<RunStatus> {
  return runStatus.parse(await answerOf(placesOf(device).control, { verb: 'status' }));
}

/** What to do where another night than this one is what runs there; empty where it is this one. */
function strangerTo({ name, participant, night }: StudyPlan, device: string, { study }: RunningRun): string {
  return study?.name === name && study.participant === participant && study.night === night
    ? ''
    : `${device} runs, and not for night ${night} of ${participant}: end that run first.`;
}

const isAlive = (child: ChildProcess | undefined): boolean =>
  child !== undefined && child.exitCode === null && child.signalCode === null;

function lastLine(path: string): string {
  return existsSync(path) ? (readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '') : '';
}

async function orProblem<Result>(act: () => Promise<Result>): Promise<Result | Problem> {
  try {
    return await act();
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function problemOf(act: () => Promise<unknown>): Promise<string> {
  const result = await orProblem(async () => {
    await act();
    return { problem: '' };
  });
  return result.problem;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { withTestCurrent } from '../../drivers/devices.js';
import type { RunPlan } from '../config/compile.js';
import type { StudyPlan } from '../contracts.js';
import { lockPath, readLockFile } from '../study/lock-file.js';
import { protocolHash } from '../study/lock.js';
import { NightFile, nightPath } from '../study/night-file.js';
import { Night } from '../study/night.js';
import { barred } from '../study/withdrawn.js';
import type { ControlRequest } from '../supervisor/control-socket.js';
import { placesOf, runningDevices } from '../supervisor/places.js';
import { nightTime } from '../supervisor/run-night.js';
import { answerOf, PerhapsArmed } from './ask-to-arm.js';
import { loadRunPlan } from './configuration.js';
import { setsOf, type NamedNight } from './night-named.js';
import { NightGuide } from './night-guide.js';
import { listen, lookAround, measureElectrodes, playTo } from './night-measures.js';
import { runOf } from './night-run-of.js';
import type { EveningWish, Problem, StepEntry } from './night-wishes.js';
import { Failure, UsageError, print } from './output.js';
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
  const left = (): void => void bedside.leave().finally(() => process.exit(130));
  process.once('SIGINT', left).once('SIGTERM', left);
  try {
    person.say('back goes one question back, quit or Ctrl-C ends it. Nothing is armed before the last answer.', '');
    const guide = bedside.guide();
    while (guide.wish.want !== 'done' && guide.wish.want !== 'nothing') await bedside.next(guide, guide.wish, person);
    if (guide.wish.want === 'nothing') {
      await bedside.leave();
      throw new Failure(bedside.unfinished());
    }
    if (!(await bedside.finish(guide.wish.armed))) return;
    print(
      `Lights off. It records${guide.wish.armed ? ' and is armed' : '; nothing is armed'}. Sleep well.`,
      `In the morning:  axond night --lights-on${by === '' ? '' : ` --by ${by}`}`,
    );
  } finally {
    process.off('SIGINT', left).off('SIGTERM', left);
    person.close();
    await bedside.leave();
  }
}

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
  readonly #control: string;
  readonly #continues: boolean;
  #runs: boolean;
  /** Whoever was here ends it before its end. */
  #left = false;
  /** What is under way with the devices. */
  #acting: Promise<void> = Promise.resolve();
  /** Arming was asked for, and the evening is not over. */
  #mayBeArmed = false;

  private constructor({ named, plan, study, by, continues }: Evening, file: NightFile, runs: boolean) {
    this.#named = named;
    this.#plan = plan;
    this.#study = study;
    this.#by = by;
    this.#file = file;
    this.#control = placesOf(plan.name).control;
    this.#continues = continues || file.lines.some(({ entry }) => entry.kind === 'armed');
    this.#runs = runs;
  }

  /** Begins the night's log where there is none. */
  static async open(planned: Evening): Promise<Bedside> {
    const { plan, study, by } = planned;
    const { record, name: device, state } = plan;
    const { name, participant, night } = study;
    mkdirSync(record, { recursive: true });
    const refusal = barred(record, name, participant);
    if (refusal !== undefined) throw new Failure(refusal);
    const runs = (await runningDevices()).includes(device);
    const running = runs ? (await runOf(placesOf(device).control)).study : undefined;
    if (runs && !(running?.name === name && running.participant === participant && running.night === night))
      throw new Failure(`${device} runs, and not for night ${night} of ${participant}: end that run first.`);
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
    return new Bedside(planned, file, runs);
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
      firstEar: Math.random() < 0.5 ? 'left' : 'right',
      earlier: new Night(this.#file.lines).steps,
    });
  }

  async next(guide: NightGuide, wish: EveningWish, person: Terminal): Promise<void> {
    if (wish.want === 'answer') {
      const { lines, prompt } = guide.show();
      person.say(...lines);
      guide.answer(await person.ask(prompt));
    } else {
      this.#acting = this.#act(guide, wish, person);
      await this.#acting;
    }
  }

  async #act(guide: NightGuide, wish: EveningWish, person: Terminal): Promise<void> {
    switch (wish.want) {
      case 'impedance':
        person.say('Measuring …');
        guide.impedance(await orProblem(() => measureElectrodes(this.#plan, () => this.#left)));
        break;
      case 'signal':
        person.say('Measuring: now …');
        guide.signal(await orProblem(() => listen(this.#plan)));
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
        person.say('Starting the run …');
        guide.began(await problemOf(() => this.#begin()));
        break;
      case 'lightsOff':
        this.#mayBeArmed = this.#plan.actuator !== undefined;
        await this.#lightsOff(guide, wish.forSeconds);
    }
  }

  /** The evening has come to its end, armed or not. False where somebody left meanwhile. */
  async finish(armed: boolean): Promise<boolean> {
    if (!armed) await this.#disarm();
    if (!this.#left) this.#mayBeArmed = false;
    return !this.#left;
  }

  /** The test current off, and nothing armed, whatever is under way. */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#acting.catch(() => undefined);
    await this.#disarm().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  }

  unfinished(): string {
    if (this.#mayBeArmed) return this.#notKnown;
    return this.#runs
      ? `Nothing is armed. ${this.#plan.name} goes on recording: axond night --lights-on ends it.`
      : 'Nothing is armed and nothing runs. The steps so far stand in the log.';
  }

  /** Rejects where nobody can say that it is. */
  async #disarm(): Promise<void> {
    if (!this.#mayBeArmed) return;
    try {
      await this.#ask({ verb: 'disarm' });
    } catch (error) {
      throw new Failure(`${error instanceof Error ? error.message : String(error)} ${this.#notKnown}`);
    }
    this.#mayBeArmed = false;
  }

  get #notKnown(): string {
    const { name } = this.#plan;
    return `Whether ${name} is armed is not known. Bring it to rest: axond silence --device ${name}.`;
  }

  // ── The run ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** By its run, where there is one. */
  async #record(entry: StepEntry): Promise<void> {
    const { step, result, detail, measures } = entry;
    if (!this.#runs) await this.#file.append(entry);
    else await this.#ask({ verb: 'step', step, result, detail, ...(measures ? { measures } : {}) });
  }

  /** Resolves when it reads samples. */
  async #begin(): Promise<void> {
    const log = join(this.#plan.state, `${basename(this.#file.path, '.night')}.log`);
    this.#runs = await this.#status().then(
      () => true,
      () => false,
    );
    const child = this.#runs ? undefined : this.#start(log);
    const deadline = performance.now() + startMs;
    while (!this.#left) {
      const status = await this.#status().catch(() => undefined);
      this.#runs ||= status !== undefined;
      if (status && status.source.samples > 0) return;
      if (child && child.exitCode !== null) {
        this.#runs = false;
        throw new Error(`The run ended: ${lastLine(log)} (${log})`);
      }
      if (performance.now() > deadline)
        throw new Error(`The run has no samples yet. ${status?.source.notice ?? ''} (${log})`);
      await pause(100);
    }
  }

  /** It outlives this process and its terminal. */
  #start(log: string): ChildProcess {
    mkdirSync(this.#plan.state, { recursive: true });
    const { files, sets, participant, night } = this.#named;
    const launcher = process.argv[1] ?? '';
    const output = openSync(log, 'a', 0o600);
    try {
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
      let { night } = await this.#status();
      const by = this.#by === '' ? {} : { by: this.#by };
      if (!(night && night.windowSeconds > 0))
        await this.#ask({ verb: 'mark', mark: 'lightsOff', text: '', forSeconds, ...by });
      ({ night } = await this.#status());
      isOff = true;
      if (this.#plan.actuator)
        await this.#ask({ verb: 'arm', device: this.#plan.name, forSeconds: night?.windowSeconds ?? 0 });
      guide.lightsOff(true, []);
    } catch (error) {
      const reasons = (error instanceof Error ? error.message : String(error)).split('\n');
      guide.lightsOff(isOff, reasons, error instanceof PerhapsArmed);
    }
  }

  async #status(): Promise<z.output<typeof statusShape>> {
    return statusShape.parse(await this.#ask({ verb: 'status' }));
  }

  #ask(request: ControlRequest): Promise<unknown> {
    return answerOf(this.#control, request);
  }
}

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

async function problemOf(act: () => Promise<void>): Promise<string> {
  const result = await orProblem(async () => {
    await act();
    return { problem: '' };
  });
  return result.problem;
}

const statusShape = z.object({
  source: z.object({ samples: z.number(), notice: z.string() }),
  night: z.object({ windowSeconds: z.number() }).nullable(),
});

const startMs = 30_000;

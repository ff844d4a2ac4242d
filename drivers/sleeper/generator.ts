import { Background } from './background.js';
import { Electrode } from './electrode.js';
import { defaultElectrodes, electrodes, sourceNames } from './electrodes.js';
import { EventSchedule, type SleeperEvent } from './events.js';
import { Hearing } from './hearing.js';
import { LookalikeSchedule } from './lookalikes.js';
import { LowNoise, LowPass, Mains, Rhythm } from './noise.js';
import { Random } from './random.js';
import { backgroundCorners, epochSeconds, nextStage, stageStatistics, type SleepStage } from './stages.js';
import { averageSubject, drawSubject, type Subject } from './subject.js';
import { Unrest } from './unrest.js';
import { Waking, type Act } from './waking.js';
import { burst, hann, kComplex, pop, saccade, slowOscillation, spindle, waveSeconds } from './waveforms.js';

export type { Act, SleeperEvent, SleepStage };

export interface SleeperOptions {
  /** Whole number from 0. The same seed gives the same samples on every engine. */
  readonly seed: number;
  /** Samples a second, 64 to 16000. The events are the same at every rate. */
  readonly rate: number;
  /** Electrodes in the order of the inputs; names of `electrodes`. */
  readonly channels?: readonly string[];
  /** A whole night of eight hours. Otherwise the demo: N2 from the first sample on, without end. */
  readonly night?: boolean;
  /** Lies awake with open eyes and does what is asked (`does`), until asked to sleep. */
  readonly awake?: boolean;
  /** The stages of the epochs of 30 s, instead of `night`; the sleeper ends with the last. */
  readonly stages?: readonly SleepStage[];
  /** A sleeper drawn from the seed, unlike the next one, or one who sleeps this night too; otherwise the average of all. */
  readonly individual?: boolean | Subject;
  /** Spindles a minute of N2 instead of the sleeper's own, 0 to 12; N3 has a third. */
  readonly spindleRate?: number;
  /** Adds what resembles spindles: alpha, beta and faint sigma bursts, noise bursts, arousals, more K-complexes. */
  readonly lookalikes?: boolean;
  /** Hum on every electrode; amplitude in µV. 50 Hz and 20 µV if not given. */
  readonly mains?: { readonly frequency: 50 | 60; readonly amplitude: number };
  /** First-order high-pass of the amplifier in Hz. 0, if not given: DC coupled, with electrode offsets of millivolts. */
  readonly highpass?: number;
  /** Second-order low-pass of the amplifier in Hz: 20 gives the spectrum of hospital recorders. Wide band, if not given. */
  readonly lowpass?: number;
  /** Called with each event of the ground truth when its first sample is read. */
  readonly onEvent?: (event: SleeperEvent) => void;
}

export interface Sleeper {
  readonly channels: readonly string[];
  readonly rate: number;
  /** Fills `frame` with the next sample of each channel in µV against the reference; false when the night is over. */
  read(frame: Float64Array): boolean;
  /** A short sound is heard with the next sample: in N2 and N3 four of five are answered by a K-complex and a spindle. */
  hear(): void;
  /** With `awake`: what they do from the next sample on. Told to sleep, they sleep from the next epoch on, and hear no more. */
  does(act: Act): void;
}

/** A seeded synthetic sleeper. Throws a `RangeError` that names option, value and fix. */
export function createSleeper(options: SleeperOptions): Sleeper {
  if (!(options.rate >= 64 && options.rate <= 16_000)) {
    throw new RangeError(`rate: ${options.rate} Hz is outside 64 to 16000. Use 250.`);
  }
  if (options.night === true && options.stages) {
    throw new RangeError('stages: a night draws its own. Leave out night or stages.');
  }
  if (options.awake === true && options.stages) {
    throw new RangeError('stages: nobody knows when who lies awake will sleep. Leave out awake or stages.');
  }
  const { spindleRate } = options;
  if (spindleRate !== undefined && !(spindleRate >= 0 && spindleRate <= 12)) {
    throw new RangeError(`spindleRate: ${spindleRate} a minute is outside 0 to 12. Use 4.`);
  }
  const channels = options.channels ?? defaultElectrodes;
  for (const name of channels) {
    if (!(name in electrodes)) {
      throw new RangeError(
        `channels: ${JSON.stringify(name)} is unknown. Use of ${Object.keys(electrodes).join(', ')}.`,
      );
    }
  }
  return new Generator(options, channels);
}

/** The state glides at this pace: often enough to be smooth, seldom enough to cost nothing. */
const tickSeconds = 0.1;
const nightSeconds = 8 * 3600;
const sources = sourceNames.length;
const Source = Object.fromEntries(sourceNames.map((name, place) => [name, place])) as Record<
  (typeof sourceNames)[number],
  number
>;

class Generator implements Sleeper {
  readonly channels: readonly string[];
  readonly rate: number;
  readonly #options: SleeperOptions;
  readonly #stages: Random;
  readonly #schedule: EventSchedule;
  readonly #hearing: Hearing;
  readonly #lookalikes: LookalikeSchedule | undefined;
  readonly #electrodes: readonly Electrode[];
  /** Of the sources common, left and right. */
  readonly #background: readonly Background[];
  readonly #alpha: Rhythm;
  readonly #unrest: Unrest | undefined;
  #waking: Waking | undefined;
  /** Of arousals and of noise bursts: they step only while one lasts. */
  readonly #returning: Rhythm;
  readonly #burst: LowNoise;
  readonly #muscle: { readonly noise: LowNoise; readonly slow: LowPass };
  readonly #restless: readonly [LowNoise, LowNoise];
  readonly #reference: { readonly drift: LowNoise; readonly brain: LowNoise };
  readonly #mains: Mains;
  readonly #mainsAmplitude: number;

  /** SD of each part of the background, of alpha and of muscle: they glide to those of the stage. */
  readonly #levels = new Float64Array(backgroundCorners.length + 2);
  readonly #goals = new Float64Array(backgroundCorners.length + 2);
  /** The same as this subject has them now. */
  readonly #strengths: Float64Array;
  readonly #sources = new Float64Array(sources);
  readonly #pending: SleeperEvent[] = [];
  readonly #active: SleeperEvent[] = [];
  #stage: SleepStage;
  #isHearing = false;
  #frame = 0;
  #ticks = 0;
  #epochs = 0;

  constructor(options: SleeperOptions, channels: readonly string[]) {
    const { seed, rate } = options;
    const signal = new Random(seed, 1);
    this.#options = options;
    this.channels = channels;
    this.rate = rate;
    this.#stages = new Random(seed, 2);
    const { individual = false } = options;
    const drawn = individual === true ? drawSubject(new Random(seed, 5)) : individual || averageSubject;
    // In the demo the average subject has 12 a minute.
    const asked = options.spindleRate;
    const scale = this.#demo ? averageSubject.spindleRate / 12 : 1;
    const subject = { ...drawn, ...(asked !== undefined && { spindleRate: asked * scale }) };
    this.#schedule = new EventSchedule(new Random(seed, 3), channels.length, this.#demo, subject);
    this.#hearing = new Hearing(new Random(seed, 9), subject);
    if (options.lookalikes === true) this.#lookalikes = new LookalikeSchedule(new Random(seed, 6), subject);
    const extra = new Random(seed, 7);
    this.#returning = new Rhythm(subject.alphaFrequency, 1.2, rate, extra);
    this.#burst = new LowNoise(60, rate, extra);
    if (individual !== false) this.#unrest = new Unrest(subject, 1 / tickSeconds, new Random(seed, 8));
    this.#strengths = this.#unrest ? new Float64Array(this.#levels.length) : this.#levels;
    this.#electrodes = channels.map((name) => new Electrode(name, options));
    this.#background = Array.from({ length: 3 }, () => new Background(rate, signal));
    this.#alpha = new Rhythm(subject.alphaFrequency, 1.2, rate, signal);
    this.#muscle = { noise: new LowNoise(80, rate, signal), slow: new LowPass(20, rate) };
    this.#restless = [new LowNoise(0.8, rate, signal), new LowNoise(0.8, rate, signal)];
    this.#reference = { drift: new LowNoise(0.02, rate, signal), brain: new LowNoise(3, rate, signal) };
    this.#mains = new Mains(options.mains?.frequency ?? 50, rate, tickSeconds, new Random(seed, 4));
    this.#mainsAmplitude = options.mains?.amplitude ?? 20;
    if (options.awake === true) this.#waking = new Waking(new Random(seed, 10));
    this.#stage = options.night === true || options.awake === true ? 'W' : 'N2';
  }

  get #demo(): boolean {
    return this.#options.night !== true && this.#options.stages === undefined;
  }

  read(frame: Float64Array): boolean {
    const seconds = this.#frame / this.rate;
    if (this.#options.night === true && seconds >= nightSeconds) return false;
    if (seconds >= this.#epochs * epochSeconds) {
      if (this.#options.stages && this.#epochs >= this.#options.stages.length) return false;
      this.#beginEpoch();
    }
    if (seconds >= this.#ticks * tickSeconds) this.#tick();
    if (this.#isHearing) this.#answer(seconds);
    const blink = this.#waking?.blink(seconds);
    if (blink) this.#pending.push(blink);
    this.#beginEvents(seconds);

    this.#stepSources();
    frame.fill(0, 0, this.#electrodes.length);
    this.#addEvents(seconds, frame);
    const mains = this.#mainsAmplitude * this.#mains.step();
    const reference = 30 * this.#reference.drift.step() + 4 * this.#reference.brain.step();
    for (let channel = 0; channel < this.#electrodes.length; channel++) {
      const electrode = this.#electrodes[channel] as Electrode;
      const own = (frame[channel] as number) - reference + mains * electrode.hum;
      frame[channel] = electrode.step(own, this.#sources);
    }
    this.#frame++;
    return true;
  }

  hear(): void {
    this.#isHearing = true;
  }

  does(act: Act): void {
    this.#waking?.does(act);
  }

  #answer(seconds: number): void {
    this.#isHearing = false;
    this.#pending.push(...this.#hearing.answer(this.#stage, seconds));
    this.#pending.sort((a, b) => a.onset - b.onset);
  }

  #beginEpoch(): void {
    const start = this.#epochs * epochSeconds;
    if (this.#waking?.sleeps) {
      this.#waking = undefined;
      if (this.#demo) this.#stage = 'N2';
    }
    const goesOn = this.#options.night === true && this.#epochs > 0 && !this.#waking;
    if (goesOn) this.#stage = nextStage(this.#stage, start, this.#stages);
    this.#stage = this.#options.stages?.[this.#epochs] ?? this.#stage;
    const eyesOpen = this.#stage === 'W' && this.#stages.uniform() < 0.4;
    const { background, alpha, muscle } = stageStatistics[this.#stage];
    background.forEach((variance, part) => (this.#goals[part] = Math.sqrt(variance)));
    this.#goals[background.length] = eyesOpen ? 0.3 * alpha : alpha;
    this.#goals[background.length + 1] = muscle;
    if (this.#epochs === 0) this.#levels.set(this.#goals);
    this.#epochs++;
    this.#options.onEvent?.({ kind: 'stage', onset: start, duration: epochSeconds, stage: this.#stage });
    if (this.#waking) return;
    this.#pending.push(...this.#schedule.draw(this.#stage, start, eyesOpen));
    if (this.#lookalikes) {
      this.#pending.push(...this.#lookalikes.draw(this.#stage, start));
      this.#pending.sort((a, b) => a.onset - b.onset);
    }
  }

  /** A stage takes hold with a time constant of five seconds; what somebody does, of half a second. */
  #tick(): void {
    this.#ticks++;
    if (this.#waking) this.#goals.set(this.#waking.strengths, backgroundCorners.length);
    const pace = this.#waking ? 0.2 : 0.02;
    for (let level = 0; level < this.#levels.length; level++) {
      const now = this.#levels[level] as number;
      this.#levels[level] = now + pace * ((this.#goals[level] as number) - now);
    }
    this.#unrest?.tick(this.#levels, this.#strengths);
    this.#mains.tick();
  }

  #beginEvents(seconds: number): void {
    for (let event = this.#pending[0]; event !== undefined && event.onset <= seconds; event = this.#pending[0]) {
      this.#pending.shift();
      this.#active.push(event);
      this.#options.onEvent?.(event);
    }
  }

  #stepSources(): void {
    const values = this.#sources;
    const parts = backgroundCorners.length;
    values.fill(0);
    for (let source = 0; source < 3; source++) {
      values[source] = (this.#background[source] as Background).step(this.#strengths);
    }
    values[Source.alpha] = (this.#strengths[parts] as number) * this.#alpha.step();
    const muscle = this.#muscle.noise.step();
    values[Source.muscle] = (this.#strengths[parts + 1] as number) * (muscle - this.#muscle.slow.step(muscle));
  }

  #addEvents(seconds: number, frame: Float64Array): void {
    for (let place = this.#active.length - 1; place >= 0; place--) {
      const event = this.#active[place] as SleeperEvent;
      const since = seconds - event.onset;
      if (since < event.duration) this.#add(event, since, frame);
      else this.#active.splice(place, 1);
    }
  }

  #add(event: SleeperEvent, since: number, frame: Float64Array): void {
    const values = this.#sources;
    const to = (source: number, value: number): void => {
      values[source] = (values[source] as number) + value;
    };
    switch (event.kind) {
      case 'spindle':
        to(Source.spindle, event.amplitude * spindle(since, event.duration, event.frequency, event.envelope));
        break;
      case 'beta-burst':
      case 'faint-sigma':
        to(Source.spindle, event.amplitude * spindle(since, event.duration, event.frequency));
        break;
      case 'alpha-burst':
        to(Source.alpha, event.amplitude * spindle(since, event.duration, event.frequency));
        break;
      case 'noise-burst':
        to(Source.left, event.amplitude * burst(since, event.duration) * this.#burst.step());
        to(Source.right, event.amplitude * burst(since, event.duration) * this.#burst.step());
        break;
      case 'arousal': {
        const height = burst(since, event.duration);
        to(Source.alpha, event.amplitude * height * this.#returning.step());
        to(Source.muscle, 3 * height * (values[Source.muscle] as number));
        break;
      }
      case 'slow-oscillation':
        to(Source.slow, -event.amplitude * slowOscillation((since * waveSeconds) / event.duration));
        break;
      case 'k-complex':
        to(Source.slow, -event.amplitude * kComplex((since * waveSeconds) / event.duration));
        break;
      case 'blink':
        to(Source.blink, event.amplitude * hann(since / event.duration));
        break;
      case 'eye-movement':
        to(Source.eyes, event.amplitude * saccade(since));
        break;
      case 'movement': {
        const height = burst(since, event.duration);
        to(Source.moveLeft, 0.5 * event.amplitude * height * this.#restless[0].step());
        to(Source.moveRight, 0.5 * event.amplitude * height * this.#restless[1].step());
        to(Source.muscle, 5 * height * (values[Source.muscle] as number));
        break;
      }
      case 'pop':
        frame[event.channel] = (frame[event.channel] as number) + event.amplitude * pop(since, event.duration);
        break;
      case 'stage':
    }
  }
}

import { Background } from './background.js';
import { defaultElectrodes, electrodes, sourceNames } from './electrodes.js';
import { EventSchedule, type SleeperEvent } from './events.js';
import { LowNoise, LowPass, Mains, Rhythm } from './noise.js';
import { Random } from './random.js';
import { backgroundCorners, epochSeconds, nextStage, stageStatistics, type SleepStage } from './stages.js';
import { burst, hann, kComplex, pop, saccade, slowOscillation, spindle, waveSeconds } from './waveforms.js';

export type { SleeperEvent, SleepStage };

export interface SleeperOptions {
  /** Whole number from 0. The same seed gives the same samples on every engine. */
  readonly seed: number;
  /** Samples a second, 64 to 16000. The events are the same at every rate. */
  readonly rate: number;
  /** Electrodes in the order of the inputs; names of `electrodes`. */
  readonly channels?: readonly string[];
  /** A whole night of eight hours. Otherwise the demo: N2 from the first sample on, without end. */
  readonly night?: boolean;
  /** Hum on every electrode; amplitude in µV. 50 Hz and 20 µV if not given. */
  readonly mains?: { readonly frequency: 50 | 60; readonly amplitude: number };
  /** First-order high-pass of the amplifier in Hz. 0, if not given: DC coupled, with electrode offsets of millivolts. */
  readonly highpass?: number;
  /** Called with each event of the ground truth when its first sample is read. */
  readonly onEvent?: (event: SleeperEvent) => void;
}

export interface Sleeper {
  readonly channels: readonly string[];
  readonly rate: number;
  /** Fills `frame` with the next sample of each channel in µV against the reference; false when the night is over. */
  read(frame: Float64Array): boolean;
}

/** A seeded synthetic sleeper. Throws a `RangeError` that names option, value and fix. */
export function createSleeper(options: SleeperOptions): Sleeper {
  if (!(options.rate >= 64 && options.rate <= 16_000)) {
    throw new RangeError(`rate: ${options.rate} Hz is outside 64 to 16000. Use 250.`);
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
  readonly #electrodes: readonly Electrode[];
  /** Of the sources common, left and right. */
  readonly #background: readonly Background[];
  readonly #alpha: Rhythm;
  readonly #muscle: { readonly noise: LowNoise; readonly slow: LowPass };
  readonly #restless: readonly [LowNoise, LowNoise];
  readonly #reference: { readonly drift: LowNoise; readonly brain: LowNoise };
  readonly #mains: Mains;
  readonly #mainsAmplitude: number;

  /** SD of each part of the background, of alpha and of muscle: they glide to those of the stage. */
  readonly #levels = new Float64Array(backgroundCorners.length + 2);
  readonly #goals = new Float64Array(backgroundCorners.length + 2);
  readonly #sources = new Float64Array(sources);
  readonly #pending: SleeperEvent[] = [];
  readonly #active: SleeperEvent[] = [];
  #stage: SleepStage;
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
    this.#schedule = new EventSchedule(new Random(seed, 3), channels.length, options.night !== true);
    this.#electrodes = channels.map((name) => new Electrode(name, options));
    this.#background = Array.from({ length: 3 }, () => new Background(rate, signal));
    this.#alpha = new Rhythm(9.8, 1.2, rate, signal);
    this.#muscle = { noise: new LowNoise(80, rate, signal), slow: new LowPass(20, rate) };
    this.#restless = [new LowNoise(0.8, rate, signal), new LowNoise(0.8, rate, signal)];
    this.#reference = { drift: new LowNoise(0.02, rate, signal), brain: new LowNoise(3, rate, signal) };
    this.#mains = new Mains(options.mains?.frequency ?? 50, rate, tickSeconds, new Random(seed, 4));
    this.#mainsAmplitude = options.mains?.amplitude ?? 20;
    this.#stage = options.night === true ? 'W' : 'N2';
  }

  read(frame: Float64Array): boolean {
    const seconds = this.#frame / this.rate;
    if (this.#options.night === true && seconds >= nightSeconds) return false;
    if (seconds >= this.#epochs * epochSeconds) this.#beginEpoch();
    if (seconds >= this.#ticks * tickSeconds) this.#tick();
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

  #beginEpoch(): void {
    const start = this.#epochs * epochSeconds;
    if (this.#options.night === true && this.#epochs > 0) this.#stage = nextStage(this.#stage, start, this.#stages);
    const eyesOpen = this.#stage === 'W' && this.#stages.uniform() < 0.4;
    const { background, alpha, muscle } = stageStatistics[this.#stage];
    background.forEach((variance, part) => (this.#goals[part] = Math.sqrt(variance)));
    this.#goals[background.length] = eyesOpen ? 0.3 * alpha : alpha;
    this.#goals[background.length + 1] = muscle;
    if (this.#epochs === 0) this.#levels.set(this.#goals);
    this.#epochs++;
    this.#options.onEvent?.({ kind: 'stage', onset: start, duration: epochSeconds, stage: this.#stage });
    this.#pending.push(...this.#schedule.draw(this.#stage, start, eyesOpen));
  }

  /** A stage takes hold with a time constant of five seconds. */
  #tick(): void {
    this.#ticks++;
    for (let level = 0; level < this.#levels.length; level++) {
      const now = this.#levels[level] as number;
      this.#levels[level] = now + 0.02 * ((this.#goals[level] as number) - now);
    }
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
      values[source] = (this.#background[source] as Background).step(this.#levels);
    }
    values[Source.alpha] = (this.#levels[parts] as number) * this.#alpha.step();
    const muscle = this.#muscle.noise.step();
    values[Source.muscle] = (this.#levels[parts + 1] as number) * (muscle - this.#muscle.slow.step(muscle));
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
        to(Source.spindle, event.amplitude * spindle(since, event.duration, event.frequency));
        break;
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

/** One electrode with its contact and its input of the amplifier. */
class Electrode {
  /** Part of the hum that it picks up: electrodes differ, so a derivation keeps some. */
  readonly hum: number;
  readonly #gains: readonly number[];
  readonly #offset: number;
  readonly #drift: LowNoise;
  readonly #noise: Random;
  readonly #noiseSd: number;
  readonly #slow: LowPass | undefined;

  constructor(name: string, { seed, rate, highpass }: SleeperOptions) {
    const place = Object.keys(electrodes).indexOf(name);
    this.#noise = new Random(seed, 100 + place);
    this.hum = this.#noise.normal(1, 0.05);
    this.#gains = electrodes[name] as readonly number[];
    this.#offset = this.#noise.normal(0, 5000);
    this.#drift = new LowNoise(0.02, rate, this.#noise);
    // 0.02 µV²/Hz up to half the rate.
    this.#noiseSd = Math.sqrt((0.02 * rate) / 2);
    this.#slow = highpass !== undefined && highpass > 0 ? new LowPass(highpass, rate) : undefined;
  }

  /** `own` is what this electrode alone or every electrode alike has. */
  step(own: number, values: Float64Array): number {
    let sum = own + this.#offset + 5 * this.#drift.step() + this.#noiseSd * this.#noise.noise();
    for (let source = 0; source < sources; source++) {
      sum += (this.#gains[source] as number) * (values[source] as number);
    }
    return this.#slow ? sum - this.#slow.step(sum) : sum;
  }
}

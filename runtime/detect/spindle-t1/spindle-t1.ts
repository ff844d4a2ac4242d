import {
  DetectionPhase,
  type DetectionList,
  type Detector,
  type Model,
  type ModelPort,
  type SignalShape,
} from '../../contracts.js';
import { appendDetection, createDetection } from '../detection-list.js';
import { SpindleFeatures, featureCount, framesPerSecond } from './features.js';
import { SpindleRuns, type FrameEvent, type SpindlePoint } from './runs.js';

export interface SpindleT1Plan {
  readonly use: 'spindle-t1';
  /** Path of the model's file, or the name of a packaged one. */
  readonly model: string;
  /** Name of an operating point of the model. */
  readonly point: string;
}

/**
 * Sleep spindles by a network of single-timestep spikes. Takes raw microvolts at 50 to 1000 Hz. Every 50 ms the features
 * of the signal go into the network, which answers with the logit of a spindle a quarter of a second ago; runs of high
 * logits are spindles, confirmed and ended by the rules of `SpindleRuns`. The score is the largest logit before the
 * confirmation. Onset and end are known to a frame and come `delaySamples` late.
 *
 * Of several electrodes each has features and a network of its own, and their logits are averaged. An electrode that is
 * flat, clipped or has just jumped is left out; while all are, nothing is confirmed.
 */
export class SpindleT1 implements Detector {
  readonly #channels: readonly Channel[];
  readonly #runs: SpindleRuns;
  readonly #detection = createDetection();
  readonly #alone: Float64Array[] = [];
  /** Of the frame, over the channels that are used. */
  readonly #logit = new Float32Array(1);
  readonly #depth = new Float64Array(1);
  #rate = 0;

  /** A model for each signal, all of the same network. Throws a `RangeError` for one that does not fit. */
  constructor(models: readonly Model[], point: SpindlePoint) {
    models.forEach(checkPorts);
    this.#channels = models.map((model) => new Channel(model));
    this.#runs = new SpindleRuns(point);
  }

  get delaySamples(): number {
    return delaySeconds * this.#rate;
  }

  /** The quantiles of the features follow fast at first; the network was not taught to answer earlier. */
  get settleSamples(): number {
    return Math.ceil(settleSeconds * this.#rate);
  }

  prepare(shape: SignalShape): void {
    this.#rate = shape.rate;
    for (const { features } of this.#channels) features.prepare(shape);
    this.reset();
  }

  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void {
    this.#alone[0] = input;
    this.processSeveral(this.#alone, length, firstSample, out);
  }

  processSeveral(inputs: readonly Float64Array[], length: number, firstSample: number, out: DetectionList): void {
    const channels = this.#channels;
    for (let i = 0; i < length; i++) {
      let isNew = false;
      for (let place = 0; place < channels.length; place++)
        isNew = (channels[place] as Channel).features.push(inputs[place] as Float64Array, i);
      if (isNew) this.#frame(firstSample + i, out);
    }
  }

  reset(): void {
    for (const channel of this.#channels) channel.reset();
    this.#runs.reset();
  }

  /** All channels have completed a frame with `sample`. */
  #frame(sample: number, out: DetectionList): void {
    let used = 0;
    let logits = 0;
    let calm = 0;
    let depths = 0;
    for (let place = 0; place < this.#channels.length; place++) {
      const { features, model, inputs, outputs, logit } = this.#channels[place] as Channel;
      model.step(inputs, outputs);
      if (!features.isUsable) continue;
      used++;
      logits += logit[0] as number;
      if (features.depth === -Infinity) continue;
      calm++;
      depths += features.depth;
    }
    const runs = this.#runs;
    this.#logit[0] = used === 0 ? -Infinity : logits / used;
    // One restless electrode of several does not make an arousal; half of them do.
    this.#depth[0] = 2 * calm > used ? depths / calm : -Infinity;
    runs.push(this.#logit, this.#depth, 0);
    if (runs.isEnded) this.#report(DetectionPhase.ended, runs.ended, sample, out);
    if (runs.isConfirmed) this.#report(DetectionPhase.confirmed, runs.confirmed, sample, out);
  }

  #report(phase: DetectionPhase, event: FrameEvent, sample: number, out: DetectionList): void {
    const detection = this.#detection;
    detection.phase = phase;
    detection.onset = this.#sampleOf(event.onset);
    if (phase === DetectionPhase.confirmed) detection.confirmed = sample;
    detection.end = this.#sampleOf(event.end);
    detection.score = event.score;
    appendDetection(out, detection);
  }

  /** The sample with which a frame begins. */
  #sampleOf(frame: number): number {
    return Math.round((frame * this.#rate) / framesPerSecond);
  }
}

/** One electrode, and the arrays that its model reads from and writes to. */
class Channel {
  readonly model: Model;
  readonly features = new SpindleFeatures();
  readonly inputs = [this.features.codes];
  readonly logit = new Float32Array(1);
  readonly outputs = [this.logit];

  constructor(model: Model) {
    this.model = model;
  }

  reset(): void {
    this.features.reset();
    this.model.reset();
  }
}

/** Throws a `RangeError` for a model that is not made for the features. */
export function checkPorts({ inputs, outputs }: Pick<Model, 'inputs' | 'outputs'>): void {
  const said = `${describe(inputs)} to ${describe(outputs)}`;
  if (said === wanted) return;
  throw new RangeError(`model: goes from ${said}, and spindle-t1 needs ${wanted}. Name a model for spindle-t1.`);
}

function describe(ports: readonly ModelPort[]): string {
  return ports.map(({ type, shape }) => `${type} [${shape.join(', ')}]`).join(' and ');
}

const wanted = `i8 [${featureCount}] to f32 [1]`;
export const delaySeconds = 0.2;
const settleSeconds = 10;

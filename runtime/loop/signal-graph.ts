import type {
  Detection,
  DetectionList,
  Detector,
  Estimate,
  SampleBlock,
  SignalShape,
  Stage,
  StreamDetection,
} from '../contracts.js';
import { createDetectionList } from '../detect/detection-list.js';
import type { Derivation } from '../signal/derivation.js';

export interface SignalPart {
  readonly name: string;
  readonly from: Derivation | number;
  /** The signal's stages as one; absent for a bare derivation. */
  readonly chain: Stage | undefined;
  /** Of the finished signal. */
  readonly shape: SignalShape;
}

export interface DetectorPart {
  readonly name: string;
  readonly detector: Detector;
  readonly signal: number;
  /** Further signals of the same rate, for a detector of several. */
  readonly more?: readonly number[];
  /** SHA-256 of the file of the model that decides. */
  readonly model?: string;
}

/**
 * All signals and detectors of a run, in buffers made once. Detections come out in sample indexes of the stream,
 * whatever the rate of the signal they were found in.
 */
export class SignalGraph {
  /** Channels that anything is derived from: the ones whose quality matters. */
  readonly usedChannels: readonly number[];
  /** Frames after a reset until every filter and detector has settled. */
  readonly settleFrames: number;
  /** By detector, in the order of the configuration; empty for one that only detects. */
  readonly estimates: readonly (readonly Estimate[])[];
  readonly detections: readonly StreamDetection[] = Array.from({ length: maxDetections }, emptyDetection);
  /** Since `begin`; those from `firstNewDetection` on came with the last `process`. */
  detectionCount = 0;
  firstNewDetection = 0;
  /** Detections that found no room: more than `maxDetections` in one read. */
  lostDetections = 0;
  readonly #signals: readonly SignalPart[];
  readonly #detectors: readonly DetectorPart[];
  readonly #values: readonly Float64Array[];
  /** The values of all signals of each detector. */
  readonly #several: readonly (readonly Float64Array[])[];
  readonly #lengths: Int32Array;
  /** Samples of each signal since the last reset. */
  readonly #samples: Float64Array;
  /** Stream frames per sample of each signal. */
  readonly #framesPerSample: Float64Array;
  readonly #found: DetectionList = createDetectionList(maxDetections);
  #origin = 0;

  constructor(
    streamRate: number,
    capacity: number,
    signals: readonly SignalPart[],
    detectors: readonly DetectorPart[],
  ) {
    this.#signals = signals;
    this.#detectors = detectors;
    this.estimates = detectors.map(({ detector }) => detector.estimates ?? []);
    const fastest = Math.max(streamRate, ...signals.map(({ shape }) => shape.rate));
    this.#values = signals.map(
      () => new Float64Array(Math.ceil((capacity * fastest) / streamRate) + signals.length + 2),
    );
    this.#several = detectors.map(({ signal, more = [] }) =>
      [signal, ...more].map((place) => this.#values[place] as Float64Array),
    );
    this.#lengths = new Int32Array(signals.length);
    this.#samples = new Float64Array(signals.length);
    this.#framesPerSample = Float64Array.from(signals, ({ shape }) => streamRate / shape.rate);
    this.usedChannels = [
      ...new Set(signals.flatMap(({ from }) => (typeof from === 'number' ? [] : from.channels))),
    ].sort((a, b) => a - b);
    this.settleFrames = Math.ceil(
      Math.max(
        0,
        ...detectors.flatMap(({ detector, signal, more = [] }) =>
          [signal, ...more].map((place) => this.#settle(place, detector.settleSamples)),
        ),
      ),
    );
  }

  get detectorNames(): readonly string[] {
    return this.#detectors.map(({ name }) => name);
  }

  /** Constant lateness of a detector's onsets in stream frames: its own, and that of the stages before it. */
  delayFrames(detector: number): number {
    const { detector: part, signal } = this.#detectors[detector] as DetectorPart;
    let frames = part.delaySamples * (this.#framesPerSample[signal] as number);
    for (let at: number | Derivation = signal; typeof at === 'number'; at = (this.#signals[at] as SignalPart).from) {
      const { chain } = this.#signals[at] as SignalPart;
      frames += (chain?.delaySamples ?? 0) * (this.#framesPerSample[at] as number);
    }
    return frames;
  }

  get signals(): readonly SignalPart[] {
    return this.#signals;
  }

  get detectors(): readonly DetectorPart[] {
    return this.#detectors;
  }

  /** Values of a signal that the last `process` made; the first `lengthOf` are valid. */
  valuesOf(signal: number): Float64Array {
    return this.#values[signal] as Float64Array;
  }

  lengthOf(signal: number): number {
    return this.#lengths[signal] as number;
  }

  /** A new cycle: forget the detections of the last. */
  begin(): void {
    this.detectionCount = 0;
    this.firstNewDetection = 0;
    this.#lengths.fill(0);
  }

  reset(): void {
    for (const { chain } of this.#signals) chain?.reset();
    for (const { detector } of this.#detectors) detector.reset();
    this.#samples.fill(0);
  }

  /** The next frame is the first after the start or a reset and has this sample index. */
  startAt(index: number): void {
    this.#origin = index;
  }

  /** Frames `first` up to `end` of the block, without a gap among them. */
  process(block: SampleBlock, first: number, end: number): void {
    for (let place = 0; place < this.#signals.length; place++) {
      const { from, chain } = this.#signals[place] as SignalPart;
      const values = this.#values[place] as Float64Array;
      let input = values;
      let length: number;
      if (typeof from === 'number') {
        input = this.#values[from] as Float64Array;
        length = this.#lengths[from] as number;
      } else {
        length = from.process(block, first, end, values);
      }
      if (chain) length = chain.process(input, length, values);
      else if (input !== values) for (let i = 0; i < length; i++) values[i] = input[i] as number;
      this.#lengths[place] = length;
    }
    this.firstNewDetection = this.detectionCount;
    for (let place = 0; place < this.#detectors.length; place++) this.#detect(place);
    for (let place = 0; place < this.#signals.length; place++) {
      this.#samples[place] = (this.#samples[place] as number) + (this.#lengths[place] as number);
    }
  }

  #detect(place: number): void {
    const { detector, signal } = this.#detectors[place] as DetectorPart;
    const found = this.#found;
    found.length = 0;
    const length = this.#lengths[signal] as number;
    const sample = this.#samples[signal] as number;
    const several = this.#several[place] as readonly Float64Array[];
    if (several.length > 1) detector.processSeveral?.(several, length, sample, found);
    else detector.process(this.#values[signal] as Float64Array, length, sample, found);
    const scale = this.#framesPerSample[signal] as number;
    for (let entry = 0; entry < found.length; entry++) {
      if (this.detectionCount === maxDetections) {
        this.lostDetections++;
        return;
      }
      const { phase, onset, confirmed, end, score } = found.items[entry] as Detection;
      const detection = this.detections[this.detectionCount++] as StreamDetection;
      detection.detector = place;
      detection.phase = phase;
      detection.onset = this.#origin + onset * scale;
      detection.confirmed = this.#origin + confirmed * scale;
      detection.end = this.#origin + end * scale;
      detection.score = score;
    }
  }

  #settle(signal: number, samples: number): number {
    const { from, chain } = this.#signals[signal] as SignalPart;
    const own = (samples + (chain?.settleSamples ?? 0)) * (this.#framesPerSample[signal] as number);
    return typeof from === 'number' ? own + this.#settle(from, 0) : own;
  }
}

const emptyDetection = (): StreamDetection => ({ detector: 0, phase: 0, onset: 0, confirmed: 0, end: 0, score: 0 });

const maxDetections = 64;

import type { Model } from '../../runtime/contracts.js';
import { SpindleFeatures, framesPerSecond } from '../../runtime/detect/spindle-t1/features.js';
import { SpindleRuns, type SpindlePoint } from '../../runtime/detect/spindle-t1/runs.js';
import { delaySeconds } from '../../runtime/detect/spindle-t1/spindle-t1.js';
import type { DetectedEvent } from '../../runtime/evaluate/comparison.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';

/** A signal without gaps, from `start` seconds of its recording on. */
export interface Stretch {
  readonly start: number;
  /** Microvolts. */
  readonly values: Float64Array;
}

/** What a spindle network has before its readout, frame by frame: the readout can be changed and heard again. */
export interface Night {
  readonly frames: number;
  /** [frames × width] what reaches the last layer. */
  readonly sums: Int32Array;
  readonly width: number;
  /** When each frame ended, in seconds of the recording. */
  readonly ends: Float64Array;
  readonly depths: Float64Array;
  /** 0 where the electrode carried nothing that can be judged. */
  readonly usable: Uint8Array;
  /** Frames with which a stretch begins. */
  readonly starts: readonly number[];
}

/** Node that gives the logit's readout its sums: a dense layer of one unit. @throws ModelError */
export function headOf({ graph }: Network): { readonly head: string; readonly from: string } {
  const output = graph.nodes.find(({ name }) => name === graph.outputs[0]?.node);
  const head = graph.nodes.find(({ name }) => output?.op === 'readout' && name === output.from[0]);
  const from = head?.op === 'dense' ? head.from[0] : undefined;
  if (!head || from === undefined)
    throw new ModelError(
      'its output is no readout of one dense layer, so it has no last layer that could learn. Use --model spindle-t1 or spindle-t1-free.',
    );
  return { head: head.name, from };
}

/** The network with what reaches its last layer as its only output: what `hearNight` steps. */
export function withoutHead(network: Network): Network {
  const { head, from } = headOf(network);
  const nodes = network.graph.nodes.slice(
    0,
    network.graph.nodes.findIndex(({ name }) => name === head),
  );
  return { ...network, graph: { ...network.graph, nodes, outputs: [{ name: 'sums', node: from }] } };
}

/** `model` is that of a network without its head. */
export function hearNight(model: Model, rate: number, stretches: readonly Stretch[]): Night {
  const width = model.outputs[0]?.shape[0] ?? 0;
  const most = stretches.reduce((sum, { values }) => sum + Math.ceil((values.length * framesPerSecond) / rate) + 1, 0);
  const sums = new Int32Array(most * width);
  const ends = new Float64Array(most);
  const depths = new Float64Array(most);
  const usable = new Uint8Array(most);
  const starts: number[] = [];
  const features = new SpindleFeatures();
  features.prepare({ rate, unit: 'uV' });
  const inputs = [features.codes];
  const output = new Int32Array(width);
  const outputs = [output];
  let frame = 0;
  for (const { start, values } of stretches) {
    features.reset();
    model.reset();
    starts.push(frame);
    for (let n = 0; n < values.length; n++) {
      if (!features.push(values, n)) continue;
      model.step(inputs, outputs);
      sums.set(output, frame * width);
      ends[frame] = start + (frame - (starts.at(-1) ?? 0) + 1) / framesPerSecond;
      depths[frame] = features.depth;
      usable[frame] = features.isUsable ? 1 : 0;
      frame++;
    }
  }
  return { frames: frame, sums: sums.subarray(0, frame * width), width, ends, depths, usable, starts };
}

/** Of the network's own last layer; −∞ where the electrode could not be judged. */
export function logitsOf(network: Network, { frames, sums, width, usable }: Night): Float32Array {
  const { head } = headOf(network);
  const dense = network.graph.nodes.find(({ name }) => name === head);
  const readout = network.graph.nodes.find((node) => node.op === 'readout' && node.from[0] === head);
  const tensor = (name: string | undefined) => (name === undefined ? undefined : network.tensors.get(name)?.values);
  const weights = dense?.op === 'dense' ? tensor(dense.weight) : undefined;
  if (weights?.length !== width || readout?.op !== 'readout')
    throw new ModelError(`${head}: has no weight for each of the ${width} sums before it.`);
  const scale = tensor(readout.scale)?.[0] ?? NaN;
  const bias = tensor(readout.bias)?.[0] ?? 0;
  const logits = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += (weights[j] as number) * (sums[frame * width + j] as number);
    logits[frame] = usable[frame] === 0 ? -Infinity : Math.fround(Math.fround(sum) * scale) + bias;
  }
  return logits;
}

/** Spindles by the rules of an operating point, without the detector's constant delay. */
export function spindlesOf(
  logits: Float32Array,
  { frames, depths, ends, starts }: Night,
  point: SpindlePoint,
): DetectedEvent[] {
  const runs = new SpindleRuns(point);
  const events: DetectedEvent[] = [];
  starts.forEach((first, place) => {
    runs.reset();
    const origin = (ends[first] ?? 0) - 1 / framesPerSecond - delaySeconds;
    for (let frame = first; frame < (starts[place + 1] ?? frames); frame++) {
      runs.push(logits, depths, frame);
      if (!runs.isEnded) continue;
      const { onset, end, score } = runs.ended;
      events.push({
        onset: origin + onset / framesPerSecond,
        end: origin + end / framesPerSecond,
        confirmed: NaN,
        score,
      });
    }
  });
  return events;
}

import type { SequenceNetwork } from './recipe.js';

/** A causal convolution with its batch norm, and where its numbers lie among the parameters and running averages. */
export interface PlannedLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  /** Frames from tap to tap; the last tap is the present. */
  readonly dilation: number;
  /** [taps][inputs][outputs] */
  readonly weight: number;
  readonly gain: number;
  readonly shift: number;
  readonly mean: number;
  readonly variance: number;
}

/** A spike for each channel of the stream that reaches its threshold, and the layer that takes them. */
export interface PlannedBlock extends PlannedLayer {
  readonly threshold: number;
}

export interface SequencePlan {
  readonly network: SequenceNetwork;
  /** Thresholds in units, [features][levels], ascending at the start. */
  readonly encoder: number;
  readonly lines: number;
  readonly input: PlannedLayer;
  readonly blocks: readonly PlannedBlock[];
  readonly head: { readonly weight: number; readonly bias: number };
  readonly parameters: number;
  readonly running: number;
}

export function planSequence(network: SequenceNetwork): SequencePlan {
  const { features, channels, dilations, taps } = network;
  const lines = features * network.encoder.levels;
  let parameters = 0;
  let running = 0;
  const take = (length: number): number => (parameters += length) - length;
  const follow = (length: number): number => (running += length) - length;
  const layer = (name: string, inputs: number, count: number, dilation: number): PlannedLayer => ({
    name,
    inputs,
    outputs: channels,
    taps: count,
    dilation,
    weight: take(count * inputs * channels),
    gain: take(channels),
    shift: take(channels),
    mean: follow(channels),
    variance: follow(channels),
  });
  const encoder = take(lines);
  const input = layer('input', lines, 1, 1);
  const blocks = dilations.map((dilation, place) => ({
    ...layer(`block${place + 1}`, channels, taps, dilation),
    threshold: take(channels),
  }));
  const head = { weight: take(channels), bias: take(1) };
  return { network, encoder, lines, input, blocks, head, parameters, running };
}

import type { ModelPort, ModelValues } from '../../runtime/contracts.js';
import type { Network } from '../format/graph.js';
import { ModelError } from '../format/model-error.js';
import { elementsOf } from '../format/value.js';
import { codeArray, type CodeArray } from './buffers.js';
import { createInt8 } from './int8-model.js';
import { splitTrunk } from './trunk.js';

/**
 * A network of int8 nodes over the last samples of a signal: each sample computes one column of each convolution and pool
 * instead of all of them, with the same codes. What follows them runs when `step` is called, as often as wanted, with the
 * other inputs as they then are.
 */
export interface Streaming {
  /** All inputs but the one that slides. */
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /** How many samples the network looks at, and elements of a sample. */
  readonly samples: number;
  readonly channels: number;
  /** The next sample. */
  push(sample: ModelValues): void;
  /** Whether `samples` samples have come since the start. */
  isFull(): boolean;
  /** The outputs for the last `samples` samples; refused before there are so many. */
  step(inputs: readonly ModelValues[], outputs: readonly ModelValues[]): void;
  reset(): void;
}

/** `slides`: the input that holds the last samples. Refused if no convolution or pool can be computed column by column. */
export function createStreaming(network: Network, slides: string): Streaming {
  const { channels, samples, stages, end, head } = splitTrunk(network, slides);
  const model = createInt8(head);
  // The last input of the head is what the trunk gives.
  const last: CodeArray = codeArray(end.kind.type, elementsOf(end.kind.shape));
  const width = end.kind.shape[2] ?? 1;
  const given: ModelValues[] = [...model.inputs.map(() => last)];
  let seen = 0;

  function push(sample: ModelValues): void {
    if (sample.length !== channels)
      throw new ModelError(`${slides}: a sample of ${sample.length} codes. It has ${channels}.`);
    const first = stages[0]?.history ?? last;
    first.copyWithin(0, channels);
    first.set(sample, first.length - channels);
    if (seen < samples) seen++;
    // A stage whose history is not whole yet has no column to give.
    let needed = 1;
    for (let place = 0; place < stages.length; place++) {
      const stage = stages[place];
      if (!stage) return;
      needed += stage.span - 1;
      if (seen < needed) return;
      const next = stages[place + 1]?.history ?? last;
      const step = stages[place + 1]?.channels ?? width;
      next.copyWithin(0, step);
      stage.compute(next, next.length - step);
    }
  }

  return {
    inputs: model.inputs.slice(0, -1),
    outputs: model.outputs,
    samples,
    channels,
    push,
    isFull: () => seen >= samples,
    step(inputs, outputs) {
      if (seen < samples) throw new ModelError(`${slides}: ${seen} samples so far. The network looks at ${samples}.`);
      if (inputs.length !== given.length - 1)
        throw new ModelError(`${inputs.length} inputs beside ${slides}. There are ${given.length - 1}.`);
      for (let place = 0; place < inputs.length; place++) given[place] = inputs[place] ?? last;
      model.step(given, outputs);
    },
    reset() {
      seen = 0;
    },
  };
}

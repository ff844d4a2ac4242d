import type { Model } from '../../runtime/contracts.js';
import type { Samples } from './slice-trainer.js';
import { channelsFirst, elementsOf, type Volume } from './volume.js';

/**
 * How many samples a network gets right on an engine of axond; of equal logits the first counts. A network with real inputs
 * gets codes ÷ 255.
 */
export function countCorrect(model: Model, { inputs, labels }: Samples, volume: Volume): number {
  const size = elementsOf(volume);
  const codes = new Uint8Array(size);
  const real = model.inputs[0]?.type === 'f32' ? new Float32Array(size) : undefined;
  const logits = new Float32Array(model.outputs[0]?.shape[0] ?? 0);
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    channelsFirst(inputs.subarray(i * size, (i + 1) * size), volume, codes);
    if (real) for (let at = 0; at < size; at++) real[at] = (codes[at] as number) / 255;
    model.step([real ?? codes], [logits]);
    let best = 0;
    for (let c = 1; c < logits.length; c++) if ((logits[c] as number) > (logits[best] as number)) best = c;
    if (best === labels[i]) correct++;
  }
  return correct;
}

/**
 * Symmetric int8 weights with a scale per output channel: the largest weight of a channel becomes ±127. Quantisation-aware
 * training runs forward on them and lets the gradient through to the real weights as if they had not been rounded.
 *
 * @param weights [depth][channels]
 * @param codes the same, whole numbers from −127 to 127 kept as floats
 * @param scales [channels]: weight ≈ code × scale
 */
export function quantise(weights: Float32Array, channels: number, codes: Float32Array, scales: Float32Array): void {
  scales.fill(0);
  for (let at = 0; at < weights.length;) {
    for (let c = 0; c < channels; c++, at++) {
      const size = Math.abs(weights[at] as number);
      if (size > (scales[c] as number)) scales[c] = size;
    }
  }
  for (let c = 0; c < channels; c++) scales[c] = (scales[c] as number) > 0 ? (scales[c] as number) / 127 : 1;
  for (let at = 0; at < weights.length;) {
    for (let c = 0; c < channels; c++, at++) {
      const code = Math.round((weights[at] as number) / (scales[c] as number));
      codes[at] = code > 127 ? 127 : code < -127 ? -127 : code;
    }
  }
}

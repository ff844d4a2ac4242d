import { openSignalFile } from '../../drivers/file/signal-file.js';
import { SpindleFeatures } from '../../runtime/detect/spindle-t1/features.js';
import { createSampleBlock } from '../../runtime/loop/sample-block.js';

const blockFrames = 256;

/** What the network sees of a recording's first channel in its first `seconds`: Int8 codes, [frames × features]. */
export function readFrames(path: string, seconds: number): Int8Array {
  const file = openSignalFile(path);
  try {
    const { rate, channels } = file.stream;
    const { unit = '', scale = NaN } = channels[0] ?? {};
    const features = new SpindleFeatures();
    features.prepare({ rate, unit });
    const block = createSampleBlock(channels.length, blockFrames);
    const value = new Float64Array(1);
    const codes: number[] = [];
    let left = Math.floor(seconds * rate);
    while (left > 0 && file.read(block) > 0) {
      for (let i = 0; i < block.frames && left > 0; i++, left--) {
        value[0] = (block.counts[i * channels.length] as number) * scale;
        if (features.push(value, 0)) codes.push(...features.codes);
      }
    }
    return Int8Array.from(codes);
  } finally {
    file.close();
  }
}

/** A sound as a file holds it: one or two channels of −1 to 1. */
export interface WavSound {
  readonly rate: number;
  readonly channels: readonly Float64Array[];
}

/**
 * Reads RIFF/WAVE: PCM of 16, 24 or 32 bits or 32-bit float, mono or stereo. Throws a `RangeError` that says what is in
 * the way and how to convert the file. Pure.
 */
export function decodeWav(bytes: Uint8Array): WavSound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') throw refusal('is no WAV file');
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const kind = tag(view, at);
    if (kind === 'fmt ') format = decodeFormat(view, start, size);
    if (kind === 'data') {
      if (!format) throw refusal('says nothing of its format before its samples');
      if (start + size > bytes.length) {
        throw refusal(`ends early: ${bytes.length - start} of ${size} bytes of samples are there`);
      }
      return decodeSamples(view, start, size, format);
    }
    at = start + size + (size % 2);
  }
  throw refusal('holds no samples');
}

interface WavFormat {
  readonly isFloat: boolean;
  readonly channels: number;
  readonly rate: number;
  readonly bytes: number;
}

function decodeFormat(view: DataView, start: number, size: number): WavFormat {
  if (size < 16 || start + size > view.byteLength) throw refusal('has a damaged header');
  let code = view.getUint16(start, true);
  if (code === extensible && size >= 40) code = view.getUint16(start + 24, true);
  const channels = view.getUint16(start + 2, true);
  const rate = view.getUint32(start + 4, true);
  const bits = view.getUint16(start + 14, true);
  const isFloat = code === float;
  if (code !== pcm && !isFloat) throw refusal(`is compressed (format ${code})`);
  if (isFloat ? bits !== 32 : ![16, 24, 32].includes(bits)) {
    throw refusal(`has ${bits}-bit ${isFloat ? 'float' : 'integer'} samples`);
  }
  if (channels !== 1 && channels !== 2) throw refusal(`has ${channels} channels`);
  if (!(rate >= 8000 && rate <= 192_000)) throw refusal(`has ${rate} samples a second`);
  if (view.getUint16(start + 12, true) !== (channels * bits) / 8) throw refusal('has a damaged header');
  return { isFloat, channels, rate, bytes: bits / 8 };
}

function decodeSamples(view: DataView, start: number, size: number, format: WavFormat): WavSound {
  const { channels, bytes, rate, isFloat } = format;
  const frames = Math.floor(size / (channels * bytes));
  if (frames === 0) throw refusal('holds no samples');
  const sample = (at: number): number => {
    if (isFloat) return view.getFloat32(at, true);
    if (bytes === 2) return view.getInt16(at, true) / 2 ** 15;
    if (bytes === 3) return (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 2 ** 23;
    return view.getInt32(at, true) / 2 ** 31;
  };
  const decoded = Array.from({ length: channels }, (_, channel) =>
    Float64Array.from({ length: frames }, (_, frame) => sample(start + (frame * channels + channel) * bytes)),
  );
  if (decoded.some((samples) => samples.some((value) => !(Math.abs(value) <= loudest)))) {
    throw refusal('holds samples that are no numbers, or far above full scale');
  }
  return { rate, channels: decoded };
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

function refusal(rule: string): RangeError {
  return new RangeError(`${rule}. Convert it: sox IN.wav -b 16 -c 1 OUT.wav`);
}

const pcm = 1;
const float = 3;
const extensible = 0xfffe;
/** Float files may exceed 1; what is far above is damage. */
const loudest = 100;

/** A WAV file of samples from −1 to 1, for tests. `extra` is put before the samples as a chunk of its own. */
export function wavFile({
  rate,
  bits,
  channels,
  float = false,
  extensible = false,
}: {
  rate: number;
  bits: number;
  channels: readonly (readonly number[])[];
  float?: boolean;
  extensible?: boolean;
}): Buffer {
  const bytes = bits / 8;
  const frames = channels[0]?.length ?? 0;
  const data = Buffer.alloc(frames * channels.length * bytes);
  for (let frame = 0; frame < frames; frame++) {
    channels.forEach((samples, channel) => {
      const at = (frame * channels.length + channel) * bytes;
      const value = samples[frame] as number;
      if (float) data.writeFloatLE(value, at);
      else data.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), at, bytes);
    });
  }
  const code = float ? 3 : 1;
  const head = Buffer.alloc(extensible ? 40 : 16);
  head.writeUInt16LE(extensible ? 0xfffe : code, 0);
  head.writeUInt16LE(channels.length, 2);
  head.writeUInt32LE(rate, 4);
  head.writeUInt32LE(rate * channels.length * bytes, 8);
  head.writeUInt16LE(channels.length * bytes, 12);
  head.writeUInt16LE(bits, 14);
  if (extensible) head.writeUInt16LE(code, 24);
  // A chunk of odd length between: it is padded to an even one.
  const chunks = [chunk('fmt ', head), chunk('note', Buffer.from('odd')), chunk('data', data)];
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

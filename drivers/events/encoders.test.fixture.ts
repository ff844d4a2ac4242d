import { Builder } from 'flatbuffers';
import type { EventFormat } from './formats.js';
import { readUint32 } from './little-endian.js';

export interface TestEvent {
  readonly x: number;
  readonly y: number;
  readonly polarity: number;
  readonly timeUs: number;
}

/** Seeded; times rise by `gapUs` at most, several events share one now and then. */
export function randomEvents(count: number, seed: number, width: number, height: number, gapUs: number): TestEvent[] {
  const random = generator(seed);
  let timeUs = 1_000_000;
  return Array.from({ length: count }, () => {
    if (random() < 0.7) timeUs += 1 + Math.floor(random() * gapUs);
    return {
      x: Math.floor(random() * width),
      y: Math.floor(random() * height),
      polarity: random() < 0.5 ? 1 : 0,
      timeUs,
    };
  });
}

export function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

/** Files of this sensor, in every format. AEDAT 2.0 as of a DAVIS346. */
export const testWidth = 346;
export const testHeight = 260;

export function encode(format: EventFormat, events: readonly TestEvent[]): Uint8Array {
  return encoders[format](events);
}

const encoders: Record<EventFormat, (events: readonly TestEvent[]) => Uint8Array> = {
  evt2: encodeEvt2,
  evt21: encodeEvt21,
  evt3: encodeEvt3,
  aedat2: encodeAedat2,
  aedat31: encodeAedat31,
  aedat4: (events) => encodeAedat4(events, 1),
};

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const prophesee = (format: string): Uint8Array =>
  ascii(`% date 2026-01-01 00:00:00\n% format ${format};height=${testHeight};width=${testWidth}\n% end\n`);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function encodeEvt2(events: readonly TestEvent[]): Uint8Array {
  const words: number[] = [];
  let high = -1;
  for (const { x, y, polarity, timeUs } of events) {
    const now = Math.floor(timeUs / 64) % 2 ** 28;
    if (now !== high) words.push(0x80000000 + now);
    high = now;
    words.push(polarity * 2 ** 28 + (timeUs % 64) * 2 ** 22 + x * 2048 + y);
  }
  return joined([prophesee('EVT2'), new Uint8Array(Uint32Array.from(words).buffer)]);
}

function encodeEvt21(events: readonly TestEvent[]): Uint8Array {
  const halves: number[] = [];
  let high = -1;
  for (let i = 0; i < events.length; i++) {
    const { x, y, polarity, timeUs } = events[i] as TestEvent;
    const now = Math.floor(timeUs / 64) % 2 ** 28;
    if (now !== high) halves.push(0, 0x80000000 + now);
    high = now;
    const base = x - (x % 32);
    let mask = 2 ** (x % 32);
    // What follows to the right in the same row at the same time goes into the same word.
    for (let next = events[i + 1]; next; next = events[i + 1]) {
      if (next.timeUs !== timeUs || next.y !== y || next.polarity !== polarity) break;
      if (next.x - (next.x % 32) !== base || next.x <= (events[i] as TestEvent).x) break;
      mask += 2 ** (next.x % 32);
      i++;
    }
    halves.push(mask, polarity * 2 ** 28 + (timeUs % 64) * 2 ** 22 + base * 2048 + y);
  }
  return joined([prophesee('EVT21'), new Uint8Array(Uint32Array.from(halves).buffer)]);
}

function encodeEvt3(events: readonly TestEvent[]): Uint8Array {
  const words: number[] = [];
  let [high, low, row] = [-1, -1, -1];
  for (let i = 0; i < events.length; i++) {
    const { x, y, polarity, timeUs } = events[i] as TestEvent;
    const nowHigh = Math.floor(timeUs / 4096) % 4096;
    const nowLow = timeUs % 4096;
    if (nowHigh !== high) words.push(0x8000 | nowHigh);
    if (nowHigh !== high || nowLow !== low) words.push(0x6000 | nowLow);
    [high, low] = [nowHigh, nowLow];
    if (y !== row) words.push(y);
    row = y;
    const run = [x];
    for (let next = events[i + 1]; next; next = events[i + 1]) {
      const fits = next.timeUs === timeUs && next.y === y && next.polarity === polarity;
      if (!fits || next.x <= (run.at(-1) as number) || next.x >= x + 20) break;
      run.push(next.x);
      i++;
    }
    if (run.length === 1) words.push(0x2000 | (polarity << 11) | x);
    else {
      const mask = run.reduce((sum, each) => sum | (1 << (each - x)), 0);
      words.push(0x3000 | (polarity << 11) | x, 0x4000 | (mask & 0xfff), 0x5000 | (mask >> 12));
    }
  }
  return joined([prophesee('EVT3'), new Uint8Array(Uint16Array.from(words).buffer)]);
}

function encodeAedat2(events: readonly TestEvent[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * events.length));
  events.forEach(({ x, y, polarity, timeUs }, place) => {
    view.setUint32(8 * place, ((testHeight - 1 - y) << 22) | (x << 12) | (polarity << 11));
    view.setUint32(8 * place + 4, timeUs % 2 ** 32);
  });
  const header = '#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.Davis346blue\r\n#End Of ASCII Header\r\n';
  return joined([ascii(header), new Uint8Array(view.buffer)]);
}

function encodeAedat31(events: readonly TestEvent[]): Uint8Array {
  const parts = [ascii('#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS346\r\n#!END-HEADER\r\n')];
  const perPacket = 1000;
  for (let from = 0; from < events.length;) {
    const overflow = Math.floor((events[from] as TestEvent).timeUs / 2 ** 31);
    let to = from;
    while (
      to < events.length &&
      to < from + perPacket &&
      Math.floor((events[to] as TestEvent).timeUs / 2 ** 31) === overflow
    )
      to++;
    const view = new DataView(new ArrayBuffer(28 + 8 * (to - from)));
    view.setInt16(0, 1, true);
    view.setInt16(2, 1, true);
    view.setInt32(4, 8, true);
    view.setInt32(8, 4, true);
    view.setInt32(12, overflow, true);
    for (const at of [16, 20, 24]) view.setInt32(at, to - from, true);
    events.slice(from, to).forEach(({ x, y, polarity, timeUs }, place) => {
      view.setUint32(28 + 8 * place, ((x << 17) | (y << 2) | (polarity << 1) | 1) >>> 0, true);
      view.setInt32(32 + 8 * place, timeUs % 2 ** 31, true);
    });
    // A packet of special events between them, which has nothing for us.
    const special = new DataView(new ArrayBuffer(28 + 8));
    special.setInt32(4, 8, true);
    special.setInt32(8, 4, true);
    for (const at of [16, 20, 24]) special.setInt32(at, 1, true);
    parts.push(new Uint8Array(view.buffer), new Uint8Array(special.buffer));
    from = to;
  }
  return joined(parts);
}

/** Compression as in the file: 0 none, 1 LZ4, 3 Zstandard. */
export function encodeAedat4(
  events: readonly TestEvent[],
  compression: number,
  tableAt = false,
  pack: (bytes: Uint8Array) => Uint8Array = compression === 1 ? packLz4 : (bytes) => bytes.slice(),
): Uint8Array {
  const xml = (['EVTS', 'FRME'] as const)
    .map(
      (type, stream) =>
        `<node name="${stream}" path="/outInfo/${stream}/"><attr key="typeIdentifier" type="string">${type}</attr>` +
        `<node name="info"><attr key="sizeX" type="int">${testWidth}</attr><attr key="sizeY" type="int">${testHeight}</attr></node></node>`,
    )
    .join('');
  const packets: Uint8Array[] = [];
  const perPacket = 1500;
  for (let from = 0; from < events.length; from += perPacket) {
    const builder = new Builder(1024);
    const packet = events.slice(from, from + perPacket);
    builder.startVector(16, packet.length, 8);
    for (const { x, y, polarity, timeUs } of packet.toReversed()) {
      builder.prep(8, 16);
      builder.pad(3);
      builder.writeInt8(polarity);
      builder.writeInt16(y);
      builder.writeInt16(x);
      builder.writeInt64(BigInt(timeUs));
    }
    const elements = builder.endVector();
    builder.startObject(1);
    builder.addFieldOffset(0, elements, 0);
    builder.finishSizePrefixed(builder.endObject(), 'EVTS');
    const body = builder.asUint8Array();
    packets.push(framed(0, pack(body)), framed(1, Uint8Array.of(9, 9, 9)));
  }
  const file = (position: bigint): Uint8Array => {
    const builder = new Builder(1024);
    const info = builder.createString(`<dv version="2.0"><node name="outInfo">${xml}</node></dv>`);
    builder.startObject(3);
    builder.addFieldInt32(0, compression, 0);
    builder.addFieldInt64(1, position, -1n);
    builder.addFieldOffset(2, info, 0);
    builder.finishSizePrefixed(builder.endObject(), 'IOHE');
    return joined([ascii('#!AER-DAT4.0\r\n'), builder.asUint8Array(), ...packets]);
  };
  if (!tableAt) return file(-1n);
  const length = file(1n).length;
  return joined([file(BigInt(length)), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3)]);
}

function framed(stream: number, body: Uint8Array): Uint8Array {
  return joined([new Uint8Array(Int32Array.of(stream, body.length).buffer), body]);
}

/** A frame as the lz4 tool writes one, greedy: matches of four bytes or more that a table of the last places finds. */
export function packLz4(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  const places = new Map<number, number>();
  const sequence = (from: number, to: number, distance: number, length: number): void => {
    const literals = to - from;
    const extra = length - 4;
    out.push((Math.min(15, literals) << 4) | (length === 0 ? 0 : Math.min(15, extra)));
    const rest = (count: number): void => {
      for (; count >= 255; count -= 255) out.push(255);
      out.push(count);
    };
    if (literals >= 15) rest(literals - 15);
    for (let at = from; at < to; at++) out.push(bytes[at] as number);
    if (length === 0) return;
    out.push(distance & 255, distance >> 8);
    if (extra >= 15) rest(extra - 15);
  };
  let from = 0;
  for (let at = 0; at < bytes.length - 12;) {
    const key = readUint32(bytes, at);
    const before = places.get(key);
    places.set(key, at);
    if (before === undefined || at - before > 65535) at++;
    else {
      let length = 4;
      while (at + length < bytes.length - 5 && bytes[before + length] === bytes[at + length]) length++;
      sequence(from, at, at - before, length);
      at += length;
      from = at;
    }
  }
  sequence(from, bytes.length, 0, 0);
  const size = new Uint8Array(Uint32Array.of(out.length).buffer);
  // Independent blocks, no checksums; the checksum of the header is not looked at.
  return joined([
    Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73),
    size,
    Uint8Array.from(out),
    new Uint8Array(4),
  ]);
}

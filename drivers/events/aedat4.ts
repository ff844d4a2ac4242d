import type { EventBlock } from '../../runtime/contracts.js';
import { elementsAt, fieldAt, rootTable } from './flatbuffer.js';
import { readInt32, readInt64, readUint32 } from './little-endian.js';
import { Lz4, unpackLz4 } from './lz4-frame.js';
import { RecordDecoder } from './record-decoder.js';
import { zstdOfNode, type UnpackZstd } from './zstd.js';

/**
 * AEDAT 4.0, as DV writes it: packets of FlatBuffers, plain, LZ4 or, where Node.js has it, Zstandard (which allocates a
 * packet at a time); the first stream of events is read, all else passed over. Source: docs.inivation.com, AEDAT 4.0, and the schemas of dv-processing.
 */
export class Aedat4Decoder extends RecordDecoder {
  #part: Part = 'size';
  #packing: 'none' | 'lz4' | 'zstd' = 'none';
  /** Where the packets end; −1 where the file does not say. */
  #tableAt = -1;
  #position = 0;
  /** Number of the stream that is read; −1 until it is known. */
  #stream = -1;
  #packetStream = 0;
  #payload = new Uint8Array(1 << 16);
  /** Of the packet in hand: where its next event lies, and where they end. */
  #next = 0;
  #end = 0;
  #lastUs = 0;

  readonly #unpackZstd: UnpackZstd | undefined;

  constructor(unpackZstd = zstdOfNode) {
    super('#', firstLine);
    this.#unpackZstd = unpackZstd;
  }

  override reset(): void {
    super.reset();
    this.width = this.height = 0;
    this.#part = 'size';
    this.#packing = 'none';
    this.#tableAt = this.#stream = -1;
    this.#position = this.#next = this.#end = this.#lastUs = 0;
  }

  protected begin(lines: readonly string[]): void {
    this.need = 4;
    this.#position = firstLine.length + 2;
    const version = lines[0] ?? `no ${firstLine}`;
    if (version !== firstLine)
      this.failure = `the first line is ${version.slice(0, 20)}, not ${firstLine}. Set the format that the file has.`;
  }

  protected take(bytes: Uint8Array, at: number, length: number, out: EventBlock): number {
    const taken = this.need;
    switch (this.#part) {
      case 'size':
        this.#expect('description', readInt32(bytes, at));
        break;
      case 'description':
        this.#describe(bytes, at, at + taken);
        if (this.failure === '') this.#expect('packet', packetHeaderBytes);
        break;
      case 'packet':
        this.#packetStream = readInt32(bytes, at);
        this.#expect('body', readInt32(bytes, at + 4));
        if (this.#stream >= 0 && this.#packetStream !== this.#stream && this.failure === '') this.#passOver();
        break;
      case 'body':
        if (this.#next === this.#end) this.#open(bytes, at, at + taken);
        this.#events(out);
        if (this.#next < this.#end) return at;
        this.#expect('packet', packetHeaderBytes);
        break;
      case 'table':
        return length;
    }
    this.#position += taken;
    if (this.#part === 'packet' && this.#tableAt >= 0 && this.#position >= this.#tableAt) this.#expect('table', 1);
    return at + taken;
  }

  #expect(part: Part, bytes: number): void {
    this.#part = part;
    this.need = bytes;
    if (bytes <= 0 || bytes > largestPacket)
      this.failure = `a packet says that it has ${bytes} bytes. The file is damaged here: what came before is read.`;
  }

  #passOver(): void {
    this.skip = this.need;
    this.#position += this.need;
    this.#expect('packet', packetHeaderBytes);
  }

  #describe(bytes: Uint8Array, begin: number, end: number): void {
    const table = rootTable(bytes, begin, end);
    const compressionAt = fieldAt(bytes, table, 0, begin, end);
    const compression = compressionAt < 0 ? 0 : readInt32(bytes, compressionAt);
    if (compression >= 3 && compression <= 4 && !this.#unpackZstd)
      this.failure =
        'the packets are compressed with Zstandard, which Node.js reads from 22.15 on. Use that, or export without compression, or with LZ4.';
    else if (table < 0 || compression < 0 || compression > 4)
      this.failure = 'the file description behind the first line cannot be read. The file is damaged.';
    this.#packing = compression <= 0 ? 'none' : compression <= 2 ? 'lz4' : 'zstd';
    const tableAt = fieldAt(bytes, table, 1, begin, end);
    this.#tableAt = tableAt < 0 || tableAt + 8 > end ? -1 : readInt64(bytes, tableAt);
    const text = elementsAt(bytes, fieldAt(bytes, table, 2, begin, end), 1, end);
    if (text >= 0) this.#streams(new TextDecoder().decode(bytes.subarray(text, text + readUint32(bytes, text - 4))));
  }

  /** Takes number and size of the first stream of events from the description's XML. */
  #streams(xml: string): void {
    for (const node of xml.split(/(?=<node name="\d+")/)) {
      const stream = /^<node name="(\d+)"/.exec(node)?.[1];
      if (stream === undefined || !/key="typeIdentifier"[^>]*>EVTS</.test(node)) continue;
      this.#stream = Number(stream);
      const size = (key: string): number => Number(new RegExp(`key="${key}"[^>]*>(\\d{1,5})<`).exec(node)?.[1] ?? 0);
      this.width = size('sizeX');
      this.height = size('sizeY');
      return;
    }
  }

  /** Unpacks a packet and finds its events; one that is damaged or of another kind has none. */
  #open(bytes: Uint8Array, begin: number, end: number): void {
    this.#next = this.#end = 0;
    const length = this.#unpack(bytes, begin, end);
    const payload = this.#payload;
    if (length < 12) {
      this.counts.discardedBytes += end - begin;
      return;
    }
    for (let i = 0; i < 4; i++) if (payload[8 + i] !== 'EVTS'.charCodeAt(i)) return;
    const field = fieldAt(payload, rootTable(payload, 4, length), 0, 4, length);
    if (field < 0) return;
    const first = elementsAt(payload, field, eventBytes, length);
    if (first < 0) {
      this.counts.discardedBytes += end - begin;
      return;
    }
    this.#stream = this.#packetStream;
    this.#next = first;
    this.#end = first + readUint32(payload, first - 4) * eventBytes;
  }

  /** Returns the length of the payload, below 0 where there is none. */
  #unpack(bytes: Uint8Array, begin: number, end: number): number {
    if (this.#packing === 'zstd') {
      const unpacked = this.#unpackZstd?.(bytes.subarray(begin, end), largestPacket);
      if (!unpacked) return -1;
      if (unpacked.length > this.#payload.length) this.#payload = new Uint8Array(unpacked.length);
      this.#payload.set(unpacked);
      return unpacked.length;
    }
    for (let size = end - begin; ; size = 2 * this.#payload.length) {
      if (size > this.#payload.length) this.#payload = new Uint8Array(size);
      if (this.#packing === 'none') {
        this.#payload.set(bytes.subarray(begin, end));
        return end - begin;
      }
      const length = unpackLz4(bytes, begin, end, this.#payload);
      if (length !== Lz4.tooLong || 2 * this.#payload.length > largestPacket) return length;
    }
  }

  #events(out: EventBlock): void {
    const { counts } = this;
    const payload = this.#payload;
    const columns = this.width || mostColumns;
    const rows = this.height || mostColumns;
    let at = this.#next;
    let count = out.events;
    for (; at < this.#end && count < out.capacity; at += eventBytes) {
      const timeUs = readInt64(payload, at);
      const x = readInt32(payload, at + 8) & 0xffff;
      const y = readInt32(payload, at + 8) >>> 16;
      if (timeUs < this.#lastUs) counts.timeErrors++;
      this.#lastUs = timeUs;
      if (x >= columns || y >= rows) counts.outside++;
      else {
        out.x[count] = x;
        out.y[count] = y;
        out.polarity[count] = (payload[at + 12] as number) & 1;
        out.timeUs[count++] = timeUs;
      }
    }
    this.#next = at;
    counts.events += count - out.events;
    out.events = count;
  }
}

const firstLine = '#!AER-DAT4.0';
const packetHeaderBytes = 8;
const eventBytes = 16;
const mostColumns = 1 << 15;
/** DV cuts packets at some ten milliseconds; the largest picture has a few megabytes. */
const largestPacket = 1 << 26;

type Part = 'size' | 'description' | 'packet' | 'body' | 'table';

/**
 * The protocol of the lab streaming layer, version 1.10, pure: discovery, the head of a feed, samples. Source: liblsl's own
 * tcp_server, udp_server, data_receiver, sample and stream_info.
 */

/** Everybody who offers streams hears here. */
export const discoveryPort = 16571;
/** This machine, this network by broadcast and by multicast, this site. */
export const discoveryAddresses = [
  '127.0.0.1',
  '255.255.255.255',
  '224.0.0.1',
  '224.0.0.183',
  '239.255.172.215',
] as const;

/** Formats of numbers that a signal comes in, and bytes of each value. */
export const valueBytes = { float32: 4, double64: 8, int32: 4, int16: 2 } as const;
export type ValueFormat = keyof typeof valueBytes;

/** What a stream says of itself. */
export interface ShortInfo {
  readonly name: string;
  readonly type: string;
  readonly channels: number;
  /** Hertz; 0 where samples come irregularly. */
  readonly rate: number;
  readonly format: string;
  readonly uid: string;
  /** TCP, version 4 of the internet protocol. */
  readonly port: number;
  /** UDP, where clocks are compared; 0 where there is none. */
  readonly servicePort: number;
}

/** Asks whoever has a stream of this name; answers go to `port` and begin with `id`. */
export function discoveryQuery(name: string, port: number, id: string): string {
  return `LSL:shortinfo\r\nsession_id='default' and name='${name}'\r\n${port} ${id}\r\n`;
}

/** The answer to it, without its first line; undefined where it answers another question. */
export function discoveryAnswer(text: string, id: string): string | undefined {
  const head = `${id}\r\n`;
  return text.startsWith(head) ? text.slice(head.length) : undefined;
}

/** Undefined where something is missing or no number. */
export function readShortInfo(xml: string): ShortInfo | undefined {
  const field = (name: string): string | undefined => {
    const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
    return found?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? '');
  };
  const number = (name: string): number => {
    const text = field(name);
    return text === undefined || text.trim() === '' ? NaN : Number(text);
  };
  const [name, type, format, uid] = [field('name'), field('type') ?? '', field('channel_format'), field('uid')];
  const [channels, rate, port] = [number('channel_count'), number('nominal_srate'), number('v4data_port')];
  const servicePort = number('v4service_port');
  if (name === undefined || format === undefined || uid === undefined) return undefined;
  if (!Number.isInteger(channels) || !(rate >= 0) || !(port > 0 && port < 65536)) return undefined;
  return { name, type, channels, rate, format, uid, port, servicePort: servicePort > 0 ? servicePort : 0 };
}

export function writeShortInfo({ name, type, channels, rate, format, uid, port, servicePort }: ShortInfo): string {
  const escaped = (text: string): string => text.replace(/[<>"'&]/g, (sign) => signs[sign] ?? sign);
  const fields: [string, string | number][] = [
    ['name', escaped(name)],
    ['type', escaped(type)],
    ['channel_count', channels],
    ['channel_format', format],
    ['source_id', escaped(name)],
    ['nominal_srate', rate],
    ['version', '1.1000000000000001'],
    ['created_at', 0],
    ['uid', uid],
    ['session_id', 'default'],
    ['hostname', 'localhost'],
    ['v4address', ''],
    ['v4data_port', port],
    ['v4service_port', servicePort],
    ['v6address', ''],
    ['v6data_port', 0],
    ['v6service_port', 0],
  ];
  const lines = fields.map(([tag, value]) => `\t<${tag}>${value}</${tag}>`);
  return `<?xml version="1.0"?>\n<info>\n${lines.join('\n')}\n\t<desc />\n</info>\n`;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const signs = Object.fromEntries(Object.entries(entities).map(([entity, sign]) => [sign, `&${entity};`]));

/**
 * Whether a query asks for this stream: fields with their values, joined by `and`, as programs ask. Another XPath is not
 * understood, and is taken for a question about others.
 */
export function isAskedFor(query: string, { name, type, format, channels, uid }: ShortInfo): boolean {
  const fields: Record<string, string> = {
    ...{ name, type, uid, channel_format: format, channel_count: String(channels) },
    ...{ session_id: 'default', source_id: name, hostname: 'localhost' },
  };
  const terms = query.trim() === '' ? [] : query.split(/ and /);
  return terms.every((term) => {
    const [, field = '', value] = /^\s*([a-z_]+)\s*=\s*'([^']*)'\s*$/.exec(term.replaceAll('"', "'")) ?? [];
    return value !== undefined && fields[field] === value;
  });
}

/** Asks for samples from now on; the server may keep six minutes of them for us, which the request counts in samples. */
export function feedRequest({ uid, rate }: ShortInfo, bytesPerValue: number): string {
  const mostSamples = Math.ceil(360 * (rate > 0 ? rate : 100));
  const lines = [
    `LSL:streamfeed/110 ${uid}`,
    'Native-Byte-Order: 1234',
    'Endian-Performance: 0',
    'Has-IEEE754-Floats: 1',
    'Supports-Subnormals: 1',
    `Value-Size: ${bytesPerValue}`,
    'Data-Protocol-Version: 110',
    `Max-Buffer-Length: ${mostSamples}`,
    'Max-Chunk-Length: 0',
    'Hostname: axond',
    'Source-Id: ',
    'Session-Id: default',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export function feedAnswer(uid: string): string {
  const lines = [
    'LSL/110 200 OK',
    `UID: ${uid}`,
    'Byte-Order: 1234',
    'Suppress-Subnormals: 0',
    'Data-Protocol-Version: 110',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What is wrong with the head of an answer, up to its empty line; or the empty string. */
export function judgeFeedAnswer(head: string): string {
  const [first = '', ...lines] = head.split('\r\n');
  const status = /^LSL\/(\d+) (\d+) /.exec(`${first} `);
  if (!status) return 'it answers in another protocol';
  if (status[2] !== '200') return `it refuses: ${first.slice(0, 80)}`;
  const header = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  if (header.get('data-protocol-version') !== '110') return 'it speaks no version 1.10';
  if (!['1234', '0'].includes(header.get('byte-order') ?? '')) return 'it sends bytes in another order';
  return '';
}

/** Value of a channel in the two samples (`offset` 4 and 2) by which each side knows that it reads what was written. */
export function testPattern(format: ValueFormat, channel: number, offset: number): number {
  const value = channel + offset + { float32: 0, double64: 16777217, int32: 65537, int16: 257 }[format];
  return channel % 2 === 0 ? value : -value;
}
/** Of a channel of texts, the same in both samples. */
export function textPattern(channel: number): string {
  return String((channel + 10) * (channel % 2 === 0 ? 1 : -1));
}
export const testTimestamp = 123456.789;
export const testOffsets = [4, 2] as const;

/** First byte of a sample. */
export const Tag = { deduced: 1, transmitted: 2 } as const;

/** Bytes of a sample that begins with this tag; 0 where there is no such tag. */
export function sampleBytes(tag: number, format: ValueFormat, channels: number): number {
  const values = channels * valueBytes[format];
  if (tag === Tag.deduced) return 1 + values;
  return tag === Tag.transmitted ? 9 + values : 0;
}

export function readValue(view: DataView, at: number, format: ValueFormat): number {
  switch (format) {
    case 'float32':
      return view.getFloat32(at, true);
    case 'double64':
      return view.getFloat64(at, true);
    case 'int32':
      return view.getInt32(at, true);
    case 'int16':
      return view.getInt16(at, true);
  }
}

/** A sample of float32 with a time stamp, in seconds; without one it is deduced. Returns its bytes. */
export function writeSample(values: ArrayLike<number>, timestamp?: number): Uint8Array {
  const head = timestamp === undefined ? 1 : 9;
  const bytes = new Uint8Array(head + 4 * values.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = timestamp === undefined ? Tag.deduced : Tag.transmitted;
  if (timestamp !== undefined) view.setFloat64(1, timestamp, true);
  for (let channel = 0; channel < values.length; channel++)
    view.setFloat32(head + 4 * channel, values[channel] as number, true);
  return bytes;
}

/** A sample of one text with its time, in seconds. Texts end where 255 bytes do. */
export function writeText(text: string, timestamp: number): Uint8Array {
  const encoded = new TextEncoder().encode(text).subarray(0, 255);
  const bytes = new Uint8Array(11 + encoded.length);
  bytes[0] = Tag.transmitted;
  new DataView(bytes.buffer).setFloat64(1, timestamp, true);
  bytes[9] = 1; // the length has one byte
  bytes[10] = encoded.length;
  bytes.set(encoded, 11);
  return bytes;
}

/** The two samples of a stream of one text by which each side knows the other. */
export const stringPatterns: readonly Uint8Array[] = testOffsets.map(() => writeText(textPattern(0), testTimestamp));

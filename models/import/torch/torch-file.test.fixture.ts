/** Archives as torch.save writes them, for tests: members stored, a pickle of protocol 2. */

export interface TorchTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
  /** Row-major when absent. */
  readonly strides?: readonly number[];
  readonly parameter?: boolean;
}

/** `under`: the key of a checkpoint that holds the state_dict. */
export function stateDict(tensors: ReadonlyMap<string, TorchTensor>, under?: string): Uint8Array {
  const bytes: number[] = [0x80, 2];
  const text = (value: string) => {
    const encoded = Buffer.from(value);
    bytes.push(0x58, encoded.length, 0, 0, 0, ...encoded);
  };
  const int = (value: number) =>
    bytes.push(0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  const global = (name: string) => bytes.push(...Buffer.from(`c${name.replace(' ', '\n')}\n`));
  const tuple = (values: readonly number[]) => {
    bytes.push(0x28);
    values.forEach(int);
    bytes.push(0x74);
  };
  const emptyOrdered = () => {
    global('collections OrderedDict');
    bytes.push(0x29, 0x52);
  };
  const members = new Map<string, Uint8Array>();
  if (under !== undefined) {
    bytes.push(0x7d);
    text(under);
  }
  emptyOrdered();
  bytes.push(0x28);
  [...tensors].forEach(([name, { shape, values, strides, parameter }], key) => {
    text(name);
    if (parameter) {
      global('torch._utils _rebuild_parameter');
      bytes.push(0x28);
    }
    global('torch._utils _rebuild_tensor_v2');
    bytes.push(0x28, 0x28);
    text('storage');
    global(values instanceof Float32Array ? 'torch FloatStorage' : 'torch LongStorage');
    text(String(key));
    text('cpu');
    int(values.length);
    bytes.push(0x74, 0x51);
    int(0);
    tuple(shape);
    tuple(strides ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1)));
    bytes.push(0x89);
    emptyOrdered();
    bytes.push(0x74, 0x52);
    if (parameter) {
      bytes.push(0x89);
      emptyOrdered();
      bytes.push(0x74, 0x52);
    }
    members.set(`archive/data/${key}`, new Uint8Array(values.slice().buffer));
  });
  bytes.push(0x75);
  if (under !== undefined) bytes.push(0x73);
  bytes.push(0x2e);
  return storedZip(
    new Map([['archive/data.pkl', Uint8Array.from(bytes)], ['archive/byteorder', Buffer.from('little')], ...members]),
  );
}

export function storedZip(members: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of members) {
    const shared = Buffer.alloc(26);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(bytes.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), bytes]);
    const entry = Buffer.alloc(16);
    entry.writeUInt32LE(at, 12);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(2), shared, entry.subarray(2), Buffer.from(name)]),
    );
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.size, 8);
  end.writeUInt16LE(members.size, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Uint8Array.from(Buffer.concat([...parts, central, end]));
}

/** Bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

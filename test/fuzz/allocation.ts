import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/**
 * Counts what a process and its threads take outside the JavaScript heap, which has a limit of its own: loaded before all
 * else (`node --import`), it stands in for the constructors of ArrayBuffer and typed arrays, Buffer's allocators and
 * WebAssembly's memory. Copies by `slice` and the like are as large as what they copy and are not counted.
 */
const key = 'axond.fuzz.allocation';
const given = getEnvironmentData(key);
// [0] bytes since the last reset, [1] the largest piece.
const counts = new Float64Array(given instanceof SharedArrayBuffer ? given : new SharedArrayBuffer(16));
if (!(given instanceof SharedArrayBuffer)) setEnvironmentData(key, counts.buffer as SharedArrayBuffer);

export const allocated = {
  reset(): void {
    counts.fill(0);
  },
  get total(): number {
    return counts[0]!;
  },
  get largest(): number {
    return counts[1]!;
  },
};

function count(bytes: number): void {
  if (!(bytes > 0)) return;
  counts[0]! += bytes;
  if (bytes > counts[1]!) counts[1] = bytes;
}

type Constructor = abstract new (...given: never[]) => ArrayBufferView | ArrayBuffer | SharedArrayBuffer;
const globals = globalThis as unknown as Record<string, Constructor>;
const names = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
];
names.push('Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array');

for (const name of names)
  globals[name] = new Proxy(globals[name]!, {
    construct(target, parameters: unknown[], asked) {
      // A view takes nothing; a length or an array does. Refused sizes are counted as well: someone asked for them.
      const [first] = parameters;
      const size = typeof first === 'number' ? first : sizeOf(first);
      count(size * ('BYTES_PER_ELEMENT' in target ? (target.BYTES_PER_ELEMENT as number) : 1));
      return Reflect.construct(target, parameters, asked) as object;
    },
  });

function sizeOf(source: unknown): number {
  return typeof source === 'object' && source !== null && 'length' in source ? Number(source.length) : 0;
}

for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
  const allocate = Buffer[name].bind(Buffer);
  Buffer[name] = (size: number, ...rest: []) => {
    count(size);
    return allocate(size, ...rest);
  };
}

interface Memory {
  grow(pages: number): number;
}
const memory = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } }).WebAssembly.Memory
  .prototype;
// eslint-disable-next-line @typescript-eslint/unbound-method
const grow = memory.grow;
memory.grow = function (this: Memory, pages: number) {
  const before = grow.call(this, pages);
  count(pages * 65536);
  return before;
};

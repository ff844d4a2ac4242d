import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { sharedData } from '../../test/shared-data.js';
import { ModelError } from './model-error.js';
import { decodeTensor, readSafetensors, writeSafetensors, type Dtype, type StoredTensor } from './safetensors.js';

/** A file from the text of its header and its bytes, the length of the header as claimed. */
function file(header: string, body: number[] = [], claimed: bigint | number = Buffer.byteLength(header)): Uint8Array {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(claimed));
  return Uint8Array.from([...start, ...Buffer.from(header), ...body]);
}

test('a file made by hand', () => {
  const header =
    '{"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"__metadata__":{"made":"by hand"},"a":{"dtype":"I16","shape":[2,2],"data_offsets":[0,8]}}  ';
  const { metadata, tensors } = readSafetensors(file(header, [1, 0, 2, 0, 3, 0, 255, 255, 7, 8, 9]));
  assert.deepEqual([...metadata], [['made', 'by hand']]);
  assert.deepEqual(tensors.get('b'), { dtype: 'U8', shape: [3], bytes: Uint8Array.of(7, 8, 9) });
  assert.deepEqual(decodeTensor('a', tensors.get('a')!), {
    type: 'I32',
    shape: [2, 2],
    values: Int32Array.of(1, 2, 3, -1),
  });
});

test('the bytes that are written', () => {
  const written = writeSafetensors({
    metadata: new Map([['k', 'v']]),
    tensors: new Map([
      ['u', { dtype: 'U8', shape: [1], bytes: Uint8Array.of(5) }],
      ['f', { dtype: 'F32', shape: [], bytes: Uint8Array.of(0, 0, 128, 63) }],
    ]),
  });
  const header =
    '{"__metadata__":{"k":"v"},"f":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  assert.deepEqual(written, file(padded, [0, 0, 128, 63, 5]));
});

const sizes = { BOOL: 1, I8: 1, F16: 2, I32: 4, F32: 4, F64: 8, U64: 8 } as const;
const stored: fc.Arbitrary<StoredTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(sizes) as (keyof typeof sizes)[])),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    seed: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ dtype, shape, seed }) => ({
    dtype,
    shape,
    bytes: new Uint8Array(shape.reduce((product, axis) => product * axis, sizes[dtype])).map((_, at) => at * 7 + seed),
  }));

test('any tensors and texts are read as they were written', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), stored), { maxLength: 6 }),
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 4 }),
      (tensors, texts) => {
        const named = new Map(tensors.filter(([name]) => name !== '__metadata__'));
        const metadata = new Map(texts.filter(([key]) => key !== '__proto__'));
        const read = readSafetensors(writeSafetensors({ metadata, tensors: named }));
        assert.deepEqual(new Map([...read.metadata].sort()), new Map([...metadata].sort()));
        assert.deepEqual(new Map([...read.tensors].sort(byName)), new Map([...named].sort(byName)));
      },
    ),
    { numRuns: 300 },
  ));
const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

const entry = (dtype: string, shape: string, from: number, to: number): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`;
const refused: [what: string, file: Uint8Array, message: RegExp][] = [
  ['nothing', new Uint8Array(0), /0 bytes are no file/],
  ['a header larger than any', file('{}', [], 2n ** 63n), /claims 9223372036854775808 bytes, more than 1048576/],
  ['a header beyond the end', file('{}', [], 1000), /claims 1000 bytes, the file has 10/],
  ['a header of another kind', file('[]'), /no JSON object/],
  ['a header that is cut off', file('{"a":'), /header: not JSON/],
  ['a header that is not UTF-8', file('{"\u0080"}').map((byte) => (byte === 0xc2 ? 0xff : byte)), /not UTF-8/],
  [
    'a tensor named twice',
    file(`{"a":${entry('U8', '[1]', 0, 1)},"a":${entry('U8', '[1]', 0, 1)}}`, [0]),
    /names a twice/,
  ],
  ['an unknown type', file(`{"a":${entry('F4', '[1]', 0, 1)}}`, [0]), /^tensor a: dtype/],
  ['a negative axis', file(`{"a":${entry('U8', '[-1]', 0, 1)}}`, [0]), /^tensor a: shape\.0/],
  ['a broken axis', file(`{"a":${entry('U8', '[0.5]', 0, 1)}}`, [0]), /^tensor a: shape\.0/],
  ['a place beyond the end', file(`{"a":${entry('U8', '[9]', 0, 9)}}`, [0]), /^tensor a: lies at 0 to 9 of 1 bytes/],
  ['a place that ends before it begins', file(`{"a":${entry('U8', '[1]', 1, 0)}}`, [0]), /^tensor a: lies at 1 to 0/],
  [
    'a shape larger than its bytes',
    file(`{"a":${entry('F32', '[2]', 0, 4)}}`, [0, 0, 0, 0]),
    /^tensor a: F32 \[2\] takes 8 bytes, but 4/,
  ],
  [
    'a shape whose product overflows',
    file(`{"a":${entry('U8', '[4294967296,4294967296,4294967296]', 0, 0)}}`),
    /^tensor a: U8 .* but 0 are stored/,
  ],
  [
    'a hole',
    file(`{"a":${entry('U8', '[1]', 0, 1)},"b":${entry('U8', '[1]', 2, 3)}}`, [0, 0, 0]),
    /^tensor b: begins at 2, .* ends at 1/,
  ],
  [
    'an overlap',
    file(`{"a":${entry('U8', '[2]', 0, 2)},"b":${entry('U8', '[2]', 1, 3)}}`, [0, 0, 0]),
    /^tensor b: begins at 1, .* ends at 2/,
  ],
  ['bytes of no tensor', file(`{"a":${entry('U8', '[1]', 0, 1)}}`, [0, 0]), /1 of 2 bytes belong to no tensor/],
  ['metadata that are no texts', file('{"__metadata__":{"a":1}}'), /^__metadata__: a: /],
  [
    'a key more than there are',
    file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'),
    /^tensor a: .*"x"/,
  ],
];
for (const [what, bytes, message] of refused)
  test(`refused: ${what}`, () =>
    assert.throws(
      () => readSafetensors(bytes),
      (error) => error instanceof ModelError && (message.test(error.message) || assert.fail(error.message)),
    ));

const decoded = (dtype: Dtype, bytes: number[], shape = [1]): unknown =>
  [...decodeTensor('t', { dtype, shape, bytes: Uint8Array.from(bytes) }).values][0];

test('16-bit floats and long integers are decoded for importers', () => {
  assert.equal(decoded('F16', [0x00, 0x3c]), 1);
  assert.equal(decoded('F16', [0xff, 0xfb]), -65504);
  assert.equal(decoded('F16', [0x01, 0x00]), 2 ** -24);
  assert.equal(decoded('F16', [0x00, 0x7c]), Infinity);
  assert.equal(decoded('BF16', [0x49, 0xc0]), -3.140625);
  assert.equal(decoded('I64', [0xfe, 255, 255, 255, 255, 255, 255, 255]), -2);
  assert.equal(decoded('U32', [1, 0, 0, 0x7f]), 0x7f000001);
  assert.throws(() => decoded('U32', [0, 0, 0, 0x80]), /^ModelError: tensor t: element 0 is 2147483648, beyond int32/);
  assert.throws(() => decoded('F8_E4M3', [0]), /^ModelError: tensor t: is F8_E4M3/);
});

const real = sharedData('models', 't1mini.f32.safetensors');
test('a file that another program wrote', { skip: real ? false : 'no shared data' }, () => {
  const { tensors } = readSafetensors(readFileSync(real!));
  assert.ok(tensors.size > 4);
  for (const [name, each] of tensors) assert.equal(decodeTensor(name, each).values.length * 4, each.bytes.length);
});

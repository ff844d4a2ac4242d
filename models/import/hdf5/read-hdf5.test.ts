import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { tree, writeHdf5, writeTree } from './hdf5-file.test.fixture.js';
import { Hdf5Reader } from './read-hdf5.js';

const plain = {
  version: '0.2',
  node: {
    edges: { shape: [2, 2], values: ['a', 'b', 'b', 'ć.w'] },
    'ć.w': { weight: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 0.1) }, tau: [0.1, 0.2], n: 3 },
  },
};

describe('HDF5 files', () => {
  const reader = new Hdf5Reader();
  after(() => reader.close());

  it('are read whole: nested groups, gzip, texts, scalars', async () => {
    const bytes = await writeHdf5((file) => writeTree(file, tree(plain)));
    assert.deepEqual(await reader.read(bytes), tree(plain));
  });

  it('may hold integers of 64 bits and texts of fixed length', async () => {
    const bytes = await writeHdf5((file) => {
      file.create_dataset({ name: 'i', data: new BigInt64Array([2n, -3n]) });
      file.create_dataset({ name: 'u', data: Uint8Array.of(255) });
      file.create_dataset({ name: 't', data: ['dense', 'input'], dtype: 'A10' });
    });
    const { datasets } = await reader.read(bytes);
    assert.deepEqual(datasets.get('i')?.values, Float64Array.of(2, -3));
    assert.deepEqual(datasets.get('u')?.values, Float64Array.of(255));
    assert.deepEqual(datasets.get('t')?.values, ['dense', 'input']);
  });

  it('that are none, or cut short, are refused with what the library found', async () => {
    const bytes = await writeHdf5((file) => writeTree(file, tree(plain)));
    await assert.rejects(reader.read(new TextEncoder().encode('PK no HDF5 here')), {
      name: 'ModelError',
      message: /HDF5: .*signature not found/,
    });
    await assert.rejects(reader.read(bytes.slice(0, bytes.length - 100)), /HDF5: .*truncated/);
    await assert.rejects(reader.read(new Uint8Array(0)), { name: 'ModelError' });
  });

  it('that unfold into more than their limit are refused before that is allocated', async () => {
    const bytes = await writeHdf5((file) =>
      file.create_dataset({
        name: 'zeros',
        data: new Float32Array(5_000_000),
        shape: [5_000_000],
        chunks: [1_000_000],
        compression: 'gzip',
      }),
    );
    assert.ok(bytes.length < 200_000);
    await assert.rejects(reader.read(bytes), /\/zeros of shape \[5000000\] is over the limit/);
  });

  it('that contain themselves, or lead elsewhere, are refused', async () => {
    const circle = await writeHdf5((file) => {
      file.create_group('a');
      file.create_hard_link('/a', 'a/again');
    });
    await assert.rejects(reader.read(circle), /nested more than 16 deep/);
    const elsewhere = await writeHdf5((file) => file.create_external_link('other.h5', '/x', 'out'));
    await assert.rejects(reader.read(elsewhere), { name: 'ModelError', message: /HDF5: / });
  });

  it('a reader goes on after a file that broke it', async () => {
    const bytes = await writeHdf5((file) => writeTree(file, tree(plain)));
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let n = 0; n < 6; n++) {
      const mutated = bytes.slice();
      for (let hit = 0; hit < 4; hit++) mutated[random(bytes.length)] = random(256);
      await reader.read(mutated).catch((error: unknown) => assert.equal((error as Error).name, 'ModelError'));
    }
    assert.deepEqual(await reader.read(bytes), tree(plain));
  });
});

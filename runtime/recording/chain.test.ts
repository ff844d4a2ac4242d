import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chain, chainHash, firstBreak, rowContent } from './chain.js';

test('a link is the SHA-256 of the one before, a line feed, and its content', () => {
  // printf '\na' | sha256sum; then printf '%s\nb' "$that" | sha256sum
  const first = '7361a6f4b374745deaf896ac72887d55e04107d1a1ff14e5e4d829fb47e82426';
  const second = 'faffdecc1078af5fc0592702fe01d5e8a6843fc9e9389be10a824a97c6275e6c';
  assert.equal(chainHash('', 'a'), first);
  assert.equal(chainHash(first, 'b'), second);
  assert.equal(chainHash(first, Buffer.from('b')), second);
  const chain = new Chain();
  chain.add('a');
  assert.equal(chain.add('b'), second);
  assert.deepEqual([chain.head, chain.length], [second, 2]);
});

test('R-42 the first link that was changed, left out, doubled or exchanged is found by its place', () => {
  const chain = new Chain('begin');
  const links = ['a', 'b', 'c', 'd'].map((content) => ({ content, hash: chain.add(content) }));
  const [a, b, c, d] = links as [Link, Link, Link, Link];
  assert.equal(firstBreak(links, 'begin'), -1);
  assert.equal(firstBreak([], 'begin'), -1);
  assert.equal(firstBreak(links, 'other'), 0);
  assert.equal(firstBreak([a, b, { ...c, content: 'C' }, d], 'begin'), 2);
  assert.equal(firstBreak([a, c, d], 'begin'), 1);
  assert.equal(firstBreak([a, b, b, c], 'begin'), 2);
  assert.equal(firstBreak([b, a, c, d], 'begin'), 0);
  // Somebody who has calculated one link anew: the next one tells.
  assert.equal(firstBreak([a, { content: 'B', hash: chainHash(a.hash, 'B') }, c, d], 'begin'), 2);
});
interface Link {
  readonly content: string;
  readonly hash: string;
}

test('other columns are other bytes', () => {
  const rows = [
    [],
    [null],
    [null, null],
    [''],
    ['', ''],
    ['a', 'b'],
    ['ab'],
    ['a2:b'],
    [Buffer.from('ab')],
    [0],
    [1],
    [1, 0],
    [0, 1],
    ['0'],
    ['n12345678'],
    [Infinity],
    ['é'],
    ['e\u0301'],
  ] as const;
  const bytes = rows.map((row) => Buffer.from(rowContent(row)).toString('hex'));
  assert.equal(new Set(bytes).size, rows.length);
  assert.deepEqual(rowContent([-0]), rowContent([0]), 'as SQLite gives it back');
});

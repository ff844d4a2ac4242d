import assert from 'node:assert/strict';
import { openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { architectureOf, elfMachine, tool } from './architecture.js';

test('an ELF file tells its machine, everything else none', () => {
  // Header of an AArch64 shared object, as `readelf -h` of binutils reads it: DYN, 0xB7.
  const arm = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0xb7, 0);
  assert.equal(elfMachine(arm), architectureOf('arm64').elf);
  const big = arm.slice();
  big.set([2], 5);
  big.set([0, 0xb7], 18);
  assert.equal(elfMachine(big), 0xb7);
  assert.equal(elfMachine(arm.subarray(0, 19)), undefined);
  assert.equal(elfMachine(new TextEncoder().encode('#!/bin/sh\nexec node "$@"\n')), undefined);
});

test('the running Node is of the machine that it says', () => {
  const head = new Uint8Array(64);
  readSync(openSync(process.execPath, 'r'), head);
  assert.equal(elfMachine(head), architectureOf(process.arch).elf);
});

test('tools for another machine are the cross tools', () => {
  assert.equal(tool('gcc', architectureOf(process.arch)), 'gcc');
  const other = architectureOf(process.arch === 'x64' ? 'arm64' : 'amd64');
  assert.equal(tool('gcc', other), `${other.triple}-gcc`);
  assert.throws(() => architectureOf('armhf'), /armhf is none of amd64 and arm64/);
});

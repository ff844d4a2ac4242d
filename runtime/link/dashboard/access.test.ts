import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Allowance, isOwnHost, isOwnOrigin, roleOf } from './access.js';
import { readTokens, tokenPath } from './tokens.js';

test('a host is ours by an address, as localhost, or by a name of the configuration; no other name is', () => {
  for (const own of [
    'localhost',
    'localhost:8650',
    '127.0.0.1:8650',
    '[::1]:8650',
    '192.168.1.7',
    'Bedside-1.local:80',
  ])
    assert.equal(isOwnHost(own, ['bedside-1.local']), true, own);
  for (const foreign of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'evil.example:8650',
    '127.0.0.1.nip.io',
    'localhost:8650:1',
    'a@localhost',
    'localhost/..',
    'bedside-1.local.evil.example',
    '[::1',
    '0x7f.1',
  ])
    assert.equal(isOwnHost(foreign, ['bedside-1.local']), false, String(foreign));
});

test('R-36 an origin is ours where it is the host that is asked', () => {
  assert.equal(isOwnOrigin('http://localhost:8650', 'localhost:8650'), true);
  assert.equal(isOwnOrigin('https://bedside-1.local', 'Bedside-1.local'), true);
  for (const [origin, host] of [
    [undefined, 'localhost:8650'],
    ['null', 'localhost:8650'],
    ['http://localhost:3000', 'localhost:8650'],
    ['http://evil.example', 'localhost:8650'],
    ['http://localhost:8650.evil.example', 'localhost:8650'],
    ['http://localhost:8650', undefined],
    ['file://', 'localhost:8650'],
  ] as const)
    assert.equal(isOwnOrigin(origin, host), false, `${String(origin)} ${String(host)}`);
});

test('R-36 tokens: 32 bytes in a file of its user alone, kept, one a role; an open or damaged file is refused', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-tokens-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const tokens = readTokens(join(folder, 'state'));
  assert.deepEqual(readTokens(join(folder, 'state')), tokens);
  assert.notEqual(tokens.operator, tokens.blinded);
  const path = tokenPath(join(folder, 'state'), 'operator');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url').length, 32);
  assert.equal(roleOf(tokens.operator, tokens), 'operator');
  assert.equal(roleOf(tokens.blinded, tokens), 'blinded');
  for (const wrong of ['', ' ', tokens.operator.slice(1), `${tokens.operator}x`, 'operator'])
    assert.equal(roleOf(wrong, tokens), undefined);
  chmodSync(path, 0o644);
  assert.throws(() => readTokens(join(folder, 'state')), /operator\.token: others may read it \(mode 644\)/);
  chmodSync(path, 0o600);
  writeFileSync(path, '\n');
  assert.throws(() => readTokens(join(folder, 'state')), /holds no token of 32 bytes\. Delete it/);
});

test('an allowance gives so many at once, and then one at a time', () => {
  const allowance = new Allowance(2, 100);
  const taken = [1000, 1000, 1000, 1050, 1100, 1100, 5000, 5000, 5000].map((ms) => allowance.take(ms));
  assert.deepEqual(taken, [true, true, false, false, true, false, true, true, false]);
});

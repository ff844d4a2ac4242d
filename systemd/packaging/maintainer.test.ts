import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maintainerOf } from './maintainer.js';

const commit = (): string => 'A. Committer <a@lab.example>\n';

test('who builds a package is its maintainer: by name, or as who made the last commit', () => {
  assert.equal(
    maintainerOf({ DEBFULLNAME: 'B. Builder', DEBEMAIL: 'b@lab.example' }, commit),
    'B. Builder <b@lab.example>',
  );
  assert.equal(maintainerOf({}, commit), 'A. Committer <a@lab.example>');
});

test('half a name, or none, makes no package', () => {
  assert.throws(() => maintainerOf({ DEBEMAIL: 'b@lab.example' }, commit), /set both, or neither/);
  assert.throws(() => maintainerOf({}, () => ''), /"" is no name and address\. Set DEBFULLNAME and DEBEMAIL/);
});

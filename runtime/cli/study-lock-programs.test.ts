import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashPrograms, ownPackage } from '../study/lock-file.js';
import { readLock, type LockVersion } from '../study/lock.js';
import { axondVersion } from './version.js';
import { temporary, lockedBox, lockFile, reasonsAgainst, edit, flip } from './study-lock.test.fixture.js';

test('R-48 an edited, added or missing program of axond is refused by its name, though the version is the same', async (t) => {
  const box = await lockedBox(t);
  const own = temporary(t);
  for (const path of Object.keys(await hashPrograms(ownPackage)))
    cpSync(join(ownPackage, path), join(own, path), { recursive: true });
  cpSync(join(ownPackage, 'package.json'), join(own, 'package.json'));
  symlinkSync(join(ownPackage, 'node_modules'), join(own, 'node_modules'));
  assert.deepEqual(await reasonsAgainst(box, { package: own }), []);
  const gate = 'dist/runtime/decide/gate.js';
  const kernels = 'dist/models/engine/assembly/kernels.wasm';
  const put = (path: string) => (folder: string) => writeFileSync(join(folder, path), '// more\n');
  const changes: [file: string, change: (folder: string) => unknown][] = [
    [gate, edit(gate, '>', '>=')],
    [kernels, flip(kernels, -1)],
    ['runtime/cli/axond.js', edit('runtime/cli/axond.js', "'main'", "'other'")],
    ['dist/runtime/decide/more.js', put('dist/runtime/decide/more.js')],
    ['dist/runtime/guardian/main.js', (folder) => rmSync(join(folder, 'dist/runtime/guardian/main.js'))],
  ];
  for (const [file, change] of changes) {
    const there = existsSync(join(own, file)) ? readFileSync(join(own, file)) : undefined;
    change(own);
    const reasons = await reasonsAgainst(box, { package: own });
    assert.equal(reasons.length, 1, file);
    assert.ok(
      reasons[0]?.startsWith(`study: axond's own ${file} is not as locked (approval 2026-014, by A. Meyer). Put`),
    );
    if (there) writeFileSync(join(own, file), there);
    else rmSync(join(own, file));
  }
  // Another build, and what no run loads.
  for (const [file] of changes.slice(0, 3)) appendFileSync(join(own, file), '\n');
  put('dist/runtime/decide/more.js')(own);
  for (const path of ['dist/runtime/decide/gate.test.js', 'dist/runtime/decide/gate.js.map']) put(path)(own);
  const [reason = ''] = await reasonsAgainst(box, { package: own });
  assert.match(
    reason,
    /own dist\/models\/engine\/assembly\/kernels\.wasm, .*gate\.js, .*more\.js and 1 more are not as/,
  );
});

test('R-48 another version of a library, one that is missing and one more are refused by name', async (t) => {
  const box = await lockedBox(t);
  const own = temporary(t);
  const put = (folder: string, manifest: object): void => {
    mkdirSync(join(own, folder), { recursive: true });
    writeFileSync(join(own, folder, 'package.json'), JSON.stringify(manifest));
  };
  // Where npm puts them for a package that another one depends on.
  const { libraries } = (readLock(readFileSync(lockFile(box), 'utf8'))[0] as LockVersion).protocol;
  const dependencies = { ...libraries, more: '^1.0.0' };
  put('node_modules/axond', { version: axondVersion, dependencies });
  for (const [name, version] of Object.entries(libraries))
    if (name !== 'koffi') put(`node_modules/${name}`, { version });
  put('node_modules/axond/node_modules/serialport', { version: '13.0.99' });
  put('node_modules/more', { version: '1.2.3' });
  for (const path of Object.keys(await hashPrograms(ownPackage)))
    cpSync(join(ownPackage, path), join(own, 'node_modules/axond', path), { recursive: true });
  const reasons = await reasonsAgainst(box, { package: join(own, 'node_modules/axond') });
  const { koffi = '', serialport = '' } = libraries;
  for (const wanted of [
    `the library koffi is missing, locked as ${koffi} (`,
    `the library serialport is 13.0.99, locked as ${serialport} (`,
    'the library more is 1.2.3, and not in the lock (',
  ])
    assert.ok(
      reasons.some((reason) => reason.includes(wanted)),
      reasons.join('\n'),
    );
  assert.equal(reasons.length, 3);
});

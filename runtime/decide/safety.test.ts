import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** SAFETY.md against the tests that it names: no hazard without a requirement, no requirement without a test. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'runtime/decide/SAFETY.md'), 'utf8');
const hazards = rows('H');
const requirements = rows('R');

function rows(letter: string): { id: string; cells: string[] }[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith(`| ${letter}-`))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, id = '', ...cells]) => ({ id, cells: cells.slice(0, -1) }));
}

const idsIn = (text: string): string[] => text.match(/\bR-\d\d\b/g) ?? [];

/** Test files named in a row, from the repository's root: paths are those below runtime/, drivers/ or as they stand. */
function filesOf(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = '']) => {
    const found = ['runtime', 'drivers', '.']
      .map((folder) => join(folder, path))
      .find((one) => existsSync(join(root, one)));
    assert.ok(found, `SAFETY.md names ${path}, which is not there`);
    return found;
  });
}

/** Ids at the beginning of a text: there they stand in the names of tests, and in the tables that names come from. */
function idsOf(file: string): Set<string> {
  const text = readFileSync(join(root, file), 'utf8');
  return new Set([...text.matchAll(/['"`]((?:R-\d\d )+)/g)].flatMap(([, ids = '']) => idsIn(ids)));
}

function testFiles(): string[] {
  return ['runtime', 'drivers', 'models', 'firmware-bridge', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
      .map((file) => join(folder, file)),
  );
}

test('ids of hazards and requirements are unique and in order', () => {
  for (const list of [hazards, requirements]) {
    assert.ok(list.length > 5);
    const ids = list.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    for (const { id, cells } of list) assert.ok(/^[HR]-\d\d$/.test(id) && cells.every((cell) => cell !== ''), id);
  }
});

test('every hazard is held by requirements that exist', () => {
  const known = new Set(requirements.map(({ id }) => id));
  for (const { id, cells } of hazards) {
    const held = idsIn(cells.at(-1) ?? '');
    assert.ok(held.length > 0, `${id} is held by nothing`);
    for (const requirement of held)
      assert.ok(known.has(requirement), `${id} is held by ${requirement}, which is not there`);
  }
});

test('every requirement holds a hazard', () => {
  const holding = new Set(hazards.flatMap(({ cells }) => idsIn(cells.at(-1) ?? '')));
  for (const { id } of requirements) assert.ok(holding.has(id), `${id} stands beside no hazard`);
});

test('every requirement has tests, and each of them carries its id in the name of a test', () => {
  for (const { id, cells } of requirements) {
    const files = filesOf(cells.at(-1) ?? '');
    assert.ok(files.length > 0, `${id} names no test`);
    for (const file of files) assert.ok(idsOf(file).has(id), `${file}: no test there begins with ${id}`);
  }
});

test('every script that a requirement names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const [, script = ''] of page.matchAll(/`npm run ([\w:-]+)/g)) assert.ok(script in scripts, `npm run ${script}`);
});

test('no test carries the id of a requirement that is not there', () => {
  const known = new Set(requirements.map(({ id }) => id));
  for (const file of testFiles()) {
    for (const id of idsOf(file)) assert.ok(known.has(id), `${file}: ${id} is no requirement`);
  }
});

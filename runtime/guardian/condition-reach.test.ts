import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where the condition may be known. `decide`, `loop`, `supervisor`, `link`, `recorder` and `replay` are not among them. */
const knows = [
  /^drivers\//,
  /^runtime\/contracts\.ts$/,
  /^runtime\/guardian\/(actuators|condition)\.ts$/,
  /^runtime\/study\/(allocation|opened|unblind)\.ts$/,
  // Writes what was opened on record, and nothing else: see its tests.
  /^runtime\/study\/export\/(dataset|stimulus-rows)\.ts$/,
  /^runtime\/cli\/study(-export)?\.ts$/,
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|fixture|laws)\./.test(name))
    .map((name) => `${folder}/${name}`);
}

/** Without comments and without what is shown to people, such as a key's description. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\/\/.*$/gm, '')
    .replaceAll(/description\('[^']*'\)|description: '[^']*'/g, '');
}

test('R-27 nothing outside the guardian’s condition, its actuators and the study office speaks of real and sham', () => {
  const files = [...sources('runtime'), ...sources('drivers')];
  assert.ok(files.length > 100);
  const speaking = files.filter((file) => /'sham'|'real'|\bCondition\b|conditionsOf/.test(code(file)));
  assert.deepEqual(
    speaking.filter((file) => !knows.some((pattern) => pattern.test(file))),
    [],
  );
});

test('R-27 the guardian passes the condition on, and nothing there depends on it', () => {
  const firing = code('runtime/guardian/firing.ts');
  const uses = firing.match(/.*\bcondition\(nowUs\).*|.*actuator\.fire\(.*/g) ?? [];
  assert.equal(uses.length, 2);
  const [, name = ''] = /const (\w+) = .*condition\(nowUs\)/.exec(firing) ?? [];
  // Asked for, found not to be unknown, and handed over.
  assert.equal(firing.match(new RegExp(`\\b${name}\\b`, 'g'))?.length, 3);
  assert.ok(firing.includes(`if (${name} === undefined) return;`));
  assert.ok(firing.includes(`actuator.fire(command, ${name})`));
});

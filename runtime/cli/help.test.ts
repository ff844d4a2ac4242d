import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { rootSchema, type KeySchema } from '../config/keys.js';
import { keyReference, sectionNames } from '../config/reference.js';

test('the reference names every key of the schema, with its default, in 100 columns', () => {
  const lines = keyReference() ?? [];
  const text = lines.join('\n');
  for (const line of lines) assert.ok(line.length <= 100, line);
  const keys = new Set<string>();
  const defaults = new Set<string>();
  collect(rootSchema, keys, defaults);
  assert.ok(keys.size > 40, `${keys.size} keys`);
  for (const key of keys) assert.match(text, new RegExp(`(^|\\s)${key}[ :]`, 'm'), key);
  for (const value of defaults) assert.ok(text.includes(`default ${value}`), value);
  for (const unit of ['time; 1ms to 60s', 'frequency; 0.01Hz or more', 'whole number; 0 or more', 'voltage']) {
    assert.ok(text.includes(unit), unit);
  }
});

test('every key says what it means', () => {
  const silent: string[] = [];
  const visit = (schema: KeySchema, path: string): void => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      if (key !== 'use' && inner.description === undefined) silent.push(`${path}.${key}`);
      visit(inner, `${path}.${key}`);
    }
    for (const inner of schema.anyOf ?? []) visit(inner, path);
    if (schema.additionalProperties) visit(schema.additionalProperties, `${path}.NAME`);
    if (schema.items) visit(schema.items, `${path}.0`);
  };
  visit(rootSchema, '');
  assert.deepEqual(silent, []);
});

test('a section stands alone, and one that is not there is told', () => {
  assert.deepEqual(sectionNames(), [
    'preset',
    'device',
    'source',
    'actuators',
    'signals',
    'detectors',
    'policy',
    'stimulus',
    'gate',
    'study',
    'place',
  ]);
  const gate = (keyReference('gate') ?? []).join('\n');
  assert.match(gate, /^gate: /);
  assert.match(
    gate,
    /perHour +whole number; 0 or more; required\n +Most stimuli in any 60 minutes\. For example 120\./,
  );
  assert.doesNotMatch(gate, /stages/);
  assert.equal(keyReference('gat'), undefined);
});

function collect(schema: KeySchema, keys: Set<string>, defaults: Set<string>): void {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    keys.add(key);
    if (typeof inner.default === 'string' || typeof inner.default === 'number') defaults.add(String(inner.default));
    collect(inner, keys, defaults);
  }
  for (const inner of schema.anyOf ?? []) collect(inner, keys, defaults);
  if (schema.additionalProperties) collect(schema.additionalProperties, keys, defaults);
  if (schema.items) collect(schema.items, keys, defaults);
}

test('axond help VERB is the help of the verb', () => {
  const told = execFileSync(process.execPath, ['runtime/cli/axond.js', 'help', 'place'], { encoding: 'utf8' });
  for (const verb of ['learn', 'add', 'match', 'inspect', 'eval']) assert.match(told, new RegExp(`^ +${verb} `, 'm'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { compileRun } from './compile.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';
import { readPreset } from './presets.js';

/** Loads and compiles, or refuses with a line for each fault: nothing else may happen. */
function loadsOrRefuses(text: string, sets: string[] = []): void {
  try {
    const { configuration, effectiveYaml } = loadConfiguration({ files: [{ name: 'p.yaml', text }], sets });
    compileRun(configuration);
    loadConfiguration({ files: [{ name: 'p.yaml', text: effectiveYaml }] });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    assert.ok(error.faults.length > 0);
    const lines = error.message.split('\n');
    assert.equal(lines.length, error.faults.length, 'one line a fault');
    for (const line of lines) assert.match(line, /\S.*\. \S.*[.?]$/s);
  }
}

const preset: unknown = parse(readPreset('demo'));

/** Values that stand in configurations, and others. */
const scalar = fc.oneof(
  fc.constantFrom(
    'cyton',
    'c3',
    'C3 - M2',
    'band-power',
    'bandpass',
    '1.5s',
    '0Hz',
    '1e9Hz',
    '500uV',
    './x.mjs',
    '',
    '\0',
  ),
  fc.constantFrom('constructor', '__proto__', 'toString', 'use', 'NaN'),
  fc.constantFrom(0, -1, 1e300, NaN, Infinity, true, false, null),
  fc.integer(),
  fc.double(),
  fc.string(),
);
const anything = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.string(), scalar, { maxKeys: 3 }),
);

test('any text is a configuration or a list of faults', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => loadsOrRefuses(text)),
    { numRuns: 300 },
  );
  const yamlish = fc.constantFrom(
    'a: ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '&a ',
    '*a',
    '!!set ',
    '? ',
    '|\n',
    "'",
    '"',
    '#',
    'gate',
    ',',
    '\t',
    '<<: ',
    '---\n',
    '%',
    '1',
  );
  fc.assert(
    fc.property(fc.array(yamlish, { maxLength: 20 }), (parts) => loadsOrRefuses(parts.join(''))),
    { numRuns: 500 },
  );
});

test('any JSON is a configuration or a list of faults', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => loadsOrRefuses(text)),
    { numRuns: 300 },
  );
  const sections = fc.dictionary(
    fc.constantFrom('device', 'source', 'actuators', 'signals', 'detectors', 'policy', 'stimulus', 'gate', 'preset'),
    fc.oneof(anything, fc.dictionary(fc.constantFrom('use', 'from', 'constructor', 'c3', 'stages'), anything)),
  );
  fc.assert(
    fc.property(sections, (value) => loadsOrRefuses(stringify(value))),
    { numRuns: 300 },
  );
});

test('a configuration with any one value replaced loads or is refused', () => {
  const paths = pathsOf(preset).filter((path) => path.length > 0);
  fc.assert(
    fc.property(fc.constantFrom(...paths), anything, (path, value) => {
      const copy = structuredClone(preset);
      const parent = path
        .slice(0, -1)
        .reduce<Record<string, unknown>>(
          (inner, key) => inner[key] as Record<string, unknown>,
          copy as Record<string, unknown>,
        );
      parent[path.at(-1)!] = value;
      loadsOrRefuses(stringify(copy), ['source.port=/dev/ttyUSB0']);
    }),
    { numRuns: 500 },
  );
});

test('any --set is taken or refused', () => {
  const key = fc.oneof(fc.constantFrom(...pathsOf(preset).map((path) => path.join('.'))), fc.string());
  fc.assert(
    fc.property(
      key,
      fc.oneof(
        fc.string(),
        anything.map((value) => JSON.stringify(value)),
      ),
      (name, value) => {
        loadsOrRefuses(stringify(preset), ['source.port=/dev/ttyUSB0', `${name}=${value}`]);
      },
    ),
    { numRuns: 300 },
  );
});

test('bottomless nesting and bombs of aliases are refused', () => {
  const deep = `detectors: { own: { use: /a.mjs, options: ${'{ a: '.repeat(40)}1${' }'.repeat(40)} } }`;
  assert.throws(
    () => loadConfiguration({ files: [{ name: 'p.yaml', text: deep }] }),
    /is nested too deeply\. Use at most 32/,
  );
  loadsOrRefuses('['.repeat(20_000));
  loadsOrRefuses(`a: ${'{ a: '.repeat(5_000)}1${' }'.repeat(5_000)}`);
  loadsOrRefuses(`signals: { a: { from: "${'('.repeat(50_000)}C3" } }`, ['source={ use: cyton, port: /dev/x }']);
  loadsOrRefuses(
    ['a0: &a0 [x]', ...Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)].join('\n'),
  );
});

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner).map((path) => [key, ...path]))];
}

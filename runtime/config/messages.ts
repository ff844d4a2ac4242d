import type { z } from 'zod';
import { nearestName, show, type Fault } from './fault.js';
import { alternativeFor, schemaAt, valueAt } from './keys.js';
import { otherAmplifiers } from './other-amplifiers.js';
import { find, keyOf, type Origin, type Path, type Tree } from './tree.js';

type Issue = z.core.$ZodIssue;

/** What a configuration is judged with: where its values come from, and its values as they were written. */
export interface Written {
  readonly tree: Tree;
  readonly values: unknown;
}

export interface PlacedFault extends Fault {
  /** That of `key`. */
  readonly path: Path;
}

/** A fault of the value at a path. */
export function faultAt(written: Written, path: Path, rule: string, fix: string): PlacedFault {
  const { file, line, column } = find(written.tree, path).origin;
  const value = valueAt(written.values, path);
  return { file, line, column, key: keyOf(path), path, ...(value === undefined ? {} : { value }), rule, fix };
}

/** Puts what zod found into words. */
export function faultsOf(issues: readonly Issue[], written: Written, base: Path = []): PlacedFault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue, written, [...base, ...(issue.path as Path)]));
}

function faultsOfIssue(issue: Issue, written: Written, path: Path): PlacedFault[] {
  if (issue.code === 'invalid_union') return faultsOfUnion(issue, written, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, written, path));
  if (valueAt(written.values, path) === undefined) return [missing(written, path)];
  const [rule, fix] = wordsOf(issue, schemaAt(written.values, path)?.example);
  const fault = faultAt(written, path, rule, fix);
  return issue.code === 'invalid_key' ? [{ ...fault, ...position(find(written.tree, path).keyOrigin) }] : [fault];
}

function wordsOf(issue: Issue, example: string | number | undefined): [rule: string, fix: string] {
  const [rule, fix] = (issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? '') : issue.message).split('\n');
  // Our own schemas say both.
  if (rule !== undefined && fix !== undefined) return [rule, fix];
  switch (issue.code) {
    case 'invalid_type': {
      const kind = kinds[issue.expected] ?? issue.expected;
      return [`is not ${kind}`, example === undefined ? `Write ${kind}.` : `Write for example ${example}.`];
    }
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return ['is empty', 'Write at least one.'];
      return [`is below ${Number(issue.minimum)}`, `Use ${Number(issue.minimum)} or more.`];
    case 'too_big':
      return [`is above ${Number(issue.maximum)}`, `Use ${Number(issue.maximum)} or less.`];
    case 'invalid_value':
      return issue.values.length === 1
        ? [`is not ${String(issue.values[0])}`, `Write ${String(issue.values[0])}.`]
        : [`is none of ${issue.values.join(', ')}`, 'Use one of these.'];
    default:
      return [`is not valid: ${issue.message}`, 'See axond help config.'];
  }
}

const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys and values',
  record: 'a map of names',
  array: 'a list',
};

/** Of the alternatives that a value may be, speaks of the one that it was meant to be. */
function faultsOfUnion(issue: z.core.$ZodIssueInvalidUnion, written: Written, path: Path): PlacedFault[] {
  const meant = issue.errors.filter((issues) => !issues.some(isAboutTheKind));
  if (meant.length === 1) return faultsOf(meant[0] as Issue[], written, path);
  const uses = issue.errors.flat().filter(({ path: [first] }) => first === 'use');
  if (uses.length === 0) {
    const expected = issue.errors.flat().flatMap((inner) => {
      if (inner.code === 'invalid_value') return inner.values.map(String);
      return inner.code === 'invalid_type' ? [inner.expected] : [];
    });
    const wanted = [...new Set(expected)].map((kind) => kinds[kind] ?? kind).join(' or ');
    return [faultAt(written, path, `is not ${wanted}`, `Write ${wanted}.`)];
  }
  const names = uses.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
  const module = uses.some(({ code }) => code !== 'invalid_value')
    ? ', or the path of a module such as ./my-part.mjs'
    : '';
  const choice = `${names.join(', ')}${module}`;
  const use = [...path, 'use'];
  const given = valueAt(written.values, use);
  if (given === undefined) return [faultAt(written, use, 'is missing', `Choose one of ${choice}.`)];
  const other =
    path[0] === 'source' && typeof given === 'string' ? otherAmplifiers.get(given.toLowerCase()) : undefined;
  if (other !== undefined) {
    const [rule = '', ...rest] = other.split('. ');
    return [faultAt(written, use, rule, rest.join('. '))];
  }
  const nearest = nearestName(show(given), names);
  const fix = nearest === undefined ? `Choose one of ${choice}.` : `Did you mean ${nearest}? There are ${choice}.`;
  return [faultAt(written, use, 'is not known', fix)];
}

function isAboutTheKind({ code, path: [first, ...rest] }: Issue): boolean {
  const isOfWhole = first === undefined && (code === 'invalid_type' || code === 'invalid_value');
  return isOfWhole || (first === 'use' && rest.length === 0);
}

function unknownKey(key: string, written: Written, path: Path): PlacedFault {
  const schema = alternativeFor(schemaAt(written.values, path), valueAt(written.values, path));
  const names = Object.keys(schema?.properties ?? {});
  const whole = [...path, key];
  const nearest = nearestName(key, names);
  const fix = nearest === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${keyOf([...path, nearest])}?`;
  const { keyOrigin } = find(written.tree, whole);
  return { ...faultAt(written, whole, 'belongs to no known key', fix), ...position(keyOrigin) };
}

function missing(written: Written, path: Path): PlacedFault {
  const schema = schemaAt(written.values, path);
  const key = String(path.at(-1));
  const write = schema?.example === undefined ? `Add ${key}` : `Write for example ${key}: ${schema.example}`;
  const flag = schema?.flag === undefined ? '' : `, or give ${schema.flag}`;
  return faultAt(written, path, 'is missing', schema?.whenMissing ?? `${write}${flag}.`);
}

function position({ file, line, column }: Origin): Pick<Fault, 'file' | 'line' | 'column'> {
  return { file, line, column };
}

import { isMap, rangeOf, rootSchema, type KeySchema } from './keys.js';

/** Every key as text for a terminal, from the schema alone: kind, range, default, meaning. */

/** All sections, or one of them; `undefined` for a section that is not there. Lines of at most 100 columns. */
export function keyReference(section?: string): string[] | undefined {
  const sections = Object.entries(rootSchema.properties ?? {});
  const wanted = section === undefined ? sections : sections.filter(([name]) => name === section);
  if (wanted.length === 0) return undefined;
  return wanted.flatMap(([name, schema]) => ['', ...describeSection(name, schema)]).slice(1);
}

export function sectionNames(): string[] {
  return Object.keys(rootSchema.properties ?? {});
}

function describeSection(name: string, schema: KeySchema): string[] {
  if (!isComposite(schema)) return describeKey(name, schema, false, 0, new Set());
  const inside = schema.properties?.['use'] ? describePart(schema, 2, new Set()) : describeInside(schema, 2, new Set());
  return [...wrap(`${name}: ${schema.description ?? ''}`, 0, 2), ...inside];
}

/** What stands inside a map. `told` are the maps of keys that were described above, as parts share them. */
function describeInside(schema: KeySchema, indent: number, told: Set<string>): string[] {
  if (schema.anyOf) {
    return schema.anyOf.filter(isComposite).flatMap((part) => describePart(part, indent, told));
  }
  if (schema.additionalProperties) {
    return [`${' '.repeat(indent)}NAME:`, ...describeInside(schema.additionalProperties, indent + 2, told)];
  }
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([key, inner]) =>
    describeKey(key, inner, required.includes(key), indent, told),
  );
}

/** One of several parts, by its `use`. */
function describePart(part: KeySchema, indent: number, told: Set<string>): string[] {
  const { use, ...rest } = part.properties ?? {};
  const name = use?.const ?? use?.enum?.join(' | ') ?? use?.example;
  const heading = name === undefined ? 'or a map:' : `use: ${String(name)}`;
  const title = part.title === undefined ? '' : `   ${part.title}`;
  return [...wrap(`${heading}${title}`, indent, 4), ...describeInside({ ...part, properties: rest }, indent + 2, told)];
}

function describeKey(key: string, schema: KeySchema, isRequired: boolean, indent: number, told: Set<string>): string[] {
  const { default: usual, description, example, items } = schema;
  const usualText =
    usual === undefined || isEmpty(usual) ? undefined : `default ${JSON.stringify(usual).replaceAll('"', '')}`;
  const status = isRequired ? 'required' : (usualText ?? 'optional');
  const kind = schema.enum ? `one of ${rangeOf(schema)}` : [kindOf(schema), rangeOf(schema)].filter(Boolean).join('; ');
  const instance = example === undefined || usualText !== undefined ? '' : ` For example ${example}.`;
  const heading = (note: string): string[] =>
    wrap(`${key.padEnd(keyWidth)} ${kind}; ${status}${note}`, indent, keyWidth + 1);
  const isMapOfKeys = schema.properties !== undefined;
  if (isMapOfKeys && told.has(JSON.stringify([key, schema]))) return heading('; as above');
  if (isMapOfKeys) told.add(JSON.stringify([key, schema]));
  return [
    ...heading(''),
    ...wrap(`${description ?? ''}${instance}`, indent + keyWidth + 1, 0),
    ...(items && isComposite(items) ? describeInside(items, indent + 4, told) : []),
    ...(isComposite(schema) ? describeInside(schema, indent + 4, told) : []),
  ];
}

function kindOf({ type, dimension, path, items, anyOf }: KeySchema): string {
  if (dimension !== undefined) return dimension;
  if (path) return 'path';
  if (items) return isComposite(items) ? 'list' : `list of ${kindOf(items)}`;
  if (anyOf) return anyOf.map(kindOf).join(' or ');
  return kinds[type ?? ''] ?? '';
}

const kinds: Record<string, string> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  object: 'map',
};

/** A map of keys that a reader has to be told, or a choice that has such a map. */
function isComposite({ properties, additionalProperties, anyOf }: KeySchema): boolean {
  return properties !== undefined || isMap(additionalProperties) || (anyOf?.some(isComposite) ?? false);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Words in lines of at most `width` columns; lines after the first are indented by `hanging` more. */
function wrap(text: string, indent: number, hanging: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) /)) {
    const start = ' '.repeat(indent + (lines.length === 0 ? 0 : hanging));
    if (line === '') line = start + word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = ' '.repeat(indent + hanging) + word;
    }
  }
  if (line.trim() !== '') lines.push(line);
  return lines;
}

const width = 100;
const keyWidth = 13;

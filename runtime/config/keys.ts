import { resolve } from 'node:path';
import { z } from 'zod';
import { configuration } from './schema.js';
import { emptyBranch, type Path, type Tree } from './tree.js';

/** The schema as data: what messages, `axond help config`, defaults and editors are made from. */
export interface KeySchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, KeySchema>>;
  readonly required?: readonly string[];
  /** Of a map whose keys are names. */
  readonly additionalProperties?: KeySchema | false;
  readonly items?: KeySchema;
  readonly anyOf?: readonly KeySchema[];
  readonly const?: string | number;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** What to write, as it stands in YAML. (zod drops JSON Schema's own `examples` where a value is transformed.) */
  readonly example?: string | number;
  /** What to do where the key is missing, if more than to write it. */
  readonly whenMissing?: string;
  /** What a quantity measures, and its range. */
  readonly dimension?: string;
  readonly atLeast?: string;
  readonly atMost?: string;
  /** A file or folder. */
  readonly path?: boolean;
  /** A path if it looks like one; otherwise the name of something that comes with axond. */
  readonly nameOrPath?: boolean;
  /** The option of the command line that gives this key too. */
  readonly flag?: string;
}

/** zod emits plain JSON Schema (draft 2020-12) with the metadata of `values.ts`: the keys above and more. */
export const rootSchema = z.toJSONSchema(configuration, { io: 'input' }) as KeySchema;

/** The alternative that a value is meant to be: by its `use` where it has one, else by its kind. */
export function alternativeFor(schema: KeySchema | undefined, value: unknown): KeySchema | undefined {
  if (!schema?.anyOf) return schema;
  if (!isMap(value)) return schema.anyOf.find(({ type }) => type === typeof value);
  const maps = schema.anyOf.filter(({ properties }) => properties !== undefined);
  return maps.find(({ properties }) => isMeant(properties?.['use'], value['use']));
}

function isMeant(schema: KeySchema | undefined, use: unknown): boolean {
  if (!schema) return true;
  if (schema.const !== undefined) return schema.const === use;
  if (schema.enum) return schema.enum.some((choice) => choice === use);
  return schema.pattern !== undefined && typeof use === 'string' && new RegExp(schema.pattern).test(use);
}

/** The schema of what stands at a path of a configuration. */
export function schemaAt(root: unknown, path: Path): KeySchema | undefined {
  let schema: KeySchema | undefined = rootSchema;
  let value = root;
  for (const key of path) {
    schema = alternativeFor(schema, value);
    schema = typeof key === 'number' ? schema?.items : entrySchema(schema, key);
    value = valueAt(value, [key]);
  }
  return schema;
}

function entrySchema(schema: KeySchema | undefined, key: string): KeySchema | undefined {
  const { properties = {}, additionalProperties } = schema ?? {};
  return Object.hasOwn(properties, key) ? properties[key] : additionalProperties || undefined;
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value)) value = (value as unknown[])[Number(key)];
    else if (isMap(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Plain values with every default filled in and every path absolute: still as people write them, with units. */
export function complete(tree: Tree, schema: KeySchema | undefined, plainTree: unknown): unknown {
  const chosen = alternativeFor(schema, plainTree);
  if (tree.kind === 'leaf') {
    const { value } = tree;
    if (typeof value !== 'string') return value;
    return chosen?.path || (chosen?.nameOrPath && /[./\\]/.test(value)) ? resolve(tree.origin.folder, value) : value;
  }
  if (tree.kind === 'list') {
    return tree.items.map((item, place) => complete(item, chosen?.items, valueAt(plainTree, [place])));
  }
  const completed: [string, unknown][] = [];
  for (const [key, { tree: inner }] of tree.entries) {
    completed.push([key, complete(inner, entrySchema(chosen, key), valueAt(plainTree, [key]))]);
  }
  for (const [key, innerSchema] of Object.entries(chosen?.properties ?? {})) {
    if (innerSchema.default === undefined || tree.entries.has(key)) continue;
    completed.push([key, defaultOf(innerSchema, tree)]);
  }
  return Object.fromEntries(completed);
}

/** A default path starts where axond was started. */
function defaultOf(schema: KeySchema, { origin }: Tree): unknown {
  if (isMap(schema.default)) return complete(emptyBranch(origin), schema, {});
  return schema.path && typeof schema.default === 'string' ? resolve(schema.default) : schema.default;
}

/** What may be written, as prose: `1ms to 1s`, `0 or more`, `butterworth, bessel`. Empty where there is no limit. */
export function rangeOf(schema: KeySchema): string {
  if (schema.enum) return schema.enum.join(', ');
  const least = schema.atLeast ?? schema.minimum;
  const most = schema.atMost ?? (schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum);
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `${least} or more`;
  return most === undefined ? '' : `${most} or less`;
}

/** The parts that can stand at a section, by their `use`. */
export function alternativesOf(
  section: 'source' | 'actuators' | 'detectors',
): { use: string; title: string; keys: readonly string[] }[] {
  const schema = rootSchema.properties?.[section];
  const part = (schema?.additionalProperties || undefined) ?? schema;
  return (part?.anyOf ?? (part ? [part] : [])).map(({ title = '', properties }) => ({
    use: String(properties?.['use']?.const ?? ''),
    title,
    keys: Object.keys(properties ?? {}),
  }));
}

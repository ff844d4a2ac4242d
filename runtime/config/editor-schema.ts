import { rangeOf, rootSchema, type KeySchema } from './keys.js';

/** JSON Schema (draft 2020-12) for editors; `axond.schema.json` beside this file is its text. */
export function editorSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of axond',
    ...forEditors(rootSchema),
  };
}

/**
 * Nothing is required: a file may leave to another file, a preset or the command line what it does not say itself. What
 * only axond understands is put into the description.
 */
function forEditors(schema: KeySchema): object {
  const { title, description, example, properties, additionalProperties, items, anyOf } = schema;
  const range = schema.dimension === undefined ? '' : rangeOf(schema);
  const sentences = [title, description, range].filter((text) => text !== undefined && text !== '');
  const isOneValue = properties === undefined && additionalProperties === undefined && items === undefined;
  const edited: Record<string, unknown> = {};
  for (const key of ['type', 'default', 'const', 'enum', 'pattern', 'minimum', 'maximum'] as const) {
    if (schema[key] !== undefined) edited[key] = schema[key];
  }
  if (sentences.length > 0) edited['description'] = sentences.join('. ').replaceAll('..', '.');
  if (example !== undefined && isOneValue) edited['examples'] = [example];
  if (properties) edited['properties'] = editAll(properties);
  if (additionalProperties !== undefined)
    edited['additionalProperties'] = additionalProperties && forEditors(additionalProperties);
  if (items) edited['items'] = forEditors(items);
  if (anyOf) edited['anyOf'] = anyOf.map(forEditors);
  return edited;
}

function editAll(properties: Readonly<Record<string, KeySchema>>): object {
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, forEditors(schema)]));
}

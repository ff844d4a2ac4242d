import type { z } from 'zod';
import { ModelError } from './model-error.js';

/** Parses JSON text; refuses what is not JSON and objects that name a key twice, of which parsers keep one or the other. */
export function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ModelError(`${what}: not JSON. The file is damaged: write or copy it again.`);
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new ModelError(`${what}: names ${twice} twice. Keep one.`);
  return value;
}

/** The first key that stands twice in one object of a text that is known to be JSON. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    if (character !== '"') continue;
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    let next = at + 1;
    while (/\s/.test(text[next] ?? '')) next++;
    if (text[next] !== ':') continue;
    const key = String(JSON.parse(text.slice(start, at + 1)));
    const keys = open.at(-1);
    if (keys?.has(key)) return key;
    keys?.add(key);
  }
  return undefined;
}

/** What a schema found first, as one line: `graph: nodes.3.stride: expected number, received string`. */
export function refusal(what: string, error: z.ZodError): ModelError {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  const message = (issue?.message ?? 'wrong').replace(/^Invalid input: /, '').slice(0, 500);
  return new ModelError(`${what}: ${path === '' ? '' : `${path}: `}${message}. Correct it, or write the file again.`);
}

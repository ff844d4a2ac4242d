import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messages } from './description.js';

const line = z.object({
  kind: z.enum(Object.keys(messages) as [keyof typeof messages]),
  fields: z.record(z.string(), z.union([z.number(), z.array(z.number())])),
  frame: z.string().transform((digits) => Uint8Array.from(Buffer.from(digits, 'hex'))),
});

/** Frames that `fixtures/golden.py` made, a second implementation. */
export const golden = readFileSync(
  new URL('../../../firmware-bridge/protocol/fixtures/golden.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((text) => line.parse(JSON.parse(text)));

/** Fields of a message, typed arrays as plain ones, without its kind. */
export function plainFields(message: object): Record<string, unknown> {
  const fields = Object.entries(message).filter(([name]) => name !== 'kind');
  return Object.fromEntries(
    fields.map(([name, value]) => [name, ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value]),
  );
}

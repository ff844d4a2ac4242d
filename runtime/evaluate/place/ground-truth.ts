import { z } from 'zod';

/** Places of the reference drive that are right for each query frame; none where it was elsewhere. */
export type GroundTruth = readonly (readonly number[])[];

/** A table that cannot be used; one message that names the value and the fix. */
export class GroundTruthError extends Error {}

/** Query i is at place i. */
export function identity(queries: number): GroundTruth {
  return Array.from({ length: queries }, (_, query) => [query]);
}

/** JSON `{"0": [3, 4], …}` or CSV `query,ref_first,ref_last` (inclusive; −1 for none). A query not named has no match. */
export function parseGroundTruth(text: string, name: string): Map<number, readonly number[]> {
  return text.trimStart().startsWith('{') ? fromJson(text, name) : fromCsv(text, name);
}

const table = z.record(z.string().regex(/^\d+$/), z.array(z.number().int().min(0)));

function fromJson(text: string, name: string): Map<number, readonly number[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new GroundTruthError(`${name}: no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const result = table.safeParse(parsed);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new GroundTruthError(
      `${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a ground truth'}. Write {"0": [3, 4], "1": []}: places for each query.`,
    );
  }
  return new Map(Object.entries(result.data).map(([query, places]) => [Number(query), places]));
}

function fromCsv(text: string, name: string): Map<number, readonly number[]> {
  const truth = new Map<number, readonly number[]>();
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .forEach((line, number) => {
      if (line === '' || line.startsWith('#') || (number === 0 && /[a-z]/i.test(line))) return;
      const cells = line.split(',').map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
      const [query = Number.NaN, first = Number.NaN, last = Number.NaN] = cells;
      const none = first === -1 && last === -1;
      if (cells.length !== 3 || !cells.every(Number.isInteger) || query < 0 || (!none && (first < 0 || last < first)))
        throw new GroundTruthError(
          `${name}:${number + 1}: "${line}" is no line of query,ref_first,ref_last (whole numbers, -1,-1 for none).`,
        );
      truth.set(query, none ? [] : Array.from({ length: last - first + 1 }, (_, place) => first + place));
    });
  return truth;
}

/**
 * For the frames of a query drive, told by their numbers in the file, against places `from … from + places)` of the
 * reference, numbered from 0: each place within `tolerance` of a right one is right too.
 */
export function widened(
  truth: ReadonlyMap<number, readonly number[]>,
  frames: readonly number[],
  tolerance: number,
  from: number,
  places: number,
): GroundTruth {
  return frames.map((frame) => {
    const right = new Set<number>();
    for (const place of truth.get(frame) ?? [])
      for (let near = place - tolerance; near <= place + tolerance; near++)
        if (near >= from && near < from + places) right.add(near - from);
    return [...right].sort((a, b) => a - b);
  });
}

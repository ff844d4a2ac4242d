import type { Condition } from '../contracts.js';

/**
 * The allocation of a study: which condition each participant gets in each block of each night. One sealed file holds
 * all of it. Nothing here says a condition in a message: messages are read by people who must not know. Pure.
 */

export interface Allocation {
  readonly study: string;
  /** When it was made, ISO 8601. */
  readonly made: string;
  /** 32 random bytes in hex. Without them the published SHA-256 of a small study could be tried out, row by row. */
  readonly nonce: string;
  readonly participants: readonly string[];
  readonly nights: number;
  /** Blocks a night; 1 where a night has one condition. */
  readonly blocks: number;
  /** How long a block lasts; the last one ends the stimulation of its night. Null where there is one. */
  readonly blockSeconds: number | null;
  readonly rows: readonly Row[];
}

/** Nights and blocks count from 1. */
export interface Row {
  readonly participant: string;
  readonly night: number;
  readonly block: number;
  readonly condition: Condition;
}

export type AllocationShape = Pick<Allocation, 'participants' | 'nights' | 'blocks'>;

/** A file that is no allocation, or a damaged one. One line; names no condition. */
export class AllocationError extends Error {}

/**
 * Draws the rows. Neighbouring blocks of a night are paired, (1, 2), (3, 4) and so on; a last block without a neighbour
 * is paired with that of the next night, (1, 2), (3, 4). Each pair holds both conditions, and which comes first is real
 * for half of the participants (for one more or one less where their number is odd). What is left without a partner, in
 * odd nights of odd blocks, is real for half of the participants. So
 *
 * - a participant has as many real as sham blocks, or one more or less where the number of all is odd;
 * - so has each night of an even number of blocks;
 * - at each place (night, block) as many participants are real as sham, or one more or less where their number is odd.
 *
 * The halves are drawn over the whole study at once, so that nobody's condition follows from a few others' that were
 * opened. A study that stops early is balanced within those who have finished, and between them by chance.
 *
 * `below(n)` is a random whole number from 0 to n − 1.
 */
export function drawRows({ participants, nights, blocks }: AllocationShape, below: (n: number) => number): Row[] {
  const conditions = participants.map(() => new Map<number, Condition>());
  const placeOf = (night: number, block: number): number => night * blocks + block;
  const draw = (first: number, second?: number): void => {
    for (const [participant, isReal] of halves(participants.length, below).entries()) {
      conditions[participant]?.set(first, isReal ? 'real' : 'sham');
      if (second !== undefined) conditions[participant]?.set(second, isReal ? 'sham' : 'real');
    }
  };
  for (let night = 0; night < nights; night++) {
    for (let block = 0; block + 1 < blocks; block += 2) draw(placeOf(night, block), placeOf(night, block + 1));
  }
  for (let night = 0; blocks % 2 === 1 && night < nights; night += 2) {
    draw(placeOf(night, blocks - 1), night + 1 < nights ? placeOf(night + 1, blocks - 1) : undefined);
  }
  return participants.flatMap((participant, person) =>
    Array.from({ length: nights * blocks }, (_, place) => ({
      participant,
      night: Math.floor(place / blocks) + 1,
      block: (place % blocks) + 1,
      condition: conditions[person]?.get(place) ?? 'sham',
    })),
  );
}

/** `count` booleans in random order, half of them true; of an odd count one more or less. */
function halves(count: number, below: (n: number) => number): boolean[] {
  const trues = Math.floor(count / 2) + (count % 2 === 1 ? below(2) : 0);
  const drawn = Array.from({ length: count }, (_, place) => place < trues);
  for (let last = count - 1; last > 0; last--) {
    const other = below(last + 1);
    [drawn[last], drawn[other]] = [drawn[other] as boolean, drawn[last] as boolean];
  }
  return drawn;
}

/** P001, P002 and so on. */
export function participantNames(count: number): string[] {
  return Array.from({ length: count }, (_, place) => `P${String(place + 1).padStart(3, '0')}`);
}

/** The conditions of one participant's night, by block. */
export function conditionsOf({ rows }: Allocation, participant: string, night: number): Condition[] {
  return rows.filter((row) => row.participant === participant && row.night === night).map(({ condition }) => condition);
}

// ── The sealed file ─────────────────────────────────────────────────────────────────────────────────────────────────

/** One row a line, each as long as every other one of its participant: `real` and `sham` have four letters. */
export function encodeAllocation({ rows, ...head }: Allocation): string {
  const lines = rows.map(({ participant, night, block, condition }) =>
    JSON.stringify([participant, night, block, condition]),
  );
  const text = JSON.stringify({ axond: format, ...head });
  return `${text.slice(0, -1)},"rows":[\n${lines.join(',\n')}\n]}\n`;
}

/** Refuses whatever `encodeAllocation` would not have written, with an `AllocationError`. */
export function decodeAllocation(text: string): Allocation {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new AllocationError('is no allocation, or is cut off');
  }
  if (typeof given !== 'object' || given === null) throw new AllocationError('is no allocation');
  const head = given as Record<string, unknown>;
  if (head['axond'] !== format) throw new AllocationError(`is no allocation of this version (${format})`);
  const { study, made, nonce, participants, nights, blocks, blockSeconds, rows } = head;
  if (!isText(study) || !isText(made) || !isText(nonce) || !/^[0-9a-f]{64}$/.test(nonce)) {
    throw new AllocationError('is damaged in its first line');
  }
  if (!isList(participants) || !participants.every(isText) || new Set(participants).size !== participants.length) {
    throw new AllocationError('is damaged in its list of participants');
  }
  const isLengthKnown = blocks === 1 ? blockSeconds === null : typeof blockSeconds === 'number' && blockSeconds > 0;
  if (!isCount(nights) || !isCount(blocks) || !isLengthKnown || !isList(rows)) {
    throw new AllocationError('is damaged in its first line');
  }
  if (rows.length !== participants.length * nights * blocks) {
    throw new AllocationError(`has ${rows.length} rows where ${participants.length * nights * blocks} belong`);
  }
  const decoded = rows.map((row, place): Row => {
    const participant = participants[Math.floor(place / (nights * blocks))] as string;
    const night = (Math.floor(place / blocks) % nights) + 1;
    const block = (place % blocks) + 1;
    const condition = isList(row) && row.length === 4 ? row[3] : undefined;
    const isWhole = isList(row) && row[0] === participant && row[1] === night && row[2] === block;
    if (!isWhole || (condition !== 'real' && condition !== 'sham')) {
      throw new AllocationError(`is damaged in the row of ${participant}, night ${night}, block ${block}`);
    }
    return { participant, night, block, condition };
  });
  return {
    study,
    made,
    nonce,
    participants,
    nights,
    blocks,
    blockSeconds: blockSeconds as number | null,
    rows: decoded,
  };
}

const format = 'allocation 1';
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;

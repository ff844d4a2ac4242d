import { z } from 'zod';
import { parseJson, refusal } from '../format/json.js';
import { ModelError } from '../format/model-error.js';
import { pack, packedBytes, unpack } from '../format/packing.js';
import { labelSchema, poseSchema, ruleOf, ruleSchema, thumbnailBytes } from './map-format.js';
import type { MapChange, PlaceMap } from './place-map.js';

/**
 * What was learned since the map file was written: a line of JSON that says which revision of the map it goes on from,
 * then a line a change. A line that power failure cut off has no end, and is the last.
 */
export const journalVersion = 1;

const natural = z.number().int().min(0);
const headSchema = z.strictObject({ version: z.literal(journalVersion), revision: natural });
const spikesSchema = z.base64();
const changeSchema = z.discriminatedUnion('change', [
  z.strictObject({ change: z.literal('place'), id: natural, spikes: spikesSchema }),
  z.strictObject({ change: z.literal('row'), id: natural, spikes: spikesSchema }),
  z.strictObject({
    change: z.literal('note'),
    id: natural,
    note: z.strictObject({
      label: labelSchema.optional(),
      pose: poseSchema.optional(),
      thumbnail: z.base64().optional(),
    }),
  }),
  z.strictObject({ change: z.literal('forget'), id: natural }),
  z.strictObject({ change: z.literal('rule'), rule: ruleSchema }),
]);

export interface Journal {
  /** Of the map file that it goes on from. */
  readonly revision: number;
  readonly changes: readonly MapChange[];
  /** The last line was cut off: one change is lost. */
  readonly cut: boolean;
}

export function journalHead(revision: number): string {
  return `${JSON.stringify({ version: journalVersion, revision })}\n`;
}

export function journalLine(change: MapChange): string {
  const line =
    'spikes' in change
      ? { ...change, spikes: toBase64(pack('I4', change.spikes)) }
      : change.change === 'note' && change.note.thumbnail
        ? { ...change, note: { ...change.note, thumbnail: toBase64(change.note.thumbnail) } }
        : change;
  return `${JSON.stringify(line)}\n`;
}

/** `cells` numbers make a row. Undefined: not even the first line is whole. @throws ModelError for a damaged line */
export function readJournal(text: string, cells: number): Journal | undefined {
  const lines = text.split('\n');
  const rest = lines.pop();
  const [first, ...others] = lines;
  if (first === undefined) return undefined;
  const head = headSchema.safeParse(parseJson(first, 'line 1'));
  if (!head.success) throw refusal('line 1', head.error);
  const changes = others.map((line, at) => readChange(line, `line ${at + 2}`, cells));
  return { revision: head.data.revision, changes, cut: rest !== '' };
}

function readChange(line: string, where: string, cells: number): MapChange {
  const parsed = changeSchema.safeParse(parseJson(line, where));
  if (!parsed.success) throw refusal(where, parsed.error);
  const { data } = parsed;
  switch (data.change) {
    case 'place':
    case 'row': {
      const bytes = fromBase64(data.spikes);
      const spikes = bytes.length === packedBytes('I4', cells) ? unpack('I4', bytes, cells) : undefined;
      if (!spikes || spikes.includes(-8))
        throw new ModelError(
          `${where}: no row of ${cells} numbers from −7 to 7. The journal is damaged: copy it again.`,
        );
      return { change: data.change, id: data.id, spikes };
    }
    case 'note': {
      const { label, pose, thumbnail } = data.note;
      const picture = thumbnail === undefined ? undefined : fromBase64(thumbnail);
      if (picture && picture.length !== thumbnailBytes)
        throw new ModelError(
          `${where}: a thumbnail of ${picture.length} bytes. The journal is damaged: copy it again.`,
        );
      return { change: 'note', id: data.id, note: { label, pose, thumbnail: picture } };
    }
    case 'forget':
      return { change: 'forget', id: data.id };
    case 'rule':
      return { change: 'rule', rule: ruleOf(data.rule) };
  }
}

/** @throws ModelError where the changes are not of this map */
export function applyChanges(map: PlaceMap, changes: readonly MapChange[]): void {
  for (const change of changes) {
    if (change.change === 'rule') {
      map.setRule(change.rule);
      continue;
    }
    const place = map.find(change.id);
    if (change.change === 'place' ? place >= 0 : place < 0)
      throw new ModelError(
        `place ${change.id} ${place < 0 ? 'is not' : 'is already'} on the map. The journal is of another map: remove it.`,
      );
    switch (change.change) {
      case 'place':
        map.restorePlace({ id: change.id }, change.spikes, 0);
        break;
      case 'row':
        map.restoreRow(place, change.spikes, 0);
        break;
      case 'note':
        map.note(place, change.note);
        break;
      case 'forget':
        map.forget(place);
        break;
    }
  }
  if (changes.some((change) => 'spikes' in change)) map.recogniser.settle();
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

import { z } from 'zod';
import { mapSizes } from '../../runtime/contracts.js';
import { parseJson, refusal } from '../format/json.js';
import { ModelError } from '../format/model-error.js';
import { pack, packedBytes, unpack } from '../format/packing.js';
import { readSafetensors, writeSafetensors, type Dtype, type StoredTensor } from '../format/safetensors.js';
import { mostRows, type MappedPlace } from './place-map.js';
import type { PlaceRule } from './place-clock.js';
import { mostKept, packingOf } from './map-size.js';

/**
 * A map file: safetensors as a model's. The metadata says under `axond.map` what the map is, in JSON; `spikes` holds
 * the rows, two numbers a byte (four where the map is small, three of single pictures), place after place, `thresholds` one float a row, `rows` how many rows each place has
 * (left out where all have one), `notes` labels and poses as JSON, `thumbnails` pictures in the order of `notes`.
 */
const mapKey = 'axond.map';
/** Raise it whenever the same picture gives other rows: what was learned before is not comparable then. */
export const mapVersion = 3;

/** What must be alike for two maps, or a map and a camera, to be compared. */
const kindSchema = z.strictObject({
  method: z.literal('axond-place'),
  sensor: z.enum(['grey', 'events', 'unordered']),
  /** Of the frames. */
  height: z.number().int().min(1).max(4096),
  width: z.number().int().min(1).max(4096),
  size: z.enum(mapSizes),
  /** Of events: microseconds whose events a frame counts. Absent: nobody told. */
  windowUs: z.number().int().min(1).exactOptional(),
});
export type MapKind = z.infer<typeof kindSchema>;

/** Whether what is seen by one can be looked for on a map of the other. A window that nobody told fits any. */
export function areComparable(one: MapKind, other: MapKind): boolean {
  const sameWindow = one.windowUs === undefined || other.windowUs === undefined || one.windowUs === other.windowUs;
  return one.sensor === other.sensor && one.height === other.height && one.width === other.width && sameWindow;
}

const natural = z.number().int().min(0);
const runSchema = z.tuple([natural, natural.min(1)]);
export const ruleSchema = z.strictObject({ theta: z.number().positive(), spacing: z.number().positive().optional() });
const mapSchema = z.strictObject({
  version: z.literal(mapVersion),
  kind: kindSchema,
  rule: ruleSchema,
  /** Counts how often the map was written: a journal belongs to one revision. */
  revision: natural,
  nextId: natural,
  cells: natural.min(1).max(65_536),
  /** Ids along the route: from, how many. */
  ids: z.array(runSchema),
});

export const labelSchema = z.string().min(1).max(200);
export const poseSchema = z.strictObject({
  frame: z.string().min(1).max(200),
  x: z.number(),
  y: z.number(),
  z: z.number(),
  yaw: z.number(),
});
const notesSchema = z.array(
  z.strictObject({
    id: natural,
    label: labelSchema.optional(),
    pose: poseSchema.optional(),
    thumbnail: z.literal(true).optional(),
  }),
);

/** A map as a file holds it. */
export interface MapContent {
  readonly kind: MapKind;
  readonly rule: PlaceRule;
  readonly revision: number;
  readonly nextId: number;
  readonly places: readonly MappedPlace[];
  /** Place of each row, never falling. */
  readonly owners: readonly number[];
  /** Numbers of a row. */
  readonly cells: number;
  /** Row by row. */
  readonly spikes: Int8Array;
  readonly thresholds: Float32Array;
}

/** Whether a safetensors file is a map. */
export function hasMap(file: Uint8Array): boolean {
  return readSafetensors(file).metadata.has(mapKey);
}

export function encodeMap(content: MapContent): Uint8Array {
  const { kind, rule, revision, nextId, places, owners, cells, thresholds } = content;
  const ids: [number, number][] = [];
  for (const { id } of places) {
    const run = ids.at(-1);
    if (run && run[0] + run[1] === id) run[1]++;
    else ids.push([id, 1]);
  }
  const description = { version: mapVersion, kind, rule, revision, nextId, cells, ids };
  const tensors = new Map<string, StoredTensor>();
  const spikes = pack(packingOf(kind.sensor, kind.size), content.spikes);
  tensors.set('spikes', { dtype: 'U8', shape: [spikes.length], bytes: spikes });
  const bytes = new Uint8Array(thresholds.buffer, thresholds.byteOffset, thresholds.byteLength);
  tensors.set('thresholds', { dtype: 'F32', shape: [thresholds.length], bytes });
  const counts = rowsEach(owners, places.length);
  if (counts.some((count) => count !== 1)) tensors.set('rows', { dtype: 'U8', shape: [counts.length], bytes: counts });
  storeNotes(places, tensors);
  return writeSafetensors({ metadata: new Map([[mapKey, JSON.stringify(description)]]), tensors });
}

function storeNotes(places: readonly MappedPlace[], tensors: Map<string, StoredTensor>): void {
  const noted = places.filter(({ label, pose, thumbnail }) => label ?? pose ?? thumbnail);
  if (noted.length === 0) return;
  const notes = noted.map(({ id, label, pose, thumbnail }) => ({ id, label, pose, thumbnail: thumbnail && true }));
  const text = new TextEncoder().encode(JSON.stringify(notes));
  tensors.set('notes', { dtype: 'U8', shape: [text.length], bytes: text });
  const pictures = noted.flatMap(({ thumbnail }) => thumbnail ?? []);
  if (pictures.length === 0) return;
  const bytes = new Uint8Array(pictures.length * thumbnailBytes);
  pictures.forEach((picture, at) => {
    bytes.set(picture, at * thumbnailBytes);
  });
  tensors.set('thumbnails', { dtype: 'U8', shape: [pictures.length, thumbnailHeight, thumbnailWidth], bytes });
}

export const thumbnailHeight = 16;
export const thumbnailWidth = 32;
export const thumbnailBytes = thumbnailHeight * thumbnailWidth;

/** @throws ModelError that names what is wrong and what to do */
export function decodeMap(file: Uint8Array): MapContent {
  const { metadata, tensors } = readSafetensors(file);
  const text = metadata.get(mapKey);
  if (text === undefined)
    throw new ModelError('no map of axond: it holds no places. Name a file of axond place learn.');
  const json = parseJson(text, mapKey);
  checkVersion(json);
  const parsed = mapSchema.safeParse(json);
  if (!parsed.success) throw refusal(mapKey, parsed.error);
  const { kind, rule, revision, nextId, cells, ids } = parsed.data;
  const places: MappedPlace[] = [];
  for (const [from, count] of ids) {
    if (from + count > nextId)
      throw new ModelError(`${mapKey}: places ${from} to ${from + count - 1}, but the next is ${nextId}. ${damaged}`);
    for (let id = from; id < from + count; id++) places.push({ id });
  }
  if (new Set(places.map(({ id }) => id)).size !== places.length)
    throw new ModelError(`${mapKey}: an id stands twice. ${damaged}`);
  const counts = tensors.has('rows')
    ? bytesOf(tensors, 'rows', 'U8', places.length)
    : new Uint8Array(places.length).fill(1);
  if (counts.includes(0)) throw new ModelError(`tensor rows: a place without a row. ${damaged}`);
  const owners = Array.from(counts).flatMap((count, place) => Array<number>(count).fill(place));
  const packing = packingOf(kind.sensor, kind.size);
  const packed = bytesOf(tensors, 'spikes', 'U8', packedBytes(packing, owners.length * cells));
  const spikes = unpack(packing, packed, owners.length * cells);
  const most = mostKept[packing];
  if (!spikes?.every((spike) => spike >= -most))
    throw new ModelError(`tensor spikes: numbers beyond −${most} to ${most}. ${damaged}`);
  const thresholds = new Float32Array(new Uint8Array(bytesOf(tensors, 'thresholds', 'F32', 4 * owners.length)).buffer);
  if (!thresholds.every(Number.isFinite)) throw new ModelError(`tensor thresholds: not all are numbers. ${damaged}`);
  readNotes(tensors, places);
  return { kind, rule: ruleOf(rule), revision, nextId, places, owners, cells, spikes, thresholds };
}

const damaged = 'The file is damaged: copy it again.';

/** Without keys that hold nothing. */
export function ruleOf({ theta, spacing }: z.infer<typeof ruleSchema>): PlaceRule {
  return spacing === undefined ? { theta } : { theta, spacing };
}

function checkVersion(json: unknown): void {
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (version === mapVersion) return;
  if (typeof version !== 'number') throw new ModelError(`the map has no version. ${damaged}`);
  throw new ModelError(
    version > mapVersion
      ? `the map is version ${version}, this axond reads ${mapVersion}. Update axond.`
      : `the map is version ${version}, and this axond, of version ${mapVersion}, sees pictures in another way. Learn it again into another file: axond place learn. Nothing was changed.`,
  );
}

function readNotes(tensors: ReadonlyMap<string, StoredTensor>, places: MappedPlace[]): void {
  const stored = tensors.get('notes');
  if (!stored) return;
  const parsed = notesSchema.safeParse(parseJson(new TextDecoder().decode(stored.bytes), 'tensor notes'));
  if (!parsed.success) throw refusal('tensor notes', parsed.error);
  const count = parsed.data.filter(({ thumbnail }) => thumbnail).length;
  const pictures = count > 0 ? bytesOf(tensors, 'thumbnails', 'U8', count * thumbnailBytes) : new Uint8Array(0);
  const byId = new Map(places.map((place, at) => [place.id, at]));
  let picture = 0;
  for (const { id, label, pose, thumbnail } of parsed.data) {
    const at = byId.get(id);
    if (at === undefined) throw new ModelError(`tensor notes: place ${id} is not on the map. ${damaged}`);
    const from = thumbnail ? thumbnailBytes * picture++ : 0;
    places[at] = { id, label, pose, thumbnail: thumbnail && pictures.slice(from, from + thumbnailBytes) };
  }
}

function bytesOf(tensors: ReadonlyMap<string, StoredTensor>, name: string, dtype: Dtype, length: number): Uint8Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== dtype || tensor.bytes.length !== length)
    throw new ModelError(
      `tensor ${name}: ${tensor ? `${tensor.bytes.length} bytes of ${tensor.dtype}` : 'missing'}, expected ${length} of ${dtype}. ${damaged}`,
    );
  return tensor.bytes;
}

function rowsEach(owners: readonly number[], places: number): Uint8Array {
  const counts = new Uint8Array(places);
  let last = 0;
  for (const owner of owners) {
    const count = (counts[owner] ?? 0) + 1;
    if (owner < last || count > mostRows)
      throw new RangeError(`row of place ${owner}: out of order or beyond ${mostRows}`);
    last = owner;
    counts[owner] = count;
  }
  return counts;
}

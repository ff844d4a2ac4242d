import { ModelError } from '../../format/model-error.js';

interface Source {
  readonly view: DataView;
  /** How many bytes of lists may still be copied: lists may share bytes of the file, and must not add up to far more. */
  unread: number;
}

/**
 * A table of a FlatBuffers file, read where it lies. Every offset and length is checked against the file before it is
 * used; fields have the ids of the schema, in its order.
 */
export class Table {
  readonly #source: Source;
  readonly #view: DataView;
  readonly #at: number;
  readonly #fields: number;
  readonly #fieldCount: number;

  constructor(source: Source, at: number) {
    const { view } = source;
    this.#source = source;
    this.#view = view;
    this.#at = inside(view, at, 4, 'table');
    this.#fields = inside(view, at - view.getInt32(at, true), 4, 'field list');
    this.#fieldCount = (view.getUint16(this.#fields, true) - 4) >> 1;
    if (this.#fieldCount < 0) throw damaged(`field list of ${this.#fieldCount} fields`, this.#fields);
    inside(view, this.#fields, 4 + 2 * this.#fieldCount, 'field list');
  }

  /** Place of a field's `size` bytes, or undefined where the file leaves it at its default. */
  #field(id: number, size: number): number | undefined {
    if (id >= this.#fieldCount) return undefined;
    const offset = this.#view.getUint16(this.#fields + 4 + 2 * id, true);
    return offset === 0 ? undefined : inside(this.#view, this.#at + offset, size, `field ${id}`);
  }

  #target(id: number): number | undefined {
    const at = this.#field(id, 4);
    return at === undefined ? undefined : inside(this.#view, at + this.#view.getUint32(at, true), 4, `field ${id}`);
  }

  has(id: number): boolean {
    return this.#field(id, 1) !== undefined;
  }

  i8(id: number): number {
    const at = this.#field(id, 1);
    return at === undefined ? 0 : this.#view.getInt8(at);
  }

  i32(id: number, otherwise = 0): number {
    const at = this.#field(id, 4);
    return at === undefined ? otherwise : this.#view.getInt32(at, true);
  }

  u32(id: number): number {
    const at = this.#field(id, 4);
    return at === undefined ? 0 : this.#view.getUint32(at, true);
  }

  f32(id: number): number {
    const at = this.#field(id, 4);
    return at === undefined ? 0 : this.#view.getFloat32(at, true);
  }

  table(id: number): Table | undefined {
    const at = this.#target(id);
    return at === undefined ? undefined : new Table(this.#source, at);
  }

  #spend(bytes: number, at: number): void {
    this.#source.unread -= bytes;
    if (this.#source.unread < 0) throw damaged('its lists overlap and add up to more than four times the file', at);
  }

  /** First byte and number of elements of a list, which lies whole within the file. */
  #list(id: number, elementSize: number, most: number): { at: number; length: number } {
    const at = this.#target(id);
    if (at === undefined) return { at: 0, length: 0 };
    const length = this.#view.getUint32(at, true);
    if (length > most) throw damaged(`list of ${length} elements (at most ${most} are read here)`, at);
    inside(this.#view, at + 4, length * elementSize, `list of ${length} elements`);
    if (elementSize > 1) this.#spend(length * elementSize, at);
    return { at: at + 4, length };
  }

  tables(id: number, most: number): Table[] {
    const { at, length } = this.#list(id, 4, most);
    return Array.from({ length }, (_, index) => {
      const entry = at + 4 * index;
      return new Table(this.#source, entry + this.#view.getUint32(entry, true));
    });
  }

  i32s(id: number, most: number): number[] {
    const { at, length } = this.#list(id, 4, most);
    return Array.from({ length }, (_, index) => this.#view.getInt32(at + 4 * index, true));
  }

  f32s(id: number, most: number): number[] {
    const { at, length } = this.#list(id, 4, most);
    return Array.from({ length }, (_, index) => this.#view.getFloat32(at + 4 * index, true));
  }

  i64s(id: number, most: number): bigint[] {
    const { at, length } = this.#list(id, 8, most);
    return Array.from({ length }, (_, index) => this.#view.getBigInt64(at + 8 * index, true));
  }

  /** The bytes themselves, not a copy. */
  bytes(id: number): Uint8Array {
    const { at, length } = this.#list(id, 1, this.#view.byteLength);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
  }

  text(id: number, most: number): string {
    const { at, length } = this.#list(id, 1, this.#view.byteLength);
    const shown = new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, Math.min(length, most));
    this.#spend(shown.length, at);
    return new TextDecoder().decode(shown);
  }
}

/** The outermost table of a file with this identifier (four characters at byte 4). */
export function readRoot(bytes: Uint8Array, identifier: string): Table {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw new ModelError(`The file has ${bytes.length} bytes. A FlatBuffers file has at least 8.`);
  const found = new TextDecoder('latin1').decode(bytes.subarray(4, 8));
  if (found !== identifier)
    throw new ModelError(`The file's identifier is ${JSON.stringify(found)}, not ${identifier}. Give another file.`);
  return new Table({ view, unread: 4 * bytes.length }, view.getUint32(0, true));
}

function inside(view: DataView, at: number, size: number, what: string): number {
  if (at < 0 || at + size > view.byteLength)
    throw damaged(`${what} of ${size} bytes passes the end at ${view.byteLength}`, at);
  return at;
}

function damaged(what: string, at: number): ModelError {
  return new ModelError(`The file is damaged: ${what}, at byte ${at}. Get it anew.`);
}

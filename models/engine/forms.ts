import { elementsOf, type Value } from '../format/value.js';
import type { MemoryPlan } from './memory-plan.js';
import { encode, type Kernel, type Words } from './records.js';
import type { Window } from './window.js';

/** A bit an element, [position][channel]. */
export interface Plane {
  readonly at: number;
  /** Bytes of a position. */
  readonly pitch: number;
}

/** i16 [row][column][channel] within a border of zeros. */
export interface BorderedImage {
  readonly at: number;
  /** Bytes of a row. */
  readonly pitch: number;
}

/** Where the events of a plane are listed. */
export interface EventList {
  readonly events: number;
  readonly starts: number;
}

/**
 * Where values lie in memory, each in the forms that the kernels want: the array of the contract, packed bits, a list of
 * events, an image. A form is made from another one by a record when it is first asked for.
 */
export class Forms {
  readonly #memory: MemoryPlan;
  readonly #values: ReadonlyMap<string, Value>;
  readonly #emit: (record: Int32Array) => void;
  readonly #aliases = new Map<string, string>();
  readonly #arrays = new Map<string, number>();
  /** By the name of the value, then by channels. */
  readonly #planes = new Map<string, Map<number, Plane>>();
  readonly #images = new Map<string, BorderedImage>();
  readonly #unclamped = new Set<string>();
  /** One list serves all layers in turn. */
  readonly #list: EventList & { readonly places: number };
  #listed = '';

  constructor(
    memory: MemoryPlan,
    values: ReadonlyMap<string, Value>,
    emit: (record: Int32Array) => void,
    most: { readonly events: number; readonly positions: number },
  ) {
    this.#memory = memory;
    this.#values = values;
    this.#emit = emit;
    this.#list = {
      events: memory.room(2 * most.events),
      starts: memory.room(4 * (most.positions + 1)),
      places: most.events > 0 ? memory.constant(placesOfBits()) : 0,
    };
  }

  record<Of extends Kernel>(kernel: Of, words: Words<Of>): void {
    this.#emit(encode(kernel, words));
  }

  value(name: string): Value {
    const value = this.#values.get(name);
    if (!value) throw new Error(`${name} is no value of the network`);
    return value;
  }

  /** An input of the network; spikes in it may be above their levels. */
  input(name: string): number {
    const { domain } = this.value(name);
    if (domain === 'spikes') this.#unclamped.add(name);
    return this.newArray(name);
  }

  /** The same elements under another name and shape. */
  alias(name: string, of: string): void {
    this.#aliases.set(name, this.origin(of));
  }

  origin(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** Room for the array of a value, which whoever asks fills. */
  newArray(name: string): number {
    const at = this.#memory.room(elementsOf(this.value(name).shape) * elementBytes(this.value(name)));
    this.#arrays.set(name, at);
    return at;
  }

  array(name: string): number {
    const origin = this.origin(name);
    const at = this.#arrays.get(origin) ?? this.#unpacked(origin);
    const value = this.value(origin);
    if (value.domain === 'spikes' && this.#unclamped.delete(origin))
      this.record('clamp', { at, count: elementsOf(value.shape), most: value.levels });
    return at;
  }

  #unpacked(name: string): number {
    const [known] = this.#planes.get(name)?.entries() ?? [];
    if (!known) throw new Error(`${name} is read before it is computed`);
    const [channels, { at, pitch }] = known;
    const to = this.newArray(name);
    const positions = elementsOf(this.value(name).shape) / channels;
    this.record('unpack', { bits: at, to, channels, positions, pitch });
    return to;
  }

  /** Room for the bits of a value with one level, which whoever asks fills. */
  newPlane(name: string, pitch?: number): Plane {
    const [channels = 1, ...extents] = this.value(name).shape;
    const plane = this.roomForPlane(channels, elementsOf(extents), pitch);
    this.#keepPlane(this.origin(name), channels, plane);
    return plane;
  }

  /** Layers write 16 outputs at once. */
  roomForPlane(channels: number, positions: number, pitch = 2 * Math.ceil(channels / 16)): Plane {
    return { at: this.#memory.room(positions * pitch), pitch };
  }

  #keepPlane(origin: string, channels: number, plane: Plane): void {
    const planes = this.#planes.get(origin) ?? new Map<number, Plane>();
    planes.set(channels, plane);
    this.#planes.set(origin, planes);
  }

  plane(name: string): Plane {
    const origin = this.origin(name);
    const [channels = 1, ...extents] = this.value(name).shape;
    const known = this.#planes.get(origin)?.get(channels);
    if (known) return known;
    const positions = elementsOf(extents);
    // Bytes above 0 count as 1, as clamping would make them.
    const from = this.#unclamped.has(origin) ? (this.#arrays.get(origin) ?? 0) : this.array(name);
    const pitch = Math.ceil(channels / 8);
    const bits = this.#memory.room(positions * pitch + 1);
    this.record('pack', { from, bits, channels, positions, pitch });
    this.#keepPlane(origin, channels, { at: bits, pitch });
    return { at: bits, pitch };
  }

  /** The events of some channels. Asking for another list overwrites it. */
  list(name: string, { height, width }: Window, first: number, channels: number): EventList {
    const value = this.value(name);
    // An alias has the same elements under another shape: other channels, or other rows.
    const key = [this.origin(name), value.shape[0], height, width, first, channels].join(' ');
    if (this.#listed === key) return this.#list;
    this.#listed = key;
    const { events, starts, places } = this.#list;
    const whole = value.shape[0] === channels;
    if (value.domain === 'spikes' && value.levels === 1 && (whole || (first % 8 === 0 && channels % 8 === 0))) {
      const { at, pitch } = this.plane(name);
      this.record('list', { bits: at + first / 8, places, events, starts, height, width, channels, pitch });
    } else {
      const from = this.array(name) + first * height * width;
      this.record('listCounts', { from, events, starts, height, width, channels });
    }
    return this.#list;
  }

  /** The image that a window slides over. */
  image(name: string, window: Window): BorderedImage {
    const value = this.value(name);
    const { channels, height, width, top, left } = window;
    const reach = (count: number, stride: number, kernel: number, dilation: number): number =>
      (count - 1) * stride + (kernel - 1) * dilation + 1;
    const rows = Math.max(
      top + height,
      reach(window.outHeight, window.strideDown, window.kernelHeight, window.dilationDown),
    );
    const columns = Math.max(
      left + width,
      reach(window.outWidth, window.strideRight, window.kernelWidth, window.dilationRight),
    );
    const key = [this.origin(name), channels, height, width, top, left, rows, columns].join(' ');
    const known = this.#images.get(key);
    if (known) return known;
    const pitch = 2 * columns * channels;
    // Positions are computed in twos: the second may lie a stride behind the image.
    const at = this.#memory.room(rows * pitch + 2 * window.strideRight * channels);
    this.record('image', {
      from: this.array(name),
      type: value.domain === 'sums' ? 2 : value.domain === 'codes' ? ['u8', 'i8', 'i16'].indexOf(value.type) : 0,
      zeroPoint: value.domain === 'codes' ? value.zeroPoint : 0,
      to: at + top * pitch + 2 * left * channels,
      channels,
      height,
      width,
      pitch,
    });
    this.#images.set(key, { at, pitch });
    return { at, pitch };
  }

  /** What Winograd's products take, for a kernel of width 3 and stride 1: `columns` of assembly/winograd.ts. */
  columns(name: string, { channels, height, width, top, left, ...window }: Window): BorderedImage {
    const value = this.value(name);
    const fours = Math.ceil(window.outWidth / 4);
    const rows = Math.max(top + height, (window.outHeight - 1) * window.strideDown + window.kernelHeight);
    // The last pair of a column may reach one element beyond it.
    const pitch = 16 * Math.ceil((2 * rows * channels + 2) / 16);
    const columns = this.#memory.room(Math.max(left + width, 4 * fours + 2) * pitch);
    const at = this.#memory.room(6 * fours * pitch);
    this.record('columns', {
      from: this.array(name),
      signed: value.domain === 'codes' && value.type === 'i8' ? 1 : 0,
      zeroPoint: value.domain === 'codes' ? value.zeroPoint : 0,
      channels,
      height,
      width,
      top,
      left,
      columns,
      pitch,
      to: at,
      fours,
    });
    return { at, pitch };
  }
}

export function elementBytes(value: Value): number {
  return value.domain === 'spikes' || (value.domain === 'codes' && value.type !== 'i16') ? 1 : 4;
}

/** For each byte the places of its bits, ascending. */
function placesOfBits(): Uint8Array {
  const places = new Uint8Array(256 * 8);
  for (let byte = 0; byte < 256; byte++)
    for (let bit = 0, at = byte * 8; bit < 8; bit++) if ((byte >> bit) & 1) places[at++] = bit;
  return places;
}

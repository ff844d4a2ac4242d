import { ModelError } from '../format/model-error.js';
import { membrane, spikedBefore, type StateArray } from './node-context.js';

interface Part {
  readonly node: string;
  readonly part: string;
  readonly array: StateArray;
  readonly initial: StateArray;
}

/**
 * What a network keeps from tick to tick. Saved it is 8 bytes that identify the layout, then each array in the order in
 * which it was added, little-endian; a network without state saves nothing.
 */
export class NetworkState {
  readonly #parts: Part[] = [];
  readonly #bytes: Uint8Array[] = [];
  #length = 0;
  #layout: Uint8Array | undefined;

  /** `array` gets the contents of `initial`, now and at each reset. */
  add(node: string, part: string, array: StateArray, initial: StateArray): void {
    array.set(initial);
    this.#parts.push({ node, part, array, initial: initial.slice() });
    this.#bytes.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    this.#length += array.byteLength;
    this.#layout = undefined;
  }

  get byteLength(): number {
    return this.#parts.length === 0 ? 0 : layoutBytes + this.#length;
  }

  reset(): void {
    for (const { array, initial } of this.#parts) array.set(initial);
  }

  save(into: Uint8Array): void {
    this.#judgeLength(into);
    if (this.#parts.length === 0) return;
    into.set(this.#layoutOnce());
    let at = layoutBytes;
    for (const bytes of this.#bytes) {
      into.set(bytes, at);
      at += bytes.length;
    }
  }

  load(from: Uint8Array): void {
    this.#judgeLength(from);
    if (this.#parts.length === 0) return;
    if (this.#layoutOnce().some((byte, i) => byte !== from[i]))
      throw new ModelError('state: saved by a network of other nodes. Load it into the network that saved it.');
    let at = layoutBytes;
    for (const bytes of this.#bytes) {
      bytes.set(from.subarray(at, at + bytes.length));
      at += bytes.length;
    }
  }

  #layoutOnce(): Uint8Array {
    this.#layout ??= layoutOf(this.#parts);
    return this.#layout;
  }

  #judgeLength({ length }: Uint8Array): void {
    if (length !== this.byteLength)
      throw new ModelError(`state: ${length} bytes, but this network has ${this.byteLength}. Give as many.`);
  }

  setMembrane(node: string, values: Float32Array): void {
    const found = this.#parts.find((part) => part.node === node && part.part === membrane);
    if (!found) {
      const names = this.#parts.filter(({ part }) => part === membrane).map((part) => part.node);
      throw new ModelError(
        `${node}: no neuron of this network. ${names.length > 0 ? `Name one of ${names.join(', ')}` : 'It has none'}.`,
      );
    }
    if (values.length !== found.array.length)
      throw new ModelError(`${node}: ${values.length} values for ${found.array.length} membranes. Give one each.`);
    found.array.set(values);
    this.#parts.find((part) => part.node === node && part.part === spikedBefore)?.array.fill(0);
  }
}

/** Version and a hash (FNV-1a, 32 bit) of the names, kinds and lengths of all parts. */
function layoutOf(parts: readonly Part[]): Uint8Array {
  const text = parts
    .map(({ node, part, array }) => `${node}/${part}/${array.BYTES_PER_ELEMENT}/${array.length}`)
    .join('\n');
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  const layout = new Uint8Array(layoutBytes);
  const view = new DataView(layout.buffer);
  view.setUint32(0, layoutVersion, true);
  view.setUint32(4, hash, true);
  return layout;
}

const layoutVersion = 1;
const layoutBytes = 8;

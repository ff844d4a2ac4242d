import { ModelError } from '../format/model-error.js';

/**
 * Memory of a WASM module that is planned first and made once, as large as it must be: growing would detach every view.
 * Kernels read whole vectors, so each room has a few bytes of slack behind it. Address 0 is never given out.
 */
export class MemoryPlan {
  #end = vector;
  #constantBytes = 0;
  readonly #constants: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  /** The address of so many bytes, which are zeros at the start. Throws ModelError where a network wants too many. */
  room(bytes: number): number {
    const at = this.#end;
    if (at + bytes > mostMemory)
      throw new ModelError(
        `memory: the network would need more than ${mostMemory / 2 ** 20} MiB to run. Use smaller layers or less padding.`,
      );
    this.#end += Math.ceil((bytes + slack) / vector) * vector;
    return at;
  }

  constant({ buffer, byteOffset, byteLength }: ArrayBufferView): number {
    const at = this.room(byteLength);
    this.#constants.push({ at, bytes: new Uint8Array(buffer, byteOffset, byteLength) });
    this.#constantBytes += byteLength;
    return at;
  }

  get constantBytes(): number {
    return this.#constantBytes;
  }

  create(): WebAssembly.Memory {
    const pages = Math.ceil(this.#end / page);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    for (const { at, bytes } of this.#constants) new Uint8Array(memory.buffer).set(bytes, at);
    return memory;
  }
}

/** A line of the cache: no row of weights crosses one. */
const vector = 64;
const slack = 32;
const page = 65536;
/** Far more than a network on a small board may use; what a damaged file can make the engine claim ends here. */
const mostMemory = 512 * 2 ** 20;

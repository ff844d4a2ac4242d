import { ModelError } from '../../format/model-error.js';

/**
 * What a state_dict needs of Python's pickle, protocol 2 to 4, read without running anything: a GLOBAL is a name, a REDUCE
 * a record of what would be called. Names outside `allowed` are refused.
 */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | { readonly kind: 'tuple'; readonly items: Pickled[] }
  | { readonly kind: 'list'; readonly items: Pickled[] }
  | { readonly kind: 'dict'; readonly entries: Map<Pickled, Pickled> }
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly items: Pickled[] }
  | { readonly kind: 'persistent'; readonly id: Pickled };
type Tuple = Extract<Pickled, { kind: 'tuple' | 'list' }>;

export const mostPickleBytes = 1 << 20;
const mark = Symbol('mark');

export function readPickle(bytes: Uint8Array, allowed: ReadonlySet<string>): Pickled {
  if (bytes.length > mostPickleBytes) throw bad(`of ${bytes.length} bytes; the most is ${mostPickleBytes}`);
  return new PickleMachine(bytes, allowed).run();
}

function bad(reason: string): ModelError {
  return new ModelError(
    `PyTorch file: its pickle is ${reason}. Save model.state_dict() with torch.save, and nothing else.`,
  );
}

class PickleMachine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #allowed: ReadonlySet<string>;
  readonly #stack: (Pickled | typeof mark)[] = [];
  readonly #memo = new Map<number, Pickled>();
  #at = 0;

  constructor(bytes: Uint8Array, allowed: ReadonlySet<string>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#allowed = allowed;
  }

  run(): Pickled {
    for (;;) {
      const code = this.#byte();
      if (code === 0x2e) return this.#pop();
      this.#step(code);
    }
  }

  #step(code: number): void {
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        if (this.#byte() > 4) throw bad('of a protocol above 4');
        return;
      case '\x95': // FRAME
        this.#take(8);
        return;
      case 'c': {
        const module = this.#line();
        this.#global(`${module} ${this.#line()}`);
        return;
      }
      case '\x93': {
        const [name, module] = [this.#pop(), this.#pop()];
        if (typeof name !== 'string' || typeof module !== 'string') throw bad('malformed at a global name');
        this.#global(`${module} ${name}`);
        return;
      }
      case 'q':
        return void this.#memo.set(this.#byte(), this.#top());
      case 'r':
        return void this.#memo.set(this.#uint32(), this.#top());
      case '\x94':
        return void this.#memo.set(this.#memo.size, this.#top());
      case 'h': {
        this.#recall(this.#byte());
        return;
      }
      case 'j': {
        this.#recall(this.#uint32());
        return;
      }
      case '(':
        return void this.#stack.push(mark);
      case ')': {
        this.#push({ kind: 'tuple', items: [] });
        return;
      }
      case ']': {
        this.#push({ kind: 'list', items: [] });
        return;
      }
      case '}': {
        this.#push({ kind: 'dict', entries: new Map() });
        return;
      }
      case 't': {
        this.#push({ kind: 'tuple', items: this.#toMark() });
        return;
      }
      case '\x85': {
        this.#tuple(1);
        return;
      }
      case '\x86': {
        this.#tuple(2);
        return;
      }
      case '\x87': {
        this.#tuple(3);
        return;
      }
      case 'X': {
        this.#push(this.#text(this.#uint32()));
        return;
      }
      case '\x8c': {
        this.#push(this.#text(this.#byte()));
        return;
      }
      case 'J': {
        this.#push(this.#view.getInt32(this.#take(4), true));
        return;
      }
      case 'K': {
        this.#push(this.#byte());
        return;
      }
      case 'M': {
        this.#push(this.#view.getUint16(this.#take(2), true));
        return;
      }
      case '\x8a': {
        this.#long(this.#byte());
        return;
      }
      case 'G': {
        this.#push(this.#view.getFloat64(this.#take(8), false));
        return;
      }
      case 'N': {
        this.#push(null);
        return;
      }
      case '\x88': {
        this.#push(true);
        return;
      }
      case '\x89': {
        this.#push(false);
        return;
      }
      case 'a': {
        this.#append([this.#pop()]);
        return;
      }
      case 'e': {
        this.#append(this.#toMark());
        return;
      }
      case 's': {
        const value = this.#pop();
        this.#set([this.#pop(), value]);
        return;
      }
      case 'u': {
        this.#set(this.#toMark());
        return;
      }
      case 'R': {
        this.#reduce();
        return;
      }
      case 'b': // BUILD: attributes of the object, which are not needed (an OrderedDict carries _metadata)
        this.#pop();
        return;
      case 'Q': {
        this.#push({ kind: 'persistent', id: this.#pop() });
        return;
      }
      default:
        throw bad(`using the operation 0x${code.toString(16)}, which no state_dict needs`);
    }
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw bad('cut off');
    this.#at += count;
    return at;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #text(length: number): string {
    const at = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1 || end - this.#at > 200) throw bad('malformed at a global name');
    const text = this.#text(end - this.#at);
    this.#at = end + 1;
    return text;
  }

  /** Little-endian two's complement, as far as a number holds it. */
  #long(length: number): void {
    if (length > 8) throw bad('using a whole number of more than 64 bits');
    const at = this.#take(length);
    let value = 0n;
    for (let byte = 0; byte < length; byte++) value |= BigInt(this.#bytes[at + byte] as number) << BigInt(8 * byte);
    this.#push(Number(BigInt.asIntN(8 * length, value)));
  }

  #push(value: Pickled): void {
    this.#stack.push(value);
  }

  #pop(): Pickled {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw bad('malformed: it takes from an empty stack');
    return value as Pickled;
  }

  #top(): Pickled {
    const value = this.#pop();
    this.#push(value);
    return value;
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw bad('malformed: it recalls what it never kept');
    this.#push(value);
  }

  #toMark(): Pickled[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at === -1) throw bad('malformed: a mark is missing');
    const items = this.#stack.splice(at).slice(1);
    return items.filter((item) => item !== mark);
  }

  #tuple(length: number): void {
    const items = Array.from({ length }, () => this.#pop());
    this.#push({ kind: 'tuple', items: items.reverse() });
  }

  #global(name: string): void {
    if (!this.#allowed.has(name))
      throw new ModelError(
        `PyTorch file: it names ${JSON.stringify(name)}, which is code and is not run. Save model.state_dict() with torch.save, and nothing else.`,
      );
    this.#push({ kind: 'global', name });
  }

  #reduce(): void {
    const [parameters, callee] = [this.#pop(), this.#pop()];
    if (!isKind(callee, 'global') || !isTuple(parameters)) throw bad('malformed at a call');
    if (callee.name === 'collections OrderedDict') this.#push({ kind: 'dict', entries: new Map() });
    else this.#push({ kind: 'call', name: callee.name, items: parameters.items });
  }

  #append(items: readonly Pickled[]): void {
    const list = this.#top();
    if (!isKind(list, 'list')) throw bad('malformed: it appends to what is no list');
    for (const item of items) list.items.push(item);
  }

  #set(pairs: readonly Pickled[]): void {
    const dict = this.#top();
    if (!isKind(dict, 'dict') || pairs.length % 2 !== 0) throw bad('malformed: it sets keys of what is no dictionary');
    for (let at = 0; at < pairs.length; at += 2) dict.entries.set(pairs[at] ?? null, pairs[at + 1] ?? null);
  }
}

type Kinded = Extract<Pickled, { kind: string }>;

export function isKind<Kind extends Kinded['kind']>(
  value: Pickled | undefined,
  kind: Kind,
): value is Extract<Kinded, { kind: Kind }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

export function isTuple(value: Pickled | undefined): value is Tuple {
  return isKind(value, 'tuple') || isKind(value, 'list');
}

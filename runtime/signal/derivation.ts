import type { ChannelInfo, SampleBlock } from '../contracts.js';

/** A channel and its weight in a derivation. */
export interface DerivationTerm {
  readonly channel: string;
  readonly weight: number;
}

/** A derivation that cannot be read, with the place in its text. */
export class DerivationError extends RangeError {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/**
 * Reads a linear derivation such as `Cz`, `C3 - M2`, `C3 - (M1 + M2)/2` or `0.5*A + 0.5*B`. A text that is the name of a
 * channel as a whole means that channel, `CZ-A1` too.
 */
export function parseDerivation(text: string, channels: readonly string[]): DerivationTerm[] {
  const whole = text.trim();
  if (channels.includes(whole)) return [{ channel: whole, weight: 1 }];
  return new DerivationParser(text, channels).parse();
}

type Weights = Map<string, number>;
/** A number, or a sum of weighted channels. */
type Value = { readonly number: number } | { readonly weights: Weights };

class DerivationParser {
  readonly #text: string;
  readonly #channels: readonly string[];
  readonly #tokens: { text: string; at: number }[];
  #place = 0;

  constructor(text: string, channels: readonly string[]) {
    this.#text = text;
    this.#channels = channels;
    this.#tokens = [...text.matchAll(/\d+(?:\.\d+)?(?![\w.])|[A-Za-z_][\w]*|\S/g)].map((match) => ({
      text: match[0],
      at: match.index,
    }));
  }

  parse(): DerivationTerm[] {
    const value = this.#sum();
    if (this.#place < this.#tokens.length) this.#fail(`${JSON.stringify(this.#peek())} is not expected here`);
    if (!('weights' in value)) this.#fail('names no channel');
    const terms = [...value.weights]
      .map(([channel, weight]) => ({ channel, weight }))
      .filter(({ weight }) => weight !== 0);
    if (terms.length === 0) this.#fail('cancels itself out');
    return terms;
  }

  #sum(): Value {
    let value = this.#product();
    while (this.#peek() === '+' || this.#peek() === '-') {
      const sign = this.#next() === '+' ? 1 : -1;
      value = this.#add(value, this.#product(), sign);
    }
    return value;
  }

  #product(): Value {
    let value = this.#factor();
    while (this.#peek() === '*' || this.#peek() === '/') {
      const divides = this.#next() === '/';
      const other = this.#factor();
      if ('number' in other) value = times(value, divides ? 1 / other.number : other.number);
      else if (!divides && 'number' in value) value = times(other, value.number);
      else this.#fail('multiplies or divides channels by each other. Use sums of weighted channels');
    }
    return value;
  }

  #factor(): Value {
    const token = this.#next();
    if (token === '-') return times(this.#factor(), -1);
    if (token === '(') {
      const value = this.#sum();
      if (this.#next() !== ')') this.#fail('lacks a closing bracket');
      return value;
    }
    if (/^\d/.test(token)) return { number: Number(token) };
    if (this.#channels.includes(token)) return { weights: new Map([[token, 1]]) };
    if (token === '') this.#fail('ends too early');
    this.#place--;
    return this.#fail(`${JSON.stringify(token)} is no channel. ${this.#nearest(token)}`);
  }

  #add(a: Value, b: Value, sign: number): Value {
    if ('weights' in a && 'weights' in b) {
      const weights = new Map(a.weights);
      for (const [channel, weight] of b.weights) weights.set(channel, (weights.get(channel) ?? 0) + sign * weight);
      return { weights };
    }
    if ('number' in a && 'number' in b) return { number: a.number + sign * b.number };
    return this.#fail('adds a number to a channel. Use sums of weighted channels');
  }

  #peek(): string {
    return this.#tokens[this.#place]?.text ?? '';
  }

  #next(): string {
    return this.#tokens[this.#place++]?.text ?? '';
  }

  #nearest(name: string): string {
    const known = this.#channels.filter((channel) => channel.toLowerCase() === name.toLowerCase());
    return known.length > 0 ? `Write ${known[0] ?? ''}.` : `Channels here: ${this.#channels.join(', ')}.`;
  }

  #fail(what: string): never {
    throw new DerivationError(
      `${JSON.stringify(this.#text)} ${what}`,
      this.#tokens[this.#place]?.at ?? this.#text.length,
    );
  }
}

function times(value: Value, factor: number): Value {
  if ('number' in value) return { number: value.number * factor };
  return { weights: new Map([...value.weights].map(([channel, weight]) => [channel, weight * factor])) };
}

/** Evaluates a derivation over raw counts, in the unit of its channels. */
export class Derivation {
  /** Places of the channels that take part. */
  readonly channels: readonly number[];
  readonly #places: Int32Array;
  readonly #weights: Float64Array;

  constructor(terms: readonly DerivationTerm[], channels: readonly ChannelInfo[]) {
    const places = terms.map(({ channel }) => channels.findIndex(({ name }) => name === channel));
    if (places.includes(-1))
      throw new RangeError(`a channel of ${terms.map(({ channel }) => channel).join(', ')} is not in the stream`);
    this.channels = places;
    this.#places = Int32Array.from(places);
    this.#weights = Float64Array.from(
      terms,
      ({ weight }, place) => weight * (channels[places[place] as number]?.scale ?? NaN),
    );
  }

  /** Frames `first` up to `end` of the block → `output` from its start; returns how many. */
  process(block: SampleBlock, first: number, end: number, output: Float64Array): number {
    const { channels, counts } = block;
    const places = this.#places;
    const weights = this.#weights;
    for (let frame = first; frame < end; frame++) {
      const at = frame * channels;
      let sum = 0;
      for (let term = 0; term < places.length; term++) {
        sum += (weights[term] as number) * (counts[at + (places[term] as number)] as number);
      }
      output[frame - first] = sum;
    }
    return end - first;
  }
}

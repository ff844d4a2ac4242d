import { ReceiptState } from '../../runtime/contracts.js';

/** All that can be read of one stimulus from outside the guardian. */
export interface Published {
  readonly command: number;
  /** When the core handed the command over: the time of its cycle. */
  readonly sentUs: number;
  /**
   * Lines of the guardian's standard output about it, in order, and when the core had read each. A receipt is recorded
   * with the time of the cycle that takes it, 4 ms after the one before, and with no other time of the core.
   */
  readonly words: readonly { readonly text: string; readonly readUs: number }[];
  /** Lines of the guardian's log of deliveries about it, in order. */
  readonly log: readonly string[];
}

/**
 * Numbers that say all of it but the moment at which it happened: every duration between two times that are published,
 * the length of every line, the order of all lines, and what the texts consist of, as counts of their pairs of letters
 * in 32 heaps.
 */
export function featuresOf({ command, sentUs, words, log }: Published): number[] {
  const times = new Float64Array(moments.length).fill(NaN);
  times[0] = sentUs;
  const pairs = new Float64Array(heaps);
  const cycles = new Float64Array(3).fill(NaN);
  const lengths = new Float64Array(lineKinds.length);
  const order: string[] = [];
  for (const { text, readUs } of words) {
    const { receipt } = JSON.parse(text) as { receipt: { state: number; atUs: number; evidence: string } };
    const kind = receipt.state;
    order.push(`receipt ${kind}`);
    lengths[Math.min(kind, 3)] = text.length;
    if (kind <= ReceiptState.ended) {
      times[1 + kind] = receipt.atUs;
      cycles[kind] = Math.ceil((readUs - sentUs) / cycleUs);
    }
    countPairs(receipt.evidence.replace(String(command), ''), pairs);
  }
  for (const line of log) {
    const [, at = '', what = ''] = line.split(' ');
    const place = what === '?' ? 0 : what === '-' ? 1 : 2;
    order.push(`line ${place}`);
    lengths[4 + place] = line.length;
    times[4 + place] = Number(at);
    if (place === 2) times[7] = Number(what);
    countPairs(line.replaceAll(/\d+/g, ''), pairs);
  }
  const durations: number[] = [];
  for (let from = 0; from < times.length; from++) {
    for (let to = from + 1; to < times.length; to++) durations.push((times[to] as number) - (times[from] as number));
  }
  return [...durations, ...cycles, ...lengths, hash(order.join(',')), words.length, log.length, ...pairs];
}

/** What `times` holds, by place. */
const moments = [...['sent', 'accepted', 'started', 'ended'], ...['log about', 'log started', 'log due', 'log ended']];
const lineKinds = ['accepted', 'started', 'ended', 'other', 'about', 'started', 'ended'];
export const heaps = 32;
const cycleUs = 4000;

/** By place. */
export const featureNames: readonly string[] = [
  ...moments.flatMap((from, place) => moments.slice(place + 1).map((to) => `${from} to ${to}`)),
  ...['accepted', 'started', 'ended'].map((kind) => `cycles to ${kind}`),
  ...lineKinds.map((kind, place) => `length of ${place < 4 ? 'receipt' : 'line'} ${kind}`),
  ...['order', 'receipts', 'lines'],
  ...Array.from({ length: heaps }, (_, heap) => `letters ${heap}`),
];

export function countPairs(text: string, into: Float64Array): void {
  for (let i = 0; i + 1 < text.length; i++) {
    const heap = hash(text.slice(i, i + 2)) % heaps;
    into[heap] = (into[heap] as number) + 1;
  }
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619) >>> 0;
  return value;
}

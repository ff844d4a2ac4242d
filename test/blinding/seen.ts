import type { Condition } from '../../runtime/contracts.js';
import type { Labelled } from './leak-classifier.js';
import { countPairs, heaps } from './published.js';

/**
 * What can be seen of a night by whoever has not the sealed file, as a stream of texts and times, and what can be counted
 * and measured in a stretch of it. Test code. Pure.
 */

/** Something that came out. */
export interface Seen {
  /** Where: a name of `sources.ts`. */
  readonly surface: string;
  /** When, CLOCK_MONOTONIC. */
  readonly atUs: number;
  readonly text: string;
}

/** A part of a night with one condition. */
export interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
  readonly condition: Condition;
  /** Stretches that lie close together. */
  readonly group: number;
}

/** What was seen in a stretch, in its order. */
export type InStretch = readonly Pick<Seen, 'atUs' | 'text'>[];

/** By surface, a list for each stretch; what lies in none is left out. `stretches` in their order. */
export function byStretch(seen: readonly Seen[], stretches: readonly Stretch[]): Map<string, InStretch[]> {
  const found = new Map<string, Seen[][]>();
  for (const one of seen) {
    let lists = found.get(one.surface);
    if (!lists) found.set(one.surface, (lists = stretches.map(() => [])));
    const place = placeOf(stretches, one.atUs);
    if (place >= 0) lists[place]?.push(one);
  }
  for (const lists of found.values()) for (const list of lists) list.sort((a, b) => a.atUs - b.atUs);
  return found;
}

function placeOf(stretches: readonly Stretch[], atUs: number): number {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle] as Stretch).toUs <= atUs) low = middle + 1;
    else high = middle;
  }
  return low < stretches.length && (stretches[low] as Stretch).fromUs <= atUs ? low : -1;
}

/** The same names for every stretch; NaN where a stretch has nothing of that name. */
export function labelled(
  lists: readonly InStretch[],
  stretches: readonly Stretch[],
): { readonly labelled: readonly Labelled[]; readonly names: readonly string[] } {
  const all = lists.map((list, place) => featuresOf(list, stretches[place] as Stretch));
  const names = [...new Set(all.flatMap((features) => [...features.keys()]))];
  return {
    names,
    labelled: stretches.map(({ condition, group }, place) => ({
      features: names.map((name) => all[place]?.get(name) ?? NaN),
      isReal: condition === 'real',
      group,
    })),
  };
}

/**
 * How many, how long, how spaced, how late, in which letters, and what each number in it comes to: its mean and its growth;
 * of a number that is a time, how long ago it was.
 */
export function featuresOf(list: InStretch, { fromUs, toUs }: Pick<Stretch, 'fromUs' | 'toUs'>): Map<string, number> {
  const features = new Map<string, number>();
  const pairs = new Float64Array(heaps);
  const numbers = new Map<string, { sum: number; count: number; first: number; last: number }>();
  let bytes = 0;
  let lastUs = fromUs;
  let [longestUs, squares] = [0, 0];
  for (const { atUs, text } of list) {
    bytes += text.length;
    countPairs(text.replaceAll(/\d+/g, '0'), pairs);
    longestUs = Math.max(longestUs, atUs - lastUs);
    squares += (atUs - lastUs) ** 2;
    lastUs = atUs;
    for (const [name, value] of numbersOf(text)) {
      const isTime = Math.abs(value - atUs) < timeWithinUs;
      const path = isTime ? `${name} ago` : name;
      const number = isTime ? atUs - value : value;
      const known = numbers.get(path);
      if (known) Object.assign(known, { sum: known.sum + number, count: known.count + 1, last: number });
      else numbers.set(path, { sum: number, count: 1, first: number, last: number });
    }
  }
  features.set('messages', list.length);
  features.set('first', (list[0]?.atUs ?? NaN) - fromUs);
  features.set('longest pause', Math.max(longestUs, toUs - lastUs));
  if (list.length === 0) return features;
  features.set('unevenness', Math.sqrt(squares / list.length));
  features.set('bytes a message', bytes / list.length);
  for (let heap = 0; heap < heaps; heap++) features.set(`letters ${heap}`, (pairs[heap] as number) / list.length);
  for (const [path, { sum, count, first, last }] of numbers) {
    features.set(`mean of ${path}`, sum / count);
    if (count > 1) features.set(`growth of ${path}`, last - first);
  }
  return features;
}

/** Of a JSON object, by the names that lead to them; lists count as one. Of any other text nothing. */
function numbersOf(text: string): [string, number][] {
  if (!text.startsWith('{')) return [];
  const found: [string, number][] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'number') found.push([path, value]);
    else if (Array.isArray(value)) for (const one of value) walk(one, `${path}[]`);
    else if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) walk(one, path === '' ? name : `${path}.${name}`);
  };
  walk(JSON.parse(text), '');
  return found;
}

/** The smallest of all leaks: a byte more in each message of a sham, and a message of one byte where there was none. */
export function plantByte(lists: readonly InStretch[], stretches: readonly Stretch[]): InStretch[] {
  return lists.map((list, place) => {
    const { condition, fromUs } = stretches[place] as Stretch;
    if (condition === 'real') return list;
    return list.length === 0
      ? [{ atUs: fromUs, text: '.' }]
      : list.map(({ atUs, text }) => ({ atUs, text: `${text} ` }));
  });
}

/** A night has numbers that are times of its clock, and none of its other numbers is as near to it. */
const timeWithinUs = 60e6;

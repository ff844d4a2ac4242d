import type { Random } from './random.js';

/** One to three values of a JSON text changed; the text stays JSON but for a key that stands twice now and then. */
export function mutateJson(text: string, random: Random): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return text;
  }
  const root = { root: document };
  for (let rounds = random.chance(0.7) ? 1 : 3; rounds > 0; rounds--) {
    const places: Place[] = [];
    collect(root, places);
    if (places.length > 0) change(random.pick(places), places, random);
  }
  const mutated = root.root === undefined ? 'null' : JSON.stringify(root.root);
  if (!random.chance(0.03)) return mutated;
  return mutated.replace(/"([^"\\]{1,20})":/, (key) => `${key}0,${key}`);
}

type Container = Record<string, unknown> | unknown[];
interface Place {
  readonly container: Container;
  readonly key: string;
}

function collect(container: Container, places: Place[]): void {
  for (const [key, value] of Object.entries(container)) {
    places.push({ container, key });
    if (typeof value === 'object' && value !== null) collect(value as Container, places);
  }
}

const get = ({ container, key }: Place): unknown => (container as Record<string, unknown>)[key];
const set = ({ container, key }: Place, value: unknown): void => {
  Object.defineProperty(container, key, { value, enumerable: true, writable: true, configurable: true });
};

function change(place: Place, places: readonly Place[], random: Random): void {
  const value = get(place);
  const kind = random.below(10);
  if (kind === 0) Reflect.deleteProperty(place.container, place.key);
  else if (kind === 1) set(place, structuredClone(get(random.pick(places))));
  else if (kind === 2 && Array.isArray(value)) repeat(value, random);
  else if (kind === 3) set({ ...place, key: random.pick(odd) }, structuredClone(value));
  else if (kind === 4) {
    // What is named elsewhere in the file: edges and tensors led astray.
    const names = places.map(get).filter((each) => typeof each === 'string' || typeof each === 'number');
    if (names.length > 0) set(place, random.pick(names));
  } else set(place, typeof value === 'number' && random.chance(0.8) ? number(value, random) : anything(random));
}

function repeat(array: unknown[], random: Random): void {
  if (random.chance(0.3)) array.length = random.below(array.length + 1);
  const copies = random.chance(0.02) ? 1000 : 1 + random.below(3);
  for (let copy = 0; copy < copies && array.length > 0; copy++) array.push(structuredClone(random.pick(array)));
}

function number(old: number, random: Random): number {
  return random.pick([
    old + 1,
    old - 1,
    -old,
    old * 2,
    old + 0.5,
    0,
    1,
    -1,
    2,
    255,
    256,
    65536,
    1 << 20,
    1 << 24,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e308,
    5e-324,
    -1e-45,
  ]);
}

const odd = [
  '',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '/dev/zero',
  'x',
  '\u0000',
  '\ud800',
  '0',
  'NaN',
];

function anything(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => true,
    () => number(random.below(100), random),
    () => random.pick(odd),
    () => 'a'.repeat(random.pick([199, 201, 5000])),
    () => [],
    () => ({}),
    () => [number(1, random), number(2, random)],
    () => nested(random.pick([2, 20, 1000])),
  ])();
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

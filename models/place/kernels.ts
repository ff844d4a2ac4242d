/** What assembly/kernels.ts exports: addresses are bytes of the memory that the instance was given. */
export interface PlaceKernels {
  look(frame: number, grey: number, energy: number, work: number, contrast: number): void;
  /** After `look`, of the same frame. */
  lookFine(energy: number, work: number, contrast: number): void;
  novelty(values: number, last: number, count: number): number;
  grade(
    values: number,
    mean: number,
    last: number,
    rest: number,
    spikes: number,
    count: number,
    weight: number,
    frames: number,
  ): number;
  aside(spikes: number, lines: number, line: number, by: number, query: number): void;
  compare(
    query: number,
    rows: number,
    blocks: number,
    count: number,
    weights: number,
    inverse: number,
    thresholds: number,
    scale: number,
    scores: number,
    best: number,
  ): void;
  combine(scores: number, bias: number, first: number, into: number, count: number): void;
  relieve(scores: number, fatigue: number, count: number, best: number): void;
  tire(scores: number, best: number, count: number, fatigue: number, law: number, neighbours: number): void;
  weigh(energies: number, weights: number, lines: number, inverse: number, count: number): void;
  emit(scores: number, count: number, emission: number): void;
  move(emission: number, before: number, now: number, pitch: number, count: number, outside: number): void;
  moveBy(emission: number, before: number, now: number, step: number, count: number, outside: number): void;
  surest(belief: number, count: number): number;
}

const names = [
  'look',
  'lookFine',
  'novelty',
  'grade',
  'aside',
  'compare',
  'combine',
  'relieve',
  'tire',
  'weigh',
  'emit',
  'move',
  'moveBy',
  'surest',
] as const;

/** `module` is assembly/kernels.wasm. */
export function placeKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): PlaceKernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const missing = names.find((name) => typeof exports[name] !== 'function');
  if (missing !== undefined) throw new Error(`the module of kernels exports no function ${missing}`);
  return exports as unknown as PlaceKernels;
}

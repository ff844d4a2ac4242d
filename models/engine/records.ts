/**
 * What the kernels of assembly/ are told: a record of 32-bit words each, in WASM memory, which `run` takes one after
 * another. Kernels are numbered by their place here, as in assembly/kernels.ts; the words of each stand in the order of
 * its class there.
 */
const window = [
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'kernelHeight',
  'kernelWidth',
  'strideDown',
  'strideRight',
  'top',
  'left',
  'dilationDown',
  'dilationRight',
] as const;
const outputs = ['thresholds', 'flips', 'out', 'outPitch', 'outputs', 'scratch'] as const;
const axonal = [...window, 'events', 'starts', 'weights', 'tiles', 'most', ...outputs] as const;
const codes = [
  ...window,
  'image',
  'pitch',
  'runs',
  'across',
  'runStep',
  'weights',
  'tiles',
  'thresholds',
  'flips',
  'out',
  'outPitch',
  'outputs',
  'scratch',
] as const;

const words = {
  pack: ['from', 'bits', 'channels', 'positions', 'pitch'],
  unpack: ['bits', 'to', 'channels', 'positions', 'pitch'],
  pool: [
    'bits',
    'to',
    'pitch',
    'flips',
    'height',
    'width',
    'outHeight',
    'outWidth',
    'kernelHeight',
    'kernelWidth',
    'strideDown',
    'strideRight',
    'top',
    'left',
  ],
  list: ['bits', 'places', 'events', 'starts', 'height', 'width', 'channels', 'pitch'],
  listCounts: ['from', 'events', 'starts', 'height', 'width', 'channels'],
  axonal64: axonal,
  axonal32: axonal,
  axonal16: axonal,
  image: ['from', 'type', 'zeroPoint', 'to', 'channels', 'height', 'width', 'pitch'],
  codesTwo: codes,
  codesOne: codes,
  clamp: ['at', 'count', 'most'],
  columns: [
    'from',
    'signed',
    'zeroPoint',
    'channels',
    'height',
    'width',
    'top',
    'left',
    'columns',
    'pitch',
    'to',
    'fours',
  ],
  winograd: codes,
  reals: [...window, 'from', 'counts', 'weights', 'bias', 'tiles', 'out', 'outputs', 'scratch'],
  neurons: [
    'count',
    'from',
    'type',
    'membrane',
    'current',
    'spiked',
    'out',
    'synapseDecay',
    'synapseGain',
    'decay',
    'gain',
    'drive',
    'threshold',
    'resetValue',
    'whole',
    'old',
    'strict',
    'reset',
    'next',
  ],
  copy: ['from', 'to', 'bytes'],
  addSums: ['a', 'b', 'out', 'count'],
  fire: ['from', 'limits', 'flips', 'out', 'channels', 'positions'],
  delay: ['from', 'to', 'bytes', 'ring', 'position', 'depth'],
} as const;

export type Kernel = keyof typeof words;
export type Words<Of extends Kernel> = Readonly<Record<(typeof words)[Of][number], number>>;

export const recordBytes = 128;

export function encode<Of extends Kernel>(kernel: Of, of: Words<Of>): Int32Array {
  const record = new Int32Array(recordBytes / 4);
  record[0] = Object.keys(words).indexOf(kernel);
  const names: readonly (typeof words)[Of][number][] = words[kernel];
  names.forEach((name, place) => (record[place + 1] = of[name]));
  return record;
}

import { ModelError } from '../../models/format/model-error.js';

/**
 * What a host and a NeuroCoreX (ORNL, sources of 2025-07) say to each other over 1 Mbaud, 8N1. There is no answer to a
 * command, no checksum and no time-out: the board counts the bytes of a command and then takes the next one for a
 * command. One byte that is lost or too many shifts all that follow until the board is reset.
 */
export const baudRate = 1_000_000;

/** Rows and columns of both weight matrices, and entries of each list of parameters. */
export const slots = 96;
export const synapses = slots * slots;
/** Neurons that compute, and inputs that have a place. Neuron n has its parameters in slot n + 4. */
export const neurons = 90;
export const inputs = 90;
export const parameterSlot = (neuron: number): number => neuron + 4;
/** Where a weight stands in its matrix, row by row: from input m, from neuron p. */
export const fromInput = (neuron: number, input: number): number => (neuron + 6) * slots + inputAddress(input);
export const fromNeuron = (neuron: number, from: number): number => (neuron + 6) * slots + from + 5;
export const inputAddress = (input: number): number => input + 2;

/** Entries of the memory for input spikes; what comes when it is full is lost. */
export const queueLength = 1024;
/** 96 clocks of 100 kHz. */
export const tickUs = 960;

/** Membranes, thresholds and leaks have 18 bits with sign, 10 of them behind the point; a weight of 1 is 1024. */
export const one = 1024;
export const most = 0x1ffff;

/** Everything that is loaded, as it stands in the board's memories. */
export interface ChipTables {
  /** From inputs and from neurons: [row][column], see `fromInput` and `fromNeuron`. */
  readonly feedForward: Int8Array;
  readonly recurrent: Int8Array;
  readonly thresholds: Int32Array;
  /** Ticks at rest after a spike; the low byte of entry 0 multiplies all that comes from inputs. */
  readonly refractory: Int32Array;
  /** What is taken from every membrane in every tick is entry 8; the others do nothing. */
  readonly leaks: Int32Array;
  /** Entry 0 to 2: two numbers of 8 bits each, how synapses learn. */
  readonly learning: Int32Array;
  /** Added to one membrane in every tick: that of neuron `biased` − 1. */
  bias: number;
  biased: number;
}

/** Silent: no weights, thresholds that nothing reaches, what comes from inputs counts once. */
export function silentTables(): ChipTables {
  const refractory = new Int32Array(slots).fill(1);
  return {
    feedForward: new Int8Array(synapses),
    recurrent: new Int8Array(synapses),
    thresholds: new Int32Array(slots).fill(most),
    refractory,
    leaks: new Int32Array(slots),
    learning: new Int32Array(slots),
    bias: 0,
    biased: 0,
  };
}

/** Upper half of the first byte of each command. */
export const command = {
  feedForward: 0x00,
  recurrent: 0x10,
  parameters: 0x20,
  spikes: 0x30,
  debug: 0x40,
  read: 0x50,
  learn: 0x60,
} as const;

/** Both weight commands, and which synapses learn, swallow one byte after the last. */
const swallowed = 0;

export function encodeWeights(matrix: 'feedForward' | 'recurrent', weights: Int8Array): Uint8Array {
  if (weights.length !== synapses)
    throw new ModelError(`${matrix}: ${weights.length} weights. The chip takes ${synapses}, unused ones as 0.`);
  const bytes = new Uint8Array(1 + synapses + 1);
  bytes[0] = command[matrix];
  bytes.set(new Uint8Array(weights.buffer, weights.byteOffset, synapses), 1);
  bytes[synapses + 1] = swallowed;
  return bytes;
}

export function encodeParameters({ thresholds, refractory, leaks, learning }: ChipTables): Uint8Array {
  const lists = { thresholds, refractory, leaks, learning };
  const scale = (refractory[0] ?? 0) & 0xff;
  if (scale < 1 || scale > 127)
    throw new ModelError(
      `refractory[0]: its low byte is ${scale}, which multiplies all inputs. Use 1 to 127, mostly 1.`,
    );
  const bytes: number[] = [command.parameters];
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== slots) throw new ModelError(`${name}: ${list.length} values. The chip takes ${slots}.`);
    for (const [slot, value] of list.entries()) bytes.push(...triple(`${name}[${slot}]`, value));
  }
  return Uint8Array.from(bytes);
}

/** The bias of one neuron, and which: neuron n is number n + 1, 0 is none. */
export function encodeDebug(bias: number, biased: number): Uint8Array {
  if (!Number.isInteger(biased) || biased < 0 || biased > neurons)
    throw new ModelError(`debug: neuron ${biased} is none of the chip. Use 1 to ${neurons}, or 0 for none.`);
  return Uint8Array.of(command.debug, ...triple('debug: bias', bias), ...triple('debug: neuron', biased));
}

/** Which synapses learn, 1 a synapse, in the order of the weights; the chip takes the first of eight from the highest bit. */
export function encodeLearning(recurrent: Uint8Array, feedForward: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + (2 * synapses) / 8 + 1);
  bytes[0] = command.learn;
  for (const [place, bits] of [recurrent, feedForward].entries()) {
    if (bits.length !== synapses) throw new ModelError(`learning: ${bits.length} bits. The chip takes ${synapses}.`);
    const from = 1 + (place * synapses) / 8;
    for (let i = 0; i < synapses; i++)
      if (bits[i] === 1) bytes[from + (i >> 3)] = (bytes[from + (i >> 3)] as number) | (0x80 >> (i & 7));
  }
  bytes[bytes.length - 1] = swallowed;
  return bytes;
}

/** An input spike: `wait` ticks lie between it and the one before (0: the next tick; the first: tick `wait`). */
export interface Entry {
  readonly wait: number;
  readonly address: number;
}

/**
 * A whole run: what comes in, then the end. The run ends in the tick in which the last entry is taken, and that tick
 * computes nothing: the last entry is no spike but the length of the run.
 */
export function encodeSpikes(entries: readonly Entry[]): Uint8Array {
  if (entries.length > queueLength)
    throw new ModelError(`spikes: ${entries.length} entries. The chip holds ${queueLength}: use a shorter run.`);
  const bytes = new Uint8Array(spikesBytes(entries.length));
  bytes[0] = command.spikes;
  for (const [place, { wait, address }] of entries.entries()) {
    if (!Number.isInteger(wait) || wait < 0 || wait > mostWait)
      throw new ModelError(
        `spikes: entry ${place} waits ${wait} ticks. Use 0 to 255, and entries without effect between.`,
      );
    if (!Number.isInteger(address) || address < 0 || address >= slots)
      throw new ModelError(`spikes: entry ${place} is for address ${address}. Use 0 to ${slots - 1}.`);
    writeEntry(bytes, place, wait, address);
  }
  writeEnd(bytes, entries.length);
  return bytes;
}

export const mostWait = 255;
export const spikesBytes = (entries: number): number => 1 + 3 * entries + 3;

/** Entry `place` of a run whose first byte is the command. */
export function writeEntry(bytes: Uint8Array, place: number, wait: number, address: number): void {
  bytes[1 + 3 * place] = wait;
  bytes[2 + 3 * place] = address;
  bytes[3 + 3 * place] = 0;
}

export function writeEnd(bytes: Uint8Array, entries: number): void {
  bytes.fill(0xff, 1 + 3 * entries, spikesBytes(entries));
}

/**
 * Asks for the weights; any byte after the command starts the answer of 9216 bytes. The sources call it the read of the
 * recurrent weights, but what comes is those from the inputs: the recurrent ones cannot be read.
 */
export const readCommand: Uint8Array = Uint8Array.of(command.read, 0);

/** Bytes of a run of so many ticks: a marker, then a bit a neuron and tick; what does not fill a byte is not sent. */
export const runBytes = (ticks: number): number => 1 + Math.floor((ticks * neurons) / 8);

/** Spikes of the first `ticks` ticks, a byte a neuron, tick after tick. Refuses bytes that no run of that length gives. */
export function decodeRun(bytes: Uint8Array, ticks: number, into: Uint8Array): void {
  if (bytes[0] !== marker) throw new ModelError(`the run begins with ${bytes[0] ?? 'nothing'} instead of ${marker}.`);
  if (bytes.length < 1 + Math.ceil((ticks * neurons) / 8))
    throw new ModelError(`the run gave ${bytes.length} bytes, too few for ${ticks} ticks.`);
  for (let i = 0; i < ticks * neurons; i++) into[i] = ((bytes[1 + (i >> 3)] as number) >> (i & 7)) & 1;
}
export const marker = 0xff;

/** Bytes to send, and how long to wait after each of them or after all. */
export interface Transmission {
  readonly bytes: Uint8Array;
  readonly pauseMs: number;
  readonly after: 'each' | 'all';
}

/**
 * All of a network in the order of the board's own tutorial. Nothing learns. Only for a board that does not run: a run
 * keeps weights from being stored, and would leave the places of later ones shifted.
 */
export function loadSequence(tables: ChipTables): readonly Transmission[] {
  const nothing = new Uint8Array(synapses);
  return [
    { bytes: encodeDebug(tables.bias, tables.biased), pauseMs: 1, after: 'each' },
    { bytes: encodeWeights('recurrent', tables.recurrent), pauseMs: 0, after: 'all' },
    { bytes: encodeWeights('feedForward', tables.feedForward), pauseMs: 0, after: 'all' },
    // The chip takes 16 µs for each of the bits' bytes out of its own queue.
    { bytes: encodeLearning(nothing, nothing), pauseMs: 50, after: 'all' },
    { bytes: encodeParameters(tables), pauseMs: 1, after: 'each' },
  ];
}

/** 18 bits in 3 bytes, the lowest first. */
function triple(name: string, value: number): number[] {
  if (!Number.isInteger(value) || value < -most - 1 || value > most)
    throw new ModelError(`${name} is ${value}. The chip holds whole numbers from ${-most - 1} to ${most}.`);
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 3];
}

import { setTimeout as pause } from 'node:timers/promises';
import { openSerialLine } from '../../drivers/serial/line.js';
import { arrayFor } from '../../models/engine/ports.js';
import { ModelError } from '../../models/format/model-error.js';
import { ChipPort, resetIt } from './chip-port.js';
import type { Placement } from './placement.js';
import {
  baudRate,
  decodeRun,
  encodeSpikes,
  loadSequence,
  readCommand,
  runBytes,
  synapses,
  tickUs,
} from './protocol.js';
import { createRunModel, differences, type RunModel, type Runner } from './run-model.js';
import { createTwin } from './twin.js';
import { noAddress, type InputWindow } from './window.js';

export interface ChipOptions {
  readonly port: string;
  readonly ticks: number;
  /** Milliseconds between the bytes of parameters; a real board wants 1. */
  readonly pauseMs?: number;
}

/** A network on the chip. */
export interface ChipModel extends RunModel {
  close(): Promise<void>;
}

/**
 * Loads a network into the board at the port and checks that it is there: what can be read back is compared, and a run of
 * random spikes must give what the twin gives. Rejects with a ModelError that says what to do. A board that answers
 * otherwise later is given up: a step throws, and so does every later one.
 */
export async function openChip(placement: Placement, { port: path, ticks, pauseMs }: ChipOptions): Promise<ChipModel> {
  const line = await openSerialLine(path, baudRate);
  let port: ChipPort | undefined;
  const close = async (): Promise<void> => {
    port?.close();
    port = undefined;
    await line.close();
  };
  try {
    port = new ChipPort(path);
    expectSilence(port, 40, 'sends without being asked: it is in a run that nobody has ended');
    await load(port, placement, pauseMs);
    readBack(port, placement);
    const model = createRunModel(placement, ticks, new ChipRunner(port, placement.recurrent));
    compareWithTwin(path, model, placement, ticks);
    return Object.assign(model, { close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function load(port: ChipPort, { tables }: Placement, pauseMs: number | undefined): Promise<void> {
  for (const { bytes, pauseMs: wanted, after } of loadSequence(tables)) {
    const wait = pauseMs ?? wanted;
    if (after === 'all' || wait === 0) {
      port.send(bytes);
      if (wait > 0) await pause(wait);
      continue;
    }
    for (let at = 0; at < bytes.length; at++) {
      port.send(bytes.subarray(at, at + 1));
      await pause(wait);
    }
  }
}

function readBack(port: ChipPort, { tables }: Placement): void {
  const held = new Uint8Array(synapses);
  port.send(readCommand);
  const length = port.receive(held, quietMs);
  const wanted = new Uint8Array(tables.feedForward.buffer, tables.feedForward.byteOffset, synapses);
  const wrong = held.reduce((sum, byte, at) => sum + Number(at >= length || byte !== wanted[at]), 0);
  if (length === 0)
    throw new ModelError(
      `${port.path}: does not answer. It has lost its place among the bytes, or is no NeuroCoreX. ${resetIt}`,
    );
  if (wrong > 0)
    throw new ModelError(
      `${port.path}: holds other weights than were sent, ${wrong} of ${synapses}: a byte was lost or added on the way. ${resetIt}`,
    );
}

/** Thresholds and recurrent weights cannot be read back; what they do can. */
function compareWithTwin(path: string, model: RunModel, placement: Placement, ticks: number): void {
  const twin = createTwin(placement, ticks);
  const input = arrayFor(model.inputs[0] ?? { type: 'u8', shape: [] });
  let state = 1;
  for (let at = 0; at < input.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    input[at] = Number(state >>> 24 < 256 / (1 + placement.input.size));
  }
  const [mine, theirs] = [twin, model].map((each) => {
    const outputs = each.outputs.map(arrayFor);
    each.step([input], outputs);
    return outputs;
  });
  const wrong = differences(mine ?? [], theirs ?? []);
  if (wrong !== 0)
    throw new ModelError(
      `${path}: ${wrong} spikes of a first run differ from those of its twin. ${resetIt} If that does not help, its design is another one.`,
    );
}

class ChipRunner implements Runner {
  readonly engine = 'neurocorex';
  readonly wraps = 0;
  readonly #port: ChipPort;
  readonly #recurrent: boolean;
  #bytes = new Uint8Array();
  #lost: ModelError | undefined;

  constructor(port: ChipPort, recurrent: boolean) {
    this.#port = port;
    this.#recurrent = recurrent;
  }

  run(window: InputWindow, frames: Uint8Array): void {
    if (this.#lost) throw this.#lost;
    try {
      const ticks = window.addresses.length;
      const length = runBytes(ticks + 1);
      if (this.#bytes.length !== length) this.#bytes = new Uint8Array(length);
      this.#exchange(window.bytes, window.encode(), this.#bytes);
      decodeRun(this.#bytes, ticks, frames);
      if (this.#recurrent) this.#exchange(clearing, clearing.length, cleared);
    } catch (error) {
      this.#lost = error instanceof ModelError ? error : new ModelError(String(error));
      throw this.#lost;
    }
  }

  /** One whole run: exactly so many bytes, then silence. */
  #exchange(bytes: Uint8Array, length: number, answer: Uint8Array): void {
    const { path } = this.#port;
    expectSilence(this.#port, 0, 'has sent more than it was asked for');
    this.#port.send(bytes, length);
    const came = this.#port.receive(answer, quietMs);
    if (came < answer.length)
      throw new ModelError(`${path}: ${came} of the ${answer.length} bytes of a run came. ${resetIt}`);
    expectSilence(this.#port, silenceMs, 'goes on after the end of a run: input came too late for it');
  }
}

function expectSilence(port: ChipPort, ms: number, otherwise: string): void {
  if (port.receive(unexpected, ms) > 0) throw new ModelError(`${port.path}: ${otherwise}. ${resetIt}`);
}

/**
 * A run leaves the spikes of its last tick to the next one, through recurrent weights. A run of two ticks has none in its
 * first, and leaves nothing.
 */
const clearing = encodeSpikes([
  { wait: 0, address: noAddress },
  { wait: 0, address: noAddress },
]);
const cleared = new Uint8Array(runBytes(2));
const unexpected = new Uint8Array(1);
/** A board that sends comes with a byte every 80 µs; the line and the system may hold it back. */
const quietMs = 1000;
/** Longer than the board needs from the last byte of a run to the first of a tick that should not be. */
const silenceMs = Math.ceil((2 * tickUs) / 1000) + 1;

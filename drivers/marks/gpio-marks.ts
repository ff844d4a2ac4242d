import { closeSync } from 'node:fs';
import { createGpioPort, type GpioPort, type InputRequest } from '../gpio/port.js';
import { eventBytes, readEdges, type Edge } from '../gpio/protocol.js';
import { nativeBytes, poll, read } from '../serial/libc.js';
import type { MarkInput, TimedMark } from './mark-input.js';

/** A line of the kernel's GPIO. Which edges are told does not depend on the configuration: bounce is seen in both. */
export interface GpioMarksPlan extends Omit<InputRequest, 'consumer' | 'edges'> {
  readonly use: 'gpio';
  /** Of the mark when it goes high (low, if it is active low); the name of the input without it. */
  readonly text?: string;
  /** When it goes back; without it that is no mark. */
  readonly back?: string;
  /** An edge that comes sooner than this after another one is bounce. */
  readonly debounceSeconds: number;
}

/** Edges carry the kernel's own times, so that it does not matter when they are read. Throws where the line is not free. */
export function openGpioMarks(name: string, plan: GpioMarksPlan, gpio: GpioPort = createGpioPort()): MarkInput {
  const { line, chip, activeLow, pull } = plan;
  const consumer = `axond mark ${name}`;
  const { descriptor } = gpio.openInput({
    ...{ line, activeLow, consumer },
    ...(chip === undefined ? {} : { chip }),
    ...(pull === undefined ? {} : { pull }),
  });
  const edges = new EdgeMarks(name, plan);
  const polled = nativeBytes(8);
  const view = new DataView(polled.bytes.buffer, polled.bytes.byteOffset, 8);
  view.setInt32(0, descriptor, true);
  view.setInt16(4, pollIn, true);
  const events = nativeBytes(mostEvents * eventBytes);
  return {
    ready: true,
    take() {
      const marks: TimedMark[] = [];
      for (let reads = 0; reads < mostReads && poll(polled.pointer, 1, 0) > 0; reads++) {
        const readable = (view.getInt16(6, true) & pollIn) !== 0;
        const length = readable ? read(descriptor, events.pointer, events.bytes.length) : -1;
        if (length <= 0) throw new Error(`gpio: line ${line} is gone. Connect its chip again.`);
        marks.push(...edges.marksOf(readEdges(events.bytes, length)));
      }
      return marks;
    },
    close: () => closeSync(descriptor),
  };
}

/** Which edges are marks. Pure. */
export class EdgeMarks {
  readonly #name: string;
  readonly #plan: Pick<GpioMarksPlan, 'text' | 'back' | 'debounceSeconds'>;
  #number = 0;
  #lastUs = -Infinity;

  constructor(name: string, plan: Pick<GpioMarksPlan, 'text' | 'back' | 'debounceSeconds'>) {
    this.#name = name;
    this.#plan = plan;
  }

  marksOf(edges: readonly Edge[]): TimedMark[] {
    const { text = this.#name, back, debounceSeconds } = this.#plan;
    const marks: TimedMark[] = [];
    for (const { rising, atUs, number } of edges) {
      const lost = number - this.#number - 1;
      if (lost > 0) marks.push({ text: `${this.#name}: ${lost} edges came too fast and were lost`, atUs });
      this.#number = number;
      const isBounce = atUs - this.#lastUs < debounceSeconds * 1e6;
      this.#lastUs = atUs;
      const said = rising ? text : back;
      if (!isBounce && said !== undefined) marks.push({ text: said, atUs });
    }
    return marks;
  }
}

const pollIn = 1;
const mostEvents = 16;
/** A line that toggles faster than it can be read must not hold up whoever reads. */
const mostReads = 16;

import { readSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { nativeBytes, poll } from '../../drivers/serial/libc.js';
import { NeurocorexBoard } from './board.js';
import { countNames, type EmulatorCounts, type EmulatorData } from './emulator.js';
import { tickUs } from './protocol.js';

/** The board behind its terminal: takes bytes, lets time pass, gives bytes. */

const { descriptor, realTime, lose, words: shared } = workerData as EmulatorData;
const words = new Int32Array(shared);
const lost = new Set(lose);
const board = new NeurocorexBoard();
const counts: EmulatorCounts = { ...board.counts, bytes: 0, lostBytes: 0 };
const memory = nativeBytes(8);
const polled = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 8);
polled.setInt32(0, descriptor, true);
const bytes = new Uint8Array(4096);
const pollIn = 0x01;
const pollOut = 0x04;
let tickedUs = 0;

while (Atomics.load(words, 0) === 0) {
  const wanting = board.sent.length > 0;
  polled.setInt16(4, wanting ? pollIn | pollOut : pollIn, true);
  const ready = poll(memory.pointer, 1, realTime && board.running ? 1 : 20);
  const silent = ready === 0;
  if (!silent) listen();
  if (realTime) passTime();
  // Nobody waits for the time to pass: a run is over at once, and one without its end goes on while the host is silent.
  else for (let tick = 0; board.runIsWhole || (silent && board.running && tick < 20); tick++) board.tick();
  speak();
  Object.assign(counts, board.counts);
  for (const [at, name] of countNames.entries()) Atomics.store(words, 1 + at, counts[name]);
}

function listen(): void {
  let length = 0;
  try {
    length = readSync(descriptor, bytes);
  } catch {
    return; // there was only room to write
  }
  for (let at = 0; at < length; at++) {
    if (lost.has(counts.bytes++)) counts.lostBytes++;
    else board.receive(bytes[at] as number);
  }
}

function passTime(): void {
  const nowUs = performance.now() * 1000;
  if (!board.running) tickedUs = nowUs;
  while (board.running && nowUs - tickedUs >= tickUs) {
    tickedUs += tickUs;
    board.tick();
  }
}

/** What the terminal does not take waits. */
function speak(): void {
  if (board.sent.length === 0) return;
  try {
    board.sent.splice(0, writeSync(descriptor, Uint8Array.from(board.sent.slice(0, bytes.length))));
  } catch {
    // It is full.
  }
}

import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { monotonicUs } from '../monotonic.js';
import { CommandWriter } from './command.js';

/**
 * A core that only lives: a beat every 4 ms down the FIFO of its argument. A line `fire COMMAND DURATION_US` on its
 * standard input asks for a stimulus, `garbage` damages the channel. Its end of input ends it.
 */

const fifo = openSync(process.argv[2] ?? '', 'w');
const writer = new CommandWriter();
let cycle = 0;

setInterval(() => send(() => writer.beat(++cycle)), 4);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, command, durationUs] = line.split(' ');
    if (verb === 'garbage') put(new Uint8Array(100).fill(0x5a));
    else send(() => fire(Number(command), Number(durationUs)));
  })
  .on('close', () => process.exit());

function fire(command: number, durationUs: number): void {
  const expiresUs = monotonicUs() + 1e6;
  const what = { variant: 0, gainDb: 0, lease: 0 };
  writer.fire({ kind: 'fire', sequence: 0, cycle, command, fireAtUs: 0, expiresUs, durationUs, ...what });
}

function send(record: () => void): void {
  writer.clear();
  record();
  put(writer.bytes.subarray(0, writer.length));
}

/** A guardian that refuses the channel closes it: then there is nobody left to live for. */
function put(bytes: Uint8Array): void {
  try {
    writeSync(fifo, bytes);
  } catch {
    process.exit();
  }
}

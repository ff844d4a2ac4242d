import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { CommandWriter } from './command.js';
import { monotonicUs } from '../monotonic.js';

/**
 * A core for tests of the guardian: beats every 4 ms; each line on its standard input fires once for so many
 * milliseconds; `damage` writes bytes that are no record.
 */
const fifo = openSync(process.argv[2] ?? '', constants.O_WRONLY);
const writer = new CommandWriter();
let cycle = 0;
let command = 0;
const wanted: string[] = [];
process.stdin.setEncoding('utf8').on('data', (text: string) => wanted.push(...text.trim().split('\n')));
process.stdin.on('end', () => {
  closeSync(fifo);
  process.exit(0);
});
setInterval(() => {
  const line = wanted.shift();
  if (line === 'damage') writeSync(fifo, Buffer.alloc(64, 7));
  else if (line !== undefined) {
    const durationUs = Number(line) * 1000;
    writer.fire({
      kind: 'fire',
      sequence: 0,
      cycle,
      command: ++command,
      fireAtUs: 0,
      expiresUs: monotonicUs() + 1e6,
      durationUs,
    });
  }
  writer.beat(++cycle);
  writeSync(fifo, writer.bytes, 0, writer.length);
  writer.clear();
}, 4);

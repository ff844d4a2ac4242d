import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded before a program (`node --import`): kills it as it asks for its nth write-through to the disk, which
 * AXOND_KILL_AT names; where it ends by itself it tells how often it asked.
 */
const killAt = Number(process.env['AXOND_KILL_AT']);
const { fsyncSync } = fs;
let asked = 0;
fs.fsyncSync = (descriptor) => {
  if (++asked === killAt) process.kill(process.pid, 'SIGKILL');
  fsyncSync(descriptor);
};
syncBuiltinESMExports();
process.on('exit', () => void process.stderr.write(`asked ${asked} times\n`));

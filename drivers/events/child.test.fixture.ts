/** An event camera's tool for tests: ten windows of EVT 3.0, and then what its argument says, once or at each start. */
import { existsSync, writeFileSync } from 'node:fs';
import { encode } from './encoders.test.fixture.js';

const [, , what = '', mark = ''] = process.argv;
const again = mark !== '' && existsSync(mark);
if (mark !== '') writeFileSync(mark, '');

const windows = Array.from({ length: 10 }, (_, window) => ({
  x: 173,
  y: 130,
  polarity: 1,
  timeUs: 1e6 + 1000 * window,
}));
process.stdout.write(encode(what === 'wrong format' ? 'evt2' : 'evt3', windows));
if (what === 'die' && !again) {
  console.error('LIBUSB_ERROR_NO_DEVICE');
  process.exitCode = 1;
} else {
  if (what === 'stall' && !again) process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1000);
}

/** A camera tool for tests: writes frames of 8x4 and then does what its argument says, once or each time it is started. */
import { existsSync, writeFileSync } from 'node:fs';

const [, , what = '', mark = ''] = process.argv;
let number = 0;
const again = mark !== '' && existsSync(mark);
if (mark !== '') writeFileSync(mark, '');

function frame(value: number): Uint8Array {
  return new Uint8Array(32).fill(value);
}

process.stdout.write(Buffer.concat([frame(1), frame(2)]));
switch (again ? 'deliver' : what) {
  case 'die within a frame':
    process.stdout.write(frame(3).subarray(0, 10), () => {
      console.error('VIDIOC_DQBUF: No such device');
      process.exitCode = 1;
    });
    break;
  case 'stall':
    process.on('SIGTERM', () => undefined); // as one that hangs in a driver
    setInterval(() => undefined, 1000);
    break;
  case 'burst':
    process.stdout.write(Buffer.concat(Array.from({ length: 100 }, (_, value) => frame(value))));
    setInterval(() => undefined, 1000);
    break;
  case 'freeze':
    // Its lens is uncovered once the test has seen enough.
    setInterval(() => process.stdout.write(frame(existsSync(`${mark}.uncovered`) ? ++number % 2 : 2)), 5);
    break;
  case 'deliver':
    setInterval(() => process.stdout.write(frame(9 + (++number % 2))), 20);
    break;
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GpioPort } from '../../drivers/gpio/port.js';
import { openStopInput } from './stop-input.js';

/** An event as linux/gpio.h lays it out: timestamp u64, id u32 (1 rising, 2 falling), offset, numbers, padding. */
function event(id: number): Uint8Array {
  const bytes = new Uint8Array(48);
  new DataView(bytes.buffer).setUint32(8, id, true);
  return bytes;
}

test('R-24 a GPIO line: its rising edge is pressed, its falling one is not, and its end is; held down it speaks against arming', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // A FIFO in place of the kernel's line: it blocks its reader and hands on events as they come.
  const path = join(folder, 'line');
  execFileSync('mkfifo', [path]);
  const kernel = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const descriptor = openSync(path, constants.O_RDONLY);
  let high = false;
  let absent = true;
  const never = (): never => {
    throw new Error('no output is asked for');
  };
  const gpio: GpioPort = {
    openOutputs: never,
    writer: never,
    close: never,
    openInput({ line }) {
      if (absent) throw new Error(`gpio: line ${line} is in use.`);
      return { descriptor, isHigh: () => high };
    },
  };
  const pressed: string[] = [];
  const stop = openStopInput({ use: 'gpio', line: 17, activeLow: false }, (what) => pressed.push(what), gpio);
  const presses = async (count: number): Promise<void> => {
    while (pressed.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  assert.deepEqual(stop.check(), ['gpio: line 17 is in use.']);
  absent = false;
  assert.deepEqual(stop.check(), []);
  writeSync(kernel, event(2));
  writeSync(kernel, event(1));
  await presses(1);
  high = true;
  assert.match(stop.check().join(), /^gpio: the stop input on line 17 is pressed\. Release it/);
  high = false;
  assert.deepEqual(stop.check(), []);
  closeSync(kernel);
  await presses(2);
  assert.deepEqual(pressed, [
    'by the stop input on GPIO line 17',
    'the stop input on GPIO line 17 is gone, which counts as pressed',
  ]);
  closeSync(descriptor);
});

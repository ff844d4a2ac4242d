import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fakeMachine, portOf } from '../gpio/machine.test.fixture.js';
import type { GpioPort } from '../gpio/port.js';
import { openPty } from '../serial/pty.js';
import { EdgeMarks, openGpioMarks, type GpioMarksPlan } from './gpio-marks.js';
import type { MarkInput, TimedMark } from './mark-input.js';
import { SerialWords, openSerialMarks } from './serial-marks.js';

const button: GpioMarksPlan = { use: 'gpio', line: 23, activeLow: true, pull: 'up', debounceSeconds: 0.02 };
const edge = (rising: boolean, ms: number, number: number) => ({ line: 23, rising, atUs: ms * 1000, number });

/** An event as linux/gpio.h lays it out. */
function kernelEvent(rising: boolean, atUs: number, number: number): Uint8Array {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(atUs) * 1000n, true);
  view.setUint32(8, rising ? 1 : 2, true);
  view.setUint32(12, 23, true);
  view.setUint32(20, number, true);
  return bytes;
}

/** Until there are so many marks. */
async function marksOf(input: MarkInput, count: number): Promise<TimedMark[]> {
  const marks: TimedMark[] = [];
  for (const limit = performance.now() + 10_000; marks.length < count && performance.now() < limit;) {
    await nextTurn();
    marks.push(...input.take(0));
  }
  return marks;
}

test('a button is one mark however it bounces, when it is pressed and not when it is let go', () => {
  const edges = new EdgeMarks('button', button);
  const pressed = [edge(true, 1000, 1), edge(false, 1002, 2), edge(true, 1003, 3), edge(false, 1007, 4)];
  const letGo = [edge(true, 1008, 5), edge(false, 3000, 6), edge(true, 3004, 7), edge(false, 3005, 8)];
  assert.deepEqual(edges.marksOf([...pressed, ...letGo]), [{ text: 'button', atUs: 1e6 }]);
  assert.deepEqual(edges.marksOf([edge(true, 4000, 9)]), [{ text: 'button', atUs: 4e6 }]);
});

test('a pulse without bounce may be short; its end is a mark where it has a text; lost edges are told', () => {
  const edges = new EdgeMarks('sync', { text: 'up', back: 'down', debounceSeconds: 0 });
  assert.deepEqual(edges.marksOf([edge(true, 10, 1), edge(false, 11, 2), edge(true, 20, 6)]), [
    { text: 'up', atUs: 10e3 },
    { text: 'down', atUs: 11e3 },
    { text: 'sync: 3 edges came too fast and were lost', atUs: 20e3 },
    { text: 'up', atUs: 20e3 },
  ]);
});

test('a line is asked for as it was configured, and its marks have the time of the kernel, whenever they are read', (t) => {
  const machine = fakeMachine({ character: [{ label: 'pinctrl-rp1', base: 0, lines: 54 }] });
  openGpioMarks('button', button, {
    ...portOf(machine),
    openInput: (request) => ({ ...portOf(machine).openInput(request), descriptor: openSync('/dev/null', 'r') }),
  }).close();
  // linux/gpio.h: bit 1 active low, 2 input, 4 and 5 both edges, 8 pull-up
  assert.ok(machine.calls.includes('lines 23 flags 100110110 of /dev/gpiochip0'), machine.calls.join('\n'));

  const folder = mkdtempSync(join(tmpdir(), 'axond-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('mkfifo', [join(folder, 'line')]);
  const kernel = openSync(join(folder, 'line'), constants.O_RDWR | constants.O_NONBLOCK);
  const port: GpioPort = {
    ...portOf(machine),
    openInput: () => ({ descriptor: openSync(join(folder, 'line'), constants.O_RDONLY), isHigh: () => false }),
  };
  const input = openGpioMarks('button', button, port);
  assert.deepEqual(input.take(9e6), []);
  writeSync(kernel, kernelEvent(true, 5_000_000, 1));
  writeSync(kernel, kernelEvent(false, 5_300_000, 2));
  writeSync(kernel, kernelEvent(true, 6_000_000, 3));
  assert.deepEqual(input.take(9e6), [
    { text: 'button', atUs: 5e6 },
    { text: 'button', atUs: 6e6 },
  ]);
  closeSync(kernel);
  assert.throws(() => input.take(9e6), /^Error: gpio: line 23 is gone\. /);
  input.close();
});

test('a line of text has the time of its first byte; what does not print is shown as such; a byte is a number', () => {
  const words = new SerialWords('task', true);
  assert.deepEqual(words.marksOf(Buffer.from('\r\ncue '), 1), []);
  assert.deepEqual(words.marksOf(Buffer.from('left\r\nend\x07\n'), 2), [
    { text: 'task cue left', atUs: 1 },
    { text: 'task end?', atUs: 2 },
  ]);
  assert.equal(words.marksOf(Buffer.from(`${'x'.repeat(5000)}\n`), 3)[0]?.text.length, 'task '.length + 200);
  assert.deepEqual(new SerialWords('box', false).marksOf(Uint8Array.of(0, 255), 7), [
    { text: 'box 0', atUs: 7 },
    { text: 'box 255', atUs: 7 },
  ]);
});

test('bytes of a real terminal are marks at the time at which they came; one that is unplugged, or was never there, is named', async () => {
  const pty = openPty();
  let nowUs = 100;
  const input = openSerialMarks('box', { use: 'serial', port: pty.path, baudRate: 115200, lines: false }, () => nowUs);
  while (!input.ready) await nextTurn();
  writeSync(pty.master, Uint8Array.of(17));
  assert.deepEqual(await marksOf(input, 1), [{ text: 'box 17', atUs: 100 }]);
  nowUs = 200;
  writeSync(pty.master, Uint8Array.of(10, 13));
  assert.deepEqual(await marksOf(input, 2), [
    { text: 'box 10', atUs: 200 },
    { text: 'box 13', atUs: 200 },
  ]);
  pty.close();
  await assert.rejects(marksOf(input, 1), /^Error: .*: is gone\. Plug it in, or correct device\.marks\.box\.port\./);
  input.close();

  const absent = openSerialMarks(
    'box',
    { use: 'serial', port: '/dev/axond-none', baudRate: 9600, lines: true },
    () => 0,
  );
  await assert.rejects(
    marksOf(absent, 1),
    /^Error: \/dev\/axond-none: there is no such port\. Plug .* device\.marks\.box\.port/,
  );
  assert.equal(absent.ready, false);
  absent.close();
});

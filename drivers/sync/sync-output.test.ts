import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fakeMachine, portOf } from '../gpio/machine.test.fixture.js';
import { openPty } from '../serial/pty.js';
import { openSyncOutput } from './sync-output.js';

test('R-47 a line is low from the moment it is ours, goes high for a pulse, and is low when it is let go', () => {
  const machine = fakeMachine({ character: [{ label: 'pinctrl-rp1', base: 0, lines: 54 }] });
  const plan = { use: 'gpio', line: 5, activeLow: false, everySeconds: 10 } as const;
  const output = openSyncOutput(plan, portOf(machine));
  assert.ok(machine.calls.includes('lines 5 flags 1000 of /dev/gpiochip0'), machine.calls.join('\n'));
  machine.calls.length = 0;
  output.raise(1);
  output.lower();
  output.raise(2);
  output.close();
  assert.deepEqual(machine.calls, ['set 1 of 1', 'set 0 of 1', 'set 1 of 1', 'set 0 of 1']);
  assert.equal(machine.open.size, 0);
  machine.busy.add(5);
  assert.throws(() => openSyncOutput(plan, portOf(machine)), /^Error: gpio: line 5 of pinctrl-rp1 is in use\./);
});

test('a real terminal gets the number of each pulse as a byte; one that is not there, or is gone, is named', async () => {
  const pty = openPty();
  const output = openSyncOutput({ use: 'serial', port: pty.path, baudRate: 9600, everySeconds: 10 });
  while (!output.ready) await nextTurn();
  for (const number of [1, 10, 255, 256, 257]) output.raise(number);
  const bytes = Buffer.alloc(8);
  let length = 0;
  while (length < 5) {
    try {
      length += readSync(pty.master, bytes, length, 8 - length, null);
    } catch {
      await nextTurn(); // nothing yet
    }
  }
  assert.deepEqual([...bytes.subarray(0, length)], [1, 10, 255, 0, 1]);
  pty.close();
  assert.throws(() => output.raise(2), /: the sync output is gone\. Plug it in, or correct device\.sync\.port\.$/);
  output.close();
  output.close();

  const absent = openSyncOutput({ use: 'serial', port: '/dev/axond-none', baudRate: 9600, everySeconds: 1 });
  while (!absent.ready) await nextTurn();
  assert.throws(() => absent.raise(1), /^Error: \/dev\/axond-none: there is no such port\. .* device\.sync\.port/);
  absent.close();
});

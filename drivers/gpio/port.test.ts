import assert from 'node:assert/strict';
import { constants as system } from 'node:os';
import { test } from 'node:test';
import { nativeBytes } from '../serial/libc.js';
import { fallsOnDeath } from './chip.js';
import { fakeMachine, portOf } from './machine.test.fixture.js';
import { thisMachine } from './port.js';
import { Call, chipInfoBytes } from './protocol.js';

const pi5 = [
  { label: 'gpio-brcmstb@107d508500', base: 512, lines: 32 },
  { label: 'pinctrl-rp1', base: 571, lines: 54 },
];
const pi4 = [
  { label: 'pinctrl-bcm2711', base: 512, lines: 58 },
  { label: 'raspberrypi-exp-gpio', base: 570, lines: 8 },
];

test('the character device: the chip by its label, the line an output at 0 in the step that makes it one', () => {
  const machine = fakeMachine({ character: pi5, sysfs: pi5 });
  const port = portOf(machine);
  const lines = port.openOutputs({ lines: [17], activeLow: false });
  assert.equal(lines.way, 'character');
  assert.equal(lines.chip, 'pinctrl-rp1');
  // Nothing is set before or after: the request itself carries the level.
  assert.deepEqual(machine.calls, [
    'open /dev/gpiochip0',
    'open /dev/gpiochip1',
    'open /dev/gpiochip1',
    'lines 17 flags 1000 of /dev/gpiochip1',
  ]);
  assert.deepEqual([...machine.open], lines.descriptors);
  const write = port.writer(lines);
  write(1);
  write(0);
  assert.deepEqual(machine.calls.slice(4), ['set 1 of 1', 'set 0 of 1']);
  port.close(lines);
  assert.equal(machine.open.size, 0);
  assert.throws(() => write(1), /pinctrl-rp1 took no value \(error 9\)/);
});

test('several lines are one request, and one call sets them all', () => {
  const machine = fakeMachine({ character: pi4 });
  const port = portOf(machine);
  port.writer(port.openOutputs({ lines: [17, 27], activeLow: true }))(2);
  assert.deepEqual(machine.calls.slice(-2), ['lines 17 27 flags 1010 of /dev/gpiochip0', 'set 2 of 3']);
});

test('sysfs: the number is the base of the chip and the line, whatever the base', () => {
  for (const [chips, line, number] of [
    [pi4, 17, 529],
    [pi5, 17, 588],
    [[{ label: 'pinctrl-bcm2835', base: 0, lines: 54 }], 4, 4],
    [
      [
        { label: 'other', base: 0, lines: 54 },
        { label: 'pinctrl-bcm2835', base: 399, lines: 54 },
      ],
      0,
      399,
    ],
  ] as const) {
    const machine = fakeMachine({ sysfs: chips });
    const port = portOf(machine);
    const lines = port.openOutputs({ lines: [line], activeLow: false });
    assert.deepEqual([lines.way, lines.fallsOnDeath], ['sysfs', false]);
    port.writer(lines)(1);
    const value = `/sys/class/gpio/gpio${number}/value`;
    assert.deepEqual(machine.calls, [`export ${number} low`, `open ${value}`, `${value} 0`, `${value} 1`]);
  }
});

test('sysfs and active low: the level of the direction is the wire’s', () => {
  const machine = fakeMachine({ sysfs: pi4 });
  portOf(machine).openOutputs({ lines: [17], activeLow: true });
  assert.equal(machine.calls[0], 'export 529 high active low');
});

test('a line that somebody has exported with other settings is refused', () => {
  const direction = '/sys/class/gpio/gpio529/direction';
  const machine = fakeMachine({ sysfs: pi4, files: { [direction]: 'in\n' } });
  assert.throws(() => portOf(machine).openOutputs({ lines: [17], activeLow: false }), /line 17 .* held by another/);
});

test('a chip by the label that the configuration names; otherwise what there is instead', () => {
  const machine = fakeMachine({ character: pi4 });
  const port = portOf(machine);
  assert.equal(
    port.openOutputs({ lines: [7], chip: 'raspberrypi-exp-gpio', activeLow: false }).chip,
    'raspberrypi-exp-gpio',
  );
  assert.throws(() => port.openOutputs({ lines: [8], chip: 'raspberrypi-exp-gpio', activeLow: false }), {
    message: 'gpio: raspberrypi-exp-gpio has no line 8, only 0 to 7. Correct the line.',
  });
  assert.throws(() => port.openOutputs({ lines: [17], chip: 'pinctrl-rp1', activeLow: false }), {
    message:
      'gpio: there is no chip pinctrl-rp1 (chips here: pinctrl-bcm2711, raspberrypi-exp-gpio). Correct the label of the chip.',
  });
});

test('what is missing is named: GPIO, the package for sysfs, a line that is free', () => {
  const open = { lines: [17], activeLow: false };
  assert.throws(() => portOf(fakeMachine({})).openOutputs(open), /neither \/dev\/gpiochip0 nor \/sys\/class\/gpio/);
  assert.throws(() => portOf(fakeMachine({ sysfs: pi4, onoff: false })).openOutputs(open), /needs the package onoff/);
  const machine = fakeMachine({ character: pi4 });
  machine.busy.add(17);
  assert.throws(() => portOf(machine).openOutputs(open), /line 17 of pinctrl-bcm2711 is in use/);
  assert.equal(machine.open.size, 0);
});

test('an input by both edges and its pull, and its level; by the character device alone', () => {
  const machine = fakeMachine({ character: pi4 });
  const input = portOf(machine).openInput({ line: 4, activeLow: true, pull: 'up', consumer: 'axond stop input' });
  assert.equal(machine.calls.at(-1), 'lines 4 flags 100110110 of /dev/gpiochip0');
  assert.equal(input.isHigh(), false);
  machine.input = 1;
  assert.equal(input.isHigh(), true);
  const none = portOf(fakeMachine({ sysfs: pi4 }));
  assert.throws(
    () => none.openInput({ line: 4, activeLow: true, consumer: 'stop' }),
    /line 4 cannot be watched without/,
  );
});

test('an input may be asked for its rising edges alone', () => {
  const machine = fakeMachine({ character: pi4 });
  portOf(machine).openInput({ line: 26, activeLow: true, edges: 'rising', consumer: 'axond data ready' });
  assert.equal(machine.calls.at(-1), 'lines 26 flags 10110 of /dev/gpiochip0');
});

test('R-29 a line falls on death only where the kernel says so', () => {
  const at = (file: string) => `/sys/module/${file}/parameters/persist_gpio_outputs`;
  const says = (file: string, text: string) => fakeMachine({ files: { [at(file)]: text } }).system;
  assert.equal(fallsOnDeath(says('pinctrl_bcm2835', 'N\n'), 'pinctrl-bcm2711'), true);
  assert.equal(fallsOnDeath(says('pinctrl_bcm2835', 'Y\n'), 'pinctrl-bcm2711'), false);
  assert.equal(fallsOnDeath(says('pinctrl_rp1', 'N\n'), 'pinctrl-rp1'), true);
  assert.equal(fallsOnDeath(says('pinctrl_bcm2835', 'N\n'), 'pinctrl-rp1'), false);
  assert.equal(fallsOnDeath(says('pinctrl_bcm2835', 'N\n'), 'some-expander'), false);
  assert.equal(fallsOnDeath(fakeMachine({}).system, 'pinctrl-bcm2835'), false);
});

test('a device that is no chip answers the real call with the kernel’s error', () => {
  const device = thisMachine.open('/dev/null', 0);
  assert.equal(thisMachine.ioctl(device, Call.chipInfo, nativeBytes(chipInfoBytes)), system.errno.ENOTTY);
  thisMachine.close(device);
  assert.equal(thisMachine.ioctl(device, Call.chipInfo, nativeBytes(chipInfoBytes)), system.errno.EBADF);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../../runtime/contracts.js';
import { monotonicUs } from '../../runtime/monotonic.js';
import { GpioOutput, type GpioPlan } from './actuator.js';
import { fakeMachine, portOf, type FakeMachine } from './machine.test.fixture.js';

const pi4 = [{ label: 'pinctrl-bcm2711', base: 512, lines: 58 }];
const strict = { '/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs': 'N\n' };

function outputOf(machine: FakeMachine, plan: Partial<GpioPlan> = {}): GpioOutput {
  const port = portOf(machine);
  const whole: GpioPlan = { use: 'gpio', lines: [17], activeLow: false, oneShot: false, ...plan };
  return new GpioOutput(whole, GpioOutput.open(whole, port), new Int32Array(1), port);
}

const command = (variant = 0): Command => ({
  kind: 'fire',
  sequence: 1,
  cycle: 1,
  command: 5,
  fireAtUs: 0,
  expiresUs: 0,
  durationUs: 50e3,
  variant,
  gainDb: 0,
  lease: 1,
});

test('the line is high from fire to rest, and low before and after', () => {
  const machine = fakeMachine({ character: pi4 });
  const output = outputOf(machine, { lines: [17, 27] });
  const [descriptor = -1] = machine.open;
  assert.deepEqual([output.isAtRest(), machine.values.get(descriptor)], [true, 0]);
  const beforeUs = monotonicUs();
  const { atUs, evidence } = output.fire(command(1), 'real');
  assert.ok(atUs >= beforeUs && atUs <= monotonicUs());
  assert.equal(evidence, 'line 27 of pinctrl-bcm2711 for command 5');
  assert.deepEqual([output.isAtRest(), machine.values.get(descriptor)], [false, 2]);
  output.rest();
  assert.deepEqual([output.isAtRest(), machine.values.get(descriptor)], [true, 0]);
  const { length } = machine.calls;
  output.rest();
  assert.equal(machine.calls.length, length);
  output.close();
  assert.equal(machine.open.size, 0);
});

test('R-27 a sham makes the same calls and gives the same evidence, and the line never rises', () => {
  const story = (condition: 'real' | 'sham'): { calls: string[]; evidence: string } => {
    const machine = fakeMachine({ character: pi4 });
    const output = outputOf(machine);
    const { evidence } = output.fire(command(), condition);
    assert.equal(output.isAtRest(), false);
    output.rest();
    return { calls: machine.calls.slice(-2), evidence };
  };
  const [real, sham] = [story('real'), story('sham')];
  assert.deepEqual(real.calls, ['set 1 of 1', 'set 0 of 1']);
  assert.deepEqual(sham.calls, ['set 0 of 1', 'set 0 of 1']);
  assert.equal(real.evidence, sham.evidence);
});

test('R-29 arming is refused where a dead program may leave the line high, unless the device ends each pulse', () => {
  assert.deepEqual(outputOf(fakeMachine({ character: pi4, files: strict })).check(), []);
  const [persists] = outputOf(fakeMachine({ character: pi4 })).check();
  assert.match(persists!, /pinctrl-bcm2711 is not known to let go .* dtparam=strict_gpiod/);
  const [sysfs] = outputOf(fakeMachine({ sysfs: pi4, files: strict })).check();
  assert.match(sysfs!, /by sysfs a line keeps its level .*oneShot: true/);
  for (const machine of [fakeMachine({ character: pi4 }), fakeMachine({ sysfs: pi4 })])
    assert.deepEqual(outputOf(machine, { oneShot: true }).check(), []);
});

test('a variant without a line, and a line that takes no value, throw', () => {
  const machine = fakeMachine({ character: pi4 });
  const output = outputOf(machine);
  assert.throws(() => output.fire(command(1), 'real'), /no line for variant 1/);
  assert.equal(output.isAtRest(), true);
  machine.open.clear();
  assert.throws(() => output.fire(command(), 'real'), /took no value/);
  // It may have risen: whoever rests it tries until it is known to be low.
  assert.equal(output.isAtRest(), false);
  assert.throws(() => output.rest(), /took no value/);
  assert.equal(output.isAtRest(), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRun } from './compile.js';
import { ConfigurationError } from './fault.js';
import { loadConfiguration } from './load.js';

const load = (marks: string, rest = '', more = '') =>
  loadConfiguration({
    files: [
      {
        name: 'm.yaml',
        text: `device: { marks: ${marks}${more} }\nsource: { use: cyton, port: /dev/ttyUSB0 }\n${rest}`,
      },
    ],
  }).configuration;

function faultOf(...written: Parameters<typeof load>): string {
  try {
    load(...written);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replace(/^m\.yaml:\d+:\d+ /, '');
    throw error;
  }
  return '';
}

test('ways in for marks, with their defaults', () => {
  const { marks } = compileRun(
    load('{ button: { use: gpio, line: 23, text: awake }, box: { use: serial, port: /dev/ttyUSB1, lines: true } }'),
  );
  assert.deepEqual(marks, {
    button: { use: 'gpio', line: 23, activeLow: false, text: 'awake', debounceSeconds: 0.02 },
    box: { use: 'serial', port: '/dev/ttyUSB1', baudRate: 115200, lines: true },
  });
  assert.deepEqual(compileRun(load('{}')).marks, {});
});

test('R-46 what marks listen to is nobody else’s: not what stimulates, not the stop input, not the amplifier', () => {
  const line = '{ b: { use: gpio, line: 17, chip: pinctrl-rp1 } }';
  const port = '{ b: { use: serial, port: /dev/ttyACM0 } }';
  const actuator = (plan: string): string => `actuators: { out: ${plan} }\n`;
  for (const [marks, rest, more, fault] of [
    [line, actuator('{ use: gpio, lines: [4, 17] }'), '', 'line: 17 is that of the actuator out too'],
    [port, actuator('{ use: bridge, port: /dev/ttyACM0 }'), '', 'port: /dev/ttyACM0 is that of the actuator out too'],
    [port, actuator('{ use: serial-trigger, port: /dev/ttyACM0 }'), '', 'port: .* the actuator out too'],
    [line, '', ', stopInput: { use: gpio, line: 17 }', 'line: 17 is that of the stop input too'],
    [port, '', ', stopInput: { use: serial, port: /dev/ttyACM0 }', 'port: .* the stop input too'],
    ['{ b: { use: serial, port: /dev/ttyUSB0 } }', '', '', 'port: .* is that of the source too'],
    ['{ a: { use: gpio, line: 5 }, b: { use: gpio, line: 5 } }', '', '', 'line: 5 is that of the marks a too'],
  ] as const) {
    assert.match(faultOf(marks, rest, more), new RegExp(`^device\\.marks\\.b\\.${fault}`));
  }
  assert.equal(faultOf('{ b: { use: gpio, line: 17, chip: other } }', actuator('{ use: gpio, line: 17 }')), '');
});

test('R-47 the sync output is never the line or the port of what stimulates, listens or stops', () => {
  const actuator = 'actuators: { out: { use: gpio, line: 17 }, wire: { use: serial-trigger, port: /dev/ttyACM0 } }\n';
  const gpio = (line: number): string =>
    faultOf('{ b: { use: gpio, line: 4 } }', actuator, `, sync: { use: gpio, line: ${line} }`);
  assert.match(gpio(17), /^device\.sync\.line: 17 is that of the actuator out too\. Use another line\.$/);
  assert.match(gpio(4), /^device\.sync\.line: 4 is that of the marks b too/);
  assert.equal(gpio(5), '');
  const serial = faultOf('{}', actuator, ', sync: { use: serial, port: /dev/ttyACM0 }');
  assert.match(serial, /^device\.sync\.port: \/dev\/ttyACM0 is that of the actuator wire too/);
  const { sync } = compileRun(load('{}', '', ', sync: { use: gpio, line: 5, every: 30s }'));
  assert.deepEqual(sync, { use: 'gpio', line: 5, activeLow: false, everySeconds: 30 });
});

test('what is wrong with one is said where it stands', () => {
  assert.match(faultOf('{ b: { use: gpio } }'), /^device\.marks\.b\.line/);
  assert.match(faultOf('{ b: { use: gpio, line: 3, debounce: 2s } }'), /^device\.marks\.b\.debounce: 2s is above 1s/);
  assert.match(
    faultOf('{ b: { use: gpio, line: 3, text: "" } }'),
    /^device\.marks\.b\.text: .* is not one line of text/,
  );
});

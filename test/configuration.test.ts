import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { axond, temporaryFolder } from './axond-process.js';

const sound = `source: { use: cyton, port: /dev/ttyUSB9, electrodes: { C3: 1, M2: 2 } }
signals: { c3: { from: C3 - M2 } }
`;

const faulty: [string, string, RegExp][] = [
  ['an unknown key', `${sound}gaet: { perMinute: 3 }\n`, /^\S+\.yaml:3:1 gaet .*Did you mean gate\?/m],
  ['a wrong type', `${sound}device: { name: 5 }\n`, /^\S+\.yaml:3:17 device\.name: 5 /m],
  ['a missing port', 'source: { use: cyton }\n', /source\.port.*\/dev\/ttyUSB0/],
  [
    'an impossible filter',
    sound.replace('C3 - M2 }', 'C3 - M2, stages: [{ use: lowpass, at: 130Hz }] }'),
    /^\S+\.yaml:2:\d+ .*130 ?Hz.*125 ?Hz/m,
  ],
];

for (const [what, text, expected] of faulty) {
  test(`${what} ends with exit 2 and a line with key, value and fix, before anything starts`, async (t) => {
    const file = join(temporaryFolder(), 'faulty.yaml');
    writeFileSync(file, text);
    const { code, stderr, stdout } = await axond(t, ['run', '--config', file, '--json']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
    assert.equal(stdout, '');
  });
}

test('R-01 an actuator that is not virtual cannot be armed from the command line of run', async (t) => {
  const file = join(temporaryFolder(), 'real.yaml');
  writeFileSync(
    file,
    `${sound}detectors: { spindle: { use: band-power, signal: c3 } }
actuators: { light: { use: serial-trigger, port: /dev/ttyACM9 } }
policy: { use: immediate, after: spindle }
stimulus: { actuator: light, duration: 50ms }
gate: { interval: 1.5s, perMinute: 6, perHour: 120, perNight: 600 }
`,
  );
  const { code, stderr } = await axond(t, ['run', '--config', file, '--arm-virtual']);
  assert.equal(code, 2);
  assert.match(stderr, /--arm-virtual: light \(serial-trigger\) is not virtual/);
});

test('wrong usage is exit 2, help is exit 0', async (t) => {
  assert.equal((await axond(t, ['fly'])).code, 2);
  assert.equal((await axond(t, ['run', '--seconds', 'soon'])).code, 2);
  assert.equal((await axond(t, ['--help'])).code, 0);
  assert.equal((await axond(t, ['help', 'config'])).code, 0);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { DevicePlan } from '../../drivers/devices.js';
import type { ActuatorPlan } from '../guardian/actuators.js';
import { configuredTiming, measuredWithOf, readTimingFile, type TimingFile } from './timing-file.js';

const device = (gain: number, rate = 250): DevicePlan => ({
  use: 'cyton',
  options: { daisy: false, rate, gain, electrodes: { LOOP: 8 }, off: [] },
});
const trigger = (port: string): ActuatorPlan => ({ use: 'serial-trigger', port, baudRate: 115200, codes: [1] });
const measured: TimingFile = {
  axondTiming: 1,
  measured: '2026-11-28T10:00:00.000Z',
  ...measuredWithOf(trigger('/dev/ttyACM0'), device(24)),
  channel: 'LOOP',
  timing: {
    fired: 200,
    found: 199,
    missing: 1,
    double: 0,
    delayUs: { median: 37_500, sd: 400, mad: 250, p95: 38_100 },
    within95Us: 800,
    driftPpm: 40,
  },
};

function kept(t: TestContext, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'axond-timing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'timing.json');
  writeFileSync(path, content);
  return path;
}

test('R-29 a timing holds for the output and the amplifier that it was measured with, and for no other', (t) => {
  const path = kept(t, JSON.stringify(measured));
  assert.deepEqual(configuredTiming(path, measuredWithOf(trigger('/dev/ttyACM0'), device(24))), {
    timing: { measured: measured.measured, delayUs: 37_500, within95Us: 800 },
    faults: [],
  });
  assert.deepEqual(configuredTiming(undefined, measuredWithOf(trigger('/dev/ttyACM0'), device(24))), { faults: [] });
  const faultsWith = (actuator: ActuatorPlan, plan: DevicePlan) => {
    const { timing, faults } = configuredTiming(path, measuredWithOf(actuator, plan));
    assert.equal(timing, undefined);
    return faults.map((fault) => fault.replace(`${path}: was measured with `, ''));
  };
  const anew = 'Measure anew: axond setup timing.';
  assert.deepEqual(faultsWith(trigger('/dev/ttyACM1'), device(24)), [
    `card or port /dev/ttyACM0, here it is /dev/ttyACM1. ${anew}`,
  ]);
  assert.deepEqual(faultsWith(trigger('/dev/ttyACM0'), device(12)), [`gain 24, here it is 12. ${anew}`]);
  assert.deepEqual(faultsWith({ use: 'gpio', lines: [17, 27], activeLow: false, oneShot: false }, device(24, 500)), [
    `driver serial-trigger, here it is gpio. ${anew}`,
    `card or port /dev/ttyACM0, here it is header 17 27. ${anew}`,
    `rate 250Hz, here it is 500Hz. ${anew}`,
  ]);
});

test('each output is told from another one of its kind', () => {
  const portOf = (actuator: ActuatorPlan): string => measuredWithOf(actuator, device(24)).output.port;
  const lan: ActuatorPlan = { use: 'lan-trigger', address: '10.0.0.7', port: 5005, codes: [1] };
  assert.equal(portOf(lan), '10.0.0.7:5005');
  assert.equal(
    portOf({ use: 'gpio', lines: [4], chip: 'pinctrl-rp1', activeLow: true, oneShot: true }),
    'pinctrl-rp1 4',
  );
  assert.equal(portOf({ use: 'bench', port: 'pts/1' }), 'pts/1');
  assert.equal(portOf({ use: 'virtual' }), 'none');
});

test('R-29 a timing that is missing, damaged or something else speaks against arming, by name', (t) => {
  const now = measuredWithOf(trigger('/dev/ttyACM0'), device(24));
  const fault = (path: string): string => configuredTiming(path, now).faults.join();
  assert.match(fault('/nowhere/timing.json'), /^\/nowhere\/timing\.json: cannot be read\. Measure anew/);
  assert.match(fault(kept(t, '{"axondTiming": 1')), /timing\.json: is no JSON\. Measure anew/);
  assert.match(fault(kept(t, '{}')), /is no timing of axond \(axondTiming: /);
  const wrong = { ...measured, timing: { ...measured.timing, within95Us: -1 } };
  assert.match(fault(kept(t, JSON.stringify(wrong))), /\(timing\.within95Us: /);
  assert.throws(() => readTimingFile(kept(t, JSON.stringify({ ...measured, more: 1 }))), /is no timing of axond/);
});

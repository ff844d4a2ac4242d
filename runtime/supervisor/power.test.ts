import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readPower } from './power.js';

/** A folder like /sys, as the kernel's documents say (hwmon/raspberrypi-hwmon.rst, ABI sysfs-class-power). */
function sys(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'axond-sys-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

test('a board that tells nothing of its supply has no alarm of it', () => {
  assert.deepEqual(readPower(sys({})), { undervoltage: null, battery: null });
});

test("R-54 the supply of a Raspberry Pi: by hwmon, else by the word of the firmware's first bit", () => {
  const cpu = { 'class/hwmon/hwmon0/name': 'cpu_thermal', 'class/hwmon/hwmon0/in0_lcrit_alarm': '1' };
  const volt = (alarm: string) => ({
    ...cpu,
    'class/hwmon/hwmon1/name': 'rpi_volt',
    'class/hwmon/hwmon1/in0_lcrit_alarm': alarm,
  });
  const word = (text: string) => ({ ...cpu, 'devices/platform/soc/soc:firmware/get_throttled': text });
  const each: [Record<string, string>, boolean | null][] = [
    [cpu, null],
    [volt('1'), true],
    [volt('0'), false],
    [word('50005'), true],
    [word('0x50000'), false],
    [word('nonsense'), null],
  ];
  for (const [files, expected] of each) assert.equal(readPower(sys(files)).undervoltage, expected);
});

test('the emptiest battery counts, and not that of a mouse, nor a holder that is empty', () => {
  const supply = (name: string, facts: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(facts).map(([file, text]) => [`class/power_supply/${name}/${file}`, text]));
  const root = sys({
    ...supply('AC', { type: 'Mains', online: '0' }),
    ...supply('BAT0', { type: 'Battery', capacity: '80', status: 'Full' }),
    ...supply('BAT1', { type: 'Battery', scope: 'System', capacity: '17', status: 'Discharging', present: '1' }),
    ...supply('BAT2', { type: 'Battery', capacity: '0', status: 'Unknown', present: '0' }),
    ...supply('hidpp', { type: 'Battery', scope: 'Device', capacity: '3', status: 'Discharging' }),
    ...supply('odd', { type: 'Battery', status: 'Discharging' }),
  });
  assert.deepEqual(readPower(root).battery, { percent: 17, discharging: true });
});

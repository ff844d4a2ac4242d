import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PowerState } from '../study/alarm-rules.js';

/**
 * What the kernel tells of supply and batteries: hwmon `rpi_volt` of a Raspberry Pi, or the word of its firmware
 * (vcgencmd get_throttled, bit 0), and `power_supply`. `root` is /sys.
 */
export function readPower(root = '/sys'): PowerState {
  return { undervoltage: undervoltageOf(root), battery: batteryOf(join(root, 'class/power_supply')) };
}

function undervoltageOf(root: string): boolean | null {
  const monitors = join(root, 'class/hwmon');
  for (const name of namesIn(monitors)) {
    if (textOf(join(monitors, name, 'name')) !== 'rpi_volt') continue;
    const alarm = textOf(join(monitors, name, 'in0_lcrit_alarm'));
    if (alarm !== '') return alarm !== '0';
  }
  const word = textOf(join(root, 'devices/platform/soc/soc:firmware/get_throttled')).replace(/^0x/i, '');
  return /^[0-9a-f]+$/i.test(word) ? (parseInt(word, 16) & 1) !== 0 : null;
}

/** The emptiest one that supplies the system: those of a mouse or a headset say `Device`. */
function batteryOf(folder: string): PowerState['battery'] {
  let emptiest: PowerState['battery'] = null;
  for (const name of namesIn(folder)) {
    const said = (file: string): string => textOf(join(folder, name, file));
    if (said('type') !== 'Battery' || said('scope') === 'Device' || said('present') === '0') continue;
    const percent = Number(said('capacity') || NaN);
    if (!(percent >= 0) || percent >= (emptiest?.percent ?? Infinity)) continue;
    emptiest = { percent, discharging: said('status') === 'Discharging' };
  }
  return emptiest;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * The eDVS's serial protocol, pure: commands and the bytes of an event. Source: the firmware eDVS4337 and its commands
 * as publicly described, and edvstools.
 *
 * An event is `1yyyyyyy pxxxxxxx` and a time: none, 16, 24 or 32 bits of microseconds, most significant byte first, or
 * the time since the last event in groups of seven bits, of which the last has bit 7 set.
 */
export const sensorSide = 128;

export const timestampModes = ['none', 'delta', '16bit', '24bit', '32bit'] as const;
export type TimestampMode = (typeof timestampModes)[number];

/** Bytes of time behind the two of the address; of `delta` at most. */
export const timestampBytes: Readonly<Record<TimestampMode, number>> = {
  none: 0,
  delta: 4,
  '16bit': 2,
  '24bit': 3,
  '32bit': 4,
};

/** Firmware of the first boards (`old`) has no delta mode, and numbers the others one lower. */
export type Firmware = 'new' | 'old';

/** The command that selects a mode, or undefined where the firmware has none. */
export function modeCommand(mode: TimestampMode, firmware: Firmware): string | undefined {
  const modes: readonly TimestampMode[] =
    firmware === 'new' ? ['none', 'delta', '16bit', '24bit', '32bit'] : ['none', '16bit', '24bit', '32bit'];
  const number = modes.indexOf(mode);
  return number < 0 ? undefined : `!E${number}\n`;
}

export const startCommand = 'E+\n';
export const stopCommand = 'E-\n';

/** Writes an event and returns how many bytes it has. `sinceUs` is the time since the event before, for `delta`. */
export function writeEvent(
  out: Uint8Array,
  at: number,
  mode: TimestampMode,
  x: number,
  y: number,
  polarity: number,
  timeUs: number,
  sinceUs: number,
): number {
  out[at] = 0x80 | y;
  out[at + 1] = (polarity << 7) | x;
  if (mode !== 'delta') {
    const bytes = timestampBytes[mode];
    for (let i = 0; i < bytes; i++) out[at + 2 + i] = Math.floor(timeUs / 2 ** (8 * (bytes - 1 - i))) % 256;
    return 2 + bytes;
  }
  const groups = sinceUs < 2 ** 7 ? 1 : sinceUs < 2 ** 14 ? 2 : sinceUs < 2 ** 21 ? 3 : 4;
  for (let i = 0; i < groups; i++) {
    const group = Math.floor(sinceUs / 2 ** (7 * (groups - 1 - i))) % 128;
    out[at + 2 + i] = i === groups - 1 ? group | 0x80 : group;
  }
  return 2 + groups;
}

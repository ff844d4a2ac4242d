/**
 * The ADS1299 as its SPI port shows it, pure: commands, registers, frames. Source: Texas Instruments SBAS499C, tables of
 * commands and registers.
 */

export const Opcode = {
  wakeup: 0x02,
  standby: 0x04,
  reset: 0x06,
  start: 0x08,
  stop: 0x0a,
  /** Data behind each DRDY without being asked; the state after a reset. Registers cannot be read then. */
  readContinuously: 0x10,
  stopContinuous: 0x11,
  readOnce: 0x12,
  readRegisters: 0x20,
  writeRegisters: 0x40,
} as const;

/** Addresses. Channels follow each other from `channel1` on. */
export const Register = {
  id: 0x00,
  config1: 0x01,
  config2: 0x02,
  config3: 0x03,
  leadOff: 0x04,
  channel1: 0x05,
  biasP: 0x0d,
  biasN: 0x0e,
  leadOffP: 0x0f,
  leadOffN: 0x10,
  leadOffFlip: 0x11,
  leadOffStateP: 0x12,
  leadOffStateN: 0x13,
  gpio: 0x14,
  misc1: 0x15,
  misc2: 0x16,
  config4: 0x17,
} as const;
export const registerCount = 0x18;

export const registerNames = [
  ...['ID', 'CONFIG1', 'CONFIG2', 'CONFIG3', 'LOFF'],
  ...Array.from({ length: 8 }, (_, place) => `CH${place + 1}SET`),
  ...['BIAS_SENSP', 'BIAS_SENSN', 'LOFF_SENSP', 'LOFF_SENSN', 'LOFF_FLIP', 'LOFF_STATP', 'LOFF_STATN'],
  ...['GPIO', 'MISC1', 'MISC2', 'CONFIG4'],
];

/** What they hold after a reset. */
export const resetRegisters: readonly number[] = [
  ...[0x3e, 0x96, 0xc0, 0x60, 0x00],
  ...Array.from({ length: 8 }, () => 0x61),
  ...[0, 0, 0, 0, 0, 0, 0, 0x0f, 0, 0, 0],
];

export const chipChannels = 8;
/** Three of status, three for each channel. */
export const frameBytes = 3 + 3 * chipChannels;
/** Largest count of the converter: its rails are ± this. */
export const railCounts = 0x7fffff;
/** Volts of the reference inside. */
export const internalReference = 4.5;

/** Gains, in the order of their codes. */
export const gains = [1, 2, 4, 6, 8, 12, 24] as const;
/** Samples a second that a program can follow edge by edge, and the codes of CONFIG1. */
export const rates = [250, 500, 1000] as const;
const rateCodes: readonly number[] = [6, 5, 4];

/** What the chip is set to, as plain values. */
export interface ChipSetting {
  /** Samples a second. */
  readonly rate: number;
  readonly gain: number;
  /** Channels that are switched off, from 1. */
  readonly off: readonly number[];
  /** A bias electrode is connected, which the chip drives. */
  readonly bias: boolean;
  /** Channels whose electrode gets the current that measures its impedance; absent: none, as in every run. */
  readonly testCurrent?: readonly number[];
}

/** Values of all registers. SRB1 is the reference of every channel. Those that the chip itself fills are 0 here. */
export function registersOf({ rate, gain, off, bias, testCurrent = [] }: ChipSetting): Uint8Array {
  const registers = Uint8Array.from(resetRegisters);
  registers[Register.config1] = 0x90 | (rateCodes[rates.indexOf(rate as (typeof rates)[number])] ?? 6);
  registers[Register.config2] = 0xc0;
  registers[Register.config3] = bias ? 0xec : 0xe0; // reference inside on; bias buffer and its own reference
  let on = 0;
  for (let channel = 0; channel < chipChannels; channel++) {
    const isOff = off.includes(channel + 1);
    registers[Register.channel1 + channel] = isOff ? poweredDown : gains.indexOf(gain as (typeof gains)[number]) << 4;
    if (!isOff) on |= 1 << channel;
  }
  registers[Register.biasP] = bias ? on : 0;
  registers[Register.biasN] = bias ? on : 0;
  for (const channel of testCurrent) {
    registers[Register.leadOff] = 0x02; // 6 nA at 31.2 Hz
    registers[Register.leadOffP] = (registers[Register.leadOffP] as number) | (1 << (channel - 1));
  }
  registers[Register.misc1] = 0x20; // SRB1 to every negative input
  return registers;
}

/** Off, with its inputs shorted. */
const poweredDown = 0x81;

/** Whether a register reads back as what was written to it: the chip fills those of lead-off, and levels of its pins. */
export function readsBack(address: number, written: number, read: number): boolean {
  if (address === Register.id || address === Register.leadOffStateP || address === Register.leadOffStateN) return true;
  const mask = address === Register.gpio ? 0x0f : 0xff;
  return (written & mask) === (read & mask);
}

/** What an ID register says: eight channels, or why it is not this chip. */
export function judgeId(id: number): 'good' | 'silent' | 'fewer-channels' | 'another' {
  if (id === 0x00 || id === 0xff) return 'silent';
  if ((id & 0x1c) !== 0x1c || (id & 0x03) === 0x03) return 'another';
  return (id & 0x03) === 0x02 ? 'good' : 'fewer-channels';
}

/** The status word begins with 1100: otherwise the frame is shifted, or the line is noisy. */
export function isFrame(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] as number) & 0xf0) === 0xc0;
}

/** Levels of the chip's pins GPIO1 to 4, as bits 0 to 3. */
export function pinLevels(bytes: Uint8Array, at: number): number {
  return (bytes[at + 2] as number) & 0x0f;
}

/** `channel` from 0. */
export function readCount(bytes: Uint8Array, at: number, channel: number): number {
  const from = at + 3 + 3 * channel;
  return (
    (((bytes[from] as number) << 24) | ((bytes[from + 1] as number) << 16) | ((bytes[from + 2] as number) << 8)) >> 8
  );
}

/** Microvolts a count: the reference, in volts, over the gain is full scale. */
export function microvoltsPerCount(reference: number, gain: number): number {
  return (reference * 1e6) / gain / railCounts;
}

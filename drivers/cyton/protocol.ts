/**
 * The OpenBCI Cyton's serial protocol, pure: frames, commands, answers. Source: OpenBCI/OpenBCI_Cyton_Library 3.1.2 and
 * OpenBCI/OpenBCI_Radios as described in their public documentation.
 */

export const packetBytes = 33;
export const firstByte = 0xa0;
/** The last byte is 0xC0 plus the type of the six bytes before it. */
export const Footer = {
  accel: 0xc0,
  aux: 0xc1,
  user: 0xc2,
  accelTimeSet: 0xc3,
  accelTime: 0xc4,
  auxTimeSet: 0xc5,
  auxTime: 0xc6,
} as const;

export function isFooter(byte: number): boolean {
  return byte >= Footer.accel && byte <= Footer.auxTime;
}

export const boardChannels = 8;
export const auxChannels = 3;
/** Largest count of the converter: its rails are ± this. */
export const railCounts = 0x7fffff;

/** Gains that the ADS1299 has, in the order of their codes. */
export const gains = [1, 2, 4, 6, 8, 12, 24] as const;

/** Microvolts a count: reference 4.5 V over the gain, 2²³ − 1 counts. */
export function microvoltsPerCount(gain: number): number {
  return 4.5e6 / railCounts / gain;
}

/** g a count of the accelerometer at ± 4 g. */
export const gPerCount = 0.002 / 16;

/** Rates and the digit of the `~` command that sets them. */
export const rateCodes = [16000, 8000, 4000, 2000, 1000, 500, 250] as const;

export function readCount(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8)) >> 8;
}

export function readInt16(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16)) >> 16;
}

/** Writes a packet; counts are clipped to 24 bits. */
export function writePacket(
  out: Uint8Array,
  at: number,
  counter: number,
  counts: ArrayLike<number>,
  aux: ArrayLike<number>,
  footer: number = Footer.accel,
): void {
  out[at] = firstByte;
  out[at + 1] = counter;
  for (let channel = 0; channel < boardChannels; channel++) {
    const count = Math.max(-railCounts - 1, Math.min(railCounts, counts[channel] as number));
    out[at + 2 + 3 * channel] = count >> 16;
    out[at + 3 + 3 * channel] = count >> 8;
    out[at + 4 + 3 * channel] = count;
  }
  for (let place = 0; place < auxChannels; place++) {
    const value = aux[place] as number;
    out[at + 26 + 2 * place] = value >> 8;
    out[at + 27 + 2 * place] = value;
  }
  out[at + 32] = footer;
}

const channelNames = ['1', '2', '3', '4', '5', '6', '7', '8', 'Q', 'W', 'E', 'R', 'T', 'Y', 'U', 'I'] as const;
/** One character a channel. */
export const offCommands = '12345678qwertyui';

/** `x…X`: electrode against SRB2, in the bias loop, as the board's defaults are, at this gain. Channels from 1. */
export function channelCommand(channel: number, gain: number): string {
  const code = gains.indexOf(gain as (typeof gains)[number]);
  return `x${channelNames[channel - 1] ?? '1'}0${code}0110X`;
}

export function channelOffCommand(channel: number): string {
  return offCommands[channel - 1] ?? '1';
}

/**
 * `z…Z`: 6 nA at 31.2 Hz through the electrode of a channel, or no more. Electrodes are at the negative inputs: the board's
 * defaults connect SRB2, the reference, to the positive ones.
 */
export function testCurrentCommand(channel: number, on: boolean): string {
  return `z${channelNames[channel - 1] ?? '1'}0${on ? 1 : 0}Z`;
}

export function rateCommand(rate: number): string {
  return `~${rateCodes.indexOf(rate as (typeof rateCodes)[number])}`;
}

/** What the text of a reset, or of the registers, says of the board. */
export interface BoardText {
  /** 1 if the text names none: the first firmware did not. */
  readonly firmwareMajor: number;
  readonly daisy: boolean;
}

export function parseBoardText(text: string): BoardText {
  return {
    firmwareMajor: Number(/Firmware: v(\d+)/.exec(text)?.[1] ?? 1),
    daisy: text.includes('On Daisy ADS1299') || text.includes('Daisy ADS Registers'),
  };
}

/** Older boards take `~6` for the command `6`, which switches channel 6 off. */
export const firstMajorWithRates = 3;
/** Older boards lose characters that come faster than one in 10 ms. */
export const firstMajorWithWholeCommands = 2;
/** All that boards without the `~` command send, and the radio of the dongle can carry. */
export const radioPacketRate = 250;

/** The dongle is in, the board does not answer it: it is off, out of reach, or on another channel. */
export const radioSilent = 'Failure: Communications timeout';
export const endOfAnswer = '$$$';

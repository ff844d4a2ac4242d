import type { EventDecoder } from '../../runtime/contracts.js';
import { Aedat2Decoder } from './aedat2.js';
import { Aedat31Decoder } from './aedat31.js';
import { Aedat4Decoder } from './aedat4.js';
import { Evt2Decoder } from './evt2.js';
import { Evt21Decoder } from './evt21.js';
import { Evt3Decoder } from './evt3.js';
import { readPropheseeHeader } from './prophesee-header.js';
import type { SensorSize } from './record-decoder.js';

export const eventFormats = ['evt2', 'evt21', 'evt3', 'aedat2', 'aedat31', 'aedat4'] as const;
export type EventFormat = (typeof eventFormats)[number];

/** What a stream without a header, or an old file, leaves open. What a header says goes before. */
export interface EventFormatOptions {
  readonly size?: SensorSize;
  /** AEDAT 2.0: `dvs128`, `davis240`, `davis346`. */
  readonly sensor?: string;
  /** EVT 2.1: two halves of 32 bits, the high one first, as an IMX636 sends it. */
  readonly halves?: boolean;
}

export function createEventDecoder(format: EventFormat, options: EventFormatOptions = {}): EventDecoder {
  switch (format) {
    case 'evt2':
      return new Evt2Decoder(options.size);
    case 'evt21':
      return new Evt21Decoder(options.size, options.halves);
    case 'evt3':
      return new Evt3Decoder(options.size);
    case 'aedat2':
      return new Aedat2Decoder(options.sensor);
    case 'aedat31':
      return new Aedat31Decoder();
    case 'aedat4':
      return new Aedat4Decoder();
  }
}

/** The format that the first bytes of a file tell, or undefined. */
export function formatOf(head: Uint8Array): EventFormat | undefined {
  let text = '';
  for (const byte of head.subarray(0, 4096)) text += String.fromCharCode(byte);
  const aedat = /^#!AER-DAT(\d\.\d)/.exec(text)?.[1] ?? '';
  if (aedat.startsWith('2.')) return 'aedat2';
  if (aedat === '3.1') return 'aedat31';
  if (aedat === '4.0') return 'aedat4';
  if (!text.startsWith('% ')) return undefined;
  const { format } = readPropheseeHeader(text.split('\n'));
  return eventFormats.find((name) => name === format.toLowerCase());
}

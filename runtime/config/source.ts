import { z } from 'zod';
import { objection, quantity } from './values.js';

/** `source`: where samples come from. */

const boardChannel = z.int().min(1).max(16);

const cyton = z
  .strictObject({
    use: z.literal('cyton'),
    port: z.string().min(1).meta({
      description: 'Serial port of the dongle.',
      examples: ['/dev/ttyUSB0'],
      flag: '--port',
    }),
    electrodes: z
      .record(
        z.string().regex(/^[A-Za-z][A-Za-z0-9_']*$/, {
          error: objection({ rule: 'is no electrode name', fix: 'Use letters and digits, such as C3.' }),
        }),
        boardChannel,
      )
      .meta({ description: 'Name of each electrode and its board channel (1-8, with Daisy 1-16).', examples: ['{ C3: 1 }'] })
      .exactOptional(),
    off: z
      .array(boardChannel)
      .meta({ description: 'Board channels to switch off.' })
      .prefault([]),
    gain: z
      .literal([1, 2, 4, 6, 8, 12, 24])
      .meta({ description: 'Gain of every channel.' })
      .prefault(24),
    daisy: z.boolean().meta({ description: 'A Daisy board is attached.' }).prefault(false),
    rate: quantity('frequency', '250Hz', 'Frames a second. Above 250Hz (with Daisy 125Hz) the dongle is too slow.', {
      atLeast: '125Hz',
      atMost: '16kHz',
    }).exactOptional(),
  })
  .meta({ title: 'OpenBCI Cyton, with or without Daisy, through its dongle' });

export const source = cyton.meta({ description: 'Where samples come from.' });

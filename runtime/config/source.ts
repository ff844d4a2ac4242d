import { z } from 'zod';
import { camera } from './camera.js';
import { edvs, events } from './events.js';
import type { DevicePlan } from '../../drivers/devices.js';
import { gains } from '../../drivers/cyton/protocol.js';
import { baudRate, objection, port, quantity } from './values.js';

/** `source`: where samples or pictures come from. */

export interface SourcePlan {
  readonly use: DevicePlan['use'];
  readonly device: DevicePlan;
  readonly port: string;
  readonly baudRate: number;
}

/** Packets a second that the board knows; with a Daisy two make one sample. */
const packetRates = [250, 500, 1000, 2000, 4000, 8000, 16000];
const boardChannel = z.int().min(1).max(16);
const electrodeName = z.string().regex(/^[A-Za-z_]\w*$/, {
  error: objection({ rule: 'is no electrode name', fix: 'Use letters and digits, such as C3.' }),
});

const cyton = z
  .strictObject({
    use: z.literal('cyton'),
    port: z
      .string()
      .min(1)
      .meta({ description: 'Serial port of the dongle.', example: '/dev/ttyUSB0', flag: '--port' }),
    electrodes: z
      .record(electrodeName, boardChannel)
      .meta({
        description: 'Board channel (1-8, with a Daisy 1-16) of each electrode. Others are called ch1, ch2 and so on.',
        example: '{ C3: 1, M2: 2 }',
      })
      .prefault({}),
    off: z.array(boardChannel).meta({ description: 'Board channels to switch off.' }).prefault([]),
    gain: z.literal(gains).meta({ description: 'Amplification, the same for all channels.' }).prefault(24),
    daisy: z.boolean().meta({ description: 'A Daisy is attached: 16 channels.' }).prefault(false),
    rate: quantity(
      'frequency',
      '250Hz',
      'Samples a second of each channel. The radio of the dongle carries 250Hz, with a Daisy 125Hz, which is the default.',
      {
        atLeast: '125Hz',
        atMost: '16kHz',
      },
    ).exactOptional(),
    baud: z
      .literal([115200, 230400, 921600])
      .meta({ description: 'Baud rate that the dongle is set to; 250 packets a second need 82500.' })
      .prefault(115200),
  })
  .meta({ title: 'OpenBCI Cyton, with or without Daisy, by its dongle' })
  .superRefine(({ electrodes, off, daisy, rate }, context) => {
    const refuse = (path: (string | number)[], rule: string, fix: string): void =>
      context.addIssue({ code: 'custom', path, message: objection({ rule, fix }) });
    const most = daisy ? 16 : 8;
    const places = new Map<number, string>();
    for (const [name, channel] of Object.entries(electrodes)) {
      const other = places.get(channel);
      places.set(channel, name);
      const path = ['electrodes', name];
      if (channel > most)
        refuse(path, 'is above 8, the channels of a board without Daisy', 'Use 1 to 8, or add daisy: true.');
      if (other !== undefined)
        refuse(path, `is the channel of ${other} too`, 'Give each electrode a channel of its own.');
      if (off.includes(channel))
        refuse(path, 'is a channel that is switched off', `Take ${channel} out of source.off.`);
    }
    off.forEach((channel, place) => {
      if (channel > most) refuse(['off', place], 'is above 8, the channels of a board without Daisy', 'Take it out.');
    });
    const rates = packetRates.map((packets) => (daisy ? packets / 2 : packets));
    if (rate !== undefined && !rates.includes(rate)) {
      const known = rates.map((hertz) => `${hertz}Hz`).join(', ');
      refuse(['rate'], `is no rate of a ${daisy ? 'Cyton with Daisy' : 'Cyton'}`, `Use one of ${known}.`);
    }
  })
  .transform(({ use, port, baud, rate, ...options }): SourcePlan => {
    const plan: DevicePlan = { use, options: { ...options, rate: rate ?? (options.daisy ? 125 : 250) } };
    return { use, device: plan, port, baudRate: baud };
  });

const bridge = z
  .strictObject({
    use: z.literal('bridge'),
    port: port('Serial port of the bridge.'),
    baud: baudRate(921_600),
    inputs: z
      .array(electrodeName)
      .min(1)
      .max(8)
      .meta({ description: 'Names of its analogue inputs, from input 0 on.', example: '[photodiode, tilt]' }),
    rate: quantity('frequency', '250Hz', 'Samples a second of each input.', {
      atLeast: '10Hz',
      atMost: '1kHz',
    }).prefault('250Hz'),
  })
  .meta({ title: 'inputs of a microcontroller: firmware-bridge' })
  .superRefine(({ inputs, rate }, context) => {
    const refuse = (path: (string | number)[], rule: string, fix: string): void =>
      context.addIssue({ code: 'custom', path, message: objection({ rule, fix }) });
    inputs.forEach((name, place) => {
      if (name === 'digital') refuse(['inputs', place], 'is the channel of the digital inputs', 'Use another name.');
      else if (inputs.indexOf(name) < place) refuse(['inputs', place], 'is there twice', 'Use another name.');
    });
    // A period is a whole number of the device's ticks of 100 us.
    if (!Number.isInteger(10_000 / rate)) refuse(['rate'], 'is no whole part of 10kHz', 'Use for example 250Hz.');
  })
  .transform(({ use, port, baud, inputs, rate }): SourcePlan => {
    return { use, device: { use, options: { rate, inputs } }, port, baudRate: baud };
  });

export const source = z
  .union([cyton, bridge, camera, events, edvs])
  .meta({ description: 'Where samples or pictures come from.' });

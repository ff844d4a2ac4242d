import { z } from 'zod';
import { camera } from './camera.js';
import { edvs, events } from './events.js';
import type { DevicePlan } from '../../drivers/devices.js';
import { rates as chipRates } from '../../drivers/ads1299/protocol.js';
import { gains } from '../../drivers/cyton/protocol.js';
import { axes } from '../../drivers/imu/protocol.js';
import { baudRate, objection, port, quantity, text } from './values.js';

/** `source`: where samples or pictures come from. */

export interface SourcePlan {
  readonly use: DevicePlan['use'];
  readonly device: DevicePlan;
  /** Path of the port; of a stream what it is called. */
  readonly port: string;
  /** 0 where there is no line. */
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
    for (const [name, channel] of Object.entries(electrodes)) {
      if (channel > most) {
        const rule = 'is above 8, the channels of a board without Daisy';
        refuse(['electrodes', name], rule, 'Use 1 to 8, or add daisy: true.');
      }
    }
    checkElectrodes(electrodes, off, refuse);
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

/** Each electrode has a channel of its own, that is not switched off. */
function checkElectrodes(
  electrodes: Readonly<Record<string, number>>,
  off: readonly number[],
  refuse: (path: (string | number)[], rule: string, fix: string) => void,
): void {
  const places = new Map<number, string>();
  for (const [name, channel] of Object.entries(electrodes)) {
    const other = places.get(channel);
    places.set(channel, name);
    const path = ['electrodes', name];
    if (other !== undefined)
      refuse(path, `is the channel of ${other} too`, 'Give each electrode a channel of its own.');
    if (off.includes(channel)) refuse(path, 'is a channel that is switched off', `Take ${channel} out of source.off.`);
  }
}

const chipChannel = z.int().min(1).max(8);

const ads1299 = z
  .strictObject({
    use: z.literal('ads1299'),
    port: text('the path of a port', /^\//, '/dev/spidev0.0', 'SPI port that the chip is at.'),
    dataReady: z
      .int()
      .min(0)
      .max(1023)
      .meta({ description: 'GPIO line that DRDY is wired to: its BCM number, 26 on a PiEEG.', example: 26 }),
    chip: text(
      'a label',
      /^[!-~]+$/,
      'pinctrl-rp1',
      'Label of the GPIO chip of that line: that of the 40-pin header without it.',
    ).exactOptional(),
    electrodes: z
      .record(electrodeName, chipChannel)
      .meta({
        description: 'Channel (1-8) of each electrode. Others are called ch1, ch2 and so on.',
        example: '{ C3: 1, M2: 2 }',
      })
      .prefault({}),
    off: z.array(chipChannel).meta({ description: 'Channels to switch off.' }).prefault([]),
    gain: z.literal(gains).meta({ description: 'Amplification, the same for all channels.' }).prefault(24),
    rate: quantity('frequency', '250Hz', 'Samples a second of each channel: 250Hz, 500Hz or 1kHz.').prefault('250Hz'),
    reference: quantity('voltage', '4.5V', 'Reference of the converter. That of the chip is 4.5V.', {
      atLeast: '1V',
      atMost: '5V',
    }).prefault('4.5V'),
    bias: z
      .boolean()
      .meta({ description: 'A bias electrode is connected: the chip drives it from all channels that are on.' })
      .prefault(true),
    digital: z
      .boolean()
      .meta({ description: 'The pins GPIO1 to 4 of the chip are wired: the channel digital has their levels as bits.' })
      .prefault(false),
  })
  .meta({ title: 'ADS1299 at an SPI port with a data-ready line: PiEEG, Portiloop' })
  .superRefine(({ electrodes, off, rate, digital }, context) => {
    const refuse = (path: (string | number)[], rule: string, fix: string): void =>
      context.addIssue({ code: 'custom', path, message: objection({ rule, fix }) });
    checkElectrodes(electrodes, off, refuse);
    if (digital && Object.hasOwn(electrodes, 'digital'))
      refuse(['electrodes', 'digital'], 'is the channel of the digital pins', 'Use another name.');
    if (!chipRates.some((known) => known === rate))
      refuse(['rate'], 'is no rate that can be followed edge by edge', 'Use 250Hz, 500Hz or 1kHz.');
  })
  .transform(({ use, port, reference, chip, ...options }): SourcePlan => {
    const device: DevicePlan = {
      use,
      options: { ...options, reference: reference / 1e6, ...(chip === undefined ? {} : { chip }) },
    };
    // Of a terminal with an emulated chip behind it, which has none.
    return { use, device, port, baudRate: 115200 };
  });

function refuseTwice(channels: readonly string[], context: z.RefinementCtx): void {
  channels.forEach((name, place) => {
    if (channels.indexOf(name) === place) return;
    const message = objection({ rule: 'is there twice', fix: 'Use another name.' });
    context.addIssue({ code: 'custom', path: ['channels', place], message });
  });
}

const lsl = z
  .strictObject({
    use: z.literal('lsl'),
    stream: text(
      'the name of a stream',
      /^[ !#-&(-;=?-~]+$/,
      'obci_eeg1',
      'Name of the stream, as its sender shows it.',
    ),
    channels: z
      .array(electrodeName)
      .min(1)
      .max(256)
      .meta({ description: 'Names of its channels, all of them, in their order.', example: '[C3, C4, M1, M2]' }),
    rate: quantity('frequency', '250Hz', 'Samples a second, as the stream says itself.', {
      atLeast: '1Hz',
      atMost: '20kHz',
    }).prefault('250Hz'),
  })
  .meta({ title: 'a stream of the lab streaming layer, in microvolts: what amplifiers without a driver here offer' })
  .superRefine(({ channels }, context) => {
    refuseTwice(channels, context);
  })
  .transform(({ use, ...options }): SourcePlan => {
    return { use, device: { use, options }, port: `LSL ${options.stream}`, baudRate: 0 };
  });

const imu = z
  .strictObject({
    use: z.literal('imu'),
    port: text('the path of a device', /^\//, '/dev/iio:device0', 'Device of the kernel that the sensor is.'),
    channels: z
      .array(z.literal(axes))
      .min(1)
      .meta({
        description:
          'Its axes as the kernel calls them: accel in m/s2, anglvel in rad/s, magn in gauss. Each has a channel of that name.',
        example: '[accel_x, accel_y, accel_z]',
      })
      .prefault(['accel_x', 'accel_y', 'accel_z', 'anglvel_x', 'anglvel_y', 'anglvel_z']),
    rate: quantity('frequency', '104Hz', 'Samples a second, one that the sensor has.', {
      atLeast: '1Hz',
      atMost: '4kHz',
    }),
  })
  .meta({ title: "inertial sensor by the kernel's industrial I/O: acceleration, rotation, magnetic field" })
  .superRefine(({ channels }, context) => {
    refuseTwice(channels, context);
  })
  .transform(({ use, port, ...options }): SourcePlan => {
    return { use, device: { use, options }, port, baudRate: 0 };
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
  .union([cyton, ads1299, lsl, imu, bridge, camera, events, edvs])
  .meta({ description: 'Where samples or pictures come from.' });

import { z } from 'zod';
import type { ActuatorPlan } from '../guardian/actuators.js';
import type { AudioCard } from './sound.js';
import { baudRate, byte, level, objection, partName, path, port, quantity, text } from './values.js';

/** `actuators`: what can stimulate. Each parses to the plan that the guardian opens it from;
 * a sound card's lacks its sounds, which `stimulus` names. */

type WholePlan = Exclude<ActuatorPlan, { use: 'audio' }>;

const codes = z
  .array(byte('A byte.'))
  .min(1)
  .meta({ description: 'Instead of code: a byte for each variant of the stimulus.', example: '[1, 2]' })
  .exactOptional();

/** Of a part that stimulates for real. */
const timing = path(
  'timing.json',
  'What axond setup timing has measured: then each stimulus has its place in the signal.',
).exactOptional();

/** With the path of that file, which the guardian does not need. */
type Measured<Plan> = Plan & { readonly timing?: string };

const virtual = z
  .strictObject({ use: z.literal('virtual') })
  .meta({ title: 'stimulates nobody: for trying things out' })
  .transform((plan): Measured<WholePlan> => plan);

const serialTrigger = z
  .strictObject({
    use: z.literal('serial-trigger'),
    port: port('Serial port of what takes the trigger.'),
    baud: baudRate(115200),
    code: byte('Byte that starts a stimulus.').prefault(1),
    codes,
    rest: byte('Byte that ends it. Without it the device ends each pulse itself.').exactOptional(),
    timing,
  })
  .meta({ title: 'a byte on a serial port starts a stimulus, another one ends it' })
  .transform(({ use, port, baud, code, codes = [code], rest, ...measured }): Measured<WholePlan> => {
    return { use, port, baudRate: baud, codes, ...(rest === undefined ? {} : { restCode: rest }), ...measured };
  });

const line = (description: string) => z.int().min(0).max(1023).meta({ description });

const gpio = z
  .strictObject({
    use: z.literal('gpio'),
    line: line('Line that is high for as long as a stimulus lasts: its BCM number, 17 for pin 11.')
      .meta({ example: 17 })
      .exactOptional(),
    lines: z
      .array(line('A line.'))
      .min(1)
      .max(31)
      .meta({ description: 'Instead of line: one for each variant of the stimulus.', example: '[17, 27]' })
      .exactOptional(),
    chip: text(
      'a label',
      /^[!-~]+$/,
      'pinctrl-rp1',
      'Label of the chip: that of the 40-pin header without it.',
    ).exactOptional(),
    activeLow: z.boolean().meta({ description: 'Low while a stimulus lasts, high at rest.' }).prefault(false),
    oneShot: z
      .boolean()
      .meta({ description: 'The device ends each pulse itself, however long the line stays high.' })
      .prefault(false),
    timing,
  })
  .meta({ title: 'a pin that is high for as long as a stimulus lasts' })
  .transform(({ use, line, lines, chip, activeLow, oneShot, ...measured }, context): Measured<WholePlan> => {
    const all = lines ?? (line === undefined ? [] : [line]);
    if (all.length === 0) {
      const message = objection({ rule: 'is missing', fix: 'Write for example line: 17.' });
      context.addIssue({ code: 'custom', path: ['line'], message });
    }
    return { use, lines: all, activeLow, oneShot, ...(chip === undefined ? {} : { chip }), ...measured };
  });

const datagram = (description: string) =>
  z.union([z.int().min(0).max(255), z.string().min(1).max(512)]).meta({ description });

const lanTrigger = z
  .strictObject({
    use: z.literal('lan-trigger'),
    address: text(
      'an IPv4 address',
      /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/,
      '192.168.1.20',
      'IPv4 address of what takes the datagrams.',
    ),
    port: z.int().min(1).max(65535).meta({ description: 'Its UDP port.', example: 5005 }),
    code: datagram('Datagram that starts a stimulus: a byte, or a text.').prefault(1),
    codes: z
      .array(datagram('A byte or a text.'))
      .min(1)
      .meta({ description: 'Instead of code: one for each variant of the stimulus.', example: '[1, 2]' })
      .exactOptional(),
    rest: datagram('Datagram that ends it. Without it the device ends each pulse itself.').exactOptional(),
    timing,
  })
  .meta({ title: 'a UDP datagram starts a stimulus, another one ends it' })
  .transform(({ use, address, port, code, codes = [code], rest, ...measured }): Measured<WholePlan> => {
    return { use, address, port, codes, ...(rest === undefined ? {} : { restCode: rest }), ...measured };
  });

const bridge = z
  .strictObject({
    use: z.literal('bridge'),
    port: port('Serial port of the bridge.'),
    baud: baudRate(921_600),
    amplitude: z
      .int()
      .min(1)
      .max(1000)
      .meta({ description: 'Of a stimulus, in thousandths of the full scale of the output.', example: 500 })
      .prefault(1000),
    timing,
  })
  .meta({ title: 'a microcontroller that keeps time and limits by itself: firmware-bridge' })
  .transform(({ use, port, baud, amplitude, ...measured }): Measured<WholePlan> => {
    return { use, port, baudRate: baud, amplitude, ...measured };
  });

const bench = z
  .strictObject({ use: z.literal('bench'), port: port('A pseudo-terminal; nothing else is opened.') })
  .meta({ title: 'for axond bench alone' })
  .transform((plan): Measured<WholePlan> => plan);

const audio = z
  .strictObject({
    use: z.literal('audio'),
    card: text('the name of a sound card', /\S/, 'hw:0', 'The sound card, as `aplay -l` and ALSA name it.'),
    rate: quantity('frequency', '48kHz', 'Frames a second; the card must have it.', {
      atLeast: '8kHz',
      atMost: '192kHz',
    }).prefault('48kHz'),
    period: z
      .int()
      .min(32)
      .max(512)
      .meta({
        description: 'Frames that the card is given at a time. It holds three of them: a sound waits so long.',
      })
      .prefault(128),
    ceiling: level(
      '-20dBFS',
      'No sound of this card is louder: -20dBFS where nothing is written, 60dBSPL where it is calibrated.',
    ).exactOptional(),
    calibration: path(
      'headphones.json',
      'How loud this output is at the ear; made by axond setup sound.',
    ).exactOptional(),
    timing,
  })
  .meta({ title: 'sounds on a card of this machine' })
  .transform(({ period, ...card }): Measured<AudioCard> => ({ ...card, periodFrames: period }));

export const actuators = z
  .record(partName, z.union([virtual, serialTrigger, gpio, lanTrigger, bridge, bench, audio]))
  .meta({ description: 'What can stimulate, by a name of your choice.' })
  .prefault({});

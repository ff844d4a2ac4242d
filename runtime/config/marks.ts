import { z } from 'zod';
import type { MarksPlan } from '../../drivers/marks/open-marks.js';
import type { SyncPlan } from '../../drivers/sync/sync-output.js';
import { baudRate, partName, port, quantity, text } from './values.js';

/** `device.marks`: what puts marks into the recording beside the signal; `device.sync`: marks for another recorder. */

const words = (example: string, description: string) =>
  text('one line of text', /^[^\r\n]{1,200}$/, example, description);

const gpio = z
  .strictObject({
    use: z.literal('gpio'),
    line: z.int().min(0).max(1023).meta({ description: 'Line of the button or pulse: its BCM number.', example: 23 }),
    chip: text(
      'a label',
      /^[!-~]+$/,
      'pinctrl-rp1',
      'Label of the chip: that of the 40-pin header without it.',
    ).exactOptional(),
    activeLow: z.boolean().meta({ description: 'Low means pressed, as with a button to ground.' }).prefault(false),
    pull: z.enum(['up', 'down']).meta({ description: 'Resistor on the board.' }).exactOptional(),
    text: words(
      'awake',
      'What the mark says, as `axond mark` would; the name of the input without it.',
    ).exactOptional(),
    back: words(
      'released',
      'What another mark says when the line goes back. Without it there is none.',
    ).exactOptional(),
    debounce: quantity('time', '20ms', 'An edge that follows another one sooner is bounce. For short pulses: 0ms.', {
      atLeast: '0ms',
      atMost: '1s',
    }).prefault('20ms'),
  })
  .meta({ title: 'a line that goes high: a button, a pulse' })
  .transform(({ debounce, ...plan }): MarksPlan => ({ ...plan, debounceSeconds: debounce }));

const serial = z
  .strictObject({
    use: z.literal('serial'),
    port: port('Serial port on which another machine writes marks.'),
    baud: baudRate(115200),
    lines: z.boolean().meta({ description: 'A mark is a line of text. Otherwise it is a byte.' }).prefault(false),
  })
  .meta({ title: 'a byte or a line on a serial port' })
  .transform(({ use, port, baud, lines }): MarksPlan => ({ use, port, baudRate: baud, lines }));

const lsl = z
  .strictObject({
    use: z.literal('lsl'),
    stream: text(
      'the name of a stream',
      /^[ !#-&(-;=?-~]+$/,
      'PsychoPy',
      'Name of a stream of markers, as its sender shows it.',
    ),
  })
  .meta({ title: 'a stream of markers of the lab streaming layer' })
  .transform((plan): MarksPlan => plan);

export const marks = z
  .record(partName, z.union([gpio, serial, lsl]))
  .meta({
    description: 'What puts marks into the recording, with the time of each, by a name of your choice.',
    example: '{ button: { use: gpio, line: 23, pull: up, activeLow: true, text: awake } }',
  })
  .prefault({});

const every = quantity(
  'time',
  '10s',
  'Mean time between two pulses: each interval is drawn from a half to one and a half of it.',
  {
    atLeast: '1s',
    atMost: '10m',
  },
).prefault('10s');

const gpioSync = z
  .strictObject({
    use: z.literal('gpio'),
    line: z.int().min(0).max(1023).meta({ description: 'Line that goes high: its BCM number.', example: 5 }),
    chip: text(
      'a label',
      /^[!-~]+$/,
      'pinctrl-rp1',
      'Label of the chip: that of the 40-pin header without it.',
    ).exactOptional(),
    activeLow: z.boolean().meta({ description: 'Low during a pulse, high at rest.' }).prefault(false),
    every,
  })
  .meta({ title: 'a line that goes high for 50 ms' })
  .transform(({ every: everySeconds, ...plan }): SyncPlan => ({ ...plan, everySeconds }));

const serialSync = z
  .strictObject({
    use: z.literal('serial'),
    port: port('Serial port of the other recorder.'),
    baud: baudRate(115200),
    every,
  })
  .meta({ title: 'the number of each pulse as a byte' })
  .transform(({ use, port, baud, every: everySeconds }): SyncPlan => ({ use, port, baudRate: baud, everySeconds }));

export const sync = z.union([gpioSync, serialSync]).meta({
  description:
    'Pulses for a recorder of the laboratory, at irregular times that stand in the recording, so that both can be put on one axis.',
  example: '{ use: gpio, line: 5 }',
});

import { z } from 'zod';
import { partName, text } from './values.js';

/** `actuators`: what can stimulate, by a name of your choice. */

const port = (description: string) => text('a port', /^\/.+/, '/dev/ttyACM0', description);

const virtual = z
  .strictObject({ use: z.literal('virtual') })
  .meta({ title: 'stimulates nobody: says what it would do, for trying things out' });

const serialTrigger = z
  .strictObject({
    use: z.literal('serial-trigger'),
    port: port('Serial port of the trigger input.'),
    baud: z.int().min(300).max(4e6).meta({ description: 'Baud rate.' }).prefault(115200),
  })
  .meta({ title: 'a byte on a serial port' });

const bench = z
  .strictObject({ use: z.literal('bench'), port: port('Pseudo-terminal.') })
  .meta({ title: 'the latency bench: opens pseudo-terminals only' });

export const actuators = z
  .record(partName, z.union([virtual, serialTrigger, bench]))
  .meta({ description: 'What can stimulate, by a name of your choice.' })
  .prefault({});

import { z } from 'zod';
import type { ActuatorPlan } from '../guardian/actuators.js';
import { partName, text } from './values.js';

/** `actuators`: what can stimulate. Each parses to the plan that the guardian opens it from. */

const port = (description: string) => text('the path of a port', /^\/./, '/dev/ttyACM0', description);
const byte = (description: string) => z.int().min(0).max(255).meta({ description });

const virtual = z
  .strictObject({ use: z.literal('virtual') })
  .meta({ title: 'stimulates nobody: for trying things out' })
  .transform((plan): ActuatorPlan => plan);

const serialTrigger = z
  .strictObject({
    use: z.literal('serial-trigger'),
    port: port('Serial port of what takes the trigger.'),
    baud: z
      .literal([9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600])
      .meta({ description: 'Baud rate.' })
      .prefault(115200),
    code: byte('Byte that starts a stimulus.').prefault(1),
    rest: byte('Byte that ends it. Without it the device ends each pulse itself.').exactOptional(),
  })
  .meta({ title: 'a byte on a serial port starts a stimulus, another one ends it' })
  .transform(({ use, port, baud, code, rest }): ActuatorPlan => {
    return { use, port, baudRate: baud, code, ...(rest === undefined ? {} : { restCode: rest }) };
  });

const bench = z
  .strictObject({ use: z.literal('bench'), port: port('A pseudo-terminal; nothing else is opened.') })
  .meta({ title: 'for axond bench alone' })
  .transform((plan): ActuatorPlan => plan);

export const actuators = z
  .record(partName, z.union([virtual, serialTrigger, bench]))
  .meta({ description: 'What can stimulate, by a name of your choice.' })
  .prefault({});

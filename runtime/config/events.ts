import { z } from 'zod';
import { timestampModes, type Firmware, type TimestampMode } from '../../drivers/edvs/protocol.js';
import { eventFormats, type EventFormat } from '../../drivers/events/formats.js';
import { socketAddress, type SocketAddress } from '../../drivers/socket-stream.js';
import { objection, path, port, quantity, text } from './values.js';

/** `source: { use: events }` and `{ use: edvs }`: event sensors, as frames that count the events of a window. */

interface CountPlan {
  readonly window: { readonly durationUs: number };
  readonly columns: number;
  readonly rows: number;
  readonly refractoryUs?: number;
  /** Path of the file that keeps them; made where there is none. */
  readonly hotPixels?: string;
  /** Frames a second at most. */
  readonly rate: number;
}

export interface EventsPlan extends CountPlan {
  readonly use: 'events';
  readonly from:
    | { readonly command: readonly [string, ...string[]] }
    | { readonly socket: SocketAddress }
    /** A named pipe too. */
    | { readonly file: string };
  readonly format?: EventFormat;
  readonly size?: { readonly width: number; readonly height: number };
  readonly sensor?: string;
  readonly halves: boolean;
}

export interface EdvsPlan extends CountPlan {
  readonly use: 'edvs';
  readonly port: string;
  readonly baud: number;
  readonly timestamps: TimestampMode;
  readonly firmware: Firmware;
  readonly columnFirst: boolean;
}

const side = (description: string) => z.int().min(1).max(256).meta({ description, example: 10 }).prefault(10);

const counting = {
  window: quantity('time', '33ms', 'Events of so much time make a frame.', {
    atLeast: '1ms',
    atMost: '10s',
  }).prefault('33ms'),
  columns: side('Pixels a row of such a frame: each is the middle pixel of its part of the sensor.'),
  rows: side('Rows of such a frame.'),
  refractory: quantity('time', '1ms', 'So long after an event of a pixel, others of the same pixel do not count.', {
    atLeast: '1us',
    atMost: '1s',
  }).exactOptional(),
  hotPixels: path(
    'hot-pixels.json',
    'File of the pixels of this one sensor that fire by themselves: they do not count. Where there is none they are learned in the first ten seconds.',
  ).exactOptional(),
};

interface Counting {
  window: number;
  columns: number;
  rows: number;
  refractory?: number;
  hotPixels?: string;
}

function countPlan({ window, columns, rows, refractory, hotPixels }: Counting): CountPlan {
  return {
    window: { durationUs: Math.round(window * 1e6) },
    columns,
    rows,
    rate: 1 / window,
    ...(refractory === undefined ? {} : { refractoryUs: Math.round(refractory * 1e6) }),
    ...(hotPixels === undefined ? {} : { hotPixels }),
  };
}

export const events = z
  .strictObject({
    use: z.literal('events'),
    command: z
      .array(z.string().min(1))
      .min(1)
      .meta({
        description: 'Program and arguments that write events to standard output, without end.',
        example: '[my-camera-tool, --raw, "-"]',
      })
      .exactOptional(),
    socket: text(
      'a socket',
      /^(\/.+|[^/\s]+:\d{1,5})$/,
      'localhost:7777',
      'Instead of a program: a socket of this machine (its path), or host:port, that sends events.',
    ).exactOptional(),
    file: path(
      'drive.aedat4',
      'Instead: a file of events, which is played as it was recorded; or a named pipe.',
    ).exactOptional(),
    format: z
      .enum(eventFormats)
      .meta({
        description: 'Of what is sent. The first bytes of a file tell it.',
        example: 'evt3',
        whenMissing: `Say what is sent: one of ${eventFormats.join(', ')}.`,
      })
      .exactOptional(),
    size: text(
      'a size',
      /^[1-9]\d{0,4}x[1-9]\d{0,4}$/,
      '1280x720',
      'Of the sensor, where the stream does not tell it: width, height.',
    ).exactOptional(),
    sensor: z
      .enum(['dvs128', 'davis240', 'davis346'])
      .meta({ description: 'Of AEDAT 2.0 whose header does not name it.', example: 'davis346' })
      .exactOptional(),
    halves: z
      .boolean()
      .meta({ description: 'EVT 2.1 without a header: words come as two halves, the high one first (IMX636).' })
      .prefault(false),
    ...counting,
  })
  .meta({ title: 'an event sensor behind a program, a socket or a file' })
  .superRefine(({ command, socket, file, format }, context) => {
    const refuse = (at: string[], rule: string, fix: string): void =>
      context.addIssue({ code: 'custom', path: at, message: objection({ rule, fix }) });
    const given = [command, socket, file].filter((one) => one !== undefined).length;
    if (given !== 1)
      refuse([], `has ${given === 0 ? 'none' : 'more than one'} of command, socket and file`, 'Give one of them.');
    if (file === undefined && format === undefined)
      refuse(['format'], 'is missing', `Use one of ${eventFormats.join(', ')}.`);
    if (socket !== undefined && !socketAddress(socket))
      refuse(['socket'], 'is no socket', 'Write its path from / on, or host:port with a port up to 65535.');
  })
  .transform(({ use, command, socket, file = '', format, size, sensor, halves, ...rest }): EventsPlan => {
    const address = socket === undefined ? undefined : socketAddress(socket);
    const [program, ...parameters] = command ?? [];
    const [width = 0, height = 0] = size?.split('x').map(Number) ?? [];
    return {
      use,
      from: program !== undefined ? { command: [program, ...parameters] } : address ? { socket: address } : { file },
      halves,
      ...(format === undefined ? {} : { format }),
      ...(size === undefined ? {} : { size: { width, height } }),
      ...(sensor === undefined ? {} : { sensor }),
      ...countPlan(rest),
    };
  });

export const edvs = z
  .strictObject({
    use: z.literal('edvs'),
    port: port('Serial port of the eDVS.'),
    baud: z
      .literal([115_200, 460_800, 921_600, 2_000_000, 4_000_000, 12_000_000])
      .meta({ description: 'Baud rate: 4000000 as shipped, 12000000 over its USB.' })
      .prefault(4_000_000),
    timestamps: z
      .enum(timestampModes)
      .meta({ description: 'Time of an event: how many bits, or since the one before.' })
      .prefault('32bit'),
    firmware: z
      .enum(['new', 'old'])
      .meta({ description: 'The first boards (old) number these modes otherwise.' })
      .prefault('new'),
    columnFirst: z.boolean().meta({ description: 'For boards that send x before y.' }).prefault(false),
    ...counting,
  })
  .meta({ title: 'an eDVS on a serial port' })
  .superRefine(({ timestamps, firmware }, context) => {
    if (firmware === 'old' && timestamps === 'delta')
      context.addIssue({
        code: 'custom',
        path: ['timestamps'],
        message: objection({ rule: 'is not known to old firmware', fix: 'Use none, 16bit, 24bit or 32bit.' }),
      });
  })
  .transform(({ use, port, baud, timestamps, firmware, columnFirst, ...rest }): EdvsPlan => {
    return { use, port, baud, timestamps, firmware, columnFirst, ...countPlan(rest) };
  });

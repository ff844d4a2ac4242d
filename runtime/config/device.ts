import { bech32 } from '@scure/base';
import { z } from 'zod';
import type { StopInputPlan } from '../guardian/stop-input.js';
import { deletionRules, type StoragePolicy } from '../recording/storage.js';
import { marks, sync } from './marks.js';
import { baudRate, byte, objection, path, port, quantity, text } from './values.js';

/** `device`: what this box is. */

/** An MQTT broker. Paths are absolute. */
export interface BrokerPlan {
  readonly url: string;
  readonly userFile?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** False: taken out of it again. */
  readonly homeAssistant?: boolean;
}

/** What of the people in it a run may tell. */
const reveals = ['codes', 'notes'] as const;
export type Reveal = (typeof reveals)[number];

const url = text(
  'the address of an MQTT broker',
  /^mqtts?:\/\/[^\s/@]+$/,
  'mqtt://localhost:1883',
  'Address of the broker: mqtt://HOST[:PORT], or mqtts:// with TLS.',
);

const broker = z
  .strictObject({
    url,
    userFile: path('mqtt-user', 'File that holds the user name.').exactOptional(),
    passwordFile: path('mqtt-password', 'File that holds the password.').exactOptional(),
    caFile: path('ca.pem', 'Certificate that the broker is checked against (PEM).').exactOptional(),
    certFile: path('client.pem', 'Certificate that axond shows to the broker (PEM).').exactOptional(),
    keyFile: path('client.key', 'Private key of that certificate (PEM).').exactOptional(),
    homeAssistant: z
      .boolean()
      .meta({
        description:
          'Home Assistant on the same broker shows this box by itself. `false` takes it out again; without the key nothing is said to it.',
        example: true,
      })
      .exactOptional(),
  })
  .transform((plan): BrokerPlan => plan);

/** The page on this machine. */
export interface DashboardPlan {
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Names by which this machine is reached, besides `localhost` and its addresses. */
  readonly hosts: readonly string[];
}

const dashboard = z
  .strictObject({
    address: text(
      'an IP address',
      /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*)$/i,
      '127.0.0.1',
      'Address to listen on. With 0.0.0.0 every network sees the page, and the token in clear: put TLS in front.',
    ).prefault('127.0.0.1'),
    port: z.int().min(0).max(65535).meta({ description: 'Port to listen on; 0 is any.' }).prefault(8650),
    hosts: z
      .array(
        text(
          'the name of a host',
          /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i,
          'bedside-1.local',
          'A name by which people reach this machine.',
        ),
      )
      .meta({ description: 'Names by which people reach the page, besides localhost and addresses.' })
      .prefault([]),
  })
  .transform((plan): DashboardPlan => plan);

const serialStop = z
  .strictObject({
    use: z.literal('serial'),
    port: port('Serial port of the button.'),
    baud: baudRate(9600),
    byte: byte('Byte that means pressed; without it every byte does.').exactOptional(),
  })
  .transform(({ use, port, baud, byte }): StopInputPlan => {
    return { use, port, baudRate: baud, ...(byte === undefined ? {} : { byte }) };
  });

const gpioStop = z
  .strictObject({
    use: z.literal('gpio'),
    line: z.int().min(0).max(1023).meta({ description: 'Line of the button: its BCM number.', example: 17 }),
    chip: text(
      'a label',
      /^[!-~]+$/,
      'pinctrl-rp1',
      'Label of the chip: that of the 40-pin header without it.',
    ).exactOptional(),
    activeLow: z
      .boolean()
      .meta({ description: 'Low means pressed. High is safer, with a switch to ground that is closed at rest.' })
      .prefault(false),
    pull: z
      .enum(['up', 'down'])
      .meta({ description: 'Resistor on the board. Up, so that a cut cable means pressed.' })
      .exactOptional(),
  })
  .transform((plan): StopInputPlan => plan);

/** A bucket for finished recordings. Paths are absolute. */
export interface UploadPlan {
  readonly bucket: string;
  readonly region: string;
  readonly keyIdFile: string;
  readonly secretFile: string;
  readonly whileArmed: boolean;
}

const upload = z
  .strictObject({
    bucket: text(
      'the address of a bucket',
      /^https?:\/\/[^\s/?#@]+\/[^\s/?#]+$/,
      'https://s3.example.org/nights',
      'Bucket of any service that speaks the S3 protocol: https://HOST/BUCKET.',
    ),
    region: text('a region', /^[a-z0-9-]+$/, 'eu-central-1', 'Region, where the service has any.').prefault(
      'us-east-1',
    ),
    keyIdFile: path('s3-key-id', 'File that holds the id of the access key.'),
    secretFile: path('s3-secret', 'File that holds its secret.'),
    whileArmed: z
      .boolean()
      .meta({ description: 'Upload during an armed run too, for robots that always are. Otherwise it waits.' })
      .prefault(false),
  })
  .transform((plan): UploadPlan => plan);

const storage = z
  .strictObject({
    budget: quantity('size', '64GB', 'What all recordings in the folder may take together.', {
      atLeast: '100MB',
    }).exactOptional(),
    delete: z
      .enum(deletionRules)
      .meta({
        description:
          'Which recordings may be deleted, the oldest first, where the budget is used up or the disk has no room for a night: only what was uploaded and verified, or also what was exported, and was not written to since. Each is told in the log and in the running recording.',
      })
      .prefault('never'),
  })
  .meta({ description: 'What recordings may take, and which of them may go.' })
  .prefault({})
  .transform(({ budget = Infinity, delete: rule }): StoragePolicy => ({ budgetBytes: budget, delete: rule }));

const encrypt = z.strictObject({
  recipients: z
    .array(
      text(
        'a recipient of age',
        /^age1[02-9ac-hj-np-z]{58}$/,
        'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
        'Public key of somebody who may read recordings, as `age-keygen` prints it. Its identity stays off this machine.',
      ).refine(isRecipient, { error: objection({ rule: 'has a typing error', fix: 'Copy it from age-keygen.' }) }),
    )
    .min(1)
    .meta({ description: 'Everybody who may read them.' }),
});

export const device = z
  .strictObject({
    name: text(
      'a device name',
      /^[a-z0-9-]{1,32}$/,
      'bedside-1',
      'Name of the box, in recordings, sockets and MQTT topics: up to 32 of a-z, 0-9 and -.',
    ).prefault('axond'),
    timeZone: z
      .string()
      .refine(isTimeZone, {
        error: objection({ rule: 'is not a time zone', fix: 'Write for example Europe/Zurich, or UTC.' }),
      })
      .meta({ description: 'Time zone of the people who read the recording.', example: 'Europe/Zurich' })
      .prefault('UTC'),
    record: path('/var/lib/axond', 'Folder for recordings; made if it is not there.').prefault('recordings'),
    storage,
    rotate: quantity(
      'time',
      '24h',
      'Begin another recording after so long, without losing a frame, for robots and recorders that run for months. Filters and detectors start afresh with it, as after a gap. Not where something is stimulated: without it a run has one recording.',
      { atLeast: '1m' },
    ).exactOptional(),
    state: path(
      '/var/lib/axond/state',
      'Folder for what must outlive a recording: budget.db counts what was given. Without it: `state` in that of the recordings.',
    ).exactOptional(),
    mqtt: z
      .union([url.transform((address): BrokerPlan => ({ url: address })), broker])
      .meta({ description: 'MQTT broker to report to. Without it nothing is reported.', example: 'mqtt://localhost' })
      .exactOptional(),
    upload: upload
      .meta({
        description:
          'Where finished recordings go: in parts, resumed after a break, read back and compared. Nothing is deleted here by that; `storage` says what may be.',
      })
      .exactOptional(),
    encrypt: encrypt
      .meta({
        description:
          'Finished recordings are encrypted to these recipients, in the format of age, once nothing of them is still to be reported; the plain file goes when the other was decrypted again to the same bytes. To read one: axond recording decrypt.',
      })
      .exactOptional(),
    dashboard: dashboard
      .meta({
        description: 'A page with the live signal for a browser, on this machine by default. Without it there is none.',
        example: '{ port: 8650 }',
      })
      .exactOptional(),
    lsl: z
      .boolean()
      .meta({
        description:
          'Offer detections, stimuli and marks as a stream of LSL, with their times, for a recorder of the laboratory. Everybody on the network can read it.',
      })
      .prefault(false),
    reveal: z
      .array(z.enum(reveals))
      .meta({
        description:
          'What may be told by MQTT, LSL and the page besides what was measured and done: codes of participants (in the list of beds), and the texts of marks. Without it neither is; a mark is told without its text.',
      })
      .prefault([]),
    stopInput: z
      .union([serialStop, gpioStop])
      .meta({
        description:
          'A button that silences every actuator. It is wired to the guardian, past the core; unplugged means pressed.',
      })
      .exactOptional(),
    marks,
    sync: sync.exactOptional(),
    realtime: z
      .boolean()
      .meta({
        description: 'Ask for real-time scheduling (SCHED_FIFO) of loop and guardian, where the system allows it.',
      })
      .prefault(true),
  })
  .meta({ description: 'What this box is.' })
  .prefault({});

/** By the checksum that it carries. */
function isRecipient(text: string): boolean {
  return bech32.decodeUnsafe(text)?.prefix === 'age';
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

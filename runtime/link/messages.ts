import { z } from 'zod';
import { dashboardOptions, livePicture, liveSamples, shownStatus } from './dashboard/options.js';
import { bedReport, initials } from './bed.js';
import { uploadOptions } from './upload/options.js';

/** What supervisor and link process say to each other: one JSON object a line, on the link's stdin and stdout. */

export const linkOptions = z.strictObject({
  /** Of the broker; absent where nothing is reported. */
  url: z.string().optional(),
  node: z.string(),
  bootId: z.string(),
  userFile: z.string().optional(),
  passwordFile: z.string().optional(),
  caFile: z.string().optional(),
  certFile: z.string().optional(),
  keyFile: z.string().optional(),
  /**
   * The recording whose events are reported. Others in its folder with unreported events come first. Absent before there
   * is one, in the evening: then a page is all there is.
   */
  recording: z.string().optional(),
  /** Where the guardian is silenced, past the core. */
  silenceSocket: z.string(),
  description: z.record(z.string(), z.unknown()),
  /** To be shown by Home Assistant, or to be taken out of it; without it nothing is said to it. */
  homeAssistant: z
    .strictObject({
      shown: z.boolean(),
      axond: z.string(),
      source: z.string(),
      stimulates: z.boolean(),
      recognisesPlaces: z.boolean(),
    })
    .optional(),
  /** Absent where there is no page. */
  dashboard: dashboardOptions.optional(),
  /** Absent where finished recordings stay where they are. */
  upload: uploadOptions.optional(),
  /** Texts of marks may be told; without it only that there was one. */
  notes: z.boolean().optional(),
  /** Whom finished recordings are encrypted to. */
  recipients: z.array(z.string()).readonly().optional(),
  /** Marks are offered as a stream of LSL. */
  lsl: z.boolean().optional(),
});
export type LinkOptions = z.infer<typeof linkOptions>;
/** Of a run. */
export type RunLinkOptions = LinkOptions & { readonly recording: string };
/** Of a link that reports. */
export type ReportOptions = RunLinkOptions & { readonly url: string };

export const toLink = z.union([
  z.strictObject({ options: linkOptions }),
  z.strictObject({ state: z.string(), reasons: z.array(z.string()) }),
  /** Where the robot is now, for `place`; what is lost is not sent again. */
  z.strictObject({ belief: z.record(z.string(), z.unknown()) }),
  /** There are events that are worth reporting at once. */
  z.strictObject({ look: z.literal(true) }),
  /** The run goes on in this one; the one before has ended. */
  z.strictObject({ recording: z.string() }),
  /** For uploads, which wait while it is. */
  z.strictObject({ armed: z.boolean() }),
  /** What a list of beds shows of this one; kept by the broker. */
  z.strictObject({ bed: bedReport }),
  z.strictObject({ health: z.record(z.string(), z.unknown()) }),
  /** Of the recording: its newest seal, for whoever keeps it elsewhere. */
  z.strictObject({ head: z.record(z.string(), z.unknown()) }),
  z.strictObject({
    response: z.strictObject({ id: z.string(), ok: z.boolean(), data: z.unknown(), reasons: z.array(z.string()) }),
  }),
  /** For the page; what is lost is not sent again. */
  z.strictObject({ status: shownStatus }),
  z.strictObject({ samples: liveSamples }),
  z.strictObject({ picture: livePicture }),
  z.strictObject({ finish: z.literal(true) }),
]);
export type ToLink = z.infer<typeof toLink>;

const limit = z.number().nonnegative().optional();
const count = z.number().int().nonnegative().optional();
const place = z.number().int().nonnegative();
/**
 * What may come from the network for the core: it can make stimulation safer, and never arm or raise; it steers places,
 * which stimulate nobody.
 */
export const forwardedRequest = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('disarm') }),
  z
    .strictObject({
      verb: z.literal('lower'),
      perMinute: count,
      perHour: count,
      perNight: count,
      interval_us: limit,
      gain_db: z.number().nonpositive().optional(),
    })
    .refine((named) => Object.keys(named).length > 1, { error: 'names no limit' }),
  z.strictObject({ verb: z.literal('mark'), text: z.string().min(1).max(1000) }),
  /** It makes nothing fire: who has seen an alarm says so. */
  z.strictObject({ verb: z.literal('acknowledge'), alarm: z.string().min(1).max(40), by: initials }),
  z.strictObject({ verb: z.literal('status') }),
  z.strictObject({ verb: z.literal('place/learn') }),
  z.strictObject({ verb: z.literal('place/match') }),
  z.strictObject({ verb: z.literal('place/pause') }),
  /** Without a place: where the robot is. */
  z.strictObject({ verb: z.literal('place/label'), label: z.string().min(1).max(200), place: place.optional() }),
  z.strictObject({ verb: z.literal('place/forget'), place }),
  z.strictObject({ verb: z.literal('place/map'), map: z.string().min(1).max(4096) }),
]);
export type ForwardedRequest = z.infer<typeof forwardedRequest>;
/** A silence the link hands to the guardian, past the core. */
export type RemoteRequest = ForwardedRequest | { readonly verb: 'silence' };

export const fromLink = z.union([
  z.strictObject({ request: z.strictObject({ id: z.string(), wanted: forwardedRequest }) }),
  z.strictObject({ counts: z.strictObject({ published: z.number(), acked: z.number() }) }),
  /** What keeps reports from arriving though there is a connection; the empty string once nothing does. */
  z.strictObject({ problem: z.string() }),
  z.strictObject({ connection: z.strictObject({ connected: z.boolean(), detail: z.string() }) }),
  /** From the upload thread. */
  z.strictObject({
    upload: z.union([
      z.strictObject({ problem: z.string() }),
      z.strictObject({ uploaded: z.string() }),
      z.strictObject({ encrypted: z.string() }),
    ]),
  }),
  /** Somebody looks at the page, or nobody does any more. */
  z.strictObject({ watched: z.boolean() }),
  /** The page is there, or cannot be. */
  z.strictObject({ dashboard: z.strictObject({ url: z.string(), problem: z.string() }) }),
  z.strictObject({ finished: z.strictObject({ published: z.number(), acked: z.number() }) }),
]);
export type FromLink = z.infer<typeof fromLink>;

/** What a line between core and link says; undefined for one that was cut off with its process, or is of another version. */
export function readLine<Message>(messages: z.ZodType<Message>, line: string): Message | undefined {
  try {
    return messages.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

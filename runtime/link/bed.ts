import { z } from 'zod';

/** The payload of the retained topic `axond/1/NAME/bed`, besides its envelope: one row of a list of beds. */
export const bedReport = z.object({
  /** Null where the device file does not reveal codes, or there is no participant. */
  code: z.string().nullable(),
  /** In words. */
  state: z.string(),
  /** ISO 8601 in UTC, to the minute; null while it is disarmed. */
  armed_until: z.iso.datetime().nullable(),
  /** Null before the first. */
  sample_age_s: z.number().nonnegative().nullable(),
  /** Worst first; what was acknowledged last. */
  alarms: z
    .array(
      z.object({
        alarm: z.string(),
        words: z.string(),
        detail: z.string(),
        /** What to do. */
        fix: z.string(),
        since: z.iso.datetime(),
        /** Its cause has gone. */
        over: z.boolean(),
        /** Initials; empty while nobody has acknowledged it. */
        by: z.string(),
      }),
    )
    .readonly(),
});
export type BedReport = z.infer<typeof bedReport>;

/** Of a person, as they stand in the log. */
export const initials = z
  .string()
  .regex(/^\p{L}{2,5}$/u, { error: 'by: initials are two to five letters, such as AM' });

import { z } from 'zod';

/** What the supervisor tells the link process of the page and of the run that it shows. */
export const dashboardOptions = z.strictObject({
  address: z.string(),
  port: z.number().int(),
  hosts: z.array(z.string()).readonly(),
  /** Path of the Unix socket; the page is there too. */
  socket: z.string(),
  /** Folder of the tokens. */
  state: z.string(),
  timeZone: z.string(),
  stream: z.strictObject({
    rate: z.number(),
    channels: z.array(z.strictObject({ name: z.string(), unit: z.string(), scale: z.number() })).readonly(),
  }),
  /** Size of the camera's pictures, where places are recognised. */
  pictures: z.strictObject({ width: z.number(), height: z.number() }).optional(),
  stimulates: z.boolean(),
  /** Whether it shows the texts of marks, which people write of people. */
  notes: z.boolean(),
});
export type DashboardOptions = z.infer<typeof dashboardOptions>;

/**
 * Samples as they came, for a page that somebody looks at: `counts` holds base64 of little-endian `i32 [frames ×
 * channels]`, `lostCounts` where a frame was lost.
 */
export const liveSamples = z.strictObject({
  firstIndex: z.number().int(),
  frames: z.number().int().positive(),
  counts: z.string(),
});
export type LiveSamples = z.infer<typeof liveSamples>;
/** No converter that is supported gives it. */
export const lostCounts = -(2 ** 31);

/** The newest picture of a camera: `pixels` in base64, a byte a pixel. */
export const livePicture = z.strictObject({ number: z.number().int(), pixels: z.string() });
export type LivePicture = z.infer<typeof livePicture>;

const count = z.number().int();
/** What the page shows of a run's status; what it does not show is left out. Numbers that are not finite come as null. */
export const shownStatus = z.object({
  name: z.string(),
  recording: z.string(),
  runningSeconds: z.number(),
  source: z.object({
    device: z.string(),
    port: z.string(),
    state: z.string(),
    notice: z.string(),
    samples: count,
    gaps: count,
    lostFrames: count,
    driftPpm: z.number().nullable(),
  }),
  detections: count,
  stimulation: z
    .object({
      armed: z.boolean(),
      armedForSeconds: z.number().nullable(),
      holding: z.array(z.string()).readonly(),
      stimuli: count,
      refusals: count,
      lastReasons: z.array(z.string()).readonly(),
      actuator: z.string(),
      guardian: z.string(),
      budget: z.object({
        state: z.string(),
        left: z.object({ hour: z.number(), day: z.number(), night: z.number().nullable() }).nullable(),
      }),
    })
    .nullable(),
  place: z
    .object({
      estimate: z.object({
        place: z.number(),
        score: z.number().nullable(),
        second: z.number().nullable(),
        margin: z.number().nullable(),
        known: z.boolean(),
        ambiguous: z.boolean(),
      }),
      place: z.number(),
      label: z.string(),
      mode: z.string(),
      map: z.string(),
      places: count,
      frames: count,
      dropped: count,
      withoutEvidence: count,
      ms: z.number().nullable(),
      mapProblem: z.string(),
      ruleProblem: z.string(),
    })
    .nullable(),
  night: z
    .object({
      windowSeconds: z.number(),
      adverse: z.boolean(),
      rearmed: count,
      closed: z.boolean(),
      problem: z.string(),
      steps: z.array(z.object({ step: z.string(), result: z.string(), detail: z.string() })).readonly(),
    })
    .nullable(),
  alarms: z
    .array(
      z.object({
        alarm: z.string(),
        words: z.string(),
        detail: z.string(),
        fix: z.string(),
        sinceWallMs: z.number(),
        over: z.boolean(),
        by: z.string(),
      }),
    )
    .readonly(),
  ringLosses: z.record(z.string(), z.number()),
  recorder: z.object({ state: z.string(), lagMs: z.number() }),
  mqtt: z.object({ connected: z.boolean(), detail: z.string(), published: count, acked: count }).nullable(),
});
export type ShownStatus = z.infer<typeof shownStatus>;

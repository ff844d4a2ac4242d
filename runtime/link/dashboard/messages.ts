import { z } from 'zod';
import { initials } from '../bed.js';
import type { BedRow } from '../beds.js';
import type { DisplayInfo } from './live-signal.js';
import type { ShownStatus } from './options.js';

/** What page and server say to each other in text: JSON. The signal comes as in `signal-frame.ts`. */

/** `blinded` sees no stimulus, nor what tells of one. Both may stop. */
export const roles = ['operator', 'blinded'] as const;
export type Role = (typeof roles)[number];

/** The first message. The page of beds sees no signal. */
export const greeting = z.strictObject({
  token: z.string().min(1).max(200),
  view: z.enum(['run', 'beds']).default('run'),
});
export type View = z.infer<typeof greeting>['view'];

/** What the page may ask for. None of it arms or raises: there is no word for that. */
export const action = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('disarm'), id: z.number().int() }),
  z.strictObject({ do: z.literal('silence'), id: z.number().int() }),
  /** `bed` is the name of a device; this one or another that its broker knows. */
  z.strictObject({
    do: z.literal('acknowledge'),
    id: z.number().int(),
    bed: z.string().min(1).max(100),
    alarm: z.string().min(1).max(40),
    by: initials,
  }),
  z.strictObject({ do: z.literal('mark'), id: z.number().int(), text: z.string().trim().min(1).max(500) }),
]);
export type Action = z.infer<typeof action>;

/** Something that stands at a place in the signal. Indexes are of the display. */
export type Mark =
  | {
      readonly kind: 'detection';
      readonly name: string;
      readonly from: number;
      readonly to: number;
      readonly score: number;
    }
  | { readonly kind: 'stimulus'; readonly name: string; readonly from: number }
  | { readonly kind: 'refusal'; readonly name: string; readonly from: number; readonly reasons: readonly string[] }
  | { readonly kind: 'marker'; readonly name: string; readonly from: number };

/** A judgement of a detector that lasts until the next one of the same name. */
export interface EstimatePoint {
  /** `detector.estimate`. */
  readonly name: string;
  readonly wallMs: number;
  readonly state: string;
  readonly value: number | null;
}

/** Milliseconds from the arrival of a stimulus's bytes to its start, by bins of equal ratio. */
export interface Latency {
  /** Lower end of each bin in milliseconds; what is below the first, or above the last, is in it. */
  readonly bins: readonly number[];
  readonly counts: readonly number[];
  readonly median: number;
  readonly p95: number;
  readonly most: number;
}

export interface Disk {
  readonly freeBytes: number;
  readonly recordingBytes: number;
}

export interface Hello {
  readonly v: 1;
  readonly role: Role;
  readonly device: string;
  readonly timeZone: string;
  readonly display: DisplayInfo;
  readonly pictures: { readonly width: number; readonly height: number } | null;
  readonly stimulates: boolean;
  /** Every reason for which the gate may hold that the role may see. */
  readonly reasons: readonly string[];
  /** Name of the estimate that says whether the person sleeps; null where there is none. */
  readonly sleep: string | null;
}

/** What the role may know of `ShownStatus`: undefined fields are not for it. */
export interface Shown extends Omit<ShownStatus, 'stimulation'> {
  readonly stimulation:
    | (Pick<NonNullable<ShownStatus['stimulation']>, 'armed' | 'armedForSeconds' | 'holding' | 'guardian'> &
        Partial<NonNullable<ShownStatus['stimulation']>>)
    | null;
}

export type ToPage =
  | { readonly hello: Hello }
  /** All that is to be known of what has been; replaces what the page has. */
  | { readonly past: { readonly marks: readonly Mark[]; readonly estimates: readonly EstimatePoint[] } }
  | { readonly marks: readonly Mark[] }
  | { readonly estimates: readonly EstimatePoint[] }
  | {
      readonly now: {
        readonly wallMs: number;
        readonly status: Shown;
        readonly latency: Latency | null;
        readonly disk: Disk | null;
        /** Signal frames that this page did not get because it was slow. */
        readonly dropped: number;
        /** Pages that look on. */
        readonly pages: number;
      };
    }
  /** Every second, whatever becomes of the run: a page that does not hear it knows that its STOP may not reach. */
  | { readonly beat: true }
  /** For the page of beds alone, every second. `broker`: whether others are heard; null where none is configured. */
  | { readonly beds: { readonly rows: readonly BedRow[]; readonly device: string; readonly broker: boolean | null } }
  | { readonly answer: { readonly id: number; readonly ok: boolean; readonly text: string } };

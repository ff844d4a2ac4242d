import type { RefusalReason, SessionState } from '../contracts.js';
import type { Head } from '../recording/table-chains.js';
import type { PlaceState } from '../place/shared.js';
import type { MarkStatus } from './mark-inputs.js';
import type { Alarm } from '../study/alarms.js';
import type { NightState } from './night-run.js';

/** What a running axond says of itself: on the control socket, the live screen and MQTT. */
export interface Status {
  readonly name: string;
  readonly verb: string;
  readonly recording: string;
  readonly runningSeconds: number;
  readonly source: {
    readonly device: string;
    readonly port: string;
    readonly state: SessionState;
    /** What a person should know or do now, or the empty string. */
    readonly notice: string;
    readonly samples: number;
    readonly gaps: number;
    readonly lostFrames: number;
    readonly discardedBytes: number;
    readonly duplicates: number;
    readonly driftPpm: number;
  };
  /** Where marks come in; absent where nowhere. */
  readonly marks?: readonly MarkStatus[];
  readonly detections: number;
  /** Null where the configuration stimulates nothing. */
  readonly stimulation: {
    readonly armed: boolean;
    readonly armedForSeconds: number;
    /** Why nothing may fire now; empty when it may. */
    readonly holding: readonly RefusalReason[];
    readonly stimuli: number;
    readonly refusals: number;
    /** The last ones, as `axond explain` takes them: `S3`, `R7`; null before the first. */
    readonly lastStimulus: string | null;
    readonly lastRefusal: string | null;
    /** Of the last refusal; empty before the first. */
    readonly lastReasons: readonly RefusalReason[];
    readonly actuator: string;
    readonly guardian: string;
    /** What may still be given in this hour, these 24 hours, and this night (null where the run belongs to none). */
    readonly budget: {
      readonly state: string;
      readonly left: { readonly hour: number; readonly day: number; readonly night: number | null } | null;
    };
  } | null;
  /** Null where no places are recognised. */
  readonly place: PlaceState | null;
  /** Null where the run belongs to no night of a study. */
  readonly night: NightState | null;
  /** Worst first; what was acknowledged last. */
  readonly alarms: readonly Alarm[];
  readonly ringLosses: Readonly<Record<string, number>>;
  readonly recorder: {
    readonly state: string;
    readonly lagMs: number;
    /** The newest seal on disk, at most a minute and a second old; null before the first. */
    readonly head: Head | null;
  };
  /** Null where nothing is reported. */
  readonly mqtt: {
    readonly url: string;
    readonly connected: boolean;
    readonly detail: string;
    readonly published: number;
    readonly acked: number;
  } | null;
  /** Null where there is no page; a problem is why it is not served. */
  readonly dashboard: { readonly url: string; readonly problem: string } | null;
  readonly realtime: string;
  /** Process ids; null where a process does not run. */
  readonly processes: { readonly core: number; readonly guardian: number | null; readonly link: number | null };
}

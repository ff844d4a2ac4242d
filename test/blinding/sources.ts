import type { Condition } from '../../runtime/contracts.js';
import type { Published } from './published.js';

/** A stimulus as it was published, and what it was in truth. */
export interface Known {
  readonly published: Published;
  readonly condition: Condition;
  /** Stimuli that were given close together. */
  readonly group: number;
}

/**
 * All that comes out of axond before somebody is unblinded, by how it is tried. What is not named here and is seen all
 * the same fails the trial. Not here: the wire, the sound, what the brain answers, and the sealed file (SAFETY.md, who can
 * know the condition); nor what is made before a night, such as the lock, which holds that file's SHA-256 and no more.
 */
export const sources = {
  /** What the guardian says and logs of each stimulus (`published.ts`), and what is made of its words (`told.ts`). */
  ofStimuli: [
    'events of the recording',
    'reports over MQTT',
    'marks over LSL',
    'the page of an operator',
    'the page of somebody blinded',
    'annotations of an export',
    'stimuli.tsv of a study',
  ],
  /** As it comes out of real processes, stretch by stretch of a night (`through-axond.ts`). */
  live: [
    'lines of the log',
    'axond status',
    'page, operator',
    'page, blinded',
    'page of beds',
    'signal on a page',
    'processes of the machine',
    'events of the recording',
    'reads of the recording',
    'topic state',
    'topic description',
    'topic health',
    'topic head',
    'topic bed',
    'topic event/stimulus',
    'topic event/refusal',
    'topic event/estimate',
    'topic event/detection',
    'topic event/health',
    'topic event/marker',
    'topic event/fault',
    'file NAME.db',
    'file NAME.db-wal',
    'file NAME.db-shm',
    'file NAME.deliveries',
    'file NAME.night',
    'file NAME.published',
    'file NAME.published.new',
    'file leak/guardian.pid',
    'file state/budget.db',
    'file state/budget.db-journal',
  ],
  /** What two whole nights on a clock of their own leave, byte by byte (`night-pair.ts`). */
  ofNights: [
    'the log of the night',
    'events of the recording',
    'stimuli.tsv',
    'nights.tsv',
    'manifest.sha256',
    'the rest of a study export',
    'page of the night',
    'recording show',
    'explain S1',
    'replay',
    'export as edf',
    'export as bids',
    'export as parquet',
  ],
  /** The same, of what has no word on any stimulus. */
  ofNightsAlone: [
    'names of all files',
    'the uses of the allocation',
    'reads of the recording',
    'size of the recording',
    'check',
    'export as csv',
  ],
} as const;

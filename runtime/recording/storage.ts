import type { Copy } from './copies.js';

/** Which recordings `device.storage` lets go, and when. Pure. */

export const deletionRules = ['never', 'uploaded', 'exported'] as const;

export interface StoragePolicy {
  /** What all recordings of the folder may take together; Infinity without a bound. */
  readonly budgetBytes: number;
  /** `uploaded`: what stands verified at its destination; `exported`: that, and what was exported too. */
  readonly delete: (typeof deletionRules)[number];
}

/** A recording in the folder of the running one. */
export interface StoredRecording {
  readonly file: string;
  /** With what stands beside it. */
  readonly bytes: number;
  /** Last written. */
  readonly writtenMs: number;
  readonly copies: readonly Copy[];
  /** The running one, or one that stimuli or reports have still to be taken from. */
  readonly inUse: boolean;
}

/** A copy counts if nothing was written after it. */
export function isCopied({ copies, writtenMs }: StoredRecording, rule: StoragePolicy['delete']): boolean {
  const counts = ({ kind }: Copy): boolean => rule === 'exported' || (rule === 'uploaded' && kind === 'uploaded');
  return copies.some((copy) => counts(copy) && copy.wallMs >= writtenMs);
}

export interface Deletions {
  /** The oldest first. */
  readonly delete: readonly StoredRecording[];
  /** What is still missing when these are gone; 0 or less if nothing is. */
  readonly lackingBytes: number;
}

/** No more than it takes to be within the budget, and to have `wantedBytes` free on the disk. */
export function chooseDeletions(
  recordings: readonly StoredRecording[],
  policy: StoragePolicy,
  freeBytes: number,
  wantedBytes: number,
): Deletions {
  const taken = recordings.reduce((sum, { bytes }) => sum + bytes, 0);
  let lackingBytes = Math.max(taken - policy.budgetBytes, wantedBytes - freeBytes);
  const chosen: StoredRecording[] = [];
  for (const recording of [...recordings].sort((a, b) => a.writtenMs - b.writtenMs)) {
    if (!(lackingBytes > 0)) break;
    if (recording.inUse || !isCopied(recording, policy.delete)) continue;
    chosen.push(recording);
    lackingBytes -= recording.bytes;
  }
  return { delete: chosen, lackingBytes };
}

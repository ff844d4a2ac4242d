import { z } from 'zod';
import type { RefusalReason } from '../contracts.js';

/** What an evening needs to know of the run that it has started or found; a run tells more. */
export const runStatus = z.object({
  source: z.object({ samples: z.number(), notice: z.string() }),
  stimulation: z.object({ armed: z.boolean(), guardian: z.string(), holding: z.array(z.string()) }).nullable(),
  night: z.object({ windowSeconds: z.number() }).nullable(),
});
export type RunStatus = z.output<typeof runStatus>;

/**
 * Whether a run that was begun `waitedMs` ago can be armed by somebody, as far as that depends on time: empty when it can,
 * undefined while it is to be waited for, else what is missing. `sampledMs`: since its first sample; undefined before. A
 * guardian that is still opening its devices would refuse the arming, and so would clocks, recorder and disk that the run does
 * not know in its first second; what does not come to be known is refused by name when it is armed. Pure.
 */
export function lacks(
  status: RunStatus | undefined,
  waitedMs: number,
  sampledMs: number | undefined,
): string | undefined {
  const isLate = waitedMs > startMs;
  if (!status) return isLate ? 'The run does not answer yet.' : undefined;
  if (sampledMs === undefined) return isLate ? `The run has no samples yet. ${status.source.notice}` : undefined;
  const { stimulation } = status;
  if (stimulation?.guardian === 'starting') return isLate ? 'Its guardian is not ready yet.' : undefined;
  const holds = stimulation?.holding.some((reason) => knownLater.includes(reason)) ?? false;
  return holds && sampledMs < knownMs ? undefined : '';
}

const startMs = 60_000;
const knownMs = 10_000;
const knownLater: readonly string[] = ['clock', 'recorder', 'disk', 'budget'] satisfies RefusalReason[];

import type { BedReport } from '../link/bed.js';
import type { Status } from './status.js';

/** What a list of beds shows of this one. `code` is null where it is not to be told. Pure. */
export function bedOf(
  { source, stimulation, alarms }: Pick<Status, 'source' | 'stimulation' | 'alarms'>,
  sampleAgeSeconds: number,
  code: string | null,
  wallMs: number,
): BedReport {
  const armed = stimulation?.armed === true;
  return {
    code,
    state: stateOf(source, stimulation),
    armed_until: armed && Number.isFinite(stimulation.armedForSeconds) ? untilOf(wallMs, stimulation) : null,
    sample_age_s: Number.isFinite(sampleAgeSeconds) ? Math.round(sampleAgeSeconds * 10) / 10 : null,
    alarms: alarms.map(({ alarm, words, detail, fix, sinceWallMs, over, by }) => {
      return { alarm, words, detail, fix, since: new Date(sinceWallMs).toISOString(), over, by };
    }),
  };
}

function stateOf({ state, samples }: Status['source'], stimulation: Status['stimulation']): string {
  if (state !== 'streaming') return samples === 0 ? 'waits for a signal' : 'has no signal';
  if (!stimulation) return 'records';
  if (!stimulation.armed) return 'disarmed, records';
  return stimulation.holding.length > 0 ? 'armed, waits' : 'armed';
}

function untilOf(wallMs: number, { armedForSeconds }: NonNullable<Status['stimulation']>): string {
  const minute = 60e3;
  return new Date(Math.round((wallMs + armedForSeconds * 1000) / minute) * minute).toISOString();
}

import { join } from 'node:path';
import type { Logger } from 'pino';
import type { RunSummary } from '../contracts.js';
import type { PlaceState } from '../place/shared.js';
import { CrashReporter } from '../supervisor/crash-report.js';
import { PlaceRun } from '../supervisor/place-run.js';
import { conductAgain, type Ended } from './conduct-again.js';
import type { LoadedPlaceRun } from './configuration.js';
import { Failure } from './output.js';
import { axondVersion } from './version.js';

export interface ConductedPlaces {
  readonly verb: string;
  readonly loaded: LoadedPlaceRun;
  readonly log: Logger;
  readonly seconds: number | undefined;
  readonly quiet: boolean;
}

/** What a run of frames and places comes to. */
export interface DriveSummary extends RunSummary {
  /** Null where no frame came. */
  readonly drive: Pick<PlaceState, 'places' | 'dropped' | 'withoutEvidence' | 'restarts'> | null;
}

/** As `conduct` does, of a run that recognises places. */
export function conductPlaces(conducted: ConductedPlaces): Promise<DriveSummary> {
  return conductAgain(conducted.loaded.plan, conducted, () => conductOnce(conducted));
}

async function conductOnce(conducted: ConductedPlaces): Promise<Ended<DriveSummary>> {
  const { verb, loaded, log, seconds, quiet } = conducted;
  const { plan, effectiveYaml } = loaded;
  const run = await PlaceRun.start({
    verb,
    plan,
    configuration: effectiveYaml,
    axondVersion,
    log,
    ...(seconds === undefined ? {} : { seconds }),
  });
  const crashes = new CrashReporter(join(plan.record, 'state', 'crashes'), axondVersion, () => run.status(), log);
  const stop = (): void => void run.stop();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const hide = quiet || !process.stderr.isTTY ? () => undefined : showPlace(run);
  try {
    const summary = await run.finished;
    if (run.recorderFailure !== '') throw new Failure(run.recorderFailure);
    const { roomWanted } = run;
    const { place } = run.status();
    if (!place) return { summary: { ...summary, drive: null }, roomWanted };
    const { places, dropped, withoutEvidence, restarts } = place;
    return { summary: { ...summary, drive: { places, dropped, withoutEvidence, restarts } }, roomWanted };
  } catch (error) {
    crashes.note(error);
    throw error;
  } finally {
    hide();
    crashes.close();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

export function describeDrive({ samples, drive, ringLosses, mqtt, recording }: DriveSummary): string[] {
  const { places = 0, dropped = 0, withoutEvidence = 0, restarts = 0 } = drive ?? {};
  const losses = Object.entries(ringLosses).map(([ring, count]) => `${ring === 'samples' ? 'frames' : ring} ${count}`);
  return [
    `frames      ${samples}, ${withoutEvidence} of them without evidence; ${dropped} more came too late or not whole`,
    `source      started again ${restarts} times`,
    `map         ${places} places`,
    `losses      ${losses.join(', ')}`,
    ...(mqtt ? [`mqtt        ${mqtt.acked} of ${mqtt.published} messages acknowledged`] : []),
    `recording   ${recording ?? 'none'}`,
  ];
}

/** One line that stays where it is. */
function showPlace(run: PlaceRun): () => void {
  const timer = setInterval(() => process.stderr.write(`\r${placeLine(run)}\x1b[K`), 1000 / linesPerSecond);
  return () => {
    clearInterval(timer);
    process.stderr.write('\n');
  };
}

function placeLine(run: PlaceRun): string {
  const { place, source } = run.status();
  if (!place) return source.notice === '' ? 'waiting for the camera' : source.notice;
  const { mode, places, frames, dropped, label, ms, estimate } = place;
  const where = place.place < 0 ? 'unknown' : `place ${place.place}${label === '' ? '' : ` (${label})`}`;
  return `${mode}  ${where}  score ${estimate.score.toFixed(2)}  ${places} places  ${frames} frames (${dropped} dropped)  ${ms.toFixed(1)} ms`;
}

const linesPerSecond = 5;

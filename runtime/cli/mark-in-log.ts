import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { initials } from '../link/bed.js';
import { NightFile } from '../study/night-file.js';
import type { NightEntry, NightMark } from '../study/night-log.js';
import { Night } from '../study/night.js';
import { NoAnswer } from '../supervisor/control-socket.js';
import { placesOf, runningDevices } from '../supervisor/places.js';
import { nightTime } from '../supervisor/run-night.js';
import { runOf } from './night-run-of.js';
import { Failure, UsageError, print, printJson } from './output.js';

type Begun = Extract<NightEntry, { kind: 'begun' }>;

export interface LaterMark {
  readonly mark: NightMark | 'clear' | undefined;
  readonly text: string;
  readonly by: string;
}

/**
 * `axond mark … --log FILE`: into the log of a night that no run keeps any more, closed or not. An adverse event in it holds
 * each later run of that night (SAFETY.md R-50).
 */
export async function markInLog(path: string, said: LaterMark, json: boolean): Promise<void> {
  const entry = entryOf(said);
  if (!existsSync(path)) throw new UsageError(`${path}: there is no such file. Name the log of a night (*.night).`);
  let timeZone = 'UTC';
  const file = new NightFile(path, () => nightTime({ record: dirname(path), timeZone }));
  const lines = await failing(path, () => file.read());
  const [first] = lines;
  if (first?.entry.kind !== 'begun') throw new Failure(`${path}: no night was begun in it. Name the log of one.`);
  timeZone = first.zone;
  if (entry.kind === 'adverseCleared' && !new Night(lines).adverse)
    throw new Failure(`${path}: no adverse event holds this night, so that there is nothing to clear.`);
  const isUnheard = await refuseWhereItRuns(first.entry, entry.kind);
  const line = (await failing(path, () => file.append(entry))).at(-1);
  const { device } = first.entry;
  if (json) printJson({ log: path, line: line?.n, head: line && `${line.n}:${line.hash}` });
  else print(`Written into ${path}, line ${line?.n}: ${[said.mark, said.text].join(' ').trim()}`);
  if (isUnheard && said.mark === 'adverse')
    throw new Failure(`${device}: its run does not answer and was not told. Bring it to rest: axond silence.`);
}

function entryOf({ mark, text, by }: LaterMark): NightEntry {
  if (mark === undefined) throw new UsageError('mark: --log takes note, adverse, awake or clear, and a text.');
  if (mark === 'lightsOff')
    throw new UsageError('mark: lightsOff opens the window of a run, and --log is for a night without one.');
  if (mark === 'lightsOn')
    throw new UsageError(
      'mark: --log takes no lightsOn. End the night: axond night P017 --night 3 --config … --lights-on',
    );
  if (text.length > 1000) throw new UsageError(`mark: a text of ${text.length} letters is longer than 1000.`);
  const fault = by === '' && mark !== 'clear' ? undefined : initials.safeParse(by).error?.issues[0]?.message;
  if (fault !== undefined) throw new UsageError(`mark: --${fault}.`);
  return mark === 'clear' ? { kind: 'adverseCleared', by, text } : { kind: 'mark', mark, text, by };
}

/**
 * What a run has been told acts at once, and stands in its recording too. Returns whether one at the bed of the night does
 * not answer: it may have this night, and finds an adverse event with its next line.
 */
async function refuseWhereItRuns(begun: Begun, kind: NightEntry['kind']): Promise<boolean> {
  let isUnheard = false;
  for (const name of await runningDevices()) {
    try {
      const { study } = await runOf(placesOf(name).control);
      const isThis =
        study?.name === begun.study && study.participant === begun.participant && study.night === begun.night;
      if (isThis) throw new Failure(`${name}: its run has this night and hears of it itself: leave --log out.`);
    } catch (error) {
      if (error instanceof Failure) throw error;
      // At another bed it may be another night's.
      if (name !== begun.device) continue;
      if (!(error instanceof NoAnswer) || kind === 'adverseCleared')
        throw new Failure(error instanceof Error ? error.message : String(error));
      isUnheard = true;
    }
  }
  return isUnheard;
}

async function failing<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isForbidden = 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
    throw new Failure(
      isForbidden
        ? `${path}: is another user's. Write into it as the user of the recordings: sudo -u …`
        : error.message,
    );
  }
}

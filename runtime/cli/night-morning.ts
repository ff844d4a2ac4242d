import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunDescription } from '../contracts.js';
import { checkRecording, type RecordingReport } from '../recording/check.js';
import { openRecording } from '../recording/read.js';
import { NightFile, nightPath } from '../study/night-file.js';
import { secondsBetween, type NightLine } from '../study/night-log.js';
import { Night } from '../study/night.js';
import { askControl, type ControlRequest } from '../supervisor/control-socket.js';
import { placesOf, runningDevices } from '../supervisor/places.js';
import { nightTime } from '../supervisor/run-night.js';
import { loadRunPlan } from './configuration.js';
import { setsOf, type NamedNight } from './night-named.js';
import { runOf } from './night-run-of.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { callForRest } from './rest-call.js';
import { deviceOf } from './target.js';

interface Which {
  readonly folder: string;
  readonly study: string;
  readonly participant: string;
  readonly night: number;
  readonly timeZone: string;
}

/** What somebody says who ends a night. */
export interface Morning {
  readonly by: string;
  /** Why it is lost, in their words; empty where they do not give it up. */
  readonly lost: string;
}

/**
 * `axond night --lights-on`: disarms, ends the run, checks what it recorded and closes the night. `asked` is the device whose
 * run that is; where only one runs, nobody has to name it.
 */
export async function morning(
  given: NamedNight | undefined,
  asked: string | undefined,
  said: Morning,
  json: boolean,
): Promise<void> {
  const named = given && planOf(given);
  const running = await runningDevices();
  const device = asked ?? named?.device ?? (running.length === 0 ? undefined : await deviceOf({}));
  const runs = device !== undefined && running.includes(device);
  // A run that is dead would be followed by one that arms by itself, while somebody gets up.
  const left = runs ? '' : await callForRest(device === undefined ? {} : { device });
  const which = runs ? await endRun(device, said.by, named) : named;
  if (!which) {
    const others = running.length === 0 ? '' : ` Here run ${running.join(', ')}.`;
    throw new Failure(
      `No run ${asked === undefined ? '' : `of ${asked} `}is here.${left}${others} Name the night: axond night P017 --night 3 --config … --lights-on`,
    );
  }
  const closed = await closeNight(which, said);
  const { lines, ...result } = closed;
  if (json) printJson(result);
  else print(...lines);
  // What was asked for is no failure.
  if (closed.outcome === 'lost' && said.lost === '') process.exitCode = 1;
}

function planOf(given: NamedNight): Which & { readonly device: string } {
  const { plan } = loadRunPlan({ files: given.files, sets: setsOf(given), armVirtual: false });
  if (!plan.study) throw new UsageError('study: the configuration has none, so that it has no nights.');
  const { name, participant, night } = plan.study;
  return { folder: plan.record, study: name, participant, night, timeZone: plan.timeZone, device: plan.name };
}

/** Resolves when it has let go of its recording. */
async function endRun(device: string, by: string, named: Which | undefined): Promise<Which> {
  const { control } = placesOf(device);
  const ask = async (request: ControlRequest): Promise<void> => {
    const reply = await askControl(control, request);
    if (!reply.ok) throw new Failure(reply.reasons.join('\n'));
  };
  const { study, recording, pid } = await runOf(control).catch(async (error: unknown) => {
    // It hangs, or only begins: whichever follows must not arm by itself, nor must it.
    const left = await callForRest({ device });
    const isDisarmed = await ask({ verb: 'disarm' }).then(
      () => ' It is disarmed.',
      () => left,
    );
    throw new Failure(`${error instanceof Error ? error.message : String(error)}${isDisarmed}`);
  });
  if (!study) throw new Failure(`${device}: its run belongs to no night of a study. Ctrl-C ends it.`);
  const { name, participant, night } = study;
  if (named && !(named.participant === participant && named.night === night && named.study === name))
    throw new Failure(`${device} runs for night ${night} of ${participant}: it was left as it is.`);
  await callForRest({ device });
  await ask({ verb: 'mark', mark: 'lightsOn', text: '', ...(by === '' ? {} : { by }) });
  await ask({ verb: 'stop' });
  const deadline = performance.now() + endMs;
  while (existsSync(`/proc/${pid}`)) {
    if (performance.now() > deadline)
      throw new Failure(`${device}: is disarmed and its run (${pid}) has not ended in ${endMs / 1000} s. Ask again.`);
    await pause(100);
  }
  const folder = dirname(recording);
  return { folder, study: name, participant, night, timeZone: named?.timeZone ?? zoneHere() };
}

export interface ClosedNight {
  readonly outcome: 'complete' | 'lost';
  readonly reason: string;
  readonly log: string;
  readonly recordings: readonly string[];
  /** For people. */
  readonly lines: readonly string[];
}

/** No run has it any more. */
export async function closeNight(which: Which, { by, lost }: Morning): Promise<ClosedNight> {
  const { folder, study, participant, night } = which;
  let timeZone = which.timeZone;
  const file = new NightFile(nightPath(folder, study, participant, night), () =>
    nightTime({ record: folder, timeZone }),
  );
  let lines = await file.read();
  const [first] = lines;
  if (!first) throw new Failure(`${file.path}: there is no such night. See axond recording list ${folder}.`);
  timeZone = first.zone;
  const state = new Night(lines);
  if (state.closed) throw new Failure(`${file.path}: this night is closed already.`);
  if (state.unended !== undefined)
    await file.append({ kind: 'run', recording: state.unended, state: 'gone', detail: '' });
  if (lastMark(lines)?.entry.kind === 'lightsOff') await file.append({ kind: 'lightsOn', by });
  const { reports, faults, notes } = checkAll(which, lines);
  const reasons = lost === '' ? faults : [lost, ...faults];
  const outcome = reasons.length === 0 ? 'complete' : 'lost';
  const reason = reasons.join('; ').slice(0, longestReason);
  await file.append({ kind: 'closed', outcome, reason });
  lines = file.lines;
  return {
    ...{ outcome, reason, log: file.path },
    recordings: reports.map(({ path }) => path),
    lines: [
      ...reports.map(({ path, frames, started, ok }) => {
        const signal = `${frames} frames (${hoursAndMinutes(frames / rateOf(path))})`;
        return `${ok ? 'ok     ' : 'FAULT  '} ${path}: ${signal}, ${started.length} stimuli`;
      }),
      ...[...faults, ...notes].map((text) => `        ${text}`),
      `Night ${night} of ${participant} is closed: ${outcome}${lost === '' ? '' : ` (${lost})`}.${inBed(lines)} Its log: ${file.path}`,
    ],
  };
}

function checkAll(
  { folder, study, participant, night }: Which,
  lines: readonly NightLine[],
): { reports: RecordingReport[]; faults: string[]; notes: string[] } {
  const faults: string[] = [];
  const notes: string[] = [];
  const reports: RecordingReport[] = [];
  const began = lines.flatMap(({ entry }) => (entry.kind === 'run' ? [entry.recording] : []));
  const files = readdirSync(folder).filter((name) => name.endsWith('.db'));
  // A run of months goes on in further recordings, which no line names.
  const further = files.map((name) => basename(name, '.db')).filter((name) => !began.includes(name));
  const own = further.filter((name) => {
    const found = studyOf(join(folder, `${name}.db`));
    return found?.name === study && found.participant === participant && found.night === night;
  });
  for (const name of [...new Set([...began, ...own])]) {
    const path = join(folder, `${name}.db`);
    if (existsSync(path)) {
      const report = checked(path);
      if (typeof report === 'string') faults.push(report);
      else {
        reports.push(report);
        faults.push(...report.faults.map((fault) => `${name}: ${fault}`));
        notes.push(...report.warnings.map((warning) => `${name}: ${warning}`));
      }
    } else if (existsSync(`${path}.age`)) notes.push(`${name}: is encrypted, and was not checked here.`);
    else faults.push(`${path}: is not there.`);
  }
  if (began.length === 0) faults.push('nothing was recorded.');
  return { reports, faults, notes };
}

function checked(path: string): RecordingReport | string {
  try {
    return checkRecording(path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Of one that cannot be opened, nobody can tell. */
function studyOf(path: string): RunDescription['study'] {
  try {
    return runIn(path).study;
  } catch {
    return undefined;
  }
}

/** Frames a second. */
const rateOf = (path: string): number => runIn(path).stream.rate;

function runIn(path: string): RunDescription {
  const recording = openRecording(path);
  try {
    return recording.run;
  } finally {
    recording.close();
  }
}

function lastMark(lines: readonly NightLine[]): NightLine | undefined {
  return lines.findLast(({ entry }) => entry.kind === 'lightsOff' || entry.kind === 'lightsOn');
}

function inBed(lines: readonly NightLine[]): string {
  const off = lines.find(({ entry }) => entry.kind === 'lightsOff');
  const on = lines.findLast(({ entry }) => entry.kind === 'lightsOn');
  const seconds = off && on ? secondsBetween(lines, off, on) : NaN;
  if (Number.isNaN(seconds)) return '';
  return ` ${hoursAndMinutes(seconds)} from lights off to lights on.`;
}

function hoursAndMinutes(seconds: number): string {
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
const endMs = 60_000;
/** Of a line in the log. */
export const longestReason = 1000;

import type { RunDescription } from '../contracts.js';
import { EpochSpectra } from '../evaluate/night/epoch-spectra.js';
import { filterDelays } from '../evaluate/night/filter-delays.js';
import { LockedPieces, averageLocked } from '../evaluate/night/locked-average.js';
import { collectNight, type NightStimulus } from '../evaluate/night/night-events.js';
import { nightPage, type Night } from '../evaluate/report/night-page.js';
import type { LoopPlan } from '../loop/plan.js';
import { civilTime } from '../recording/export/civil-time.js';
import { prepareExport, type Exported } from '../recording/export/exported.js';
import { framesSpanned } from '../recording/export/survey.js';
import type { Recording } from '../recording/read.js';
import { headText } from '../recording/table-chains.js';
import { openedConditions } from '../study/opened.js';
import { planOfRecording } from './configuration.js';
import { timeZoneOf } from './recording-path.js';
import { derivationOf, playSignal } from './recorded-signal.js';

interface PageOptions {
  readonly signal: string | undefined;
  readonly allocation: string | undefined;
}

/** The page of a recording; `opened` says whether it shows conditions. */
export async function buildPage(
  recording: Recording,
  id: string,
  { signal: asked, allocation }: PageOptions,
): Promise<{ page: string; opened: boolean }> {
  const { run } = recording;
  const conditionAt = await conditionsFor(run, id, allocation);
  const exported = prepareExport(recording, id, timeZoneOf(run.configuration));
  const plan = planOfRecording(run);
  const derivation = asked ?? derivationOf(plan);
  const { rate } = run.stream;
  const first = exported.survey.stretches[0]?.first ?? 0;
  const places = new Map(
    exported.marks.flatMap((mark) =>
      mark.kind === 'stimulus' ? [[Number(mark.id.slice(1)), mark.onset - first]] : [],
    ),
  );
  const stimuli = [...places.values()].sort((a, b) => a - b);
  const spectra = new EpochSpectra(rate, stimuli);
  const pieces = conditionAt && new LockedPieces(rate, stimuli);
  playSignal(recording, derivation, first, (values, length, at) => {
    spectra.push(values, length, at);
    pieces?.push(values, length, at);
  });
  spectra.finish();
  pieces?.finish();
  const told = Array.from(recording.readableEvents(), ({ event }) => event);
  const events = collectNight(told, rate, recording.lastUs());
  const night: Night = {
    title: `Night report: ${id}`,
    configuration: run.configuration,
    run,
    facts: [...factsOf(exported, plan, derivation), ['head of the recording', headOf(recording)]],
    rate,
    first,
    frames: framesSpanned(exported.survey),
    timeOfDay: timeOfDay(exported.start),
    events,
    filterDelays: filterDelays(plan, rate),
    detectors: run.detectors,
    gaps: exported.survey.gaps,
    spectra,
    ...(conditionAt && pieces
      ? {
          opened: split(
            events.stimuli,
            conditionAt,
            new Map([...places.keys()].map((command) => [command, pieceOf(command)])),
            rate,
          ),
        }
      : {}),
  };
  return { page: nightPage(night), opened: conditionAt !== undefined };

  function pieceOf(command: number): Float64Array | undefined {
    return pieces?.pieces[stimuli.indexOf(places.get(command) ?? NaN)];
  }
}

/** Where nobody knew the time it is counted from the start. */
function timeOfDay({ wallMs, timeZone }: Exported['start']): (seconds: number) => number {
  return (seconds) => {
    if (Number.isNaN(wallMs)) return seconds;
    const { hour, minute, second } = civilTime(wallMs + 1000 * seconds, timeZone);
    return 3600 * hour + 60 * minute + second;
  };
}

/** In words, of a stimulus. Undefined while the night is blinded; where there is no study, every stimulus was given. */
async function conditionsFor(
  run: RunDescription,
  id: string,
  allocation: string | undefined,
): Promise<((atUs: number) => string) | undefined> {
  if (allocation !== undefined) return openedConditions(allocation, run, id);
  return run.study ? undefined : () => 'given';
}

function split(
  stimuli: readonly NightStimulus[],
  conditionAt: (atUs: number) => string,
  pieces: ReadonlyMap<number, Float64Array | undefined>,
  rate: number,
): NonNullable<Night['opened']> {
  const conditions = [...new Set(stimuli.map(({ startedUs }) => conditionAt(startedUs)))].sort();
  return conditions.map((condition) => {
    const some = stimuli.filter(({ startedUs }) => conditionAt(startedUs) === condition);
    const average = averageLocked(
      some.map(({ command }) => pieces.get(command)),
      rate,
    );
    return { condition, stimuli: some, average };
  });
}

/** Whoever has kept this page, or the line alone, sees whether the recording is still the same: `axond check --head`. */
function headOf(recording: Recording): string {
  const head = recording.head();
  return head ? `${headText(head)}, over ${head.events} events` : 'none: its format links no rows';
}

function factsOf({ run, start, closed }: Exported, plan: LoopPlan, derivation: string): [string, string][] {
  const { study, stream, timing, detectors } = run;
  const { year, month, day, hour, minute, second } = start.civil;
  const two = (value: number): string => String(value).padStart(2, '0');
  const policy = plan.stimulation
    ? 'use' in plan.stimulation.policy
      ? plan.stimulation.policy.use
      : 'a module'
    : 'none';
  return [
    [
      'start',
      Number.isNaN(start.wallMs)
        ? 'not known: the clock was wrong, and nobody set it'
        : `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)} (${start.timeZone})`,
    ],
    ['end', closed ? 'closed in order' : 'not closed: the run still goes on, was killed, or its disk was full'],
    ...(study ? [['study', `${study.name}, ${study.participant}, night ${study.night}`] as [string, string]] : []),
    ['made by', `axond ${run.axond} ${run.verb}, ${run.name}`],
    ['amplifier', `${stream.device}, ${stream.rate} Hz: ${stream.channels.map(({ name }) => name).join(' ')}`],
    ['signal on this page', derivation],
    ['detectors', detectors.join(', ') || 'none'],
    ['policy', policy],
    [
      'sound behind the receipt',
      timing ? `${(timing.delayUs / 1000).toFixed(2)} ms, measured ${timing.measured}` : 'not measured',
    ],
  ];
}

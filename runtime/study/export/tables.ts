import { json, number, participantLabel, sessionLabel, tsv } from '../../recording/export/bids.js';
import { heldBy } from './armed-time.js';
import { missingRecordings, outcomes, totals, utcOf, type Night, type NightPart } from './nights.js';
import type { StimulusRow } from './stimulus-rows.js';

/** `stimuli.tsv` and `nights.tsv` of a study, each with its columns in words. Pure: the same nights give the same bytes. */

/** With `condition` only where somebody was unblinded. */
export function stimulusTable(nights: readonly Night[]): Record<string, string> {
  const isOpened = nights.some(({ parts }) =>
    parts.some(({ stimuli }) => stimuli.some(({ condition }) => condition !== undefined)),
  );
  const columns = { ...stimulusColumns, ...(isOpened ? openedColumns : {}) };
  const rows = nights.flatMap((night) => {
    let last: { part: NightPart; startUs: number } | undefined;
    return night.parts.flatMap((part, place) =>
      part.stimuli.map((stimulus) => {
        const seconds = last?.part.boot === part.boot ? (stimulus.startUs - last.startUs) / 1e6 : NaN;
        last = { part, startUs: stimulus.startUs };
        return stimulusCells(night, part, place + 1, stimulus, seconds, isOpened);
      }),
    );
  });
  return { 'stimuli.tsv': tsv(Object.keys(columns), rows), 'stimuli.json': json(columns) };
}

function stimulusCells(
  { participant, night }: Night,
  part: NightPart,
  run: number,
  stimulus: StimulusRow,
  interval: number,
  isOpened: boolean,
): string[] {
  const { id, outcome, sample, soundSample, within, startUs, condition } = stimulus;
  return [
    participantLabel(participant),
    sessionLabel(night),
    String(night),
    String(run),
    part.id,
    id,
    outcome,
    number(sample - part.firstSample),
    number(soundSample - part.firstSample),
    number(within),
    utcOf(part, startUs) ?? '',
    part.timeZone,
    stimulus.detector,
    number(stimulus.score),
    part.stages.get(id) ?? '',
    number(stimulus.expectedPhase),
    stimulus.level,
    number(stimulus.gainDb),
    stimulus.variant,
    number(interval),
    stimulus.gate,
    ...(isOpened ? [condition ?? '', condition ? number(stimulus.realisedPhase) : ''] : []),
  ];
}

const stimulusColumns = {
  participant_id: { Description: 'As in participants.tsv' },
  session_id: { Description: 'The night, as a BIDS session' },
  night: { Description: 'Which of the nights of the participant, from 1' },
  run: { Description: 'Which recording of the night, from 1: there are several after a crash' },
  recording: { Description: 'Name of the recording' },
  id: { Description: 'Of the stimulus within its recording, as axond explain takes it' },
  outcome: {
    Description: 'What is known of it. Real and sham stimuli are told alike',
    Levels: {
      given: 'The device has said that it started',
      unknown: 'It was permitted, and a crash has taken what became of it',
    },
  },
  sample: { Description: 'Newest sample of the signal file, from 0, when it was permitted' },
  sound_sample: { Description: 'Where it sounded (or would have), in samples of the signal file, to a fraction' },
  sound_within: { Description: 'How far 95 of 100 are from sound_sample at most; n/a where nobody has measured' },
  time: { Description: 'Of its start, UTC; n/a where the clock of that boot was never right' },
  time_zone: { Description: 'Of the bed, as IANA names it' },
  detector: { Description: 'That asked for it' },
  score: { Description: 'Of the detection, by the measure of its detector: larger is surer' },
  stage: {
    Description:
      'Guessed from one electrode by the depth of sleep alone, over 30 s that hold nothing within 3 s behind a stimulus; no staging by a person',
  },
  phase: {
    Description: 'Of the slow oscillation, foreseen when it was permitted; 0 is the positive peak',
    Units: 'degree',
  },
  level: { Description: 'As configured' },
  gain: { Description: 'By which it was weakened then', Units: 'dB' },
  variant: { Description: 'Which of several sounds, codes or lines' },
  interval: { Description: 'Since the stimulus before in the same night and boot', Units: 's' },
  gate: {
    Description: 'What the detectors judged when it was permitted: state and value; all that it requires were clear',
  },
};

const openedColumns = {
  condition: {
    Description: 'n/a where the participant was not unblinded',
    Levels: { real: 'The stimulus was given', sham: 'It went the same way, without a stimulus' },
  },
  phase_in_hindsight: {
    Description: 'Of the slow oscillation, estimated 1.25 s later: what follows a real stimulus is in it',
    Units: 'degree',
  },
};

export function nightTable(nights: readonly Night[]): Record<string, string> {
  return {
    'nights.tsv': tsv(Object.keys(nightColumns), nights.map(nightCells)),
    'nights.json': json(nightColumns),
  };
}

function nightCells(night: Night): string[] {
  const { participant, parts, outcome, reason, account } = night;
  const [first, last] = [parts[0], parts.at(-1)];
  const of = totals(night);
  return [
    participantLabel(participant),
    number(night.night),
    outcome,
    reason,
    parts.length > 0 ? sessionLabel(night.night) : '',
    first ? (utcOf(first, first.startUs) ?? '') : '',
    last ? (utcOf(last, last.endUs) ?? '') : '',
    first?.timeZone ?? account?.zone ?? '',
    utcOfMs(account?.lightsOffMs),
    utcOfMs(account?.lightsOnMs),
    parts.map(({ id }) => id).join('; '),
    missingRecordings(night).join('; '),
    ...[of.recordedSeconds, of.betweenSeconds, of.armedSeconds, of.inhibitedSeconds].map((seconds) =>
      minutes(parts.length > 0 ? seconds : NaN),
    ),
    ...heldBy.map((reason) => minutes(of.reasonSeconds.get(reason) ?? NaN)),
    parts.length > 0 ? String(of.given) : '',
    parts.length > 0 ? String(of.unknown) : '',
    ...(account
      ? [
          account.steps.join('; '),
          [...account.alarms].map(([alarm, count]) => `${alarm} ${count}`).join('; '),
          ...[account.adverse, account.rearmed, account.rearmRefused].map(String),
        ]
      : ['', '', '', '', '']),
    first?.lock?.protocol ?? account?.protocol ?? '',
    first?.lock?.approval ?? account?.approval ?? '',
    account?.head ?? '',
  ];
}

const nightColumns: Record<string, object> = {
  participant_id: { Description: 'As in participants.tsv' },
  night: { Description: 'Which of the nights of the participant, from 1' },
  outcome: { Description: 'What has become of it', Levels: outcomes },
  reason: {
    Description: 'Why it was lost, or deleted, in the words of who said so; or what is known of one that is absent',
  },
  session_id: { Description: 'Its BIDS session; n/a where nothing was recorded' },
  start: { Description: 'Of the first recording, UTC; n/a where the clock of that boot was never right' },
  end: { Description: 'Of the last recording, UTC' },
  time_zone: { Description: 'Of the bed, as IANA names it' },
  lights_off: { Description: 'From then on stimulation was authorised, UTC' },
  lights_on: { Description: 'Up to then, UTC' },
  recordings: { Description: 'Their names, in their order' },
  missing_recordings: {
    Description:
      'That the log of the night names, and that are not in this data set: encrypted, kept elsewhere, or lost',
  },
  recorded: { Description: 'Signal on disk, lost frames among it', Units: 'min' },
  between: {
    Description:
      'From the end of each recording to the start of the next: by the monotonic clock within a boot, by the wall clock between boots; n/a where that was not right',
    Units: 'min',
  },
  armed: { Description: 'Stimulation was allowed', Units: 'min' },
  inhibited: { Description: 'While armed, at least one of the following held or was unknown', Units: 'min' },
  ...Object.fromEntries(
    heldBy.map((reason) => [
      columnOf(reason),
      { Description: `While armed, ${reason} held or was unknown; n/a where nothing judged it`, Units: 'min' },
    ]),
  ),
  stimuli: { Description: 'That were given, real and sham' },
  unknown_stimuli: { Description: 'That were permitted, and a crash has taken what became of them' },
  steps: { Description: 'Of the evening, that failed or were skipped; n/a where none was, or nothing is known' },
  alarms: { Description: 'How often each was raised' },
  adverse: { Description: 'Adverse events' },
  rearmed: { Description: 'How often the night was armed again by itself, after a restart' },
  rearm_refused: { Description: 'How often it was not, after a restart' },
  protocol_sha256: { Description: 'Of the protocol as it was locked' },
  approval: { Description: 'Under which it was locked' },
  log_head: { Description: 'Last link of the hash chain of the log of the night' },
};

function columnOf(reason: string): string {
  return `inhibited_${reason.replace(/-/g, '_')}`;
}

function utcOfMs(wallMs: number | undefined): string {
  return wallMs === undefined ? '' : new Date(Math.round(wallMs)).toISOString();
}

/** To a tenth of a second. */
function minutes(seconds: number): string {
  return Number.isNaN(seconds) ? 'n/a' : (seconds / 60).toFixed(3);
}

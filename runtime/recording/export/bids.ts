import type { ChannelInfo } from '../../contracts.js';
import type { Exported } from './exported.js';
import { markKinds, type Mark } from './marks.js';

/** The texts of a BIDS dataset (Brain Imaging Data Structure 1.8.0) around one recording. Pure. */

export interface BidsNames {
  /** `sub-P017` */
  readonly participant: string;
  /** `ses-02` */
  readonly session: string;
  /** `sub-P017_ses-02` */
  readonly prefix: string;
  /** `sub-P017_ses-02_task-cuenight` */
  readonly stem: string;
  readonly task: string;
}

/**
 * Labels are letters and digits. A night that another run had begun is a session of its own, named by its start, or by the
 * recording where the clock was never right; where all recordings of a night are at hand, each has a number in it instead:
 * `part`, from 1.
 */
export function bidsNames(
  { run: { study, name }, start, id }: Pick<Exported, 'run' | 'start' | 'id'>,
  part?: number,
): BidsNames {
  const { hour, minute, second, year, month, day } = start.civil;
  const isKnown = !Number.isNaN(start.wallMs);
  const time = isKnown ? [hour, minute, second].map((value) => String(value).padStart(2, '0')).join('') : label(id);
  const date = `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`;
  const isApart = study?.continued === true && part === undefined;
  const night = study && `${String(study.night).padStart(2, '0')}${isApart ? `from${time}` : ''}`;
  const participant = participantLabel(study?.participant ?? name);
  const session = `ses-${night ?? (isKnown ? `${date}T${time}` : time)}`;
  const task = label(study?.name ?? 'recording');
  const prefix = `${participant}_${session}`;
  const run = part === undefined ? '' : `_run-${String(part).padStart(2, '0')}`;
  return { participant, session, prefix, stem: `${prefix}_task-${task}${run}`, task };
}

/** `sub-P017` */
export function participantLabel(code: string): string {
  return `sub-${label(code)}`;
}

/** `ses-02` */
export function sessionLabel(night: number): string {
  return `ses-${String(night).padStart(2, '0')}`;
}

/** `name` of the study, if it is of one; `more` is what else its README says. */
export function datasetFiles(name: string | undefined, axond: string, more = ''): Record<string, string> {
  return {
    'dataset_description.json': json({
      Name: name ?? 'Recordings of axond',
      BIDSVersion: '1.8.0',
      DatasetType: 'raw',
      GeneratedBy: [{ Name: 'axond', Version: axond }],
    }),
    README:
      'EEG with closed-loop decisions, recorded and written by axond. The marks in *_events.tsv are what the device\n' +
      `detected, gave and refused. ${more === '' ? 'Whether a stimulus was real or sham is not in this data.\n' : more}`,
  };
}

/** Of a session of one recording: the scan beside its folder `eeg`, the rest within. */
export function sessionFiles(exported: Exported, names: BidsNames): Record<string, string> {
  const scans = scansTable([{ stem: names.stem, start: exported.start }]);
  return { [`${names.prefix}_scans.tsv`]: scans, ...eegFiles(exported, names) };
}

export function scansTable(scans: readonly (Pick<BidsNames, 'stem'> & Pick<Exported, 'start'>)[]): string {
  return tsv(
    ['filename', 'acq_time'],
    scans.map(({ stem, start: { wallMs } }) => [
      `eeg/${stem}_eeg.bdf`,
      Number.isNaN(wallMs) ? '' : new Date(wallMs).toISOString(),
    ]),
  );
}

/** Of a recording, within its session. */
export function eegFiles(exported: Exported, { stem, task }: Pick<BidsNames, 'stem' | 'task'>): Record<string, string> {
  const { run, marks, survey } = exported;
  const { channels, rate, device } = run.stream;
  const origin = survey.stretches[0]?.first ?? 0;
  const seconds = ((survey.stretches.at(-1)?.end ?? origin) - origin) / rate;
  const types = channels.map(channelType);
  const count = (type: ChannelType): number => types.filter((other) => other === type).length;
  return {
    [`eeg/${stem}_eeg.json`]: json({
      TaskName: task,
      Manufacturer: device === 'cyton' ? 'OpenBCI' : 'n/a',
      ManufacturersModelName: device,
      SoftwareVersions: `axond ${run.axond}`,
      EEGReference: 'n/a',
      SamplingFrequency: rate,
      PowerLineFrequency: 'n/a',
      SoftwareFilters: 'n/a',
      RecordingType: 'continuous',
      RecordingDuration: seconds,
      EEGChannelCount: count('EEG'),
      EOGChannelCount: count('EOG'),
      EMGChannelCount: count('EMG'),
      ECGChannelCount: count('ECG'),
      MiscChannelCount: count('MISC'),
    }),
    [`eeg/${stem}_channels.tsv`]: tsv(
      ['name', 'type', 'units', 'sampling_frequency'],
      channels.map(({ name, unit }, place) => [name, types[place] ?? 'MISC', unit, String(rate)]),
    ),
    [`eeg/${stem}_events.tsv`]: tsv(
      ['onset', 'duration', 'trial_type', 'sample', 'id', 'score', 'confirmed', 'text'],
      marks.map((mark) => eventRow(mark, origin, rate)),
    ),
    [`eeg/${stem}_events.json`]: json(eventColumns),
  };
}

/** The table of participants with one more, or as it is where it has them. */
export function participantsWith(table: string | undefined, participant: string): string {
  if (table === undefined) return tsv(['participant_id'], [[participant]]);
  const lines = table.replace(/\r?\n$/, '').split(/\r?\n/);
  if (lines.some((line) => line.split('\t')[0] === participant)) return table;
  const others = (lines[0] ?? '').split('\t').slice(1);
  return `${[...lines, [participant, ...others.map(() => 'n/a')].join('\t')].join('\n')}\n`;
}

type ChannelType = 'EEG' | 'EOG' | 'EMG' | 'ECG' | 'MISC';

/** By name, as electrodes are called. */
function channelType({ name, unit }: ChannelInfo): ChannelType {
  if (unit !== 'uV') return 'MISC';
  if (/^(EOG|E[12]$|LOC|ROC)/i.test(name)) return 'EOG';
  if (/^(EMG|chin)/i.test(name)) return 'EMG';
  return /^E[CK]G/i.test(name) ? 'ECG' : 'EEG';
}

function eventRow(mark: Mark, origin: number, rate: number): string[] {
  const { kind, onset, seconds, id, score, confirmed, text } = mark;
  const at = (index: number): string => number((index - origin) / rate);
  return [at(onset), number(seconds), kind, number(onset - origin), id || 'n/a', number(score), at(confirmed), text];
}

/** To a microsecond; `n/a` for NaN. */
export function number(value: number): string {
  return Number.isNaN(value) ? 'n/a' : String(Math.round(value * 1e6) / 1e6);
}

const eventColumns = {
  onset: { Description: 'By the sampling rate, from the first frame', Units: 's' },
  duration: { Description: '0 for an instant, and where it is not known', Units: 's' },
  trial_type: { Description: 'What the mark is of', Levels: Object.fromEntries(markKinds.map(describeKind)) },
  sample: { Description: 'The onset in samples from the first frame, to a fraction for stimuli' },
  id: { Description: 'As axond explain takes it: S for stimuli, R for refusals' },
  score: { Description: "Of a detection, the detector's own measure: larger is surer" },
  confirmed: { Description: 'Of a detection, when the detector was sure', Units: 's' },
  text: { Description: 'The mark in words, as in the annotations of the signal file' },
};

function describeKind(kind: (typeof markKinds)[number]): [string, string] {
  const levels: Record<(typeof markKinds)[number], string> = {
    detection: 'A detector was sure of an event; onset and duration are those of the event as the detector saw it',
    stimulus: 'A stimulus started, by the receipt of the device',
    'no stimulus': 'A stimulus was permitted and not given',
    'perhaps stimulus': 'A stimulus was permitted, and nothing says whether it was given',
    refusal: 'The safety gate refused a stimulus, with its reasons',
    marker: 'A person or program marked this moment',
    armed: 'Stimulation was allowed from here on',
    disarmed: 'Stimulation was not allowed any more',
    gap: 'Lost samples: the last values are held',
    suspect: 'Samples that the driver did not trust',
    end: 'Behind the last sample; the signal file holds its value to the end of its last record',
  };
  return [kind, levels[kind]];
}

function label(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '') || 'unknown';
}

export function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** What would end a cell becomes a blank; an empty one is not allowed. */
export function tsv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => text.replace(/[\t\r\n]/g, ' ') || 'n/a';
  return [head, ...rows].map((row) => `${row.map(cell).join('\t')}\n`).join('');
}

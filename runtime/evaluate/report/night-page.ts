import type { RunDescription } from '../../contracts.js';
import { percentile } from '../events.js';
import { epochSeconds, type EpochSpectra } from '../night/epoch-spectra.js';
import type { FilterDelay } from '../night/filter-delays.js';
import type { LockedAverage } from '../night/locked-average.js';
import type { NightEvents, NightStimulus } from '../night/night-events.js';
import { minutesByStage, perEpoch } from '../night/stage-counts.js';
import { guessStage, stageGuesses } from '../night/stages.js';
import { histogram, horizontalBars } from './bars.js';
import { chart, type Series } from './chart.js';
import { document, paragraph, section } from './document.js';
import { element, escape, table } from './markup.js';
import { nightStrip } from './night-strip.js';
import { reportingList } from './reporting-list.js';
import { rose } from './rose.js';

/** What the page of a night is made of. */
export interface Night {
  readonly title: string;
  /** What is known of the recording, in words: name and value. */
  readonly facts: readonly (readonly [string, string])[];
  /** The effective configuration, as YAML: rules, thresholds, targets, levels, limits. */
  readonly configuration: string;
  /** What the recording says of its run. */
  readonly run: Pick<RunDescription, 'stream' | 'timing' | 'study'>;
  /** Frames a second. */
  readonly rate: number;
  /** Index of the first frame. */
  readonly first: number;
  /** Frames from the first to the last, lost ones among them. */
  readonly frames: number;
  /** What the wall clock at the bed shows so long after the first frame, in seconds of its day. */
  readonly timeOfDay: (seconds: number) => number;
  readonly events: NightEvents;
  readonly filterDelays: readonly FilterDelay[];
  readonly detectors: readonly string[];
  /** Stretches of lost frames, in sample indexes. */
  readonly gaps: readonly { readonly first: number; readonly end: number }[];
  /** Of the signal that is named in `facts`. */
  readonly spectra: Pick<EpochSpectra, 'spectra' | 'depths'>;
  /** By condition, of a night that is not blinded any more. Without it nothing is shown that a stimulus has changed. */
  readonly opened?: readonly {
    readonly condition: string;
    readonly stimuli: readonly NightStimulus[];
    readonly average: LockedAverage | undefined;
  }[];
}

/** One page that holds all that it shows. The same night gives the same bytes. */
export function nightPage(night: Night): string {
  const { opened, events } = night;
  return document(
    night.title,
    table(['', ''], night.facts),
    opened
      ? paragraph(
          `Conditions are known: ${opened.map(({ condition, stimuli }) => `${stimuli.length} stimuli were ${condition}`).join(', ') || 'there was no stimulus'}.`,
        )
      : element('p', { class: 'note' }, escape(blinded)),
    section('Reporting list', paragraph(reportingBasis), table(['', ''], reportingList(night))),
    section('Counts', countTable(night), ...lossTable(night)),
    section(
      'The night',
      paragraph(
        'From one electrode: stages are guessed by how far slow power outweighs fast power, and N1 and REM look alike to that. ' +
          `Four seconds of a spectrum that touch the 3 s behind a stimulus are left out; where none are left the stage is the last one before, for five minutes. A column is ${epochSeconds} s.`,
      ),
      nightStrip(night.spectra.depths, night.spectra.spectra, stripRows(night), night.timeOfDay),
    ),
    section('By stage', stageTable(night)),
    section('When a stimulus was refused', ...refusals(night)),
    section('Limits', limitTable(night)),
    section('Timing', ...timing(events.stimuli)),
    ...phases(night),
    ...(opened ? [section('Locked to the stimulus', ...averages(opened))] : []),
    section(
      'Configuration',
      element(
        'details',
        {},
        element('summary', {}, 'Rules, thresholds, targets, levels, limits'),
        element('pre', {}, escape(night.configuration)),
      ),
    ),
  );
}

const reportingBasis =
  'What a paper on closed-loop stimulation in sleep has to report (after Esfahani et al. 2023), item by item.';

const blinded =
  'Blinded: nothing here is split by condition, and nothing is shown that a stimulus has changed: no signal behind a ' +
  'stimulus, no phase in hindsight. After `axond study unblind`: axond recording report --allocation FILE.';

function countTable({ events, frames, rate, gaps, detectors }: Night): string {
  const { detections, stimuli, refusals, permits, declined, markers, armedSeconds } = events;
  const lost = gaps.reduce((sum, { first, end }) => sum + end - first, 0);
  return table(
    ['', 'count'],
    [
      ['time', duration(frames / rate)],
      ['stimulation allowed', duration(armedSeconds)],
      ...detectors.map((name, place) => [
        `detections, ${name}`,
        String(detections.filter(({ detector }) => detector === place).length),
      ]),
      ['stimuli', String(stimuli.length)],
      ['permitted, not given', String(declined)],
      ['permitted, nothing is known', String(permits - stimuli.length - declined)],
      ['refusals', String(refusals.length)],
      ['markers', String(markers)],
      ['gaps', String(gaps.length)],
      ['lost', `${lost} frames, ${((100 * lost) / frames).toFixed(3)} %`],
    ],
  );
}

function lossTable({ events: { losses }, gaps, first, rate }: Night): string[] {
  const longest = [...gaps].sort((a, b) => b.end - b.first - (a.end - a.first)).slice(0, 10);
  const rings = Object.entries(losses).map(([ring, count]) => [`lost in the ring of ${ring}`, String(count)]);
  return [
    ...(rings.length > 0 ? [table(['losses within axond', 'count'], rings)] : []),
    ...(longest.length > 0
      ? [
          table(
            ['longest gaps, after', 'seconds'],
            longest.map((gap) => [duration((gap.first - first) / rate), ((gap.end - gap.first) / rate).toFixed(2)]),
          ),
        ]
      : []),
  ];
}

function stripRows(night: Night) {
  const { events } = night;
  return [
    {
      name: 'detections',
      counts: perEpoch(
        night,
        events.detections.map(({ onset }) => onset),
      ),
    },
    {
      name: 'stimuli',
      counts: perEpoch(
        night,
        events.stimuli.map(({ index }) => index),
      ),
    },
    {
      name: 'refusals',
      counts: perEpoch(
        night,
        events.refusals.map(({ index }) => index),
      ),
    },
  ];
}

function stageTable(night: Night): string {
  const { events, detectors, spectra } = night;
  const guesses = spectra.depths.map(guessStage);
  const minutes = minutesByStage(night);
  const row = (name: string, indexes: readonly number[]): string[] => {
    const counts = perEpoch(night, indexes);
    return [
      name,
      ...stageGuesses.map((stage) => {
        const count = counts.reduce((sum, each, epoch) => (guesses[epoch] === stage ? sum + each : sum), 0);
        return minutes[stage] === 0 ? '–' : `${count} (${(count / minutes[stage]).toFixed(2)})`;
      }),
    ];
  };
  return table(
    ['count (a minute)', ...stageGuesses],
    [
      ['minutes', ...stageGuesses.map((stage) => minutes[stage].toFixed(1))],
      ...detectors.map((name, place) =>
        row(
          name,
          events.detections.flatMap(({ detector, onset }) => (detector === place ? [onset] : [])),
        ),
      ),
      row(
        'stimuli',
        events.stimuli.map(({ index }) => index),
      ),
      row(
        'refusals',
        events.refusals.map(({ index }) => index),
      ),
    ],
  );
}

function refusals({ events: { refusals } }: Night): string[] {
  const counts = new Map<string, number>();
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return [paragraph('Never.')];
  const bars = [...counts].sort((a, b) => b[1] - a[1]).map(([name, value]) => ({ name, value }));
  return [
    paragraph(`${refusals.length} refusals. Each counts under all of its reasons.`),
    horizontalBars('Refusals by reason', bars),
  ];
}

function limitTable({ events: { limits, leases, stimuli } }: Night): string {
  const most = (seconds: number): number => {
    const times = stimuli.map(({ startedUs }) => startedUs / 1e6);
    let from = 0;
    let highest = 0;
    for (const [place, time] of times.entries()) {
      while (time - (times[from] as number) >= seconds) from++;
      highest = Math.max(highest, place - from + 1);
    }
    return highest;
  };
  const said = (limit: number | undefined): string => (limit === undefined ? '–' : String(limit));
  return table(
    ['stimuli', 'given', 'limit at the last arming'],
    [
      ['most in a minute', String(most(60)), said(limits?.perMinute)],
      ['most in an hour', String(most(3600)), said(limits?.perHour)],
      ['in this recording, of the night', String(stimuli.length), said(limits?.perNight)],
      [
        `permitted in advance (leases: ${leases.granted})`,
        '',
        leases.stimuli < 1e6 ? String(leases.stimuli) : 'any number',
      ],
    ],
  );
}

function timing(stimuli: readonly NightStimulus[]): string[] {
  if (stimuli.length === 0) return [paragraph('No stimulus was given.')];
  const rows: [string, (stimulus: NightStimulus) => number][] = [
    ['from the bytes of the last sample to the start', ({ fromBytesMs }) => fromBytesMs],
    ['from the decision, or when it was due, to its acceptance', ({ acceptedMs }) => acceptedMs],
    ['from the decision, or when it was due, to the start', ({ startedMs }) => startedMs],
    ['from the onset of the detection to the start', ({ fromOnsetMs }) => fromOnsetMs],
  ];
  const known = (of: (stimulus: NightStimulus) => number): number[] => stimuli.map(of).filter(Number.isFinite);
  const starts = known(({ startedMs }) => startedMs);
  const intervals = stimuli
    .slice(1)
    .map(({ startedUs }, place) => (startedUs - (stimuli[place]?.startedUs ?? NaN)) / 1e6);
  const reach = Math.max(1, percentile(starts, 0.99) ?? 1);
  return [
    table(
      ['milliseconds', 'n', 'p5', 'p50', 'p95', 'largest'],
      rows.map(([name, of]) => {
        const values = known(of);
        const at = (share: number): string => figure(percentile(values, share));
        return [
          name,
          String(values.length),
          at(0.05),
          at(0.5),
          at(0.95),
          figure(values.length > 0 ? Math.max(...values) : null),
        ];
      }),
    ),
    histogram('Decision to start', 'ms', starts, { from: 0, to: Math.ceil(reach), bins: 40 }),
    ...(intervals.length > 0
      ? [
          histogram('From one stimulus to the next', 's; 30 and more in the last bar', intervals, {
            from: 0,
            to: 30,
            bins: 60,
          }),
        ]
      : []),
  ];
}

function phases({ events: { stimuli }, opened }: Night): string[] {
  const expected = stimuli.map(({ expectedPhase }) => expectedPhase).filter(Number.isFinite);
  if (expected.length === 0) return [];
  const realised = (opened ?? []).map(({ condition, stimuli: some }) =>
    rose(`Seen in hindsight, ${condition}`, some.map(({ realisedPhase }) => realisedPhase).filter(Number.isFinite)),
  );
  return [
    section(
      'Phase of the slow oscillation',
      paragraph('0° is the positive peak, ±180° the trough, 270° (−90°) the rising zero crossing.'),
      element('div', { class: 'side' }, rose('Foreseen when it was permitted', expected), ...realised),
    ),
  ];
}

function averages(opened: NonNullable<Night['opened']>): string[] {
  const drawn = opened.flatMap(({ condition, average }) => (average ? [{ condition, average }] : []));
  if (drawn.length === 0) return [paragraph('Around no stimulus the signal is whole.')];
  const plane = (title: string, name: string, of: (average: LockedAverage) => Float64Array): string => {
    const all = drawn.flatMap(({ average }) => [...of(average)]);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const step = niceStep((high - low) / 5);
    const from = Math.floor(low / step) * step;
    const to = Math.max(from + step, Math.ceil(high / step) * step);
    const ticks = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, n) =>
      Number((from + n * step).toPrecision(6)),
    );
    const series = drawn.map(({ condition, average }): Series => ({
      name: `${condition}, ${average.n} stimuli`,
      kind: 'line',
      points: Array.from(of(average), (value, n): [number, number] => [average.times[n] as number, value]),
    }));
    const times = { label: 'seconds from the stimulus', from: -1, to: 2, ticks: [-1, -0.5, 0, 0.5, 1, 1.5, 2] };
    return chart(title, times, { label: name, from, to, ticks }, series);
  };
  return [
    plane('Mean signal', 'mean, less that of the second before; µV', ({ signal }) => signal),
    plane('Power from 11 to 16 Hz', '11–16 Hz, ratio to 0.9–0.2 s before', ({ sigma }) => sigma),
  ];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  return power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

import type { LoopEvent } from '../../runtime/contracts.js';
import { Night } from '../../runtime/link/dashboard/night.js';
import { marksFor } from '../../runtime/link/dashboard/blinding.js';
import { markOf } from '../../runtime/link/lsl-marks.js';
import { reportOf } from '../../runtime/link/reports.js';
import { marksOf } from '../../runtime/recording/export/marks.js';
import { stimulusRows } from '../../runtime/study/export/stimulus-rows.js';
import { countPairs, heaps, type Published } from './published.js';

/**
 * What is told of a stimulus behind the guardian, by the code that tells it: the core is given a receipt's words and
 * the time at which it has read them, and nothing else of a stimulus. Numbers are from the moment at which the
 * core sent the command, for whoever reads sees how long things take, not when they were.
 */
export interface Surface {
  readonly what: string;
  /** By name; the same names for every stimulus. */
  tell(published: Published): Readonly<Record<string, number | string>>;
}

const rate = 250;
const cycleUs = 4000;
const names = { detectors: ['spindle'], estimates: {}, actuator: 'bench' };
const run = { ...names, configuration: '', stream: { device: '', rate, channels: [], delayUs: 0 } };
const survey = { stretches: [], gaps: [], suspect: [] };

type Receipt = Extract<LoopEvent, { kind: 'receipt' }>;

/** As the loop records them: with the cycle that takes each. */
function receiptsOf({ command, sentUs, words }: Published): { event: Receipt; text: string }[] {
  return words.map(({ text, readUs }) => {
    const { receipt } = JSON.parse(text) as { receipt: { state: number; atUs: number; evidence: string } };
    const { state, atUs, evidence } = receipt;
    const cycle = Math.ceil((readUs - sentUs) / cycleUs);
    const us = sentUs + cycle * cycleUs;
    const index = Math.floor((us * rate) / 1e6);
    return {
      event: { kind: 'receipt', cycle, index, us, command, state, atUs, arrivalUs: sentUs - 1000 },
      text: evidence,
    };
  });
}

/** The permit stands in the recording before the command is sent. */
function eventsOf(published: Published): LoopEvent[] {
  const { command, sentUs } = published;
  const index = Math.floor((sentUs * rate) / 1e6);
  const permit = { kind: 'permit', cycle: 0, index, us: sentUs, request: command, command, fireAtUs: 0 } as const;
  const more = { expiresUs: sentUs + 1e6, durationUs: 2000, variant: 0, gainDb: 0, lease: 1 };
  return [{ ...permit, ...more }, ...receiptsOf(published).map(({ event }) => event)];
}

export const surfaces: readonly Surface[] = [
  {
    what: 'events of the recording',
    tell: (published) =>
      Object.fromEntries<number | string>(
        receiptsOf(published).flatMap(({ event, text }) => [
          [`${event.state} at`, event.atUs - published.sentUs],
          [`${event.state} cycle`, event.cycle],
          [`${event.state} evidence`, text],
        ]),
      ),
  },
  {
    what: 'reports over MQTT',
    tell: (published) => {
      const told = receiptsOf(published).flatMap(({ event, text }) => reportOf(event, text, names) ?? []);
      const { started_us = NaN, arrived_us = NaN, latency_us = NaN, ...rest } = told[0]?.payload ?? {};
      const times = { started: Number(started_us) - published.sentUs, arrived: Number(arrived_us) - published.sentUs };
      return { ...times, latency: Number(latency_us), reports: told.length, text: JSON.stringify(rest) };
    },
  },
  {
    what: 'marks over LSL',
    tell: (published) => {
      const marks = receiptsOf(published).flatMap(({ event, text }) => markOf(event, text, names.detectors) ?? []);
      const at = (place: number): number => (marks[place]?.us ?? NaN) - published.sentUs;
      return { first: at(0), second: at(1), marks: marks.length, text: marks.map(({ text }) => text).join() };
    },
  },
  {
    what: 'the page of an operator',
    tell: (published) => {
      const night = new Night(names, 1, rate);
      for (const { event, text } of receiptsOf(published)) night.take(event, text, 0);
      const marks = marksFor('operator', night.marks);
      const from = (marks[0]?.from ?? NaN) - (published.sentUs * rate) / 1e6;
      return {
        from,
        marks: marks.length,
        latency: night.latency?.median ?? NaN,
        text: JSON.stringify(marks.map(({ name }) => name)),
      };
    },
  },
  {
    what: 'the page of somebody blinded',
    tell: (published) => {
      const night = new Night(names, 1, rate);
      for (const { event, text } of receiptsOf(published)) night.take(event, text, 0);
      return { text: JSON.stringify(marksFor('blinded', night.marks)) };
    },
  },
  {
    what: 'annotations of an export',
    tell: (published) => {
      const events = eventsOf(published).map((event) => ({ event, text: null }));
      const marks = marksOf(run, events, new Map(), survey, true);
      const index = Math.floor((published.sentUs * rate) / 1e6);
      const [first] = marks;
      return {
        onset: (first?.onset ?? NaN) - index,
        seconds: first?.seconds ?? NaN,
        marks: marks.length,
        text: marks.map(({ text }) => text).join(),
      };
    },
  },
  {
    what: 'stimuli.tsv of a study',
    tell: (published) => {
      const [row] = stimulusRows(run, eventsOf(published), new Map(), undefined);
      if (!row) return { start: NaN, text: '' };
      const { startUs, sample, ...rest } = row;
      return {
        start: startUs - published.sentUs,
        sample: sample - Math.floor((published.sentUs * rate) / 1e6),
        text: JSON.stringify(rest),
      };
    },
  },
];

/** Where a receipt's own time shows, so that one that came later for a sham is found. */
export const timedSurfaces: readonly string[] = [
  'events of the recording',
  'reports over MQTT',
  'marks over LSL',
  'the page of an operator',
  'stimuli.tsv of a study',
];

/** Numbers as they are, texts by their length and their pairs of letters; the number of a stimulus says nothing of it. */
export function featuresOfTold(surface: Surface, published: Published): { features: number[]; names: string[] } {
  const features: number[] = [];
  const featureNames: string[] = [];
  for (const [name, value] of Object.entries(surface.tell(published))) {
    if (typeof value === 'number') {
      features.push(value);
      featureNames.push(name);
      continue;
    }
    const text = value.replaceAll(new RegExp(`(?<!\\d)${published.command}(?!\\d)`, 'g'), '');
    const pairs = new Float64Array(heaps);
    countPairs(text, pairs);
    features.push(text.length, ...pairs);
    featureNames.push(`length of ${name}`, ...Array.from(pairs, (_, heap) => `letters ${heap} of ${name}`));
  }
  return { features, names: featureNames };
}

import type { Condition } from '../../runtime/contracts.js';
import { tellApart, type Judgement } from './leak-classifier.js';
import { featureNames, featuresOf, type Published } from './published.js';
import { byStretch, labelled, plantByte, type InStretch, type Seen, type Stretch } from './seen.js';
import { sources, type Known } from './sources.js';
import { featuresOfTold, surfaces, timedSurfaces } from './told.js';

export interface Verdict {
  readonly what: string;
  readonly auc: number;
  readonly upper: number;
  readonly holds: boolean;
  /** By what, best first. */
  readonly by: readonly string[];
}

/** Under `most` as it was published, and over 0.6 with each leak. */
export function judgeBlinding(known: readonly Known[], random: () => number, most = 0.52): Verdict[] {
  const judge = (leak?: Leak) =>
    tellApart(
      known.map(({ published, condition, group }) => ({
        features: featuresOf(leak ? leak.plant(published, condition) : published),
        isReal: condition === 'real',
        group,
      })),
      random,
    );
  const honest = judge();
  return [
    verdict('as published', honest, honest.upper < most, featureNames),
    ...leaks.map((leak) => {
      const found = judge(leak);
      return verdict(`planted: ${leak.what}`, found, found.auc > 0.6, featureNames);
    }),
  ];
}

function verdict(what: string, { auc, upper, used }: Judgement, holds: boolean, names: readonly string[]): Verdict {
  return { what, auc, upper, holds, by: used.slice(0, 3).map((feature) => names[feature] ?? '') };
}

/**
 * Each live surface that `sources.ts` names, under `most` as it was seen, and over 0.6 with a byte more for a sham. What
 * was seen on a surface that is not named there fails.
 */
export function judgeSeen(
  seen: readonly Seen[],
  stretches: readonly Stretch[],
  random: () => number,
  most: number,
): Verdict[] {
  const lists = byStretch(seen, stretches);
  const unknown = [...lists.keys()].filter((surface) => !sources.live.some((known) => known === surface));
  return [
    ...sources.live.flatMap((surface) => {
      const own: readonly InStretch[] = lists.get(surface) ?? stretches.map(() => []);
      const judge = (what: string, some: readonly InStretch[], holds: (found: Judgement) => boolean): Verdict => {
        const { labelled: stretchesOf, names } = labelled(some, stretches);
        const found = tellApart(stretchesOf, random);
        return verdict(what, found, holds(found), names);
      };
      return [
        judge(surface, own, ({ upper }) => upper < most),
        judge(`planted: a byte more for a sham, in ${surface}`, plantByte(own, stretches), ({ auc }) => auc > 0.6),
      ];
    }),
    ...unknown.map((surface) => ({ what: `not in the table: ${surface}`, auc: NaN, upper: NaN, holds: false, by: [] })),
  ];
}

/** What is told behind the guardian, surface by surface: blind as it is, and a later sham shows wherever times do. */
export function judgeTold(known: readonly Known[], random: () => number, most = 0.52): Verdict[] {
  return surfaces.flatMap((surface) => {
    const judge = (leak?: Leak): Verdict[] => {
      let featureNames: readonly string[] = [];
      const labelled = known.map(({ published, condition, group }) => {
        const told = featuresOfTold(surface, leak ? leak.plant(published, condition) : published);
        featureNames = told.names;
        return { features: told.features, isReal: condition === 'real', group };
      });
      const found = tellApart(labelled, random);
      const holds = leak ? found.auc > 0.6 : found.upper < most;
      const what = leak ? `planted: ${leak.what}, in ${surface.what}` : surface.what;
      return [verdict(what, found, holds, featureNames)];
    };
    return [...judge(), ...(timedSurfaces.includes(surface.what) ? judge(leaks[0]) : [])];
  });
}

/**
 * When a command was sent within a cycle of 4 ms shows in an export by where its stimulus lies between two samples. It is
 * the core's own, and alike in neighbours, so that an interval would be too narrow: its area is compared with those of
 * labels that are exchanged within pairs of blocks. Fails where one in 200 or fewer of them comes that far.
 */
export function judgePhase(known: readonly Known[], random: () => number): Verdict[] {
  const pairs = [...new Set(known.map(({ group }) => group))];
  const judge = (part: number, swapped: ReadonlySet<number> = new Set()): Judgement =>
    tellApart(
      known.map(({ published, condition, group }) => ({
        features: [(published.sentUs % phaseUs) * (condition === 'real' ? 1 : part)],
        isReal: (condition === 'real') !== swapped.has(group),
        group,
      })),
      random,
    );
  const verdict = (what: string, part: number, isLeak: boolean): Verdict => {
    const { auc } = judge(part);
    const areas = Array.from({ length: arrangements }, () => judge(part, new Set(pairs.filter(() => random() < 0.5))));
    const upper = Math.max(...areas.map((one) => one.auc));
    const reached = areas.filter((one) => one.auc >= auc).length;
    const by = [`phase of the command, reached by ${reached} of ${arrangements} exchanges`];
    return { what, auc, upper, holds: isLeak ? reached === 0 : reached > 0, by };
  };
  return [
    verdict('phase of the command, and the most of exchanged labels', 1, false),
    verdict('planted: commands of a sham in the first four fifths of a cycle', 0.8, true),
  ];
}

const phaseUs = 4000;
const arrangements = 199;

interface Leak {
  readonly what: string;
  plant(published: Published, condition: Condition): Published;
}

export const leaks: readonly Leak[] = [
  {
    what: 'receipts of a sham 1 ms later',
    plant: (published, condition) =>
      condition === 'real' ? published : { ...published, words: published.words.map(later) },
  },
  {
    what: 'one byte more in the log of a sham',
    plant: (published, condition) =>
      condition === 'real' ? published : { ...published, log: published.log.map((line) => `${line} `) },
  },
  {
    what: 'the place in the buffer that a sham leaves where it was',
    plant: (published, condition) => ({
      ...published,
      words: published.words.map((word) => pointing(word, condition === 'real' ? published.command * 480 : 0)),
    }),
  },
];

interface Word {
  readonly text: string;
  readonly readUs: number;
}

interface ReceiptWord {
  receipt: { atUs: number; evidence: string };
}

function later({ text, readUs }: Word): Word {
  const word = JSON.parse(text) as ReceiptWord;
  word.receipt.atUs += 1000;
  return { text: JSON.stringify(word), readUs: readUs + 1000 };
}

function pointing({ text, readUs }: Word, place: number): Word {
  const word = JSON.parse(text) as ReceiptWord;
  if (word.receipt.evidence === '') return { text, readUs };
  word.receipt.evidence += ` at frame ${place}`;
  return { text: JSON.stringify(word), readUs };
}

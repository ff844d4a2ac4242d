// npm run place-scores [METHOD…]: every scene of data/vpr against the figures that hold when places are recognised well
// enough, and the baselines beside them. Without names: axond-place and the baselines; those that train have a script of
// their own (npm run place-seeds). Exits with 1 where a bound is missed.
import { baselinesOf, placeMethods } from '../models/place/methods.js';
import { WindowMatcher } from '../models/place/window-matcher.js';
import { answerQueries, scoreAnswers, type Answers, type PlaceEvaluation } from '../runtime/evaluate/place/evaluate.js';
import { placeScores } from '../runtime/evaluate/place/scores.js';
import { matchedAnswers } from '../runtime/evaluate/place/sequences.js';
import type { Acceptance } from '../runtime/evaluate/place/unknown-places.js';
import { openPlaceScenes, type PlaceScene } from './place-scenes.js';

const scenes = openPlaceScenes();
if (scenes === undefined) {
  process.stderr.write('The drives of data/vpr are not here: their licences keep them out.\n');
  process.exit(1);
}
const ours = 'axond-place';
const small = 'axond-place-small';
const asked = process.argv.slice(2);
for (const name of asked) {
  if (name in placeMethods) continue;
  process.stderr.write(`There is no method ${name}. There are ${Object.keys(placeMethods).join(', ')}.\n`);
  process.exit(2);
}

interface Section {
  readonly title: string;
  readonly scene: PlaceScene;
  readonly lengths: readonly number[];
  /** R@1 in % that ours must reach, by length. */
  readonly wanted?: readonly number[];
  /** Only ours is shown. */
  readonly oursOnly?: true;
}

const [nordland500, nordland2761, gardens] = [scenes.nordland([0, 500]), scenes.nordland([0, 2761]), scenes.gardens()];
const tuningStretch = { from: 1300, to: 1800 };
const sections: readonly Section[] = [
  {
    title: 'Nordland-500',
    scene: nordland500,
    lengths: [1, 4, 10],
    wanted: [87, 100, 100],
  },
  {
    title: 'Nordland-500 as single pictures, without running mean',
    scene: { ...nordland500, sensor: 'unordered' },
    lengths: [1],
    wanted: [65],
    oursOnly: true,
  },
  {
    title: 'Nordland-500b, for tuning',
    scene: scenes.nordland([tuningStretch.from, tuningStretch.to]),
    lengths: [1, 4, 10],
    oursOnly: true,
  },
  {
    title: 'Nordland-2761',
    scene: nordland2761,
    lengths: [1, 4, 10],
    wanted: [70, 96, 99],
  },
  {
    title: 'Nordland-2761, the queries outside the stretch for tuning',
    scene: {
      ...nordland2761,
      // A query without a right place is answered and not counted.
      truth: nordland2761.truth.map((right, query) =>
        query >= tuningStretch.from && query < tuningStretch.to ? [] : right,
      ),
    },
    lengths: [1, 4, 10],
    oursOnly: true,
  },
  {
    title: 'Gardens ±2',
    scene: gardens,
    lengths: [1, 4, 10],
    wanted: [80, 91, 99],
  },
  { title: 'Brisbane events ±1', scene: scenes.brisbane(), lengths: [1, 4, 10], wanted: [36, 74, 84] },
  { title: 'SPED, all', scene: scenes.sped(), lengths: [1] },
  { title: 'SPED 200..606', scene: scenes.sped([200, 607]), lengths: [1], wanted: [62] },
];

let missed = 0;
process.stdout.write('R@1 in % by frames that answer together; AUC-PR and R@100%P at the longest of them; queries/s\n');
for (const section of sections) {
  const { title, scene, oursOnly } = section;
  const shown = asked.length > 0 ? asked : [ours, ...baselinesOf[scene.sensor]];
  const methods = shown.filter((name) => name in placeMethods && (!oursOnly || name === ours));
  if (methods.length === 0) continue;
  process.stdout.write(`\n${title}: ${scene.query.frames} queries, ${scene.reference.frames} places\n`);
  for (const name of methods) reportScores(name, section);
}
if (ours in placeMethods && (asked.length === 0 || asked.includes(ours))) {
  reportUnknown('Nordland-500', (learned) => scenes.nordland([0, 500], learned), 500, [0.88, 0.99, 1]);
  reportUnknown('Gardens ±2', (learned) => scenes.gardens(learned), 200, [0.88, 0.95, 1]);
  reportSmall(nordland500);
  reportCost(scenes.nordland([0, 1000]));
}
process.stdout.write(missed === 0 ? '\nall bounds hold\n' : `\n${missed} bounds missed\n`);
process.exitCode = missed === 0 ? 0 : 1;

function answer(name: string, { sensor, reference, query }: PlaceScene): Answers {
  const method = placeMethods[name];
  if (!method) throw new Error(`there is no method ${name}`);
  return answerQueries(name, method(sensor), reference, query);
}

function evaluate(name: string, scene: PlaceScene, lengths: readonly number[]): PlaceEvaluation {
  return scoreAnswers(answer(name, scene), scene.truth, lengths);
}

/** Of ours: by so many frames alone, at a place a frame, as the baselines answer. */
function reportDiagonal({ single, still }: Answers, { scene, lengths }: Section): void {
  const recalls = lengths.map((length) => {
    const { matrix } = matchedAnswers(new WindowMatcher(length), single, still, length);
    return percent(placeScores(matrix, scene.truth, length - 1).r1);
  });
  line(
    'diagonal alone',
    recalls.map((value) => value.toFixed(1)),
  );
}

function reportScores(name: string, section: Section): void {
  const { scene, lengths, wanted } = section;
  const answers = answer(name, scene);
  const { seq, queriesPerS } = scoreAnswers(answers, scene.truth, lengths);
  const recalls = lengths.map((length) => percent(seq[length]?.r1));
  const longest = seq[lengths.at(-1) ?? 1];
  line(
    name,
    [...recalls, percent(longest?.aucPr), percent(longest?.r100p)].map((value) => value.toFixed(1)),
    `${Math.round(queriesPerS)}/s`,
    ...(name === ours && wanted ? [verdict(recalls, wanted)] : []),
  );
  if (name === ours && lengths.length > 1) reportDiagonal(answers, section);
}

/** One half of a route is learned, all of it driven: do best scores tell known from unknown? Means of both halves. */
function reportUnknown(
  title: string,
  sceneOf: (learned: readonly [number, number]) => PlaceScene,
  frames: number,
  wanted: readonly number[],
): void {
  const lengths = [1, 4, 10];
  const [first, second] = [
    evaluate(ours, sceneOf([0, frames / 2]), lengths),
    evaluate(ours, sceneOf([frames / 2, frames]), lengths),
  ];
  const auroc = lengths.map(
    (length) => ((first.unknownAuroc[length] ?? Number.NaN) + (second.unknownAuroc[length] ?? Number.NaN)) / 2,
  );
  process.stdout.write(`\n${title}, one half never learned: AUROC of unknown places, mean of both halves\n`);
  line(
    ours,
    auroc.map((value) => value.toFixed(3)),
    verdict(auroc, wanted),
  );
  const share = (of: 'accepted' | 'falseAccepted', length: number): number =>
    (percent(acceptance(first, length)?.[of]) + percent(acceptance(second, length)?.[of])) / 2;
  process.stdout.write(`${title}, % of known and of unknown places that are taken for known\n`);
  const taken = lengths.map((length) => [share('accepted', length), share('falseAccepted', length)] as const);
  const [known, unknown] = taken.at(-1) ?? [Number.NaN, Number.NaN];
  line(
    ours,
    taken.flat().map((value) => value.toFixed(1)),
    verdict([known, -unknown], [95, -1]),
  );
}

function acceptance(evaluation: PlaceEvaluation, length: number): Acceptance | undefined {
  return evaluation.unknownThreshold?.[length];
}

/** Half the bytes a place. */
function reportSmall(scene: PlaceScene): void {
  const lengths = [1, 4, 10];
  const { seq, bytesPer1000 } = evaluate(small, scene, lengths);
  const recalls = lengths.map((length) => percent(seq[length]?.r1));
  process.stdout.write('\nNordland-500 on a small map, bytes of 1000 places\n');
  line(
    small,
    [...recalls.map((value) => value.toFixed(1)), `${Math.round(bytesPer1000)}`],
    verdict([...recalls, -bytesPer1000], [76, 100, 100, -140_000]),
  );
}

function reportCost(scene: PlaceScene): void {
  process.stdout.write('\nCost at 1000 places of Nordland, five times\n');
  for (let round = 0; round < 5; round++) {
    const { queriesPerS, learnMsPerPlace, bytesPer1000 } = evaluate(ours, scene, [1]);
    line(
      ours,
      [`${Math.round(queriesPerS)}/s`, `${learnMsPerPlace.toFixed(3)} ms`, `${Math.round(bytesPer1000)} bytes`],
      verdict([queriesPerS, -learnMsPerPlace, -bytesPer1000], [15_000, -1, -262_000]),
    );
  }
}

function percent(fraction: number | null | undefined): number {
  return 100 * (fraction ?? Number.NaN);
}

/** Counts what is missed. */
function verdict(figures: readonly number[], least: readonly number[]): string {
  const below = least.filter((bound, place) => !((figures[place] ?? Number.NaN) >= bound)).length;
  missed += below;
  return `${below === 0 ? 'holds ' : 'MISSED'} (${least.map((bound) => (bound < 0 ? `at most ${-bound}` : `at least ${bound}`)).join(', ')})`;
}

function line(name: string, figures: readonly string[], ...rest: readonly string[]): void {
  process.stdout.write(
    `  ${name.padEnd(14)}${figures.map((figure) => figure.padStart(8)).join('')}  ${rest.join('  ')}\n`,
  );
}

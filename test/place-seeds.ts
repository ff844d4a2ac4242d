// npm run place-seeds [SCENE…]: what published systems recognise on the drives of data/vpr, beside another
// implementation of their rules and plain differences (minutes: they train); then places recalled from a part of a
// view, beside plain matching. Scenes: nordland-500, gardens, sped, nordland-2761, hidden; without names all but
// nordland-2761. Exits with 1 where a bound is missed.
import { placeMethods } from '../models/place/methods.js';
import type { PlaceMethod } from '../models/place/place-scorer.js';
import { frameOf, type Traverse } from '../models/place/traverse.js';
import { vprTempo, vprTempoSettings } from '../models/place/vprtempo/vprtempo.js';
import { answerQueries, scoreAnswers } from '../runtime/evaluate/place/evaluate.js';
import { RandomBits } from '../runtime/signal/random.js';
import { openPlaceScenes, type PlaceScene } from './place-scenes.js';

const opened = openPlaceScenes();
if (opened === undefined) {
  process.stderr.write('The drives of data/vpr are not here: their licences keep them out.\n');
  process.exit(1);
}
const scenes = opened;
let missed = 0;

/** Blocks in front of a camera, grey with the noise of a covered lens. */
const hidden: Readonly<Record<string, (drive: Traverse) => Traverse>> = {
  'nothing hidden': (drive) => drive,
  'a quarter, somewhere else in every frame': (drive) =>
    covered(drive, (random) => ({ x: random.below(33), y: random.below(17), width: 32, height: 16 })),
  'one side or the other': (drive) =>
    covered(drive, (random) => ({ x: 32 * random.below(2), y: 0, width: 32, height: 32 })),
  'always the right half': (drive) => covered(drive, () => ({ x: 32, y: 0, width: 32, height: 32 })),
  'cropped: always the right third': (drive) => covered(drive, () => ({ x: 43, y: 0, width: 21, height: 32 })),
};

const sections: Readonly<Record<string, () => void>> = {
  'nordland-500': () => {
    const scene = scenes.nordland([0, 500]);
    const sad = report(scene, 'sad');
    report(scene, 'vprtempo', [35, 82, 93].map(within));
    report(scene, 'vprsnn', sad);
    report(scene, 'ensemble', sad);
  },
  gardens: () => {
    const scene = scenes.gardens();
    report(scene, 'sad');
    report(scene, 'vprtempo');
    // The figures of the other implementation are of limited spikes here, and of linear ones elsewhere. One seed says
    // little of so few places.
    const seeds = Array.from({ length: 10 }, (_, seed) => seed + 1).map((seed) => {
      const method: PlaceMethod = (drive) => vprTempo(drive, { ...vprTempoSettings, seed, readout: 'clamped' });
      return recall(scene, `clamped ${seed}`, method);
    });
    const ofLength = (at: number): number[] => seeds.map((figures) => figures[at] ?? Number.NaN);
    tell('their spread', [0, 1, 2].map(ofLength).map(deviation));
    tell('their mean', [0, 1, 2].map(ofLength).map(mean), [17, 31, 43].map(within));
    report(scene, 'vprsnn');
    report(scene, 'ensemble');
  },
  sped: () => {
    const scene = scenes.sped();
    report(scene, 'sad');
    report(scene, 'vprtempo', [43].map(within));
  },
  'nordland-2761': () => {
    const scene = scenes.nordland([0, 2761]);
    report(scene, 'sad');
    report(scene, 'vprtempo', [17, 60, 86].map(within));
  },
  hidden: () => {
    for (const scene of [scenes.nordland([0, 500]), scenes.gardens()])
      for (const [part, hide] of Object.entries(hidden)) {
        const query = hide(scene.query);
        process.stdout.write(` ${scene.name}, ${part}\n`);
        report({ ...scene, query }, 'axond-place');
        report({ ...scene, query }, 'axond-place-recall');
      }
  },
};

const asked = process.argv.slice(2);
for (const name of asked) {
  if (name in sections) continue;
  process.stderr.write(`There is no scene ${name}. There are ${Object.keys(sections).join(', ')}.\n`);
  process.exit(2);
}
process.stdout.write('R@1 in % by 1, 4, 10 frames that answer together\n');
for (const [name, section] of Object.entries(sections)) {
  if (asked.length > 0 ? !asked.includes(name) : name === 'nordland-2761') continue;
  process.stdout.write(`\n${name}\n`);
  section();
}
process.stdout.write(missed === 0 ? '\nall bounds hold\n' : `\n${missed} bounds missed\n`);
process.exitCode = missed === 0 ? 0 : 1;

/** A bound: three points below another implementation. */
function within(figure: number): number {
  return figure - 3;
}

function report(scene: PlaceScene, name: string, least?: readonly number[]): number[] {
  const method = placeMethods[name];
  if (!method) throw new Error(`there is no method ${name}`);
  return recall(scene, name, method(scene.sensor), least);
}

function recall(scene: PlaceScene, name: string, method: PlaceMethod, least?: readonly number[]): number[] {
  const lengths = scene.sensor === 'unordered' ? [1] : [1, 4, 10];
  const { seq } = scoreAnswers(answerQueries(name, method, scene.reference, scene.query), scene.truth, lengths);
  return tell(
    name,
    lengths.map((length) => 100 * (seq[length]?.r1 ?? Number.NaN)),
    least,
  );
}

function tell(name: string, figures: number[], least?: readonly number[]): number[] {
  const below = (least ?? []).filter((bound, at) => !((figures[at] ?? Number.NaN) >= bound)).length;
  missed += below;
  const verdict = least ? `${below === 0 ? 'holds ' : 'MISSED'} (at least ${least.map(short).join(', ')})` : '';
  process.stdout.write(`  ${name.padEnd(14)}${figures.map((each) => short(each).padStart(8)).join('')}  ${verdict}\n`);
  return figures;
}

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, each) => sum + each, 0) / figures.length;
}

function deviation(figures: readonly number[]): number {
  const middle = mean(figures);
  return Math.sqrt(figures.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (figures.length - 1));
}

interface Block {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function covered(drive: Traverse, blockOf: (random: RandomBits) => Block): Traverse {
  const random = new RandomBits(1, 0);
  const pixels = drive.pixels.slice();
  for (let frame = 0; frame < drive.frames; frame++) {
    const { x, y, width, height } = blockOf(random);
    const view = frameOf({ ...drive, pixels }, frame);
    for (let row = y; row < y + height; row++)
      for (let column = x; column < x + width; column++) view[row * drive.width + column] = 127 + random.below(3);
  }
  return { ...drive, pixels };
}

function short(figure: number): string {
  return String(Math.round(10 * figure) / 10);
}

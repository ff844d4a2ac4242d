import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeNetwork } from '../../models/format/container.js';
import type { Graph } from '../../models/format/graph.js';
import { readModelFile } from '../../models/model-file.js';
import type { SpindleRecipe } from '../../models/spindle/recipe.js';
import { spindleSequences, trainLeaveOneOut, type SpindleExcerpt } from '../../models/spindle/train-spindles.js';
import { writeAtomically } from '../../models/write-atomically.js';
import type { DreamsExcerpt } from '../evaluate/dreams.js';

/** A network that was trained on all excerpts but one. */
export interface Fold {
  /** The one that it never saw. */
  readonly excerpt: number;
  readonly seed: number;
  readonly path: string;
  /** Of the file. */
  readonly sha256: string;
  readonly trainedOn: readonly number[];
  /** Thresholds by the name of their operating point, as they were chosen on the excerpts trained on. */
  readonly points: Graph['points'] | null;
  /** It was made now, not found in the folder. */
  readonly isNew: boolean;
}

/**
 * A network for each excerpt and seed, from the folder where it is there and trained otherwise. The name of a file holds
 * a hash of what the network learns from: recipe, seed, the front end's codes and marks. @throws ModelError
 */
export function makeFolds(
  recipe: SpindleRecipe,
  excerpts: readonly DreamsExcerpt[],
  seeds: readonly number[],
  folder: string,
  onTraining: (text: string) => void,
): Fold[] {
  const sequences = spindleSequences(recipe, excerpts);
  const contents = new Map([...sequences.excerpts].map(([number, excerpt]) => [number, hashOf(excerpt)]));
  mkdirSync(folder, { recursive: true });
  return seeds.flatMap((seed) =>
    excerpts.map(({ number: excerpt }): Fold => {
      const others = excerpts.filter(({ number }) => number !== excerpt);
      const key = sha256Of(
        JSON.stringify([{ ...recipe, seed, name: '' }, others.map(({ number }) => [number, contents.get(number)])]),
      );
      const path = join(folder, `without-${excerpt}-seed-${seed}-${key.slice(0, 16)}.safetensors`);
      const isNew = !existsSync(path);
      if (isNew) {
        const tell = (text: string): void => onTraining(`without excerpt ${excerpt}, seed ${seed}: ${text}`);
        const { network } = trainLeaveOneOut(recipe, sequences, excerpt, seed, ({ step, loss }) =>
          tell(`step ${step} of ${recipe.training.steps}, loss ${loss.toFixed(4)}`),
        );
        writeAtomically(path, writeNetwork(network));
      }
      const { network, sha256 } = readModelFile(path);
      const trainedOn = others.map(({ number }) => number);
      return { excerpt, seed, path, sha256, trainedOn, points: network.graph.points ?? null, isNew };
    }),
  );
}

/** Of what is learned from an excerpt: another front end or other marks make other networks. */
function hashOf({ sequence: { codes, targets, weights }, marks }: SpindleExcerpt): string {
  const hash = createHash('sha256');
  for (const values of [codes, targets, weights]) hash.update(values);
  return hash.update(JSON.stringify(marks)).digest('hex');
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

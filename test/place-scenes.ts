import { readFileSync } from 'node:fs';
import type { PlaceSensor } from '../models/place/methods.js';
import { reordered, type Traverse } from '../models/place/traverse.js';
import { stretch } from '../runtime/evaluate/place/drive.js';
import { identity, parseGroundTruth, widened, type GroundTruth } from '../runtime/evaluate/place/ground-truth.js';
import { readPack } from '../runtime/evaluate/place/pack.js';
import { sharedData } from './shared-data.js';

/** A drive to learn, a drive to recognise, and where the second one was. */
export interface PlaceScene {
  readonly name: string;
  readonly sensor: PlaceSensor;
  readonly reference: Traverse;
  readonly query: Traverse;
  readonly truth: GroundTruth;
}

/** Research data that is not part of the package; undefined where it is absent. */
export function openPlaceScenes(): PlaceScenes | undefined {
  const folder = sharedData('vpr');
  return folder === undefined ? undefined : new PlaceScenes(folder);
}

type Range = readonly [from: number, to: number];

export class PlaceScenes {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Summer learned, winter recognised, exact. */
  nordland([from, to]: Range, learned: Range = [from, to]): PlaceScene {
    return this.#scene('Nordland', 'grey', ['nordland-summer.2761x32x64.u8', 'nordland-winter.2761x32x64.u8'], 0, {
      map: learned,
      queries: [from, to],
    });
  }

  /** One side of the path learned, the other recognised, to two places. */
  gardens(learned: Range = [0, 200]): PlaceScene {
    return this.#scene('Gardens', 'grey', ['gardens-ref.200x32x64.u8', 'gardens-query.200x32x64.u8'], 2, {
      map: learned,
      queries: [0, 200],
    });
  }

  /** Single pictures, exact. */
  sped(queries: Range = [0, 607]): PlaceScene {
    return this.#scene('SPED', 'unordered', ['sped-ref.607x32x64.u8', 'sped-query.607x32x64.u8'], 0, {
      map: [0, 607],
      queries,
    });
  }

  /** Counts of events, to one place by GPS. */
  brisbane(): PlaceScene {
    const files = ['brisbane-sunset2-ref.641x7x7.u8', 'brisbane-sunset1-query.724x7x7.u8'] as const;
    const table = parseGroundTruth(readFileSync(`${this.#folder}/brisbane-gt.csv`, 'utf8'), 'brisbane-gt.csv');
    return this.#scene('Brisbane', 'events', files, 1, { map: [0, 641], queries: [0, 724] }, table);
  }

  #scene(
    name: string,
    sensor: PlaceSensor,
    [referenceFile, queryFile]: readonly [string, string],
    tolerance: number,
    { map, queries }: { readonly map: Range; readonly queries: Range },
    table?: ReadonlyMap<number, readonly number[]>,
  ): PlaceScene {
    const order = stretch(...queries);
    const allQueries = readPack(`${this.#folder}/${queryFile}`);
    const right = table ?? new Map(identity(allQueries.frames).map((places, query) => [query, places]));
    return {
      name,
      sensor,
      reference: reordered(readPack(`${this.#folder}/${referenceFile}`), stretch(...map)),
      query: reordered(allQueries, order),
      truth: widened(right, order, tolerance, map[0], map[1] - map[0]),
    };
  }
}

import { readModelFile } from '../../models/model-file.js';
import type { MarkedFolder } from '../evaluate/marked-recording.js';

/** A network that is judged, with what it has seen of the recordings that it is judged on. */
export interface KnownModel {
  readonly path: string;
  /** Of its file. */
  readonly sha256: string;
  /** As its file says; null where it does not. */
  readonly trainedOn: string | null;
  /** Recordings of the folder among them: their figures say nothing of new sleepers. */
  readonly contaminated: readonly string[];
}

/** `model` is a packaged name or a path. @throws ModelError */
export function knownModel(folder: MarkedFolder, model: string | undefined): KnownModel | null {
  if (model === undefined) return null;
  const { network, sha256 } = readModelFile(model);
  const trainedOn = network.graph.provenance.data ?? null;
  return { path: model, sha256, trainedOn, contaminated: trainedOn === null ? [] : seenOf(folder, trainedOn) };
}

/** Names of the recordings that the words of a model's file name: `DREAMS …, excerpts 2, 4`. */
export function seenOf({ kind, recordings, separately }: MarkedFolder, trainedOn: string): string[] {
  const names = [...recordings, ...separately].map(({ name }) => name);
  if (kind === 'spinky') return /spinky/i.test(trainedOn) ? names : [];
  const listed = /DREAMS[^;]*?excerpts? (\d+(?:(?:, | and )\d+)*)/i.exec(trainedOn)?.[1];
  const numbers: readonly string[] = listed?.match(/\d+/g) ?? [];
  return kind === 'dreams' ? names.filter((name) => numbers.includes(name)) : [];
}

/** A line for a person: what to think of the figures. */
export function warningsOf({ kind }: MarkedFolder, model: KnownModel | null): string[] {
  if (!model) return [];
  const { trainedOn, contaminated } = model;
  const [which, fix] = kind === 'dreams' ? ['excerpts', ' Use --loso.'] : ['recordings', ''];
  if (contaminated.length > 0)
    return [
      `CONTAMINATED: the network was trained on ${which} ${contaminated.join(', ')}; their figures say nothing of new sleepers.${fix}`,
    ];
  return [
    trainedOn === null ? 'What the network was trained on is not known.' : `The network was trained on: ${trainedOn}.`,
  ];
}

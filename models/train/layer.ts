import type { Arena, Floats } from './arena.js';
import { elementsOf, type Volume } from './volume.js';

/**
 * What flows between layers: rows of `volume`, row t · images + i for image i at step t. What does not change from step to
 * step (all before the first spike) has 1 step.
 */
export interface Activation {
  readonly volume: Volume;
  readonly steps: number;
  readonly values: Floats;
  /** Derivative of the loss by `values`. */
  readonly gradient: Floats;
}

/** What the layers of one pass share. */
export interface Workspace {
  readonly arena: Arena;
  /** At most so many images go through together. */
  readonly images: number;
  readonly parameters: Float32Array;
  readonly running: Float32Array;
  /** Sums over the images, in the places of the parameters. */
  readonly gradients: Floats;
  /** What the running averages follow, in their places. */
  readonly statistics: Float32Array;
}

/** `train` takes means and extrema of the images at hand, `evaluate` their running averages. */
export type Mode = 'train' | 'evaluate';

export interface Layer {
  forward(images: number, mode: Mode): void;
  /** After a forward pass in mode `train`; adds to the gradients of its parameters, overwrites that of its input. */
  backward(images: number): void;
}

export function createActivation(workspace: Workspace, volume: Volume, steps: number): Activation {
  const length = workspace.images * steps * elementsOf(volume);
  return { volume, steps, values: workspace.arena.floats(length), gradient: workspace.arena.floats(length) };
}

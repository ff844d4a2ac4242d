import type { Network } from '../format/graph.js';

export interface ImportOptions {
  /** For networks with time constants: seconds of a tick. Without it the importer proposes one and says so, or refuses. */
  readonly tickSeconds?: number;
  readonly integrator?: 'euler' | 'zoh' | 'subtract';
  /** Text of a small architecture description, for weights that come without a graph (PyTorch, safetensors). */
  readonly architecture?: string;
  /** Reads a file beside the model (weights of a TensorFlow.js model); refuses names that lead elsewhere. */
  readonly readBeside?: (name: string) => Uint8Array;
}

/** From the bytes of a foreign file to a network; what was taken for granted stands in `graph.assumptions`. */
export type Importer = (bytes: Uint8Array, options: ImportOptions) => Network | Promise<Network>;

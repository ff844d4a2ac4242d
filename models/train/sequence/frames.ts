/** A recording as frames of features, with what the network should answer at each. */
export interface FrameSequence {
  readonly name: string;
  /** Int8 codes, [frames × features]. */
  readonly codes: Int8Array;
  /** From 0 to 1, one a frame. */
  readonly targets: Float32Array;
  /** What a frame counts in the loss; 0 where nothing is known. */
  readonly weights: Float32Array;
  /** How often windows are drawn from it, against 1 for others. */
  readonly share?: number;
  /** Whether the encoder's thresholds may start from its features; true if not given. */
  readonly typical?: boolean;
}

import { z } from 'zod';

/** Shape of the network: encoder, input layer, residual blocks, head. */
export const sequenceNetworkSchema = z.strictObject({
  features: z.number().int().min(1).max(1024),
  /** Codes of a feature's unit: the surrogate of the encoder reaches one unit to either side of a threshold. */
  codesPerUnit: z.number().positive().max(128).default(16),
  encoder: z
    .strictObject({
      /** Thresholds a feature; they start at evenly spaced quantiles from `low` to `high` of the training frames. */
      levels: z.number().int().min(1).max(16).default(4),
      low: z.number().min(0).max(1).default(0.15),
      high: z.number().min(0).max(1).default(0.97),
      /** Frames at the beginning of each sequence that the quantiles leave out. */
      skip: z.number().int().min(0).default(400),
    })
    .default({ levels: 4, low: 0.15, high: 0.97, skip: 400 }),
  channels: z.number().int().min(1).max(256).default(24),
  /** A block each, with the distance of its taps in frames. */
  dilations: z.array(z.number().int().min(1).max(1024)).min(1).max(16).default([1, 2, 4, 8]),
  taps: z.number().int().min(1).max(8).default(3),
});
export type SequenceNetwork = z.infer<typeof sequenceNetworkSchema>;

export const sequenceTrainingSchema = z.strictObject({
  steps: z.number().int().min(1).max(1_000_000).default(250),
  /** Windows of a step, and frames of a window. */
  batch: z.number().int().min(1).max(256).default(8),
  window: z.number().int().min(2).max(65536).default(640),
  /** First frames of a window, which count nothing: the network has not seen what came before. */
  context: z.number().int().min(0).default(40),
  /** Peak of the one-cycle schedule. */
  rate: z.number().positive().max(1).default(4e-3),
  weightDecay: z.number().min(0).max(1).default(0.01),
  gradientNorm: z.number().positive().default(1),
  dropout: z.number().min(0).max(0.9).default(0.15),
  /** A frame of target y counts 1 + (positiveWeight − 1) · y. */
  positiveWeight: z.number().positive().max(100).default(2),
  /** Added to the loss: so much times the mean share of the blocks' channels that spike. */
  firingPenalty: z.number().min(0).max(10).default(0.15),
  /** So much of each target comes from a network that was trained on the other sequences and has not seen it. */
  softTargets: z.number().min(0).max(1).default(0),
  /** The logit's bias at the start. */
  headBias: z.number().default(-2),
});
export type SequenceTraining = z.infer<typeof sequenceTrainingSchema>;

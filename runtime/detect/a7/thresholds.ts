/** What each feature must exceed; those of the published detector (Lacourse et al. 2019, 10.1016/j.jneumeth.2018.08.014). */
export interface A7Thresholds {
  /** log10 of the power of 11–16 Hz in µV². */
  readonly power: number;
  /** Of its share of 4.5–30 Hz, in standard deviations of the half minute. */
  readonly relativePower: number;
  /** Of its covariance with the signal, likewise. */
  readonly covariance: number;
  readonly correlation: number;
}

export const a7Thresholds = {
  power: 1.25,
  relativePower: 1.6,
  covariance: 1.3,
  correlation: 0.69,
} as const satisfies A7Thresholds;

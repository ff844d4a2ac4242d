/** What a stream must be, as plain values. */
export interface LslOptions {
  /** Its name. */
  readonly stream: string;
  /** Names of its channels, in their order. */
  readonly channels: readonly string[];
  /** Samples a second. */
  readonly rate: number;
}

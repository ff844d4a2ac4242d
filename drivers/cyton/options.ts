/** What a Cyton is set to, as plain values. */
export interface CytonOptions {
  readonly daisy: boolean;
  /** Frames a second; with a Daisy half of the packets a second. */
  readonly rate: number;
  readonly gain: number;
  /** Names of channels by electrode; a channel without one is called ch1 … ch16. */
  readonly electrodes: Readonly<Record<string, number>>;
  /** Channels that are switched off. */
  readonly off: readonly number[];
  /** Channels whose electrode gets the current that measures its impedance; absent: none, as in every run. */
  readonly testCurrent?: readonly number[];
}

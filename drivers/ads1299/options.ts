import type { ChipSetting } from './protocol.js';

/** What a chip is set to, and how it is wired, as plain values. */
export interface Ads1299Options extends ChipSetting {
  /** Names of channels by electrode; a channel without one is called ch1 … ch8. */
  readonly electrodes: Readonly<Record<string, number>>;
  /** Volts of the reference: 4.5 inside the chip, another where a board supplies its own. */
  readonly reference: number;
  /** The chip's pins GPIO1 to 4 are wired: their levels are a channel. */
  readonly digital: boolean;
  /** GPIO line of the computer that DRDY is wired to, and the label of its chip where it is not the header's. */
  readonly dataReady: number;
  readonly chip?: string;
}

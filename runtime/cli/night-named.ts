/** A night as the command line names it, and what it is configured by. */
export interface NamedNight {
  readonly participant: string;
  readonly night: number;
  readonly files: readonly string[];
  readonly sets: readonly string[];
}

/** Overrides of the configuration. */
export function setsOf({ participant, night, sets }: NamedNight): string[] {
  return [...sets, `study.participant=${participant}`, `study.night=${night}`];
}

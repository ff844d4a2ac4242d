/** How a run stands, for systemd. */
export interface Progress {
  /** Another number with each beat, while what the run is for goes on: also while it waits for a device. */
  readonly cycle: number;
  /** Samples come. */
  readonly delivering: boolean;
  /** Age of what is on disk; not a number before the first commit. */
  readonly behindUs: number;
  /** One line for people, without counts: it is told when it changes. */
  readonly text: string;
}

/**
 * What systemd is told, and when: ready with the first samples that are on disk, a beat only while the loop advances and
 * the recorder commits. A device that is off holds up readiness alone, and asks for more time. Pure.
 */
export class ServiceNotices {
  readonly #everyUs: number;
  #ready = false;
  #stopping = false;
  #cycle = NaN;
  #movedUs = NaN;
  #toldUs = -Infinity;
  #text = '';

  /** `watchdogUs`: systemd ends a service that is silent for so long; Infinity where it does not watch. */
  constructor(watchdogUs: number) {
    this.#everyUs = Math.min(mostUs, watchdogUs / 4);
  }

  /** Lines for the notify socket; none most of the time. */
  beat(nowUs: number, { cycle, delivering, behindUs, text }: Progress): readonly string[] {
    if (this.#stopping) return [];
    const moves = cycle !== this.#cycle;
    if (moves || Number.isNaN(this.#movedUs)) this.#movedUs = nowUs;
    this.#cycle = cycle;
    const stillUs = nowUs - this.#movedUs;
    const becomesReady = !this.#ready && moves && delivering && behindUs <= behindLimitUs;
    if (!becomesReady && nowUs - this.#toldUs < this.#everyUs) return [];
    this.#toldUs = nowUs;
    const lines: string[] = [];
    const advances = stillUs <= this.#everyUs;
    const problem = !advances
      ? 'the loop stands still'
      : behindUs > behindLimitUs
        ? `the recorder has not written for more than ${behindLimitUs / 1e6} s`
        : '';
    if (becomesReady) {
      this.#ready = true;
      lines.push('READY=1');
    } else if (!this.#ready && advances) lines.push(`EXTEND_TIMEOUT_USEC=${extensionUs}`);
    if (this.#ready && problem === '') lines.push('WATCHDOG=1');
    const told = (problem === '' ? text : `${problem}; ${text}`).replace(/\s+/g, ' ');
    if (told !== this.#text) lines.push(`STATUS=${told}`);
    this.#text = told;
    return lines;
  }

  /** The last ones. */
  stop(): readonly string[] {
    if (this.#stopping) return [];
    this.#stopping = true;
    return ['STOPPING=1', 'STATUS=ending'];
  }
}

const mostUs = 1e6;
/** Slow cards were seen to take seconds for a commit; the ring of samples holds sixteen at 1 kHz. */
const behindLimitUs = 10e6;
/** systemd wants the next one within this. */
const extensionUs = 20e6;

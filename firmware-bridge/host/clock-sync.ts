/**
 * The microcontroller's clock as this machine sees it: at `atUs` of the host's clock the device's was ahead by something
 * between `lowUs` and `highUs`, and has gained between `slowest` and `fastest` microseconds a microsecond since.
 */
export interface ClockLine {
  readonly atUs: number;
  readonly lowUs: number;
  readonly highUs: number;
  readonly slowest: number;
  readonly fastest: number;
}

/** The device's time at `hostUs`, in the middle of what is possible. */
export function deviceTime(line: ClockLine, hostUs: number): number {
  const offset = (line.lowUs + line.highUs) / 2 + ((line.slowest + line.fastest) / 2) * (hostUs - line.atUs);
  return hostUs + offset;
}

/** The host's time at `deviceUs`. */
export function hostTime(line: ClockLine, deviceUs: number): number {
  const rate = 1 + (line.slowest + line.fastest) / 2;
  return line.atUs + (deviceUs - deviceTime(line, line.atUs)) / rate;
}

/** Neither of the two above is further from the truth at `hostUs`, as long as each clock keeps its pace. */
export function clockUncertainty(line: ClockLine, hostUs: number): number {
  const away = Math.abs(hostUs - line.atUs);
  return (line.highUs - line.lowUs) / 2 + ((line.fastest - line.slowest) / 2 + wander) * away;
}

/**
 * Finds the line from round trips. Each says two things that hold however the delay was divided: the device had not
 * reached `receivedUs` when the question went out, and had passed `answeredUs` when the answer was here. Every straight
 * line that contradicts none of them is possible; a round trip without delay leaves few, and a slow one takes none away. As
 * many of the newest are used as agree with one line: those before a step of either clock do not. Pure; one call costs
 * some 4,000 comparisons.
 */
export class ClockSync {
  /** How often older round trips contradicted newer ones. */
  steps = 0;
  readonly #trips: RoundTrip[] = [];
  #line: ClockLine | undefined;

  /** Undefined before the first round trip. */
  get line(): ClockLine | undefined {
    return this.#line;
  }

  /** `sentUs` and `arrivedUs` of the host's clock, the other two of the device's. */
  add(sentUs: number, receivedUs: number, answeredUs: number, arrivedUs: number): void {
    if (!(arrivedUs >= sentUs && answeredUs >= receivedUs)) return;
    this.#trips.unshift({
      sentUs,
      mostUs: receivedUs + resolutionUs - sentUs,
      arrivedUs,
      leastUs: answeredUs - arrivedUs,
    });
    if (this.#trips.length > window) this.#trips.pop();
    let slowest = -steepest;
    let fastest = steepest;
    let used = 0;
    for (; used < this.#trips.length; used++) {
      let [low, high] = [slowest, fastest];
      for (let other = 0; other <= used; other++) {
        for (const [upper, lower] of [
          [used, other],
          [other, used],
        ] as const) {
          const { sentUs: upperUs, mostUs } = this.#trips[upper] as RoundTrip;
          const { arrivedUs: lowerUs, leastUs } = this.#trips[lower] as RoundTrip;
          const apart = upperUs - lowerUs;
          const room = mostUs - leastUs + wander * (2 * arrivedUs - upperUs - lowerUs);
          if (apart > 0) high = Math.min(high, room / apart);
          else if (apart < 0) low = Math.max(low, room / apart);
          else if (room < 0) high = -Infinity;
        }
      }
      if (low > high) break;
      [slowest, fastest] = [low, high];
    }
    if (used < this.#trips.length) this.steps++;
    // A round trip that agrees with no line at all is one of a clock that runs at another pace altogether.
    this.#trips.length = Math.max(1, used);
    let lowUs = -Infinity;
    let highUs = Infinity;
    for (const { sentUs: upperUs, mostUs, arrivedUs: lowerUs, leastUs } of this.#trips) {
      highUs = Math.min(highUs, mostUs + (fastest + wander) * (arrivedUs - upperUs));
      lowUs = Math.max(lowUs, leastUs + (slowest - wander) * (arrivedUs - lowerUs));
    }
    this.#line = { atUs: arrivedUs, lowUs, highUs, slowest, fastest };
  }

  /** The device has another clock now: it has booted, or is another one. */
  clear(): void {
    this.#trips.length = 0;
    this.#line = undefined;
  }
}

interface RoundTrip {
  readonly sentUs: number;
  /** The device was ahead by no more than this at `sentUs`, … */
  readonly mostUs: number;
  readonly arrivedUs: number;
  /** … and by no less than this at `arrivedUs`. */
  readonly leastUs: number;
}

/** Round trips that are looked at: some six seconds. */
const window = 64;
/** A crystal is off by 100 parts in a million at the worst; while it is corrected, Linux's clock by 500. */
const steepest = 650e-6;
/** A pace changes by so much within the window: by warmth, or because Linux corrects its clock. */
const wander = 3e-6;
/** The device's stamps are cut to whole microseconds. */
const resolutionUs = 1;

import {
  estimateReasons,
  inhibitorStates,
  refusalReasons,
  type EstimateReason,
  type GateLimits,
  type StimulusRequest,
} from '../../runtime/contracts.js';
import type { Gate } from '../../runtime/decide/gate.js';
import { Random } from '../fuzz/random.js';
import { GateChecker } from './checker.js';

/** A gate as it is, broken on purpose, or mutated. */
export type GateClass = new (configured: GateLimits, required?: readonly EstimateReason[], ofNight?: boolean) => Gate;

/** What sequences have touched, so that a run that tries nothing does not look like a proof. */
export class Coverage {
  steps = 0;
  requests = 0;
  permits = 0;
  /** Refusals that had this reason and no other, by its place in `refusalReasons`. */
  readonly alone = new Float64Array(refusalReasons.length);

  add(reasons: number): void {
    this.requests++;
    if (reasons === 0) this.permits++;
    else if ((reasons & (reasons - 1)) === 0) (this.alone[31 - Math.clz32(reasons)] as number)++;
  }
}

/**
 * One fresh gate, some tens of random commands, faults and requests at random times, and the checker beside it. Returns
 * what the two disagree on, or the empty string.
 */
export function runSequence(seed: number, gateClass: GateClass, coverage: Coverage): string {
  const sequence = new Sequence(new Random(seed), gateClass, coverage);
  const steps = 12 + (seed % 24);
  for (let step = 0; step < steps; step++) {
    const wrong = sequence.step();
    if (wrong !== '') return `seed ${seed}, step ${step}: ${wrong}`;
  }
  return '';
}

class Sequence {
  readonly #random: Random;
  readonly #coverage: Coverage;
  readonly #gate: Gate;
  readonly #checker: GateChecker;
  readonly #limits: GateLimits;
  /** Start times of what was permitted: the times that matter lie a window behind them. */
  readonly #starts: number[] = [];
  #nowUs: number;
  #leases = 0;

  constructor(random: Random, gateClass: GateClass, coverage: Coverage) {
    this.#random = random;
    this.#coverage = coverage;
    this.#limits = {
      intervalUs: this.#pick([0, 1, 1e3, 1.5e6, 1.5e6, 70e6]),
      perMinute: random.chance(0.03) ? 0 : 1 + random.below(5),
      perHour: random.chance(0.03) ? 0 : 1 + random.below(8),
      perNight: random.chance(0.03) ? 0 : 1 + random.below(8),
    };
    const required = estimateReasons.filter(() => random.chance(0.3));
    const ofNight = random.chance(0.5);
    this.#gate = new gateClass(this.#limits, required, ...(ofNight ? [true] : []));
    this.#checker = new GateChecker(this.#limits, required, ofNight);
    this.#nowUs = this.#pick([0, 1e6, 1e6, 3e9, 1e15]);
    if (random.chance(0.2)) this.#past();
    if (random.chance(0.9))
      for (const { name } of this.#gate.inhibitors)
        this.#inhibit(refusalReasons.indexOf(name), random.chance(0.01) ? 2 : 0);
    if (random.chance(0.9)) this.#arm(Infinity, NaN, NaN, NaN, NaN, NaN);
    if (random.chance(0.97)) this.#lease();
  }

  /** One thing happens, at a time that mostly is later; then the two are compared. */
  step(): string {
    const random = this.#random;
    this.#coverage.steps++;
    this.#passTime();
    if (random.chance(0.2)) {
      const wrong = this.#lease();
      if (wrong !== '') return wrong;
    }
    if (random.chance(0.005)) this.#past();
    const kind = random.below(100);
    if (kind < 78) return this.#request();
    if (kind < 82) {
      const untilUs = this.#nowUs + this.#pick([Infinity, Infinity, 1e6, 90e6, 9e9, 0]);
      this.#arm(random.chance(0.05) ? this.#strange() : untilUs, ...this.#tighter());
    } else if (kind < 85) {
      const named = this.#tighter();
      this.#gate.lower(...named);
      this.#checker.lower(...named);
    } else if (kind < 87) {
      this.#gate.disarm();
      this.#checker.disarm();
    } else {
      const known = refusalReasons.indexOf(random.pick(this.#gate.inhibitors).name);
      const reason = random.chance(0.05) ? random.below(refusalReasons.length) : known;
      const wrong = this.#inhibit(reason, random.chance(0.7) ? 0 : 1 + random.below(2));
      if (wrong !== '') return wrong;
    }
    return this.#compare();
  }

  #passTime(): void {
    const random = this.#random;
    const kind = random.below(100);
    const start = this.#starts.length > 0 ? this.#pick(this.#starts) : NaN;
    if (kind < 45) this.#nowUs += this.#pick([0, 1, 4e3, 1e6, this.#limits.intervalUs, random.below(100e6)]);
    else if (kind < 80 && !Number.isNaN(start)) {
      // To a window's very edge.
      const edge = start + this.#pick([this.#limits.intervalUs, 60e6, 3600e6, 86400e6]) + this.#pick([-1, 0, 0, 1]);
      if (edge >= this.#nowUs || random.chance(0.05)) this.#nowUs = edge;
    } else if (kind < 96) this.#nowUs += this.#pick([1e6, 61e6, 3601e6, 86401e6]);
    else if (kind < 98) this.#nowUs -= this.#pick([1, 1e6, 4e9]);
  }

  #request(): string {
    const random = this.#random;
    const nowUs = random.chance(0.01) ? this.#strange() : this.#nowUs;
    const fireAtUs = random.chance(0.02)
      ? this.#strange()
      : this.#pick([0, 0, 0, nowUs, nowUs + random.below(20_001), nowUs + 20e3, nowUs + 20_001, nowUs - 1e6]);
    const startUs = Math.max(fireAtUs, nowUs);
    const expiresUs = random.chance(0.02)
      ? this.#strange()
      : startUs + this.#pick([1e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1, 0, 0, -1]);
    const request: StimulusRequest = {
      detector: 0,
      onset: 0,
      fireAtUs,
      expiresUs,
      variant: random.below(3),
      withheld: random.chance(0.04),
    };
    const said = this.#gate.decide(request, nowUs);
    const expected = bitsOf(this.#checker.judge(request, nowUs));
    this.#coverage.add(said);
    if (said === 0) this.#starts.push(startUs);
    if (said === expected) return '';
    const asked = `at ${nowUs} of ${fireAtUs} until ${expiresUs}${request.withheld ? ', withheld' : ''}`;
    return `decide ${asked}: the gate says [${namesOf(said)}], the checker [${namesOf(expected)}]`;
  }

  #arm(...given: Parameters<Gate['arm']>): void {
    this.#gate.arm(...given);
    this.#checker.arm(...given);
  }

  /** Mostly the next one with enough in it; sometimes an old one, one with little, or one that is nearly over. */
  #lease(): string {
    const random = this.#random;
    const number = this.#leases + this.#pick([1, 1, 1, 1, 1, 0, -1]);
    this.#leases = Math.max(this.#leases, number);
    const stimuli = this.#pick([1, 2, 9, 9, 9, 9, random.chance(0.1) ? this.#strange() : 9]);
    const untilUs = this.#nowUs + this.#pick([Infinity, Infinity, Infinity, Infinity, 60e6, 1e6, 0]);
    const given = [number, stimuli, random.chance(0.02) ? this.#strange() : untilUs, this.#nowUs] as const;
    const said = this.#gate.lease(...given);
    const expected = this.#checker.grant(...given);
    return Object.is(said, expected) ? '' : `lease ${String(given)}: ${said} instead of ${expected}`;
  }

  /** What was given before: mostly in order, some time before now, and a few. */
  #past(): void {
    const random = this.#random;
    let atUs = this.#nowUs - this.#pick([90e9, 86400e6, 3600e6, 60e6]);
    for (let n = random.below(4); n > 0; n--) {
      const stimuli = random.chance(0.05) ? this.#strange() : random.below(4);
      const given = [random.chance(0.02) ? this.#strange() : atUs, stimuli, random.chance(0.5)] as const;
      this.#gate.past(...given);
      this.#checker.past(...given);
      this.#starts.push(atUs);
      atUs = Math.min(this.#nowUs, atUs + this.#pick([0, 1, 1e6, 60e6, 3600e6, -1]));
    }
  }

  #inhibit(reason: number, stateCode: number): string {
    const name = refusalReasons[reason]!;
    const state = inhibitorStates[stateCode]!;
    const expected = this.#checker.inhibit(name, state, this.#nowUs);
    try {
      const said = this.#gate.inhibit(name, state, this.#nowUs);
      if (expected === undefined) return `inhibit ${name}: is taken`;
      return said === expected ? '' : `inhibit ${name} ${state}: ${said} instead of ${expected}`;
    } catch (error) {
      const named = error instanceof RangeError && error.message.startsWith(`${name}: `);
      return expected === undefined && named ? '' : `inhibit ${name}: ${String(error)}`;
    }
  }

  /** Limits that arming or lowering may name: mostly none, sensible, looser, or nonsense. */
  #tighter(): [number, number, number, number, number] {
    const random = this.#random;
    const one = (): number =>
      random.chance(0.75) ? NaN : random.chance(0.1) ? this.#strange() : this.#pick([0, 1, 2, 2.5, 3, 4, 5, 9, -1]);
    const intervalUs = random.chance(0.7) ? NaN : this.#pick([0, -1, 1e3, 2e6, 30e6, 4000e6, this.#strange()]);
    return [one(), one(), one(), intervalUs, this.#pick([NaN, 0, -3, -6.5, 3, -Infinity, Infinity])];
  }

  #strange(): number {
    return this.#pick([NaN, Infinity, -Infinity, 0, -1, 1e300, -1e300, 5e-324, Number.MAX_SAFE_INTEGER]);
  }

  /** For numbers alone: what is called for everything is slow. */
  #pick(from: readonly number[]): number {
    return from[this.#random.below(from.length)]!;
  }

  /** Everything that the gate shows of itself. */
  #compare(): string {
    const gate = this.#gate;
    const checker = this.#checker;
    if (!Object.is(gate.armedUntilUs, checker.armedUntilUs)) return `armed until ${gate.armedUntilUs}`;
    if (gate.isArmed(this.#nowUs) !== this.#nowUs < checker.armedUntilUs) return `armed: ${gate.isArmed(this.#nowUs)}`;
    if (gate.leaseNumber !== checker.lease.number) return `lease ${gate.leaseNumber}`;
    if (gate.holding !== bitsOf(checker.holding())) return `holding [${namesOf(gate.holding)}]`;
    const spent = gate.spent(this.#nowUs);
    if (spent !== bitsOf(checker.spent(this.#nowUs))) return `spent [${namesOf(spent)}]`;
    if (gate.gainDb !== checker.gainDb) return `gain ${gate.gainDb} instead of ${checker.gainDb} dB`;
    const { perMinute, perHour, perNight, intervalUs } = checker.limits;
    const limits = [gate.limits.perMinute, gate.limits.perHour, gate.limits.perNight, gate.limits.intervalUs];
    const expected = [Math.floor(perMinute), Math.floor(perHour), Math.floor(perNight), intervalUs];
    for (let place = 0; place < limits.length; place++)
      if (limits[place] !== expected[place]) return `limits ${String(limits)} instead of ${String(expected)}`;
    if (gate.inhibitors.length !== checker.states.size) return `${gate.inhibitors.length} inhibitors`;
    for (const { name, state, sinceUs } of gate.inhibitors) {
      const known = checker.states.get(name);
      if (known?.state !== state || !Object.is(known.sinceUs, sinceUs)) return `${name} is ${state} since ${sinceUs}`;
    }
    return '';
  }
}

const bits = new Map(refusalReasons.map((name, place) => [name, 1 << place]));

function bitsOf(names: readonly (typeof refusalReasons)[number][]): number {
  let sum = 0;
  for (const name of names) sum |= bits.get(name)!;
  return sum;
}

const namesOf = (reasons: number): string => refusalReasons.filter((_, place) => reasons & (1 << place)).join();

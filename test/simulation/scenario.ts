import type { GateLimits, HardLimits } from '../../runtime/contracts.js';
import type { PolicyPlan } from '../../runtime/decide/policy-plan.js';
import type { Random } from './random.js';

/** Everything that can go wrong, and all that people and networks may ask for in the middle of it. */
export const faultKinds = [
  'core killed',
  'core killed while it writes',
  'core stopped',
  'loop dies',
  'loop wedged',
  'supervisor stalled',
  'recorder dies',
  'guardian killed',
  'guardian killed while it fires',
  'guardian stopped',
  'command thread stalled',
  'link killed',
  'machine stalled',
  'power cut',
  'reboot',
  'clean restart',
  'disk full',
  'disk slow',
  'commits fail',
  'budget damaged',
  'budget missing',
  'lines fail',
  'mailboxes full',
  'receipts late',
  'record damaged',
  'device fails to fire',
  'device fails to rest',
  'frames lost',
  'saturation',
  'flat line',
  'awake',
  'doubtful sleep',
  'unplugged',
  'frames late',
  'device clock steps',
  'wall clock set',
  'broker lost',
  'disarm',
  'arm anew',
  'lower',
  'silence',
  'stop input',
  'remote silence',
  'remote disarm',
  'remote lower',
  'remote arm',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  readonly atUs: number;
  readonly kind: FaultKind;
  /** Once `atUs` has come: at once, or so much after the next such moment. */
  readonly after: 'now' | 'permit' | 'start' | 'lease';
  readonly offsetUs: number;
}

/** All that a seed decides before the world begins. */
export interface Scenario {
  readonly rate: 10 | 250;
  readonly hours: number;
  readonly limits: GateLimits;
  readonly hardLimits: HardLimits;
  readonly durationUs: number;
  readonly policy: PolicyPlan;
  readonly night: string;
  readonly sampleSlots: number;
  readonly decisionSlots: number;
  readonly pipeBytes: number;
  /** Bytes on the disk at the start. */
  readonly freeBytes: number;
  readonly faults: readonly Fault[];
  /** From here on nothing more goes wrong, and everything must work again. */
  readonly healedUs: number;
}

/** A swarm: each seed draws its own mix of faults, so that those of one kind do not drown the others. */
export function drawScenario(random: Random, rate: 10 | 250, hours: number): Scenario {
  const endUs = hours * 3600e6;
  const healedUs = endUs - Math.min(600e6, endUs / 4);
  const pool = faultKinds.filter(() => random.chance(0.4));
  while (pool.length < 5) pool.push(random.pick(faultKinds));
  const faults: Fault[] = [];
  const count = 20 + random.whole(25);
  // Each finds its moment before all is well.
  const lastUs = healedUs - 62e6;
  while (faults.length < count) {
    const atUs = random.between(30e6, lastUs);
    faults.push(drawFault(random, pool, atUs));
    // Misfortunes come together.
    if (random.chance(0.3)) faults.push(drawFault(random, pool, Math.min(lastUs, atUs + random.wait(0.5e6))));
  }
  faults.sort((a, b) => a.atUs - b.atUs);
  const durationUs = random.pick([15e3, 50e3, 200e3, 400e3, 900e3]);
  return {
    rate,
    hours,
    limits: {
      intervalUs: random.pick([1.5e6, 2e6, 5e6, 20e6]),
      perMinute: random.pick([2, 4, 6, 10]),
      perHour: random.pick([15, 40, 80, 200]),
      perNight: random.pick([30, 90, 300, 600]),
    },
    hardLimits: { intervalUs: 400e3, durationUs: 1e6, perMinute: 60, perHour: 1200, perNight: 6000 },
    durationUs,
    policy: drawPolicy(random),
    night: random.pick(['', 'P017 night 1']),
    sampleSlots: random.pick([256, 1024, 4096]) * (rate === 250 ? 8 : 1),
    decisionSlots: random.pick([256, 1024, 4096]) * (rate === 250 ? 2 : 1),
    pipeBytes: random.pick([4096, 16384, 65536]),
    freeBytes: 50e9,
    faults,
    healedUs,
  };
}

function drawFault(random: Random, pool: readonly FaultKind[], atUs: number): Fault {
  const kind = random.pick(pool);
  const after = random.pick(['now', 'now', 'permit', 'start', 'start', 'lease'] as const);
  return {
    atUs,
    kind,
    after,
    offsetUs: random.chance(0.3) ? 0 : Math.min(1.5e6, random.wait(after === 'lease' ? 100e3 : 30e3)),
  };
}

function drawPolicy(random: Random): PolicyPlan {
  const expiresUs = random.pick([50e3, 100e3, 200e3]);
  const schedule = random.pick([undefined, undefined, { windows: { onSeconds: 60, offSeconds: 20 } }]);
  const asking = { expiresUs, ...(schedule ? { schedule } : {}) };
  if (random.chance(0.1)) return { use: 'periodic', everySeconds: random.pick([3, 7.01, 15]), ...asking };
  const delaySeconds = random.pick([0, 0, 0, 0.3, 0.51, 1.21, 3]);
  return {
    use: delaySeconds === 0 ? 'immediate' : 'delayed',
    after: 0,
    delaySeconds,
    ...(delaySeconds > 0 && random.chance(0.5) ? { delayUpToSeconds: delaySeconds + 0.7 } : {}),
    refractorySeconds: random.pick([0, 1, 3]),
    ...(random.chance(0.2) ? { train: { pulses: 3, intervalSeconds: 2.2 } } : {}),
    ...asking,
  };
}

import type { GateLimits, RefusalReason } from '../contracts.js';

/** What is asked for; as on the control socket. */
export interface ArmingWish {
  /** The device's name, as the person gave it: who arms says what. */
  readonly device: string;
  readonly forSeconds: number;
  readonly perMinute?: number | undefined;
  readonly perHour?: number | undefined;
  readonly perNight?: number | undefined;
  readonly intervalUs?: number | undefined;
  readonly gainDb?: number | undefined;
}

/** What can be known before a night. The signal is not among it: the sleeper is awake while the lab arms. */
export interface ArmingFacts {
  readonly device: string;
  /** As configured; absent where the configuration stimulates nothing. */
  readonly limits?: GateLimits | undefined;
  readonly guardian: { readonly ready: boolean; readonly cause: string };
  /** By the guardian's own check of actuator, stop input and condition, or that it does not answer. */
  readonly guardianReasons: readonly string[];
  /** Why the measured delay of the output does not hold, where the configuration names one. */
  readonly timingFaults: readonly string[];
  /** In which things differ from the study's lock. */
  readonly studyFaults: readonly string[];
  /** Empty while all is well. */
  readonly recorderProblem: string;
  readonly budgetProblem: string;
  /** What holds the gate at this moment. */
  readonly holding: readonly RefusalReason[];
  readonly source: {
    readonly device: string;
    readonly port: string;
    readonly samples: number;
    readonly notice: string;
  };
}

/** Everything that speaks against arming, one line each: thing, value, fix. Empty: arm. Pure (SAFETY.md ). */
export function armingReasons(wish: ArmingWish, facts: ArmingFacts): string[] {
  const { limits } = facts;
  if (!limits) return ['this configuration stimulates nothing. Give it policy, stimulus and gate.'];
  const reasons: string[] = [];
  const say = (holds: boolean, reason: string): void => {
    if (holds) reasons.push(reason);
  };
  const { device, forSeconds, gainDb = 0 } = wish;
  const { guardian, holding, source } = facts;
  say(
    device !== facts.device,
    `device: this is ${facts.device}, not ${device}. Give the name of the one that you mean.`,
  );
  say(!(forSeconds > 0 && forSeconds <= longestSeconds), `for: ${forSeconds} s is not within 24 h. Arm for one night.`);
  for (const key of ['perMinute', 'perHour', 'perNight'] as const) {
    const asked = wish[key] ?? limits[key];
    say(!(asked <= limits[key]), `${key}: ${asked} is above ${limits[key]}, as configured. Arming only tightens.`);
  }
  const { intervalUs = limits.intervalUs } = wish;
  say(
    !(intervalUs >= limits.intervalUs),
    `interval: ${intervalUs / 1e6} s is below ${limits.intervalUs / 1e6} s, as configured. Arming only tightens.`,
  );
  say(!(gainDb <= 0), `gain: ${gainDb} dB is above 0 dB, the configured level. Arming only tightens.`);
  say(!guardian.ready, `guardian: not ready (${guardian.cause}). See its lines in the log.`);
  reasons.push(...facts.guardianReasons, ...facts.timingFaults, ...facts.studyFaults);
  say(facts.recorderProblem !== '', facts.recorderProblem);
  say(facts.budgetProblem !== '', facts.budgetProblem);
  const what = `${source.device} on ${source.port}`;
  const notice = source.notice === '' ? '' : ` (${source.notice})`;
  if (source.samples === 0) say(true, `source: ${what} has given no sample yet${notice}. Connect it and switch it on.`);
  else if (holding.includes('clock')) say(true, heldBy.clock);
  for (const name of holding) {
    if (name === 'budget' && facts.budgetProblem !== '') continue;
    if (name === 'recorder' && facts.recorderProblem !== '') continue;
    if (name !== 'clock' && name in heldBy) reasons.push(heldBy[name as keyof typeof heldBy]);
  }
  return reasons;
}

/** Of what holds the gate, what somebody can see to before a night. */
const heldBy = {
  clock: 'clock: device and machine disagree, or one was just set. Wait ten seconds; see axond status.',
  recorder: 'recorder: behind, or not known. Give it a faster disk or less to do; see axond status.',
  disk: 'disk: nearly full, or not known. Delete or move recordings.',
  budget: 'budget: what was given before is not known. See the log.',
  'per-day': 'perNight: used up by the last 24 hours. Wait, or configure a higher limit if the protocol has one.',
  'per-night': 'perNight: used up by this night. It takes another night.',
} as const;

const longestSeconds = 24 * 3600;

import type { RunPlan } from '../config/compile.js';
import { disarmCauses } from '../contracts.js';
import { post } from '../loop/shared.js';
import { monotonicUs } from '../monotonic.js';
import type { NightLimits } from '../study/night-log.js';
import { configuredTiming, measuredWithOf, type ConfiguredTiming } from '../timing/timing-file.js';
import { armingReasons, type ArmingWish } from './arming.js';
import type { RunMemory } from './memory.js';
import type { NightRun } from './night-run.js';
import type { RecorderThread } from './recorder-thread.js';
import type { Status } from './status.js';
import type { Stimulator } from './stimulator.js';
import type { StudyLock } from './study-lock.js';

/** The parts of a run that have a say; those that are not there yet are undefined. */
export interface ArmingParts {
  readonly stimulator: Pick<Stimulator, 'renew' | 'becomesReady' | 'check' | 'ready' | 'cause'> | undefined;
  readonly recorder: Pick<RecorderThread, 'problem' | 'budgetProblem'> | undefined;
  readonly lock: Pick<StudyLock, 'faults'> | undefined;
  readonly night: NightRun | undefined;
}

/** Who may arm a run, and when: asks everything that has a say, and tells the loop. Whoever disarms it overtakes that. */
export class RunArming {
  readonly #plan: RunPlan;
  readonly #memory: RunMemory;
  readonly #parts: () => ArmingParts;
  readonly #status: () => Pick<Status, 'source' | 'stimulation'>;
  /** How often it was disarmed or silenced. */
  #disarmings = 0;

  constructor(
    plan: RunPlan,
    memory: RunMemory,
    parts: () => ArmingParts,
    status: () => Pick<Status, 'source' | 'stimulation'>,
  ) {
    this.#plan = plan;
    this.#memory = memory;
    this.#parts = parts;
    this.#status = status;
  }

  /** Returns what speaks against it; empty: the loop was told. `isThere`: whoever asks still waits for the answer. */
  async arm(wish: ArmingWish, isThere: () => boolean): Promise<readonly string[]> {
    const { night } = this.#parts();
    const disarmings = this.#disarmings;
    const overtaken = (): readonly string[] => (disarmings === this.#disarmings ? [] : [overtakenReason]);
    const reasons = await this.reasons(wish);
    if (reasons.length > 0) return reasons;
    if (overtaken().length > 0) return overtaken();
    const limits = limitsOf(wish);
    await night?.armed(limits);
    // While it was written, the window may have closed, or the log may have failed for something else.
    const since = [...overtaken(), ...(night?.reasons ?? []), ...(isThere() ? [] : ['whoever asked has gone.'])];
    // The clock first: so the end is not behind that of the window.
    const nowUs = monotonicUs();
    const seconds = Math.min(wish.forSeconds, night?.windowSeconds ?? Infinity);
    if (since.length === 0 && this.tell(nowUs + seconds * 1e6, limits)) return [];
    night?.disarming('refused');
    // From an arming before this one: the log has its end now.
    if (this.#memory.armed) this.disarm('request');
    return since.length > 0 ? since : ['the loop does not take messages; see axond status'];
  }

  /** Also before anything could be armed. */
  get wasDisarmed(): boolean {
    return this.#disarmings > 0;
  }

  /** At once, and also what is being asked for. False if the loop takes no messages. */
  disarm(cause: (typeof disarmCauses)[number]): boolean {
    this.#disarmings++;
    return post(this.#memory.requests, 'disarm', disarmCauses.indexOf(cause));
  }

  /** The guardian was, which a loop that hangs does not hear. */
  silenced(): void {
    this.#parts().night?.disarming('silence');
    this.disarm('silence');
  }

  /** What can be known before is checked before; the signal is judged at each firing, for the sleeper is still awake. */
  async reasons(wish: ArmingWish): Promise<readonly string[]> {
    const { stimulator, recorder, lock, night } = this.#parts();
    // Nobody wakes a guardian that was silenced for an adverse event before that is cleared.
    const held = night?.reasons ?? [];
    if (held.length === 0) stimulator?.renew();
    if (held.length === 0) await stimulator?.becomesReady(readyMs);
    const guardianReasons = (await stimulator?.check(checkMs)) ?? [];
    const studyFaults = [...((await lock?.faults()) ?? []), ...(night ? nightReasons(night, wish.forSeconds) : [])];
    const { source, stimulation } = this.#status();
    return armingReasons(wish, {
      device: this.#plan.name,
      limits: this.#plan.loop.stimulation?.limits,
      guardian: stimulator ?? { ready: false, cause: 'none' },
      guardianReasons,
      timingFaults: this.timing().faults,
      studyFaults,
      recorderProblem: recorder?.problem ?? '',
      budgetProblem: recorder?.budgetProblem ?? '',
      holding: stimulation?.holding ?? [],
      source,
    });
  }

  /**
   * Where every actuator is virtual, at the start. The guardian is asked all the same, because a night of a study is taken
   * by that; no window is needed, for nobody sleeps there.
   */
  async armVirtual(): Promise<readonly string[]> {
    const { stimulator, lock, night } = this.#parts();
    const reasons = [
      ...((await stimulator?.check(checkMs)) ?? []),
      ...((await lock?.faults()) ?? []),
      ...(night?.held ?? []),
    ];
    if (reasons.length === 0) this.tell(Infinity, {});
    return reasons;
  }

  /** False if the loop takes no messages. Whoever calls it has asked for `reasons`. */
  tell(untilUs: number, limits: NightLimits): boolean {
    const { perMinute = NaN, perHour = NaN, perNight = NaN, intervalUs = NaN, gainDb = NaN } = limits;
    return post(this.#memory.requests, 'arm', untilUs, perMinute, perHour, perNight, intervalUs, gainDb);
  }

  /** Of the output, as it is measured when this is called. */
  timing(): ConfiguredTiming {
    const { actuator, source } = this.#plan;
    if (!actuator) return { faults: [] };
    return configuredTiming(actuator.timing, measuredWithOf(actuator.plan, source.device));
  }
}

function nightReasons(night: NightRun, forSeconds: number): readonly string[] {
  const { reasons, windowSeconds } = night;
  if (reasons.length > 0 || forSeconds <= windowSeconds + toleranceSeconds) return reasons;
  const left = Math.floor(windowSeconds / 60);
  return [`night: ${forSeconds} s is longer than the window, of which ${left} min are left. Give --for ${left}m.`];
}

/** Those of an arming or a lowering that were given. */
export function limitsOf(given: { readonly [Key in keyof NightLimits]?: number | undefined }): NightLimits {
  const { perMinute, perHour, perNight, intervalUs, gainDb } = given;
  return {
    ...(perMinute === undefined ? {} : { perMinute }),
    ...(perHour === undefined ? {} : { perHour }),
    ...(perNight === undefined ? {} : { perNight }),
    ...(intervalUs === undefined ? {} : { intervalUs }),
    ...(gainDb === undefined ? {} : { gainDb }),
  };
}

const overtakenReason = 'somebody disarmed or silenced it while it was being armed. Ask again when all is well.';
/** Less than the five seconds that whoever asks waits. */
const readyMs = 2500;
const checkMs = 2000;
/** Between naming a window and arming for all of it. */
const toleranceSeconds = 60;

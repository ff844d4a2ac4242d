import type { Actuator, Command, Condition, HardLimits, Started } from '../../runtime/contracts.js';
import { amplitudeOf } from './level.js';
import { changesSince, readCardState } from './mixer.js';
import { AudioOutput, openOutput, type AudioHandle } from './output.js';
import { audioPlan, hardCeilingOf, type AudioPlan } from './plan.js';
import { measuredDbfs, renderSound, type Sound } from './sound.js';

export type { AudioHandle, AudioPlan };

/** Sounds to a sleeper: no more often than every 0.4 s, 1,200 an hour, 6,000 a night; a spoken cue fits into 5 s. */
export const audioLimits: HardLimits = {
  intervalUs: 400e3,
  durationUs: 5e6,
  perMinute: 60,
  perHour: 1200,
  perNight: 6000,
};

/** Refuses anything that is not exactly a plan. */
export function decodeAudioPlan(given: unknown): AudioPlan {
  return audioPlan.parse(given);
}

/** Short sounds on a card that plays all the time; in both conditions the card is fed in the same way. */
export class AudioActuator implements Actuator {
  readonly #plan: AudioPlan;
  readonly #output: AudioOutput;
  readonly #active: Int32Array;

  constructor(plan: AudioPlan, handle: AudioHandle, active: Int32Array) {
    this.#plan = plan;
    this.#output = new AudioOutput(handle);
    this.#active = active;
  }

  /** Renders the sounds, opens the card and lets it play silence. Throws one line with the fix. */
  static open(plan: AudioPlan, realtime: boolean): AudioHandle {
    const handle = openOutput(plan, renderWithin(plan), realtime);
    const output = new AudioOutput(handle);
    if (output.awaitRunning(startMs)) return handle;
    const fault = output.fault() || 'it does not begin to play';
    output.close();
    throw new Error(`${plan.card}: ${fault}. Unplug the card and plug it in again, or use another one.`);
  }

  check(): readonly string[] {
    const { card, calibration } = this.#plan;
    const fault = this.#output.fault();
    const reasons = fault === '' ? [] : [`${card}: ${fault}.`];
    if (!calibration) return reasons;
    return [...reasons, ...changesSince(calibration, readCardState(card)).map((change) => `${card}: ${change}`)];
  }

  fire({ variant, gainDb }: Command, condition: Condition): Started {
    if (!(gainDb <= 0)) throw new Error(`a gain of ${gainDb} dB is no attenuation`);
    if (!(variant in this.#plan.sounds)) throw new Error(`there is no sound ${variant}`);
    const gain = amplitudeOf(gainDb) * audible[condition];
    Atomics.store(this.#active, 0, 1);
    const { startedUs, delayFrames, underruns } = this.#output.play(variant, gain, longestWaitMs);
    // Again: the other thread may have rested between the two lines above, and the word would hide the sound from a rest.
    Atomics.store(this.#active, 0, 1);
    const evidence = `sound ${variant} behind ${delayFrames} frames, ${underruns} underruns so far`;
    return { atUs: startedUs, evidence };
  }

  rest(): void {
    this.#output.stop();
    Atomics.store(this.#active, 0, 0);
  }

  isAtRest(): boolean {
    return Atomics.load(this.#active, 0) === 0;
  }

  close(): void {
    this.rest();
    this.#output.close();
  }
}

/** Looks at what was made, not at what was meant: nothing above the ceiling comes near a card. */
export function renderWithin({ sounds, rate, levelDbfs, ceilingDbfs, calibration }: AudioPlan): Sound[] {
  const most = Math.min(ceilingDbfs, hardCeilingOf(calibration));
  return sounds.map((name) => {
    const sound = renderSound(name, rate, levelDbfs);
    const loud = measuredDbfs(sound, rate);
    if (loud > most + rounding) {
      throw new Error(
        `sound: ${name} has ${loud.toFixed(1)} dBFS and the ceiling is ${most.toFixed(1)} dBFS. Lower stimulus.level.`,
      );
    }
    return sound;
  });
}

const audible = { real: 1, sham: 0 } as const satisfies Record<Condition, number>;
const startMs = 2000;
/** A sound that comes later than this is not the answer to what asked for it. */
const longestWaitMs = 50;
const rounding = 0.1;

import { StimulusRate, type SleptBlock } from './stimulus-rate.js';

/** Worst first. The names stand in night logs: none may change its meaning. */
export const alarmNames = [
  'adverse',
  'guardian',
  'signal',
  'rate',
  'undervoltage',
  'battery',
  'disarmed',
  'rearmed',
  'recorder',
  'disk',
  'contact',
  'no-stimulus',
  'clock',
] as const;
export type AlarmName = (typeof alarmNames)[number];

/** What a person reads: what it is, and what to do. */
export const alarmWords: Readonly<Record<AlarmName, readonly [words: string, fix: string]>> = {
  adverse: [
    'an adverse event was marked',
    'Go to the participant. Nothing fires until a named person has cleared it: axond mark clear --by INITIALS.',
  ],
  guardian: ['the guardian is at rest', 'Nothing fires. See axond status, and arm again when its cause is gone.'],
  signal: ['no signal', 'Look at amplifier, battery and cable of the headset, and whether it is worn.'],
  rate: [
    'stimuli come far more often than in the earlier hours and nights of this sleeper',
    'Look at the signal. If it does not look like sleep: axond disarm.',
  ],
  undervoltage: [
    "the board's supply voltage is too low",
    'Change the power supply or its cable: the board may stop at any moment.',
  ],
  battery: ['the battery is nearly empty', 'Connect the mains.'],
  disarmed: [
    'disarmed within the night',
    'The night is recorded without stimuli. Arm again if the protocol allows it: axond arm.',
  ],
  rearmed: ['armed again by itself after a restart', 'See in the log why it was started anew.'],
  recorder: [
    'the recording is behind, or has failed',
    'Nothing fires meanwhile. See axond status, and free the disk of other work.',
  ],
  disk: [
    'less room on the disk than the night needs',
    'Export or upload recordings and delete them: axond recording list.',
  ],
  contact: [
    'an electrode has had bad contact for 5 minutes',
    'Look at the signal, and press on or replace the electrode.',
  ],
  'no-stimulus': [
    'no stimulus in 60 minutes of sleep',
    'See what holds the gate in axond status. If it should have fired, look at signal and detector.',
  ],
  clock: ['the wall clock was set', 'Write it down: times of this night before and after do not agree.'],
};

/** What is known at one time. */
export interface AlarmFacts {
  /** CLOCK_MONOTONIC. */
  readonly nowUs: number;
  /** Null for a run that belongs to no night of a study. */
  readonly night: {
    /** Between lights off and lights on, or the end that was authorised. */
    readonly windowOpen: boolean;
    /** Adverse events that were marked in this night; 0 where none holds it. */
    readonly adverse: number;
    /** How often it was armed by itself in this night. */
    readonly rearmed: number;
  } | null;
  /** Infinity before the first. */
  readonly sampleAgeSeconds: number;
  /** What signal quality holds against the electrodes; the empty string where it holds nothing, or judges nothing. */
  readonly contactFault: string;
  /** Null where no detector judges it for the gate. */
  readonly asleep: boolean | null;
  readonly armed: boolean;
  /** Started in this run, real and sham alike: neither rule may tell the two apart. */
  readonly stimuli: number;
  /** Why it is at rest; the empty string while it is ready. Null where nothing is stimulated. */
  readonly guardianRest: string | null;
  readonly power: PowerState;
  /** Null where it cannot be told. */
  readonly disk: { readonly freeBytes: number; readonly wantedBytes: number } | null;
  /** The empty string while it keeps up. */
  readonly recorderProblem: string;
  /** By which the wall clock was set since the last look; 0 if it was not. */
  readonly clockStepSeconds: number;
}

/** Null is what this board does not tell. */
export interface PowerState {
  readonly undervoltage: boolean | null;
  /** The emptiest one. */
  readonly battery: { readonly percent: number; readonly discharging: boolean } | null;
}

/** What speaks for an alarm now, with its detail. */
export type Present = ReadonlyMap<AlarmName, string>;

/**
 * Judges facts as they come. What belongs to a sleeper (signal, contact, arming, stimuli) is judged while the window of a
 * night is open, or without a study from the first sample on; what belongs to the box always. Details name no number of
 * stimuli: whoever is blinded may read them. Pure.
 */
export class AlarmRules {
  readonly #signal = new Lasting();
  readonly #contact = new Lasting(goodSeconds);
  readonly #disarmed = new Lasting();
  readonly #guardian = new Lasting();
  readonly #recorder = new Lasting();
  readonly #rate: StimulusRate;
  #batteryLow = false;
  #diskLow = false;
  #lastUs = NaN;
  #streamed = false;
  #fault = '';
  #stimuli = 0;
  #rearmed: number;
  #asleepSeconds = 0;

  /**
   * `rearmed` is how often it had been armed by itself before this run, `earlier` what is known of the sleeper, and `own`
   * hears what is added to that.
   */
  constructor(rearmed = 0, earlier?: SleptBlock, own?: (block: SleptBlock) => void) {
    this.#rearmed = rearmed;
    this.#rate = new StimulusRate(earlier, own);
  }

  look(facts: AlarmFacts): Present {
    const { nowUs, night } = facts;
    const present = new Map<AlarmName, string>();
    const say = (alarm: AlarmName, holds: boolean, detail: string): void => {
      if (holds) present.set(alarm, detail);
    };
    const seconds = Number.isNaN(this.#lastUs) ? 0 : Math.min(longestStepSeconds, (nowUs - this.#lastUs) / 1e6);
    this.#lastUs = nowUs;
    if (facts.sampleAgeSeconds < Infinity) this.#streamed = true;
    this.#sleeper(facts, night ? night.windowOpen : this.#streamed, seconds, say);

    const adverse = night?.adverse ?? 0;
    say('adverse', adverse > 0, adverse > 1 ? `for the ${ordinal(adverse)} time in this night` : '');
    const rearmed = night?.rearmed ?? 0;
    say('rearmed', rearmed > this.#rearmed, `for the ${ordinal(rearmed)} time`);
    this.#rearmed = rearmed;
    const rest = facts.guardianRest ?? '';
    const patience = rest === 'starting' ? startSeconds : restSeconds;
    say('guardian', this.#guardian.since(nowUs, rest !== '') >= patience, rest);
    const { undervoltage, battery } = facts.power;
    say('undervoltage', undervoltage === true, '');
    const empty = battery !== null && battery.discharging;
    this.#batteryLow = empty && battery.percent <= (this.#batteryLow ? chargedPercent : lowPercent);
    say('battery', this.#batteryLow, `${battery?.percent ?? 0} %`);
    const { disk } = facts;
    if (disk) this.#diskLow = disk.freeBytes < disk.wantedBytes * (this.#diskLow ? clearAgain : 1);
    say('disk', this.#diskLow, disk ? `${gigabytes(disk.freeBytes)} free, ${gigabytes(disk.wantedBytes)} wanted` : '');
    const { recorderProblem, clockStepSeconds } = facts;
    say('recorder', this.#recorder.since(nowUs, recorderProblem !== '') >= behindSeconds, recorderProblem);
    say('clock', clockStepSeconds !== 0, `by ${clockStepSeconds.toFixed(1)} s`);
    return present;
  }

  #sleeper(
    facts: AlarmFacts,
    watched: boolean,
    seconds: number,
    say: (alarm: AlarmName, holds: boolean, detail: string) => void,
  ): void {
    const { nowUs, night, sampleAgeSeconds, contactFault, asleep, armed, stimuli, guardianRest } = facts;
    // A headset that was never there since the window opened is as lost as one that went.
    const silent = watched && sampleAgeSeconds > freshSeconds;
    const silentFor = Math.max(
      this.#signal.since(nowUs, silent),
      watched && this.#streamed && sampleAgeSeconds < Infinity ? sampleAgeSeconds : 0,
    );
    say('signal', silent && silentFor >= lostSeconds, '');
    const fresh = sampleAgeSeconds <= freshSeconds;
    const bad = watched && fresh && contactFault !== '';
    if (bad) this.#fault = contactFault;
    say('contact', this.#contact.since(nowUs, bad) >= badSeconds, this.#fault);
    const stimulates = guardianRest !== null;
    const open = night?.windowOpen === true && stimulates;
    say('disarmed', this.#disarmed.since(nowUs, open && !armed) >= unarmedSeconds, '');

    const more = Math.max(0, stimuli - this.#stimuli);
    this.#stimuli = stimuli;
    const slept = watched && asleep === true && fresh ? seconds : 0;
    this.#asleepSeconds = more > 0 || !watched || !stimulates ? 0 : this.#asleepSeconds + slept;
    say('no-stimulus', this.#asleepSeconds >= withoutSeconds, '');
    // Sleep in which nothing could be given says nothing of the sleeper.
    const counts = armed && contactFault === '' && slept > 0;
    say('rate', this.#rate.add(counts ? slept : 0, counts ? more : 0) && watched, '');
  }
}

/** For how long something has held, in seconds; what goes for less than `gapSeconds` has not gone. */
class Lasting {
  readonly #gapUs: number;
  #fromUs = NaN;
  #heldUs = NaN;

  constructor(gapSeconds = 0) {
    this.#gapUs = gapSeconds * 1e6;
  }

  since(nowUs: number, holds: boolean): number {
    if (holds) {
      if (Number.isNaN(this.#fromUs)) this.#fromUs = nowUs;
      this.#heldUs = nowUs;
    } else if (!(nowUs - this.#heldUs < this.#gapUs)) this.#fromUs = NaN;
    return Number.isNaN(this.#fromUs) ? -Infinity : (this.#heldUs - this.#fromUs) / 1e6;
  }
}

function ordinal(count: number): string {
  return `${count}${['th', 'st', 'nd', 'rd'][count % 100 > 3 && count % 100 < 21 ? 0 : count % 10] ?? 'th'}`;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const freshSeconds = 1;
const lostSeconds = 30;
const badSeconds = 300;
/** Good for so long, it is good. */
const goodSeconds = 30;
/** Whoever opens the window arms next. */
const unarmedSeconds = 30;
const restSeconds = 10;
/** On a busy board it takes that long to be ready. */
const startSeconds = 60;
const behindSeconds = 10;
const withoutSeconds = 3600;
const lowPercent = 20;
const chargedPercent = 25;
const clearAgain = 1.1;
/** A supervisor that hung has not seen that somebody slept. */
const longestStepSeconds = 10;

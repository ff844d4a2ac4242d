import type { NightEntry } from '../study/night-log.js';
import type { Finding } from './check-machine.js';

/** What the guide of an evening and whoever shows it tell each other. */

/** What is known before the evening begins. */
export interface EveningFacts {
  readonly study: string;
  readonly participant: string;
  readonly night: number;
  readonly device: string;
  readonly timeZone: string;
  readonly stimulates: boolean;
  /** Why it cannot be measured now; empty where it can. */
  readonly without: Readonly<Record<'impedance' | 'signal' | 'sound', string>>;
  /** The lights are off since an evening before this one: nobody is asked to do anything. */
  readonly asleep: boolean;
  /** Seconds until a clock at the bed next shows this time; NaN where it is none. */
  readonly secondsUntil: (time: string) => number;
  /** What that clock shows so many seconds from now. */
  readonly clockIn: (seconds: number) => string;
  /** The ear that gets the first sound; the person is not told. */
  readonly firstEar: Ear;
  /** What this night's log holds already. */
  readonly earlier: readonly StepEntry[];
}

export type StepEntry = NightEntry & { readonly kind: 'step' };
export type Ear = 'left' | 'right';
/** What is asked of the person while the signal is measured. */
export type SignalPart = 'open' | 'closed' | 'blink' | 'jaw';

export interface MachineFacts {
  readonly findings: readonly Finding[];
  readonly measures: Readonly<Record<'power' | 'disk', Readonly<Record<string, number>>>>;
  /** In the time zone of the device, for people. */
  readonly time: string;
}

/** What whoever shows the guide has to do next; the method of that name takes what came of it. */
export type EveningWish =
  | { readonly want: 'answer' }
  | { readonly want: 'impedance' }
  | { readonly want: 'signal'; readonly part: SignalPart }
  | { readonly want: 'sounded'; readonly ear: Ear }
  | { readonly want: 'machine' }
  /** Into the night's log. */
  | { readonly want: 'recorded'; readonly entry: StepEntry }
  /** A run of this night that reads samples, or is there already. */
  | { readonly want: 'began' }
  /** Opens the window, if it is not open yet, and arms for what is left of it. */
  | { readonly want: 'lightsOff'; readonly forSeconds: number }
  | { readonly want: 'done'; readonly armed: boolean }
  | { readonly want: 'nothing' };

export interface Problem {
  readonly problem: string;
}

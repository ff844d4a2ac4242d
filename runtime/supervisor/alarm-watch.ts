import type { RefusalReason } from '../contracts.js';
import { AlarmRules, type AlarmFacts, type PowerState } from '../study/alarm-rules.js';
import { Alarms, type Alarm, type AlarmChange, type LoggedAlarm } from '../study/alarms.js';
import type { SleptBlock } from '../study/stimulus-rate.js';
import type { Status } from './status.js';

/** Where the facts of a run come from, and where its alarms go. */
export interface AlarmPorts {
  /** Without its alarms. */
  status(): Pick<Status, 'source' | 'stimulation' | 'recorder'>;
  /** Seconds since the newest one; Infinity before the first. */
  sampleAge(): number;
  /** Seconds since the newest cycle that is on disk; NaN before the first. */
  committedAge(): number;
  /** Null where the run belongs to no night of a study. */
  night(): AlarmFacts['night'];
  power(): PowerState;
  /** Null where it cannot be told. */
  freeBytes(): number | null;
  /** What the recording of the night, or of what is left of it, takes at the most. */
  wantedBytes(): number;
  /** Into the recording, the night's log and the log. */
  changed(change: AlarmChange, words: string): void;
  /** A quarter of an hour of sleep at a rate that is this sleeper's own: into the night's log. */
  slept(block: SleptBlock): void;
}

/** What is known before a run begins. */
export interface AlarmsBefore {
  /** Of the night's log. */
  readonly alarms: readonly LoggedAlarm[];
  /** Of this sleeper, in earlier nights and in this one. */
  readonly slept?: SleptBlock;
}

/** Looks once a second at what a run knows of itself and says what somebody has to see to. Pure but for its ports. */
export class AlarmWatch {
  readonly #ports: AlarmPorts;
  readonly #judgesSleep: boolean;
  readonly #rules: AlarmRules;
  readonly #alarms: Alarms;
  #lookedUs = -Infinity;
  #boxUs = -Infinity;
  #power: PowerState = { undervoltage: null, battery: null };
  #freeBytes: number | null = null;
  #clockStepSeconds = 0;

  /** `judgesSleep`: the gate requires a detector that does. */
  constructor(ports: AlarmPorts, judgesSleep: boolean, before: AlarmsBefore = { alarms: [] }) {
    this.#ports = ports;
    this.#judgesSleep = judgesSleep;
    this.#rules = new AlarmRules(ports.night()?.rearmed, before.slept, (block) => ports.slept(block));
    this.#alarms = new Alarms(before.alarms);
  }

  get list(): readonly Alarm[] {
    return this.#alarms.list;
  }

  /** With each beat of the supervisor. `clockStepMs` is by how much the wall clock was set since the last one. */
  beat(nowUs: number, wallMs: number, clockStepMs: number): void {
    this.#clockStepSeconds += clockStepMs / 1000;
    if (nowUs - this.#lookedUs < lookUs) return;
    this.#lookedUs = nowUs;
    if (nowUs - this.#boxUs >= boxUs) {
      this.#boxUs = nowUs;
      this.#power = this.#ports.power();
      this.#freeBytes = this.#ports.freeBytes();
    }
    for (const change of this.#alarms.look(this.#rules.look(this.#facts(nowUs)), wallMs)) this.#tell(change);
    this.#clockStepSeconds = 0;
  }

  /** The empty string, or why not. */
  acknowledge(alarm: string, by: string, wallMs: number): string {
    const change = this.#alarms.acknowledge(alarm, by, wallMs);
    if ('refused' in change) return change.refused;
    this.#tell(change);
    return '';
  }

  #tell(change: AlarmChange): void {
    const { alarm, state, by, detail } = change;
    const words = `alarm ${alarm} ${state}${by === '' ? '' : ` by ${by}`}${detail === '' ? '' : `: ${detail}`}`;
    this.#ports.changed(change, words);
  }

  #facts(nowUs: number): AlarmFacts {
    const { stimulation, recorder } = this.#ports.status();
    const sampleAgeSeconds = this.#ports.sampleAge();
    const behindSeconds = sampleAgeSeconds < mostBehindSeconds ? this.#ports.committedAge() : 0;
    const holding = stimulation?.holding ?? [];
    const free = this.#freeBytes;
    return {
      nowUs,
      night: this.#ports.night(),
      sampleAgeSeconds,
      contactFault: holding.filter((reason) => contactReasons.has(reason)).join(', '),
      asleep: this.#judgesSleep ? !holding.includes('sleep') : null,
      armed: stimulation?.armed === true,
      stimuli: stimulation?.stimuli ?? 0,
      guardianRest: stimulation && (stimulation.guardian === 'ready' ? '' : stimulation.guardian),
      power: this.#power,
      disk: free === null ? null : { freeBytes: free, wantedBytes: this.#ports.wantedBytes() },
      recorderProblem: problemOf(recorder.state, behindSeconds),
      clockStepSeconds: this.#clockStepSeconds,
    };
  }
}

function problemOf(state: string, behindSeconds: number): string {
  if (state !== 'recording' && state !== 'starting') return state;
  return behindSeconds > mostBehindSeconds ? `${behindSeconds.toFixed(0)} s behind` : '';
}

/** Not `movement` and `quality`: whoever lies awake moves. */
const contactReasons: ReadonlySet<RefusalReason> = new Set(['electrode', 'flat', 'saturation', 'mains']);
const lookUs = 1e6;
/** Supply, battery and disk. */
const boxUs = 10e6;
const mostBehindSeconds = 2;

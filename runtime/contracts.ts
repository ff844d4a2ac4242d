/**
 * Every interface that crosses a folder, in the order in which a sample travels. Read this page first, then
 * `ARCHITECTURE.md`. Nothing here runs: types, the tables that name the fields of records, and the few constants that
 * two processes must agree on.
 *
 * Times are microseconds of CLOCK_MONOTONIC in doubles (`…Us`), exact for centuries. Sample indexes count frames from
 * the first one of a run and go on through gaps. A frame is all channels at one instant.
 */

// ── Samples ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bits of `SampleBlock.flags`. A gap frame was lost by the device or the link: it repeats the last counts. */
export const FrameFlag = { gap: 1, suspect: 2 } as const;

export interface ChannelInfo {
  readonly name: string;
  /** `uV` for electrodes; what a count means otherwise (`g`, `V`, `count`). */
  readonly unit: string;
  /** value = counts × scale */
  readonly scale: number;
  /** |counts| at or above which the converter is saturated. */
  readonly railCounts: number;
}

export interface StreamInfo {
  /** Driver name, as in `source: { use: … }`. */
  readonly device: string;
  readonly channels: readonly ChannelInfo[];
  /** Nominal frames a second. */
  readonly rate: number;
  /** From the instant at the electrode to the arrival of its bytes, as far as it is known, in microseconds. */
  readonly delayUs: number;
}

/** Frames of one read. Fixed capacity, filled by a decoder, reused for every read. */
export interface SampleBlock {
  readonly channels: number;
  /** Most frames that fit. A decoder that would exceed it keeps the rest for its next call. */
  readonly capacity: number;
  /** Raw counts, `counts[frame × channels + channel]`. Through a gap the last value is held. */
  readonly counts: Int32Array;
  /** The device's own counter for each frame; −1 where it has none or the frame is a filled gap. */
  readonly counters: Int32Array;
  /** `FrameFlag` bits for each frame. */
  readonly flags: Uint8Array;
  /** Frames in use. */
  frames: number;
  /** Sample index of frame 0. */
  firstIndex: number;
  /** When the bytes of this read arrived. */
  arrivalUs: number;
}

/** Bytes from and to a device. Blocking with a time-out; the only part of a driver that does input and output. */
export interface Transport {
  /** Reads at most `buffer.length` bytes. 0: nothing came within `timeoutMs`. −1: the device is gone; close it. */
  read(buffer: Uint8Array, timeoutMs: number): number;
  /** Writes all of it or returns false. */
  write(bytes: Uint8Array, length: number): boolean;
  close(): void;
}

/**
 * The pure half of a device driver: start-up dialogue, framing, decoding, gap filling. Bytes in, frames and bytes out.
 * The caller writes `outgoing[0 … outgoingLength)` to the device after each call and sets `outgoingLength` to 0.
 */
export interface DeviceSession {
  readonly info: StreamInfo;
  readonly state: SessionState;
  /** What a person should know or do now (one line), or the empty string. */
  readonly notice: string;
  readonly outgoing: Uint8Array;
  outgoingLength: number;
  readonly counts: SessionCounts;
  /** What to send before the port is closed on purpose. */
  readonly goodbye: Uint8Array;
  /** The port has just been opened (again). Sample indexes go on; the time since the last frame becomes a gap. */
  open(nowUs: number): void;
  /** The port is gone. */
  close(nowUs: number): void;
  /**
   * Takes `length` bytes that arrived at `nowUs` (0 bytes lets time-outs pass) and fills `out` from its start. Sets
   * `out.frames`, `out.firstIndex` and `out.arrivalUs`. Never throws, whatever the bytes. Allocates nothing once
   * streaming. `capacity` of `out` is at least 64 frames; what does not fit waits: call again with 0 bytes while
   * `pending` is true.
   */
  push(bytes: Uint8Array, length: number, nowUs: number, out: SampleBlock): void;
  readonly pending: boolean;
}
export type SessionState = 'closed' | 'starting' | 'streaming' | 'failed';
export interface SessionCounts {
  /** Frames delivered that came from the device (filled gap frames are not counted). */
  frames: number;
  /** Gaps: runs of lost frames, not the frames in them. */
  gaps: number;
  lostFrames: number;
  /** Bytes that belonged to no frame and no answer. */
  discardedBytes: number;
  /** Frames seen twice and dropped. */
  duplicates: number;
}

// ── Signals: what stages and detectors see ──────────────────────────────────────────────────────────────────────────

/** One channel of doubles at a fixed rate. */
export interface SignalShape {
  readonly rate: number;
  readonly unit: string;
}

/**
 * A causal filter on one signal. Any split of the input into calls gives the same output, bit for bit. Allocates
 * nothing after `prepare`. Laws: `runtime/signal/stage.laws.ts`.
 */
export interface Stage {
  /** Called once, before anything else. Throws a `RangeError` naming option, value and fix if it cannot work. */
  prepare(shape: SignalShape): SignalShape;
  /**
   * Takes `input[0 … length)`, writes to `output` from its start and returns how many values it wrote: `length` for
   * stages that keep the rate. `output` may be `input` for these. For others `output` holds at least
   * ceil(length × rate out ÷ rate in) + 1 values.
   */
  process(input: Float64Array, length: number, output: Float64Array): number;
  /** Back to the state after `prepare`. */
  reset(): void;
  /** Group delay in the pass band, in output samples; what a detector must add to its own. */
  readonly delaySamples: number;
  /** Output samples after a start or reset until the step response stays within 1 % of its end. */
  readonly settleSamples: number;
  /** The numbers that the output depends on, for the recording: coefficients in the order in which they apply. */
  coefficients(): readonly number[];
}

/** `confirmed` and `end` are in samples of the detector's signal since the last reset, as `onset` is. */
export interface Detection {
  /** A detection is listed twice: when it is confirmed (`end` is NaN) and when it has ended. */
  phase: DetectionPhase;
  onset: number;
  /** The sample at which the detector was sure: nothing may act on it earlier. */
  confirmed: number;
  /** Exclusive. */
  end: number;
  /** Detector's own measure at confirmation, larger is surer. */
  score: number;
}
export const DetectionPhase = { confirmed: 0, ended: 1 } as const;
export type DetectionPhase = (typeof DetectionPhase)[keyof typeof DetectionPhase];

/** A list of fixed length, reused: a detector takes the next entry and fills it; the loop empties it. */
export interface DetectionList {
  readonly capacity: number;
  readonly items: readonly Detection[];
  length: number;
}

/** Of an inhibitor, and of what an estimate says to the gate: `unknown` holds as `holds` does. Places are stored. */
export const inhibitorStates = ['clear', 'holds', 'unknown'] as const;
export type InhibitorState = (typeof inhibitorStates)[number];

/**
 * A lasting judgement that a detector keeps beside its detections: a phase, how likely sleep is, whether the electrode
 * still sits. Made once, changed in place; after `process` it is that of the newest sample.
 */
export interface Estimate {
  /** Within its detector, such as `sleep` or `phase`. */
  readonly name: string;
  /** Of the value, `1` for a ratio or a probability. */
  readonly unit: string;
  /** NaN while nothing is known: after `prepare`, and after a reset until there is a judgement. */
  value: number;
  /** Where the value is known: `holds` if it speaks against a stimulus, `clear` otherwise. `unknown` where it is not. */
  state: InhibitorState;
  /** The reason under which the gate refuses when it requires this detector; without one it only informs. */
  readonly reason?: EstimateReason;
  /** It is of an instant so long after the newest sample; before it where negative. Absent: of the newest sample. */
  readonly aheadSeconds?: number;
}

/** Laws: `runtime/detect/detector.laws.ts`. Allocates nothing after `prepare`. */
export interface Detector {
  prepare(shape: SignalShape): void;
  /** Absent for a detector that only detects. The list and its entries are there from construction on. */
  readonly estimates?: readonly Estimate[];
  /** `input[0]` is sample `firstSample` since the last reset. */
  process(input: Float64Array, length: number, firstSample: number, out: DetectionList): void;
  /** Instead of `process`, of a detector that was made for several signals: one array for each, of one shape and length. */
  processSeveral?(inputs: readonly Float64Array[], length: number, firstSample: number, out: DetectionList): void;
  reset(): void;
  /** Constant lateness of `onset` and `end`; subtracted by delay-compensated scoring. Never applied to `confirmed`. */
  readonly delaySamples: number;
  readonly settleSamples: number;
}

// ── Decisions ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A policy's wish to stimulate. Filled in place. */
export interface StimulusRequest {
  /** Index of the detector in the configuration that caused it; −1 where no detection did. */
  detector: number;
  /** Sample index of that detection's onset, or of when it was due. */
  onset: number;
  /** When to fire: 0 at once, otherwise at this time, at most one packet interval ahead. */
  fireAtUs: number;
  /** Not after this time. */
  expiresUs: number;
  /** Which of the configured stimuli: a cue, a polarity. 0 where there is one. */
  variant: number;
  /** The policy's schedule speaks against it (an OFF window, a pause): the gate refuses it with the reason `schedule`. */
  withheld: boolean;
}

/** A detection in sample indexes of the stream, with the place of its detector in the configuration. */
export interface StreamDetection extends Detection {
  detector: number;
}

/** Maps sample indexes to monotonic time; the loop thread alone owns it. */
export interface SampleClock {
  /** When the bytes of frame `index` arrive if nothing holds them up. NaN before the first frame. */
  timeOf(index: number): number;
}

/** Where a policy asks for a stimulus: it fills `request`, whole, and submits it. */
export interface RequestPort {
  /** One, reused. */
  readonly request: StimulusRequest;
  /** The gate's answer, at once: 0 permits; otherwise bit n set means `refusalReasons[n]`. */
  submit(): number;
}

/**
 * Turns detections into wishes to stimulate. Pure: what it does depends on the calls alone, and not on how samples were
 * cut into reads. Allocates nothing after its construction. Laws: `runtime/decide/policy.laws.ts`.
 */
export interface Policy {
  /**
   * Called once a cycle, after the detectors. `lastIndex` is the newest sample index. What is due before the next packet
   * is asked for now, with its `fireAtUs`. `estimates[n]` are those of detector n in the configuration, as they are at
   * `lastIndex`.
   */
  decide(
    detections: readonly StreamDetection[],
    count: number,
    lastIndex: number,
    clock: SampleClock,
    port: RequestPort,
    estimates: readonly (readonly Estimate[])[],
  ): void;
  /** What all random choices start from. Of a policy that makes some: it asks for nothing before. */
  seed?(seed: number): void;
  /** Samples come without a gap from this index on: at the start, and after each gap before its next `decide`. */
  startAt?(index: number): void;
  /** A gap begins: what was planned before it is void. */
  reset(): void;
}

/** One reason not to fire. `unknown` holds: what is not known to be good counts as bad. */
export interface Inhibitor {
  readonly name: RefusalReason;
  state: InhibitorState;
  sinceUs: number;
}

/** Bit n of a refusal is `refusalReasons[n]`. A refusal carries all that apply. Order is part of the file format. */
export const refusalReasons = [
  'disarmed',
  'expired',
  'interval',
  'per-minute',
  'per-hour',
  'per-night',
  'stale',
  'settling',
  'gap',
  'saturation',
  'flat',
  'ring-loss',
  'guardian',
  'supervisor',
  'source',
  'unconfirmed',
  'sleep',
  'mains',
  'movement',
  'electrode',
  'quality',
  'lease',
  'per-day',
  'budget',
  'schedule',
  'recorder',
  'disk',
  'clock',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/**
 * Reasons that an estimate may stand for. `saturation` and `flat` are also judged on raw counts, always; the others hold
 * only where the gate requires a detector that judges them. `quality` is for what has no name of its own.
 */
export const estimateReasons = [
  'saturation',
  'flat',
  'sleep',
  'mains',
  'movement',
  'electrode',
  'quality',
] as const satisfies readonly RefusalReason[];
export type EstimateReason = (typeof estimateReasons)[number];

/** Limits of the gate. Every layer may only tighten: hard limits of the actuator kind ≥ configuration ≥ arming. */
export interface GateLimits {
  readonly intervalUs: number;
  readonly perMinute: number;
  readonly perHour: number;
  readonly perNight: number;
}

// ── Records: what leaves the loop (events) and what enters it (messages) ────────────────────────────────────────────

/**
 * Every event of the loop is one record of numbers: `[kind, cycle, index, us, field 0 … field 7]`. `cycle` is the
 * loop's sequence number, `index` the newest sample index, `us` the cycle's time. This table names the fields; rings,
 * recording, replay and MQTT all read it. Kinds are numbered by their place: append only.
 */
export const eventFields = {
  /** `phase` is a `DetectionPhase`; onset, confirmed and end are sample indexes of the stream. */
  detection: ['detector', 'phase', 'onset', 'confirmed', 'end', 'score'],
  /** `request` numbers the requests of a run from 1. */
  request: ['request', 'detector', 'onset', 'fireAtUs', 'expiresUs'],
  /** `command` numbers the commands of a run from 1; `delivered` counts permits so far. */
  permit: ['request', 'command', 'fireAtUs', 'variant', 'lease'],
  /** `reasons` has a bit for each of `refusalReasons`. */
  refusal: ['request', 'reasons'],
  /** From the guardian. `state` is a `ReceiptState`; `atUs` its own clock reading; `arrivalUs` that of the bytes. */
  receipt: ['command', 'state', 'atUs', 'arrivalUs'],
  gap: ['firstIndex', 'frames'],
  /** `reason` is a place in `refusalReasons`, `state` one in `inhibitorStates`. */
  inhibitor: ['reason', 'state'],
  /** Limits as they are now in force. */
  armed: ['untilUs', 'perMinute', 'perHour', 'perNight', 'intervalUs', 'gainDb'],
  /** `cause` is a place in `disarmCauses`. */
  disarmed: ['cause'],
  /** `ring` is a place in `ringNames`; `count` all losses of the run so far. */
  loss: ['ring', 'count'],
  /** Text of the marker is kept with the event in the recording. Of one that says itself when it was: that time, and the
   * sample index of it, to a fraction, NaN before the first sample; else both are 0. */
  marker: ['marker', 'at', 'atUs'],
  /** `state` is a place in `sessionStates`. */
  source: ['state'],
  /** `state` 0 at rest after a fault, 1 ready. */
  guardian: ['state', 'cause'],
  /** `estimate` is a place among the detector's own; `state` in `inhibitorStates`. Told on each new
   * state, every 10 s, and a `phase` with each request. */
  estimate: ['detector', 'estimate', 'state', 'value'],
  /** Permission for `stimuli` more until a time, as the gate took it up: for none if it came after a disarming. */
  lease: ['lease', 'stimuli', 'untilUs'],
  /** Of the slow oscillation at the start of a stimulus, in degrees: as it was foreseen when it was permitted, and in
   * hindsight 1.25 s later, NaN where a gap came between. */
  phase: ['command', 'expected', 'realised'],
  /** A `PlaceEstimate`: `belief` with each frame that carried evidence, `place` where the place is another one than was
   * told last. `known` and `ambiguous` are 0 or 1. */
  belief: ['place', 'score', 'second', 'margin', 'known', 'ambiguous', 'frameUs', 'ageUs'],
  place: ['place', 'score', 'second', 'margin', 'known', 'ambiguous', 'frameUs', 'ageUs'],
  /** `change` is a place in `mapChanges`; `place` −1 where it is of no single one; `places` of the map after it. The text
   * of that number is kept with the event in the recording; 0 for none. */
  map: ['change', 'place', 'places', 'text'],
} as const satisfies Record<string, readonly string[]>;
export type EventKind = keyof typeof eventFields;

/** What the loop is told besides samples, drained once at the start of each cycle and logged before it is used. */
export const messageFields = {
  /** NaN keeps the configured limit; a number may only tighten it. `gainDb` ≤ 0 makes every stimulus weaker. */
  arm: ['untilUs', 'perMinute', 'perHour', 'perNight', 'intervalUs', 'gainDb'],
  disarm: ['cause'],
  /** Tightens limits while armed. NaN keeps. */
  lower: ['perMinute', 'perHour', 'perNight', 'intervalUs', 'gainDb'],
  receipt: ['command', 'state', 'atUs'],
  guardian: ['state', 'cause'],
  supervisor: ['fresh'],
  source: ['state'],
  loss: ['ring', 'count'],
  /** `atUs` 0: it is of when it came. */
  marker: ['marker', 'atUs'],
  /** Permission for `stimuli` until a time, already on disk. */
  lease: ['lease', 'stimuli', 'untilUs'],
  /** Stimuli given before this run; `atUs` on this run's axis, often negative. `night` 1: they belong to this night. */
  past: ['atUs', 'stimuli', 'night'],
  /** `state` of this and the next three is a place in `inhibitorStates`. */
  budget: ['state'],
  recorder: ['state'],
  disk: ['state'],
  clock: ['state'],
  /** What the policy's random choices start from: drawn once a run. */
  seed: ['seed'],
  /** Driven since the last reading, backwards below 0; `atUs` is when it was measured. */
  odometry: ['metres', 'atUs'],
  /**
   * `request` is a place in `placeRequests`; `place` −1 where the robot is now, and for `map` the number of a map; `text`
   * the number of a label, 0 for none.
   */
  place: ['request', 'place', 'text'],
} as const satisfies Record<string, readonly string[]>;
export type MessageKind = keyof typeof messageFields;

type Named<Table extends Record<string, readonly string[]>> = {
  [Kind in keyof Table & string]: { kind: Kind; cycle: number; index: number; us: number } & {
    [Field in Table[Kind][number]]: number;
  };
}[keyof Table & string];
/** The readable form of a record. */
export type LoopEvent = Named<typeof eventFields>;
export type LoopMessage = Named<typeof messageFields>;

/** Doubles in a record: kind, cycle, index, us and eight fields. Message kinds are stored from `firstMessageKind` on. */
export const recordLength = 12;
export const firstMessageKind = 100;

/** Append only: places in these lists are stored. */
export const sessionStates = ['closed', 'starting', 'streaming', 'failed'] as const satisfies readonly SessionState[];
export const ringNames = ['samples', 'decisions', 'commands'] as const;
export const disarmCauses = ['request', 'expired', 'guardian', 'shutdown', 'silence', 'remote'] as const;
export const guardianCauses = [
  'ready',
  'exited',
  'silenced',
  'beats-lost',
  'latched',
  'actuator',
  'channel',
  'starting',
  'deliveries',
  'condition',
] as const;
export const placeRequests = ['learn', 'match', 'pause', 'label', 'forget', 'map'] as const;
export const mapChanges = ['learning', 'matching', 'paused', 'learned', 'labelled', 'forgotten', 'switched'] as const;
export const ReceiptState = { accepted: 0, started: 1, ended: 2, refused: 3, dropped: 4 } as const;
export type ReceiptState = (typeof ReceiptState)[keyof typeof ReceiptState];

// ── The guardian ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the loop sends down the FIFO: fixed records, one `write` each, below PIPE_BUF. Codec: `guardian/command.ts`. */
export interface Command {
  kind: 'beat' | 'fire' | 'rest';
  /** Counts every record of a channel from 1, without holes. */
  sequence: number;
  /** Number of the last finished cycle: a wedged loop does not look alive. */
  cycle: number;
  /** For `fire`: number of the command in the run; 0 otherwise. */
  command: number;
  /** 0 at once. */
  fireAtUs: number;
  /** Dropped after this time. */
  expiresUs: number;
  durationUs: number;
  /** As in `StimulusRequest`. */
  variant: number;
  /** 0 or less: weaker than the configured level by so much. */
  gainDb: number;
  /** The lease that it draws on. */
  lease: number;
}

/** What is applied after the permit, by the guardian alone: the core never knows. */
export type Condition = 'real' | 'sham';

/** Whose night of a blinded study it is, as it was configured. */
export interface StudyPlan {
  readonly name: string;
  readonly participant: string;
  /** From 1. */
  readonly night: number;
  /** The sealed file; read by the guardian alone. */
  readonly allocation: string;
  /** Goes on with a night that another run has begun, on this box or on another one. */
  readonly continue: boolean;
  /** Where a night goes on on a box that has not seen its beginning: the block that it had reached. */
  readonly fromBlock?: number;
  /** What participants are called: a regular expression for the whole code. This one fits. */
  readonly codes?: string;
  /** Absent: arming never survives a run. */
  readonly rearm?: Rearming;
}

/** A night that was armed may be armed again by itself, so soon after its run has gone and so often. */
export interface Rearming {
  readonly withinUs: number;
  readonly times: number;
}

/** What the guardian says of a command. `evidence` is what the actuator itself reports, for the recording. */
export interface Receipt {
  command: number;
  state: ReceiptState;
  atUs: number;
  evidence: string;
}

/** `atUs` is when the stimulus starts at the device's own output, by the device's own report where it has one. */
export interface Started {
  readonly atUs: number;
  /** For the receipt. */
  readonly evidence: string;
}

/** Guardian side. At rest after construction; every stimulus has an end; `rest` may be called at any time, twice too. */
export interface Actuator {
  /** Everything that speaks against arming, one line each. */
  check(): readonly string[];
  /** Starts a stimulus; in both conditions by the same path, in the same time, with evidence of the same form. Throws if
   * it could not be started. */
  fire(command: Command, condition: Condition): Started;
  rest(): void;
  isAtRest(): boolean;
  close(): void;
  /** `fire` is called so long before the time of a command that is due later: of a device that keeps time by itself. */
  readonly leadUs?: number;
  /** Of one that rests unless it hears that we live: called each few milliseconds; `ready` is false while nothing may fire. */
  tick?(ready: boolean): void;
}

/** Hard limits of an actuator kind: constants of the guardian, and a ceiling for the configuration. */
export interface HardLimits {
  readonly intervalUs: number;
  readonly durationUs: number;
  readonly perMinute: number;
  readonly perHour: number;
  readonly perNight: number;
}

// ── The recording ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What a recording says of its run. Written first, closed last. */
export interface RunDescription {
  readonly name: string;
  readonly axond: string;
  readonly node: string;
  /** `run`, `demo`, `replay` or `bench`. */
  readonly verb: string;
  /** The effective configuration as YAML: replay builds the loop from it. */
  readonly configuration: string;
  readonly stream: StreamInfo;
  /** Where the stream is of pictures, a byte a pixel: their size. It has no channels then. */
  readonly pictures?: { readonly width: number; readonly height: number };
  readonly detectors: readonly string[];
  /** What the variants of a stimulus are called: sounds, codes, lines. Absent where there is one. */
  readonly variants?: readonly string[];
  /** Names of the estimates that a detector keeps, by its name; only of those that keep any. */
  readonly estimates: Readonly<Record<string, readonly string[]>>;
  /** Coefficients of each signal's stages, by signal name: decisions can be repeated where `design` would differ. */
  readonly coefficients: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** SHA-256 of the file of each model that decides, by the name of its detector. */
  readonly models: Readonly<Record<string, string>>;
  /** Of a blinded study; `sha256` is that of its sealed file, null if the guardian could not read it. */
  readonly study?: {
    readonly name: string;
    readonly participant: string;
    readonly night: number;
    readonly continued: boolean;
    readonly sha256: string | null;
    /** Absent where its protocol was not locked. `protocol` is the same on every box that has locked the same one. */
    readonly lock?: {
      readonly version: number;
      readonly approval: string;
      readonly hash: string;
      readonly protocol: string;
    };
  };
  /** Absent where it was not measured, or does not hold for what was plugged in. */
  readonly timing?: OutputTiming;
  readonly bootId: string;
  /** Monotonic and wall time of the same instant at the start. */
  readonly startUs: number;
  readonly startWallMs: number;
  /** The wall clock was wrong for sure: only anchors after it was set tell when it was. */
  readonly wallClock?: 'unset';
  /** Of a run that was recorded in several: cycles and sample indexes go on where the one before has ended. */
  readonly continues?: RunPosition & {
    readonly recording: string;
    /** Of that one, over all but its ending, as `axond check --head` takes it. */
    readonly head?: string;
  };
}

/** Between two cycles of a run: the last one, and the newest sample index. */
export interface RunPosition {
  readonly cycle: number;
  readonly index: number;
}

/** From the time of a receipt to the stimulus in the signal, as `axond setup timing` has measured it. */
export interface OutputTiming {
  /** When: ISO 8601. */
  readonly measured: string;
  readonly delayUs: number;
  /** 95 of 100 stimuli are no further from that. */
  readonly within95Us: number;
}

/** The closing line of a run, and of `--json`. Counts are of the whole run; in a recording, of that recording. */
export interface RunSummary {
  samples: number;
  gaps: number;
  discardedBytes: number;
  detections: number;
  stimuli: number;
  refusals: number;
  /** From bytes arrived to actuator confirmed; NaN-free: null where nothing was delivered. */
  latencyUs: { p50: number; p99: number; max: number } | null;
  ringLosses: Record<string, number>;
  recording: string | null;
  mqtt: { published: number; acked: number } | null;
  /** In a recording: name of the one in which its run goes on. */
  continuedIn?: string;
}

// ── Models ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Values at an input or output, in the order of `shape` (no batch, channels first, last axis fastest). */
export type ModelValues = Float32Array | Int32Array | Uint8Array | Int8Array;

export interface ModelPort {
  readonly name: string;
  readonly shape: readonly number[];
  /** The array that `step` takes or fills here: f32 real, i32 sums, u8 or i8 codes, u8 spikes. */
  readonly type: 'f32' | 'i32' | 'u8' | 'i8';
  /** Codes only: value = scale × (code − zeroPoint). */
  readonly scale?: number;
  readonly zeroPoint?: number;
}

/** One network, whatever runs it. One step is one tick; a T=1 network has no state between steps. */
export interface Model {
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /** One tick. Arrays in the order of the ports; allocates nothing after the first calls. */
  step(inputs: readonly ModelValues[], outputs: readonly ModelValues[]): void;
  /** Back to the state after loading. */
  reset(): void;
  /** Bytes of the state; 0 for a network without. */
  readonly stateBytes: number;
  saveState(into: Uint8Array): void;
  /** Refuses a state of another length. */
  loadState(from: Uint8Array): void;
  /** Membranes or other real state of one node, for a scheduler that sets it between ticks. Refuses unknown names. */
  setState(node: string, values: Float32Array): void;
  describe(): ModelDescription;
}

export interface ModelDescription {
  readonly name: string;
  /** What runs it: `reference`, `wasm`, `int8`, `tensorflow`, `neurocorex`, `neurocorex-twin`. */
  readonly engine: string;
  /** Bytes of weights and other constants as held, and of everything else that a step works on. */
  readonly weightBytes: number;
  readonly workingBytes: number;
  readonly layers: readonly ModelLayer[];
}

export interface ModelLayer {
  readonly name: string;
  readonly op: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  /** Inputs × fan-out of a dense pass; 0 for what has no synapses. */
  readonly denseOperations: number;
}

// ── Events, pictures and places ─────────────────────────────────────────────────────────────────────────────────────

/** Events of one read of an event sensor. Fixed capacity, parallel arrays, reused. */
export interface EventBlock {
  readonly capacity: number;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  /** 1 brighter, 0 darker. */
  readonly polarity: Uint8Array;
  /** Microseconds of the sensor's own clock, unwrapped. */
  readonly timeUs: Float64Array;
  /** Events in use. */
  events: number;
}

/** The pure half of an event sensor or of a file format. Allocates nothing, never throws, whatever the bytes. */
export interface EventDecoder {
  /** Columns and rows of the sensor; 0 until the stream has told them. Events outside are dropped and counted. */
  readonly width: number;
  readonly height: number;
  readonly counts: EventCounts;
  /** Why nothing more can be read (one line that names value and fix), or the empty string. */
  readonly failure: string;
  /**
   * Takes bytes from `from` to `length` and appends events to `out`. Returns how far it came: before `length` only where
   * `out` is full. What is incomplete is kept for the next call.
   */
  push(bytes: Uint8Array, from: number, length: number, out: EventBlock): number;
  /** Back to the state after construction. */
  reset(): void;
}
export interface EventCounts {
  events: number;
  /** Bytes that belonged to nothing. */
  discardedBytes: number;
  /** Events whose address is not on the sensor. */
  outside: number;
  /** Times at which the sensor's clock went backwards without having wrapped. */
  timeErrors: number;
}

/** One picture of a camera, row by row, a byte a pixel. Reused. */
export interface GreyFrame {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** Counts frames of the source from 0: a hole is a frame that was dropped. */
  sequence: number;
  /** Middle of the exposure where the source tells it, else the arrival; monotonic. */
  frameUs: number;
}

/**
 * How much a map keeps of a picture: graded spikes of four bits, or whether they stand out and to which side, in two.
 * What is compared with it is graded in both.
 */
export const mapSizes = ['large', 'small'] as const;
export type MapSize = (typeof mapSizes)[number];

/**
 * Tells places apart by single frames. Pure; `see`, `score` and `learn` allocate nothing but what a new place needs.
 * Laws: `models/place/recogniser.laws.ts`.
 */
export interface PlaceRecogniser {
  /** Rows of the map. A place may hold several. */
  readonly places: number;
  /** A new traverse begins: what was kept of earlier frames (running mean, shift) is void. */
  begin(): void;
  /**
   * Takes the next frame, of the size it was made for. `moved`: the robot has since the last one, by the place clock;
   * otherwise a frame that hardly differs is that of a robot that stands. False: it carries no evidence (dark, blurred,
   * frozen).
   */
  see(frame: Uint8Array, moved?: boolean): boolean;
  /** Compares the frame seen last with every place: `scores[0 … places)`, larger is more alike. */
  score(scores: Float32Array): void;
  /** Adds the frame seen last as a new place and returns its number. Changes no other place. */
  learn(): number;
}

/** Tracks a robot on a map: recogniser, sequence filter, place rule and map as one. Pure. */
export interface PlaceTracker {
  /** Places of the map now. */
  readonly places: number;
  has(place: number): boolean;
  /** A new drive begins: nothing is known of where the robot is. */
  begin(): void;
  /**
   * Takes the next frame, and the metres driven since the one before, NaN where nothing tells them. True: `estimate` is
   * filled, but for its times. False: the frame carries no evidence.
   */
  track(frame: Uint8Array, metres: number, estimate: PlaceEstimate): boolean;
  /** Adds the place of the frame tracked last, if the map's rule has one begin there: its number, else −1. */
  learn(estimate: PlaceEstimate): number;
  /** Takes a place out of the map. */
  forget(place: number): void;
  /** Learning ends: what its places look like among all others is known now. */
  settle(): void;
}

/** Tracks a robot on several maps: all are followed, and what a `PlaceTracker` has is that of the present one. */
export interface MapsTracker extends PlaceTracker {
  readonly maps: number;
  /** Number of the map that the last estimate is of. */
  readonly present: number;
  /** Takes the robot to be on another one. */
  goTo(map: number): void;
}

/** Where the robot is, told with each frame that carried evidence. */
export interface PlaceEstimate {
  /** Its stable number; −1 while nothing is known. */
  place: number;
  /** Of the best and of the best elsewhere, from 0 to 1. */
  score: number;
  second: number;
  /** score − second. */
  margin: number;
  /** Sure enough to act on. */
  known: boolean;
  /** Two places apart fit about equally well. */
  ambiguous: boolean;
  frameUs: number;
  /** From the frame to this estimate, in microseconds. */
  ageUs: number;
}

import {
  FrameFlag,
  ReceiptState,
  disarmCauses,
  firstMessageKind,
  inhibitorStates,
  recordLength,
  refusalReasons,
  type Command,
  type EstimateReason,
  type Inhibitor,
  type InhibitorState,
  type Policy,
  type RefusalReason,
  type RequestPort,
  type RunPosition,
  type SampleBlock,
  type StimulusRequest,
  type StreamDetection,
  type StreamInfo,
} from '../contracts.js';
import { Gate } from '../decide/gate.js';
import { ChannelQuality } from '../detect/quality.js';
import { ClockWatch } from './clock-watch.js';
import { EnvelopeClock } from './clock.js';
import { PendingCommands } from './pending-commands.js';
import { EventCode, MessageCode } from './records.js';
import type { RequiredEstimates } from './required-estimates.js';
import type { SignalGraph } from './signal-graph.js';
import { StimulusPhase, type PhaseSource } from './stimulus-phase.js';
import { ToldEstimates } from './told-estimates.js';

/** What a loop is made of, built by `build.ts` from a plan. */
export interface LoopParts {
  readonly stream: StreamInfo;
  readonly graph: SignalGraph;
  readonly stimulation?: {
    readonly policy: Policy;
    readonly gate: Gate;
    /** Made with the gate: its reasons are inhibitors there. */
    readonly required: RequiredEstimates;
    /** By variant. */
    readonly durationsUs: readonly number[];
    readonly variants?: readonly string[];
    /** Absent where nobody follows the slow oscillation. */
    readonly phase?: PhaseSource;
  };
}

/** Records in a row, reused. */
export interface RecordList {
  readonly records: Float64Array;
  length: number;
}

export function createRecordList(capacity: number): RecordList {
  return { records: new Float64Array(capacity * recordLength), length: 0 };
}

/**
 * The one call from samples to commands. Pure: reads no clock and no file; the same cycles give the same events and
 * commands, bit for bit, which is what replay rests on. Allocates nothing per cycle.
 */
export class Loop {
  /** What this cycle decided and saw; emptied at the start of the next. */
  readonly events: RecordList = createRecordList(maxEvents);
  /** What this cycle wants fired. */
  readonly commands: readonly Command[] = Array.from({ length: maxCommands }, emptyCommand);
  commandCount = 0;
  /** Requests of this cycle, permitted or not. */
  requestsMade = 0;
  /** Events that did not fit into `events`; the gate holds after one. */
  lostEvents = 0;
  /** What the variants of a stimulus are called; empty where there is one. */
  readonly variants: readonly string[];
  readonly clock: EnvelopeClock;
  readonly graph: SignalGraph;
  readonly #parts: LoopParts;
  readonly #clockWatch: ClockWatch;
  readonly #stream: StreamInfo;
  readonly #policy: Policy | undefined;
  readonly #gate: Gate | undefined;
  readonly #required: RequiredEstimates | undefined;
  readonly #durationsUs: readonly number[];
  readonly #phase: StimulusPhase | undefined;
  readonly #quality: ChannelQuality;
  readonly #settleFrames: number;
  readonly #port: RequestPort = {
    request: emptyRequest(),
    submit: () => (this.#gate ? this.#judge(this.#gate) : tooMany),
  };
  readonly #pending = new PendingCommands();
  readonly #told: ToldEstimates;
  #cycle: number;
  #nowUs = 0;
  /** Of the wall clock, as the supervisor told it: it steps seldom, and no rule reads it. */
  #wallClock: InhibitorState = 'clear';
  #lastIndex: number;
  #lastFrameUs = NaN;
  #framesSinceReset = 0;
  #framesSinceGap = 0;
  /** A gap that goes on; told when it ends, however many reads it took. */
  #gapFirst = 0;
  #gapFrames = 0;
  #lastLossUs = -Infinity;
  #wasArmed = false;
  #requestNumber = 0;
  #commandNumber = 0;

  /** `after` is where the recording of the run so far has ended, if there is one. */
  constructor(parts: LoopParts, after: RunPosition = runStart) {
    this.#parts = parts;
    this.#cycle = after.cycle;
    this.#lastIndex = after.index;
    this.#stream = parts.stream;
    this.graph = parts.graph;
    this.clock = new EnvelopeClock(parts.stream.rate);
    this.#clockWatch = new ClockWatch(parts.stream.rate);
    this.#policy = parts.stimulation?.policy;
    this.#gate = parts.stimulation?.gate;
    this.#required = parts.stimulation?.required;
    this.#durationsUs = parts.stimulation?.durationsUs ?? [];
    this.variants = parts.stimulation?.variants ?? [];
    const phase = parts.stimulation?.phase;
    this.#phase = phase && new StimulusPhase(phase, parts.stream.rate, parts.stream.delayUs);
    this.#quality = new ChannelQuality(parts.stream.channels, parts.graph.usedChannels, parts.stream.rate);
    this.#told = new ToldEstimates(parts.graph.estimates, parts.stream.rate, (kind, a, b, c, d) =>
      this.#emit(kind, a, b, c, d),
    );
    this.#settleFrames = Math.max(Math.ceil(minSettleSeconds * parts.stream.rate), parts.graph.settleFrames);
  }

  /** Number of the last finished cycle. */
  get cycleNumber(): number {
    return this.#cycle;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** A gap was seen that has not ended, and so was not told. */
  get isInGap(): boolean {
    return this.#gapFrames > 0;
  }

  /**
   * The loop that takes the samples which follow, as it would be built anew: what came before is void to it, as after a
   * gap, so that it can be repeated from here. Of the two only the new one may go on. A loop that stimulates is never
   * continued: its gate must not forget.
   */
  continued(): Loop {
    if (this.#gate) throw new RangeError('a loop that stimulates has one recording');
    this.graph.reset();
    return new Loop(this.#parts, { cycle: this.#cycle, index: this.#lastIndex });
  }

  get isArmed(): boolean {
    return this.#gate?.isArmed(this.#nowUs) ?? false;
  }

  get armedUntilUs(): number {
    return this.#gate?.armedUntilUs ?? -Infinity;
  }

  get inhibitors(): readonly Inhibitor[] {
    return this.#gate?.inhibitors ?? [];
  }

  /** Bit n set: `refusalReasons[n]` is a state that holds the gate now, or a limit for long that is used up. */
  get holding(): number {
    return this.#gate ? this.#gate.holding | this.#gate.spent(this.#nowUs) : 0;
  }

  /**
   * One cycle: what came through the mailboxes, then the frames of one read (none after a time-out). The caller has
   * logged both; it stamps the messages with the number of this cycle, `cycleNumber + 1`.
   */
  cycle(nowUs: number, block: SampleBlock, messages: RecordList): void {
    this.#nowUs = nowUs;
    this.#clockWatch.at(nowUs);
    this.#cycle++;
    this.events.length = 0;
    this.commandCount = 0;
    this.requestsMade = 0;
    for (let place = 0; place < messages.length; place++) this.#message(messages.records, place * recordLength);
    this.graph.begin();
    if (block.frames > 0) {
      this.#frames(block);
      this.#told.frames(this.#lastIndex);
      this.#tellStimulusPhases();
    }
    if (this.#gate && this.#policy) this.#stimulate(this.#gate, this.#policy);
  }

  // ── Samples ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #frames(block: SampleBlock): void {
    const jump = block.firstIndex - (this.#lastIndex + 1);
    if (jump > 0) {
      this.#gap(this.#lastIndex + 1, jump);
      this.clock.restart();
      this.#clockWatch.restart();
    }
    let frame = 0;
    while (frame < block.frames) {
      const gap = ((block.flags[frame] as number) & FrameFlag.gap) !== 0;
      let end = frame + 1;
      while (end < block.frames && (((block.flags[end] as number) & FrameFlag.gap) !== 0) === gap) end++;
      if (gap) this.#gap(block.firstIndex + frame, end - frame);
      else this.#run(block, frame, end);
      frame = end;
    }
    this.#lastIndex = block.firstIndex + block.frames - 1;
    this.#lastFrameUs = block.arrivalUs;
    this.#clockWatch.frames(this.#lastIndex, block.arrivalUs - this.clock.timeOf(this.#lastIndex));
    this.clock.observe(this.#lastIndex, block.arrivalUs);
  }

  /** Lost frames: held values never reach the stages, which start afresh behind the gap. */
  #gap(firstIndex: number, frames: number): void {
    if (this.#gapFrames === 0) this.#gapFirst = firstIndex;
    this.#gapFrames += frames;
    if (this.#framesSinceReset > 0) {
      this.graph.reset();
      this.#quality.reset();
      this.#policy?.reset();
      this.#phase?.reset();
    }
    this.#framesSinceReset = 0;
    this.#framesSinceGap = 0;
  }

  #run(block: SampleBlock, first: number, end: number): void {
    if (this.#gapFrames > 0) this.#emit(EventCode.gap, this.#gapFirst, this.#gapFrames);
    this.#gapFrames = 0;
    if (this.#framesSinceReset === 0) {
      this.graph.startAt(block.firstIndex + first);
      this.#policy?.startAt?.(block.firstIndex + first);
    }
    this.graph.process(block, first, end);
    this.#quality.push(block, first, end);
    this.#framesSinceReset += end - first;
    this.#framesSinceGap += end - first;
    const { detections } = this.graph;
    for (let place = this.graph.firstNewDetection; place < this.graph.detectionCount; place++) {
      const { detector, phase, onset, confirmed, end: ended, score } = detections[place] as StreamDetection;
      this.#emit(EventCode.detection, detector, phase, onset, confirmed, ended, score);
    }
  }

  /** Those that can be seen in hindsight by now. */
  #tellStimulusPhases(): void {
    const phase = this.#phase;
    while (phase?.next(this.#lastIndex)) {
      this.#emit(EventCode.phase, phase.command, phase.phases[0] as number, phase.phases[1] as number);
    }
  }

  // ── Decisions ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #stimulate(gate: Gate, policy: Policy): void {
    this.#judgeInhibitors();
    if (this.#wasArmed && !gate.isArmed(this.#nowUs)) this.#disarm(gate, disarmCauses.indexOf('expired'));
    const { detections, detectionCount, estimates } = this.graph;
    policy.decide(detections, detectionCount, this.#lastIndex, this.clock, this.#port, estimates);
  }

  /** Of the request that the policy has submitted. */
  #judge(gate: Gate): number {
    const { request } = this.#port;
    const number = ++this.#requestNumber;
    this.requestsMade++;
    // A policy of the user's own may name a stimulus that is not there.
    const durationUs = this.#durationsUs[request.variant];
    if (durationUs === undefined) request.withheld = true;
    this.#emit(EventCode.request, number, request.detector, request.onset, request.fireAtUs, request.expiresUs);
    this.#told.request();
    const reasons = this.commandCount < maxCommands ? gate.decide(request, this.#nowUs) : tooMany;
    if (reasons !== 0) this.#emit(EventCode.refusal, number, reasons);
    else this.#permit(gate, number, request, durationUs ?? 0);
    request.variant = 0;
    request.withheld = false;
    return reasons;
  }

  #permit(gate: Gate, number: number, request: StimulusRequest, durationUs: number): void {
    const command = this.commands[this.commandCount++] as Command;
    command.cycle = this.#cycle;
    command.command = ++this.#commandNumber;
    command.fireAtUs = request.fireAtUs;
    command.expiresUs = request.expiresUs;
    command.durationUs = durationUs;
    command.variant = request.variant;
    command.gainDb = gate.gainDb;
    command.lease = gate.leaseNumber;
    this.#pending.add(command.command, this.#nowUs, this.#lastFrameUs);
    this.#phase?.permitted(command.command, this.#lastIndex);
    this.#emit(EventCode.permit, number, command.command, command.fireAtUs, command.variant, command.lease);
  }

  #judgeInhibitors(): void {
    const now = this.#nowUs;
    const { rate } = this.#stream;
    const quality = this.#quality;
    this.#inhibit('stale', Number.isNaN(this.#lastFrameUs) ? 'unknown' : holdsIf(now - this.#lastFrameUs > staleUs));
    this.#inhibit('settling', holdsIf(this.#framesSinceReset < this.#settleFrames));
    this.#inhibit('gap', holdsIf(this.#framesSinceGap < rate));
    this.#inhibit('saturation', this.#orRequired('saturation', quality.known ? holdsIf(quality.saturated) : 'unknown'));
    this.#inhibit('flat', this.#orRequired('flat', quality.known ? holdsIf(quality.flat) : 'unknown'));
    this.#inhibit('ring-loss', holdsIf(now - this.#lastLossUs < lossHoldUs || this.lostEvents > 0));
    this.#inhibit('unconfirmed', holdsIf(this.#pending.oldestUs < now - confirmUs));
    this.#inhibit('clock', this.#wallClock === 'clear' ? this.#clockWatch.state(now) : 'holds');
    const reasons = this.#required?.reasons ?? none;
    for (let place = 0; place < reasons.length; place++) {
      const reason = reasons[place] as EstimateReason;
      if (reason !== 'saturation' && reason !== 'flat') this.#inhibit(reason, this.#orRequired(reason, 'clear'));
    }
  }

  /** The worse of what is known anyway and of what the required detectors say; before the first frame they cannot. */
  #orRequired(reason: EstimateReason, state: InhibitorState): InhibitorState {
    const required = this.#framesSinceReset === 0 ? 'unknown' : (this.#required?.stateOf(reason) ?? 'clear');
    if (state === 'holds' || required === 'holds') return 'holds';
    return state === 'clear' ? required : state;
  }

  #inhibit(name: RefusalReason, state: InhibitorState): void {
    if (this.#gate?.inhibit(name, state, this.#nowUs)) {
      this.#emit(EventCode.inhibitor, refusalReasons.indexOf(name), stateCode(state));
    }
  }

  #disarm(gate: Gate, cause: number): void {
    gate.disarm();
    this.#wasArmed = false;
    this.#emit(EventCode.disarmed, cause);
  }

  // ── Mailboxes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #message(records: Float64Array, at: number): void {
    const a = records[at + 4] as number;
    const b = records[at + 5] as number;
    const c = records[at + 6] as number;
    const d = records[at + 7] as number;
    const e = records[at + 8] as number;
    const f = records[at + 9] as number;
    const gate = this.#gate;
    switch (records[at]) {
      case MessageCode.arm:
        if (!gate) break;
        gate.arm(a, b, c, d, e, f);
        this.#wasArmed = true;
        this.#emitLimits(gate);
        break;
      case MessageCode.disarm:
        if (gate) this.#disarm(gate, a);
        break;
      case MessageCode.lower:
        if (!gate) break;
        gate.lower(a, b, c, d, e);
        this.#emitLimits(gate);
        break;
      case MessageCode.receipt:
        this.#emit(EventCode.receipt, a, b, c, this.#pending.arrivalOf(a));
        if (b === ReceiptState.started) this.#phase?.started(a, c, this.#lastIndex, this.clock);
        if (b !== ReceiptState.accepted && b !== ReceiptState.started) this.#pending.resolve(a);
        break;
      case MessageCode.guardian:
        this.#inhibit('guardian', holdsIf(a !== 1));
        this.#emit(EventCode.guardian, a, b);
        if (a === 1) this.#pending.clear();
        if (gate && a !== 1 && b !== beatsLost && this.#wasArmed) this.#disarm(gate, disarmCauses.indexOf('guardian'));
        break;
      case MessageCode.supervisor:
        this.#inhibit('supervisor', holdsIf(a !== 1));
        break;
      case MessageCode.source:
        this.#inhibit('source', holdsIf(a !== streaming));
        this.#emit(EventCode.source, a);
        break;
      case MessageCode.clock:
        this.#wallClock = inhibitorStates[a] ?? 'unknown';
        break;
      case MessageCode.loss:
        this.#lastLossUs = this.#nowUs;
        this.#emit(EventCode.loss, a, b);
        break;
      case MessageCode.lease:
        this.#emit(EventCode.lease, a, gate?.lease(a, b, c, this.#nowUs) ?? 0, c);
        break;
      case MessageCode.past:
        gate?.past(a, b, c === 1);
        break;
      case MessageCode.budget:
        this.#inhibit('budget', inhibitorStates[a] ?? 'unknown');
        break;
      case MessageCode.recorder:
        this.#inhibit('recorder', inhibitorStates[a] ?? 'unknown');
        break;
      case MessageCode.disk:
        this.#inhibit('disk', inhibitorStates[a] ?? 'unknown');
        break;
      case MessageCode.marker:
        this.#emit(EventCode.marker, a, b === 0 ? 0 : this.clock.indexAt(b + this.#stream.delayUs), b);
        break;
      case MessageCode.seed:
        this.#policy?.seed?.(a);
        break;
      default:
        if ((records[at] as number) < firstMessageKind)
          throw new RangeError(`kind ${String(records[at])} is no message`);
    }
  }

  #emitLimits(gate: Gate): void {
    const { perMinute, perHour, perNight, intervalUs } = gate.limits;
    this.#emit(EventCode.armed, gate.armedUntilUs, perMinute, perHour, perNight, intervalUs, gate.gainDb);
  }

  #emit(kind: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
    const { events } = this;
    if (events.length === maxEvents) {
      this.lostEvents++;
      return;
    }
    const at = events.length++ * recordLength;
    const { records } = events;
    records[at] = kind;
    records[at + 1] = this.#cycle;
    records[at + 2] = this.#lastIndex;
    records[at + 3] = this.#nowUs;
    records[at + 4] = a;
    records[at + 5] = b;
    records[at + 6] = c;
    records[at + 7] = d;
    records[at + 8] = e;
    records[at + 9] = f;
    records[at + 10] = 0;
    records[at + 11] = 0;
  }
}

const none: readonly EstimateReason[] = [];
const runStart: RunPosition = { cycle: 0, index: -1 };
const holdsIf = (condition: boolean): InhibitorState => (condition ? 'holds' : 'clear');
const stateCode = (state: InhibitorState): number => inhibitorStates.indexOf(state);

const emptyRequest = (): StimulusRequest => ({
  detector: 0,
  onset: 0,
  fireAtUs: 0,
  expiresUs: 0,
  variant: 0,
  withheld: false,
});
const emptyCommand = (): Command => ({
  kind: 'fire',
  sequence: 0,
  cycle: 0,
  command: 0,
  fireAtUs: 0,
  expiresUs: 0,
  durationUs: 0,
  variant: 0,
  gainDb: 0,
  lease: 0,
});

const maxEvents = 512;
const maxCommands = 8;
const tooMany = 1 << refusalReasons.indexOf('interval');
/** Filters forget their start, and a person turns over: no stimulus before, whatever the configuration says. */
const minSettleSeconds = 10;
/** A Cyton over its dongle pauses for up to 35 ms (measured on a real recording). */
const staleUs = 100e3;
/** A ring that lost something has shown that the machine cannot keep up. */
const lossHoldUs = 10e6;
/** A guardian that has not said how a stimulus ended by now cannot be trusted with the next one. */
const confirmUs = 2e6;
const streaming = 2;
const beatsLost = 3;

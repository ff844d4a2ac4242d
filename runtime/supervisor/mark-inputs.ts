import type { MarkInput, TimedMark } from '../../drivers/marks/mark-input.js';

/** What marks need of the run. */
export interface MarkPorts<Plan> {
  /** Throws one line where it cannot be opened. */
  readonly open: (name: string, plan: Plan) => MarkInput;
  /** `atUs` 0 is now. False while there is no room for it: it is offered again at the next beat. */
  readonly submit: (text: string, atUs: number, name: string) => boolean;
  /** Does at once what a mark says of the night, whatever becomes of the recording; false if it says nothing of it. */
  readonly follow: (text: string, name: string) => boolean;
  /** For the log. */
  readonly tell: (line: string) => void;
}

/**
 * Marks that come in beside the signal: each input is opened, read at every beat, and opened again when it is gone,
 * which stands in the recording too, so that nobody takes an unplugged button for a quiet night. One that tells more than a person can
 * read is cut short, and by how many; but what it says of the night is followed and kept, the same once a second. Pure.
 */
export class MarkInputs<Plan> {
  readonly #inputs: Input<Plan>[];
  readonly #ports: MarkPorts<Plan>;

  constructor(plans: Readonly<Record<string, Plan>>, ports: MarkPorts<Plan>) {
    this.#ports = ports;
    this.#inputs = Object.entries(plans).map(([name, plan]) => {
      return { name, plan, open: undefined, retryUs: -Infinity, problem: '', ready: false, ...empty() };
    });
  }

  get status(): MarkStatus[] {
    return this.#inputs.map(({ name, ready, problem, told }) => ({ name, ready, problem, marks: told }));
  }

  beat(nowUs: number): void {
    for (const input of this.#inputs) {
      try {
        if (!input.open && nowUs >= input.retryUs) input.open = this.#ports.open(input.name, input.plan);
        for (const mark of input.open?.take(nowUs) ?? []) this.#queue(input, mark, nowUs);
        this.#watch(input);
      } catch (error) {
        this.#lost(input, error instanceof Error ? error.message : String(error), nowUs);
      }
      this.#submit(input);
    }
  }

  /** For good, though the beat goes on until the run has ended: one that was opened again would keep the process alive. */
  close(): void {
    for (const input of this.#inputs) {
      input.open?.close();
      input.open = undefined;
      input.retryUs = Infinity;
    }
  }

  #watch(input: Input<Plan>): void {
    const ready = input.open?.ready ?? false;
    if (ready === input.ready) return;
    input.ready = ready;
    const { name, problem } = input;
    if (!ready) {
      this.#say(input, `marks ${name}: the connection is gone`);
      return;
    }
    input.problem = '';
    if (problem === '') this.#ports.tell(`marks ${name}: ready`);
    else this.#say(input, `marks ${name}: ready again`);
  }

  #lost(input: Input<Plan>, problem: string, nowUs: number): void {
    input.open?.close();
    input.open = undefined;
    input.ready = false;
    input.retryUs = nowUs + retryUs;
    if (problem === input.problem) return;
    input.problem = problem;
    this.#say(input, `marks ${input.name}: ${problem}`);
  }

  #say(input: Input<Plan>, text: string): void {
    this.#ports.tell(text);
    input.waiting.push({ text, atUs: 0 });
  }

  #queue(input: Input<Plan>, mark: TimedMark, nowUs: number): void {
    const { text } = mark;
    // By our clock: a contact that bounces, or a sender with a clock of its own.
    const bounces = nowUs - (input.followedUs.get(text) ?? -Infinity) < onceUs;
    if (!bounces && this.#ports.follow(text, input.name)) {
      input.followedUs.set(text, nowUs);
      input.waiting.push({ ...mark, kept: true });
      return;
    }
    input.allowance = Math.min(mostASecond, input.allowance + ((nowUs - input.allowedUs) / 1e6) * mostASecond);
    input.allowedUs = nowUs;
    if (input.allowance < 1) {
      input.leftOut++;
      return;
    }
    input.allowance--;
    input.waiting.push(mark);
  }

  #submit(input: Input<Plan>): void {
    const { waiting, name } = input;
    for (let first = waiting[0]; first && this.#ports.submit(first.text, first.atUs, name); first = waiting[0]) {
      waiting.shift();
      input.told++;
    }
    // What waits is bounded too: a loop that takes nothing gets the newest.
    let more = waiting.length - mostWaiting;
    if (more > 0) input.waiting = waiting.filter(({ kept }) => kept || more-- <= 0);
    input.leftOut += waiting.length - input.waiting.length;
    if (input.leftOut === 0 || waiting.length > 0) return;
    if (this.#ports.submit(`marks ${name}: ${input.leftOut} more were left out`, 0, name)) input.leftOut = 0;
  }
}

export interface MarkStatus {
  readonly name: string;
  readonly ready: boolean;
  /** What is wrong with it, or the empty string. */
  readonly problem: string;
  /** Marks that it has given. */
  readonly marks: number;
}

interface Input<Plan> {
  readonly name: string;
  readonly plan: Plan;
  open: MarkInput | undefined;
  retryUs: number;
  problem: string;
  ready: boolean;
  /** Marks that there was no room for yet. */
  waiting: (TimedMark & { readonly kept?: true })[];
  /** When each that says something of the night was followed last. */
  readonly followedUs: Map<string, number>;
  allowance: number;
  allowedUs: number;
  leftOut: number;
  told: number;
}

function empty() {
  const followedUs = new Map<string, number>();
  return { waiting: [], followedUs, allowance: mostASecond, allowedUs: 0, leftOut: 0, told: 0 };
}

const retryUs = 1e6;
const onceUs = 1e6;
/** Also how many may come at once. */
const mostASecond = 50;
const mostWaiting = 200;

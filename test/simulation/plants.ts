import type { SampleBlock, StimulusRequest } from '../../runtime/contracts.js';
import { recordLength } from '../../runtime/contracts.js';
import { Gate } from '../../runtime/decide/gate.js';
import { RestKeeper, type RestPorts } from '../../runtime/guardian/rest-keeper.js';
import { Time } from '../../runtime/guardian/shared.js';
import { Loop, type LoopParts, type RecordList } from '../../runtime/loop/loop.js';
import { EventCode } from '../../runtime/loop/records.js';

/** Bugs that the simulation must find: each is put beside the product's code, never into it. */
export const bugs = ['lease', 'budget', 'heartbeat', 'arm', 'refusal'] as const;
export type Bug = (typeof bugs)[number];

/** What the world is made of: the product's own parts, or one that has a bug. */
export class Plants {
  readonly #bug: Bug | undefined;

  constructor(bug?: Bug) {
    this.#bug = bug;
  }

  /** A restart begins with an empty budget. */
  get forgetsBudget(): boolean {
    return this.#bug === 'budget';
  }

  /** A restart arms again what was armed before. */
  get armsAgain(): boolean {
    return this.#bug === 'arm';
  }

  gate(...parameters: ConstructorParameters<typeof Gate>): Gate {
    return this.#bug === 'lease' ? new LeaselessGate(...parameters) : new Gate(...parameters);
  }

  loop(parts: LoopParts): Loop {
    return this.#bug === 'refusal' ? new ForgetfulLoop(parts) : new Loop(parts);
  }

  restKeeper(words: Int32Array, times: Float64Array, ports: RestPorts): RestKeeper {
    return this.#bug === 'heartbeat' ? new TrustingKeeper(words, times, ports) : new RestKeeper(words, times, ports);
  }
}

/** Lease check skipped: whoever is armed has a lease. */
class LeaselessGate extends Gate {
  override decide(request: StimulusRequest, nowUs: number): number {
    this.lease(this.leaseNumber + 1, 1000, Infinity, nowUs);
    return super.decide(request, nowUs);
  }
}

/** Refusals are not recorded. */
class ForgetfulLoop extends Loop {
  override cycle(nowUs: number, block: SampleBlock, messages: RecordList): void {
    super.cycle(nowUs, block, messages);
    const { records } = this.events;
    let kept = 0;
    for (let place = 0; place < this.events.length; place++) {
      const at = place * recordLength;
      if (records[at] === EventCode.refusal) continue;
      records.copyWithin(kept * recordLength, at, at + recordLength);
      kept++;
    }
    this.events.length = kept;
  }
}

/** The core's heartbeat is ignored: once it has been heard it counts as alive. */
class TrustingKeeper extends RestKeeper {
  readonly #seen: Float64Array;

  constructor(words: Int32Array, times: Float64Array, ports: RestPorts) {
    super(words, times, ports);
    this.#seen = times;
  }

  override tick(nowUs: number): void {
    if ((this.#seen[Time.beatUs] as number) > 0) this.#seen[Time.beatUs] = nowUs;
    super.tick(nowUs);
  }
}

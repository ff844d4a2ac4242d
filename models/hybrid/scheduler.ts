import type { Model } from '../../runtime/contracts.js';
import { ModelError } from '../format/model-error.js';

/**
 * A slow network that sees a frame or a window sets where the membranes of a fast spiking network start, every so many
 * ticks; between, the spiking network runs by itself (state initialisation after Aydin et al. 2023). When the slow
 * network is late, the spiking one keeps its state, and the miss is counted.
 */
export interface Schedule {
  /** Ticks from one initialisation to the next; the first is at tick 0. */
  readonly every: number;
  /** An answer whose frame is older than this many ticks when it is to be used is dropped. */
  readonly mostAge: number;
  /** Nodes of the spiking network whose membranes are set: one for each output of the slow network, in order. */
  readonly nodes: readonly string[];
}

export interface Counts {
  /** Initialisations that were done. */
  set: number;
  /** Initialisations that found no answer of an allowed age, though one was asked for at an earlier one. */
  missed: number;
  /** Answers that were not used: too old, overtaken by a later one, or not of finite numbers. */
  dropped: number;
}

/**
 * Pure: ticks are given, and whoever calls runs the slow network, at once, in another thread or elsewhere. At each tick,
 * in this order: `asks`, `answer` if there is one, `initialise`, then the step of the spiking network.
 */
export class HybridScheduler {
  readonly counts: Counts = { set: 0, missed: 0, dropped: 0 };
  private readonly spiking: Model;
  private readonly schedule: Schedule;
  /** The answer that waits, one array a node, and the tick of its frame (−1: none waits). */
  private readonly waiting: readonly Float32Array[];
  private waitingFrame = -1;
  /** Tick of the question that is out (−1: none), and of the first one ever. */
  private askedAt = -1;
  private firstAsked = -1;

  /** Refuses nodes that the spiking network does not have or that have no membranes. */
  constructor(spiking: Model, schedule: Schedule) {
    const { every, mostAge, nodes } = schedule;
    if (!Number.isInteger(every) || every < 1 || !Number.isInteger(mostAge) || mostAge < 0)
      throw new ModelError(`every ${every} ticks, at most ${mostAge} old. Give whole numbers from 1 and from 0.`);
    if (nodes.length === 0 || new Set(nodes).size < nodes.length)
      throw new ModelError(`nodes ${nodes.join(', ')}. Name at least one, each once.`);
    this.spiking = spiking;
    this.schedule = schedule;
    const { layers } = spiking.describe();
    const before = new Uint8Array(spiking.stateBytes);
    spiking.saveState(before);
    this.waiting = nodes.map((node) => {
      const shape = layers.find(({ name }) => name === node)?.shape ?? [];
      const membranes = new Float32Array(shape.reduce((product, length) => product * length, 1));
      spiking.setState(node, membranes);
      return membranes;
    });
    spiking.loadState(before);
  }

  /** Whether the slow network is to look at what there is now: it is the tick for it, and no earlier question is out. */
  asks(tick: number): boolean {
    if (tick % this.schedule.every !== 0 || this.askedAt >= 0) return false;
    this.askedAt = tick;
    if (this.firstAsked < 0) this.firstAsked = tick;
    return true;
  }

  /** What the slow network made of the frame of `frameTick`; copied. All of it is used at one time, or none. */
  answer(frameTick: number, membranes: readonly Float32Array[]): void {
    this.askedAt = -1;
    if (membranes.length !== this.waiting.length)
      throw new ModelError(`${membranes.length} outputs for ${this.waiting.length} nodes. Give one each.`);
    membranes.forEach((values, i) => {
      const wanted = this.waiting[i]?.length ?? 0;
      if (values.length !== wanted)
        throw new ModelError(
          `${this.schedule.nodes[i] ?? ''}: ${values.length} values for ${wanted} membranes. Give one each.`,
        );
    });
    if (!membranes.every(allFinite) || frameTick <= this.waitingFrame) {
      this.counts.dropped++;
      return;
    }
    if (this.waitingFrame >= 0) this.counts.dropped++;
    membranes.forEach((values, i) => this.waiting[i]?.set(values));
    this.waitingFrame = frameTick;
  }

  /** Sets the membranes if this is the tick for it and an answer of an allowed age waits; else the state goes on. */
  initialise(tick: number): boolean {
    if (tick % this.schedule.every !== 0) return false;
    const old = this.waitingFrame >= 0 && tick - this.waitingFrame > this.schedule.mostAge;
    if (old) this.counts.dropped++;
    if (old || this.waitingFrame < 0) {
      this.waitingFrame = -1;
      if (this.firstAsked >= 0 && this.firstAsked < tick) this.counts.missed++;
      return false;
    }
    for (let i = 0; i < this.waiting.length; i++)
      this.spiking.setState(this.schedule.nodes[i] as string, this.waiting[i] as Float32Array);
    this.waitingFrame = -1;
    this.counts.set++;
    return true;
  }

  /** As at the start; a question that is out is forgotten, its answer must not be given any more. */
  reset(): void {
    this.waitingFrame = this.askedAt = this.firstAsked = -1;
    this.counts.set = this.counts.missed = this.counts.dropped = 0;
  }
}

function allFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}

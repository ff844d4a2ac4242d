import { Worker } from 'node:worker_threads';
import { SliceTrainer, type Evaluation, type Shared, type SliceSetup } from './slice-trainer.js';

/** Those who compute: the slices of a batch are shared out, and what comes back does not depend on how many they are. */
export interface Crew {
  /** Before the first batch, and when a stage begins. */
  prepare(setup: SliceSetup): Promise<void>;
  /** Fills `Shared.gradients`, `statistics` and `tallies` for the batch that starts at `first` in the order. */
  train(first: number, epoch: number): Promise<void>;
  evaluate(set: 'train' | 'test', first: number, end: number): Promise<Evaluation>;
  close(): Promise<void>;
}

/** Samples of an evaluation that go to one thread at a time. */
const rangeSize = 512;

export type Order =
  | { readonly kind: 'prepare'; readonly setup: SliceSetup }
  | { readonly kind: 'train'; readonly first: number; readonly epoch: number; readonly which: readonly number[] }
  | { readonly kind: 'evaluate'; readonly set: 'train' | 'test'; readonly first: number; readonly end: number };

/** Carries out orders, in the thread that it is called in. */
export function createHand(shared: Shared): (order: Order) => Evaluation | undefined {
  let trainer: SliceTrainer | undefined;
  return (order) => {
    if (order.kind === 'prepare') trainer = new SliceTrainer(shared, order.setup);
    else if (order.kind === 'train') trainer?.train(order.first, order.epoch, order.which);
    else return trainer?.evaluate(order.set, order.first, order.end);
    return undefined;
  };
}

interface Hand {
  obey(order: Order): Promise<Evaluation | undefined>;
  close(): Promise<unknown>;
}

/** @param threads 0 computes in the calling thread. */
export function createCrew(shared: Shared, threads: number): Crew {
  const hands = threads === 0 ? [here(shared)] : Array.from({ length: threads }, () => thread(shared));
  let slices: number[] = [];
  const all = (order: (place: number) => Order): Promise<unknown> =>
    Promise.all(hands.map((hand, place) => hand.obey(order(place))));
  return {
    async prepare(setup) {
      slices = Array.from({ length: setup.batch / setup.slice }, (_, slice) => slice);
      await all(() => ({ kind: 'prepare', setup }));
    },
    async train(first, epoch) {
      await all((place) => ({
        kind: 'train',
        first,
        epoch,
        which: slices.filter((slice) => slice % hands.length === place),
      }));
    },
    async evaluate(set, first, end) {
      const starts = Array.from({ length: Math.ceil((end - first) / rangeSize) }, (_, i) => first + i * rangeSize);
      const parts = new Map<number, Evaluation>();
      await Promise.all(
        hands.map(async (hand, place) => {
          for (const start of starts.filter((_, i) => i % hands.length === place)) {
            const part = await hand.obey({
              kind: 'evaluate',
              set,
              first: start,
              end: Math.min(end, start + rangeSize),
            });
            if (part) parts.set(start, part);
          }
        }),
      );
      return starts.reduce<Evaluation>(
        (sum, start) => {
          const part = parts.get(start);
          if (!part) return sum;
          return {
            loss: sum.loss + part.loss,
            correct: sum.correct + part.correct,
            activity: part.activity.map((count, place) => count + (sum.activity[place] ?? 0)),
          };
        },
        { loss: 0, correct: 0, activity: [] },
      );
    },
    async close() {
      await Promise.all(hands.map((hand) => hand.close()));
    },
  };
}

function here(shared: Shared): Hand {
  const carryOut = createHand(shared);
  return {
    obey: (order) => Promise.resolve(carryOut(order)),
    close: () => Promise.resolve(),
  };
}

function thread(shared: Shared): Hand {
  const worker = new Worker(new URL('thread.js', import.meta.url), { workerData: shared });
  let settle: { done(result: Evaluation | undefined): void; failed(error: Error): void } | undefined;
  worker.on('message', (result: Evaluation | undefined) => settle?.done(result));
  worker.on('error', (error) => settle?.failed(error));
  return {
    obey: (order) =>
      new Promise((done, failed) => {
        settle = { done, failed };
        worker.postMessage(order);
      }),
    close: () => worker.terminate(),
  };
}

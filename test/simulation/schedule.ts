/** Virtual time, and what happens in it: one event after the other, in the order of their times and then of their making. */
export interface Task {
  readonly atUs: number;
  readonly place: number;
  act: (() => void) | undefined;
}

export class Schedule {
  /** True time since the start of the world, which no process ever sees. */
  nowUs = 0;
  readonly #heap: Task[] = [];
  #made = 0;

  at(atUs: number, act: () => void): Task {
    const task = { atUs: atUs > this.nowUs ? atUs : this.nowUs, place: this.#made++, act };
    this.#push(task);
    return task;
  }

  after(us: number, act: () => void): Task {
    return this.at(this.nowUs + us, act);
  }

  /** Up to the end of `untilUs`, or until `stops` says so between two events. */
  run(untilUs: number, stops: () => boolean): void {
    for (let next = this.#heap[0]; next && next.atUs <= untilUs; next = this.#heap[0]) {
      if (stops()) return;
      this.#pop();
      const { act } = next;
      if (!act) continue;
      this.nowUs = next.atUs;
      act();
    }
    this.nowUs = untilUs;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(task, heap[parent] as Task)) break;
      heap[at] = heap[parent] as Task;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!before(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Task, b: Task): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.place < b.place);
}

/**
 * One thread of a process. What it is to do while it stands still (stopped by a signal, in a read of a slow disk) is done
 * when it goes on, in order; what a dead one was to do never happens.
 */
export class Thread {
  isAlive = true;
  #stillUntilUs = 0;
  stillSinceUs = 0;
  readonly #schedule: Schedule;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  get standsStill(): boolean {
    return this.#stillUntilUs > this.#schedule.nowUs;
  }

  get stillUntilUs(): number {
    return this.#stillUntilUs;
  }

  stopUntil(us: number): void {
    if (!this.standsStill) this.stillSinceUs = this.#schedule.nowUs;
    if (us > this.#stillUntilUs) this.#stillUntilUs = us;
  }

  /** It dies, in the middle of whatever it does. */
  kill(): void {
    this.isAlive = false;
  }

  at(atUs: number, act: () => void): Task {
    const task = this.#schedule.at(atUs, () => this.#run(act));
    return task;
  }

  after(us: number, act: () => void): Task {
    return this.at(this.#schedule.nowUs + us, act);
  }

  #run(act: () => void): void {
    if (!this.isAlive) return;
    if (this.standsStill) this.#schedule.at(this.#stillUntilUs, () => this.#run(act));
    else act();
  }
}

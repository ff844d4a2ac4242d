import { NeuroCore } from './core.js';
import {
  command,
  marker,
  neurons,
  queueLength,
  silentTables,
  slots,
  synapses,
  type ChipTables,
  type Entry,
} from './protocol.js';

/**
 * A NeuroCoreX as its host sees it: bytes in, ticks, bytes out. It desynchronises as the real one does, for it counts
 * bytes and knows no time-out. Its synapses do not learn: `learningSynapses` counts those that would.
 */
export class NeurocorexBoard {
  readonly tables: ChipTables = poweredOn();
  readonly core = new NeuroCore(this.tables);
  /** What it has sent and nobody has taken. */
  readonly sent: number[] = [];
  readonly counts = { commands: 0, ticks: 0, runs: 0, lostEntries: 0, refusedWeights: 0, learningSynapses: 0 };
  /** Between its idle first tick and the end of a run. */
  running = false;
  #command = -1;
  /** Bytes of the command that have come. */
  #taken = 0;
  #low = 0;
  #middle = 0;
  /** Where the next value goes; they do not move while a run keeps values from being stored. */
  #places = { feedForward: 0, recurrent: 0, parameters: 0 };
  readonly #queue: Entry[] = [];
  #ended = false;
  #idle = false;
  #waited = 0;
  #byte = 0;
  #bits = 0;

  receive(byte: number): void {
    if (this.#command < 0) {
      this.#command = byte & 0xf0;
      this.#taken = 0;
      this.counts.commands++;
      return;
    }
    const place = this.#taken++;
    switch (this.#command) {
      case command.feedForward:
        if (place < synapses) this.#storeWeight('feedForward', byte);
        else this.#command = -1;
        return;
      case command.recurrent:
        if (place < synapses) this.#storeWeight('recurrent', byte);
        else this.#command = -1;
        return;
      case command.parameters:
        if (place % 3 === 2) this.#storeParameter(this.#triple(byte));
        this.#keep(place, byte);
        if (place === 3 * 4 * slots - 1) this.#command = -1;
        return;
      case command.spikes:
        if (place % 3 === 2) this.#enter(byte);
        this.#keep(place, byte);
        return;
      case command.debug:
        if (place === 2) this.tables.bias = this.#triple(byte);
        if (place === 5) this.tables.biased = this.#triple(byte) & 0xff;
        this.#keep(place, byte);
        if (place === 5) this.#command = -1;
        return;
      case command.read:
        for (const weight of this.tables.feedForward) this.sent.push(weight & 0xff);
        this.#command = -1;
        return;
      case command.learn:
        if (place < (2 * synapses) / 8) this.counts.learningSynapses += ones(byte);
        else this.#command = -1;
        return;
      default:
        this.#command = -1;
    }
  }

  /** 0.96 ms. */
  tick(): void {
    if (!this.running) return;
    this.counts.ticks++;
    if (this.#idle) {
      this.#idle = false;
      this.sent.push(marker);
      return;
    }
    const next = this.#queue[0];
    let address = -1;
    if (next && ++this.#waited > next.wait) {
      this.#queue.shift();
      this.#waited = 0;
      ({ address } = next);
    }
    if (this.#queue.length > 0 || !this.#ended) {
      this.core.tick(address);
      this.#send(this.core.spikes);
      return;
    }
    this.core.endRun();
    this.#send(this.core.spikes);
    this.running = this.#ended = false;
    this.#bits = this.#byte = this.#waited = 0;
    this.counts.runs++;
  }

  /** The end has come: nothing more is needed for the run to go to its end. */
  get runIsWhole(): boolean {
    return this.running && this.#ended;
  }

  #storeWeight(matrix: 'feedForward' | 'recurrent', byte: number): void {
    if (this.running) {
      this.counts.refusedWeights++;
      return;
    }
    this.tables[matrix][this.#places[matrix]++] = byte;
    this.#places[matrix] %= synapses;
  }

  #storeParameter(value: number): void {
    const { thresholds, refractory, leaks, learning } = this.tables;
    const list = [thresholds, refractory, leaks, learning][Math.floor(this.#places.parameters / slots)] as Int32Array;
    list[this.#places.parameters++ % slots] = value;
    this.#places.parameters %= 4 * slots;
  }

  #enter(high: number): void {
    const [wait, low] = [this.#low, this.#middle];
    if (wait === 0xff && low === 0xff && high === 0xff) {
      this.#command = -1;
      this.#ended = true;
      return;
    }
    this.#ended = false;
    if (this.#queue.length === queueLength) this.counts.lostEntries++;
    else this.#queue.push({ wait, address: low < slots && high === 0 ? low : -1 });
    this.#idle ||= !this.running;
    this.running = true;
  }

  #keep(place: number, byte: number): void {
    if (place % 3 === 0) this.#low = byte;
    else if (place % 3 === 1) this.#middle = byte;
  }

  #triple(high: number): number {
    return ((this.#low | (this.#middle << 8) | (high << 16)) << 14) >> 14;
  }

  /** Ticks are not aligned to bytes; bits that do not fill one stay. */
  #send(spikes: Uint8Array): void {
    for (let n = 0; n < neurons; n++) {
      this.#byte |= (spikes[n] as number) << this.#bits;
      if (++this.#bits < 8) continue;
      this.sent.push(this.#byte);
      this.#byte = this.#bits = 0;
    }
  }
}

/** All weights 6, what comes from inputs counts nine times, thresholds of 100. */
function poweredOn(): ChipTables {
  const tables = silentTables();
  tables.feedForward.fill(6);
  tables.recurrent.fill(6);
  tables.thresholds.fill(100 * 1024);
  tables.refractory.fill(0);
  tables.refractory[0] = 9;
  return tables;
}

function ones(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

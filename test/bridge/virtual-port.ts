import koffi from 'koffi';
import { made } from '../../firmware-bridge/firmware/make.test.fixture.js';
import type { PortUnderTest } from './conformance.js';
import type { OutputChange } from './output-rules.js';

interface Calls {
  readonly powerOn: () => void;
  readonly pass: (us: number) => void;
  readonly oversleep: (ticks: number) => void;
  readonly arrive: (bytes: Uint8Array, size: number) => void;
  readonly sent: (bytes: Uint8Array, size: number) => number;
  readonly room: (size: number) => void;
  readonly digital: (levels: number) => void;
  readonly analogue: (input: number, value: number) => void;
  readonly nowUs: () => number;
  readonly output: () => number;
  readonly changes: () => number;
  readonly changeUs: (change: number) => number;
  readonly changeTo: (change: number) => number;
}

let calls: Calls | undefined;

function load(): Calls {
  if (calls) return calls;
  const library = koffi.load(made('build/libaxond-bridge.so'));
  return (calls = {
    powerOn: library.func('void virtual_power_on()'),
    pass: library.func('void virtual_pass(uint64_t us)'),
    oversleep: library.func('void virtual_oversleep(uint32_t ticks)'),
    arrive: library.func('void virtual_arrive(uint8_t *bytes, size_t size)'),
    sent: library.func('size_t virtual_sent(_Out_ uint8_t *bytes, size_t size)'),
    room: library.func('void virtual_room(size_t room)'),
    digital: library.func('void virtual_digital(uint8_t levels)'),
    analogue: library.func('void virtual_analogue(uint8_t input, int16_t value)'),
    nowUs: library.func('uint64_t virtual_now_us()'),
    output: library.func('uint16_t virtual_output()'),
    changes: library.func('uint32_t virtual_changes()'),
    changeUs: library.func('uint64_t virtual_change_us(uint32_t change)'),
    changeTo: library.func('uint16_t virtual_change_to(uint32_t change)'),
  });
}

/** The firmware in this process, on a clock that only the test moves. One process has one. */
export class VirtualPort implements PortUnderTest {
  readonly isExact = true;
  readonly #changes: OutputChange[] = [];
  #isPlugged = true;
  readonly #calls = load();
  readonly #read = new Uint8Array(1 << 16);

  constructor() {
    this.powerOn();
  }

  powerOn(): void {
    this.#calls.room(1 << 16);
    this.#calls.digital(0);
    this.#calls.powerOn();
    this.#changes.length = 0;
    this.#isPlugged = true;
  }

  get nowUs(): number {
    return this.#calls.nowUs();
  }

  get output(): number {
    return this.#calls.output();
  }

  pass(us: number): void {
    this.#calls.pass(us);
  }

  oversleep(ticks: number): void {
    this.#calls.oversleep(ticks);
  }

  write(bytes: Uint8Array): void {
    if (this.#isPlugged) this.#calls.arrive(bytes, bytes.length);
  }

  read(): Uint8Array {
    return this.#read.subarray(0, this.#calls.sent(this.#read, this.#read.length));
  }

  cableOut(): void {
    this.#isPlugged = false;
  }

  cableIn(): void {
    this.read();
    this.#isPlugged = true;
  }

  room(bytes: number): void {
    this.#calls.room(bytes);
  }

  digital(levels: number): void {
    this.#calls.digital(levels);
  }

  analogue(input: number, value: number): void {
    this.#calls.analogue(input, value);
  }

  /** All changes of the output since the power came on, by the virtual clock. */
  changes(): readonly OutputChange[] {
    for (let n = this.#changes.length; n < this.#calls.changes(); n++) {
      this.#changes.push({ atUs: this.#calls.changeUs(n), amplitude: this.#calls.changeTo(n) });
    }
    return this.#changes;
  }

  close(): void {
    this.powerOn();
  }
}

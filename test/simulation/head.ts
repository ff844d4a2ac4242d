import type { SampleBlock, SessionState, StreamInfo } from '../../runtime/contracts.js';

/** How it is with the head that the device sits on, as only the simulation knows it. */
export type Truth = 'awake' | 'asleep' | 'doubtful' | 'rail' | 'flat';

/** A device on somebody's head, packet by packet. What ails both is set from outside. */
export interface Head {
  readonly info: StreamInfo;
  truth: Truth;
  /** Packets to lose on the way, or to damage. */
  toLose: number;
  /** When the next packet is made. */
  readonly dueUs: number;
  /** The device's own clock jumps: the next packets come so much later, or at once where it is less than a period. */
  stepClock(us: number): void;
  /** Makes the next packet. What puts it into the port, once it has arrived there; undefined where it is lost. */
  make(): ((port: Port) => void) | undefined;
  /** The device as a process finds it that opens the port. */
  connect(services: PortServices): Port;
}

export interface PortServices {
  nowUs(): number;
  /** On the way to or from the device. */
  later(us: number, act: () => void): void;
  /** Bytes are there to be read. */
  arrived(): void;
}

/** A device's driver on virtual time: what a session is to the loop thread. */
export interface Port {
  readonly state: SessionState;
  /** Something waits that `take` would give. */
  readonly waits: boolean;
  open(): void;
  close(): void;
  /** Fills the block with what waits, as far as it fits; tells the truth of each frame, undefined for one that was lost. */
  take(block: SampleBlock, told: (truth: Truth | undefined) => void): void;
}

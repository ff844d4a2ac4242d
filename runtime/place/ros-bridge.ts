import WebSocket from 'ws';
import type { PlacePose } from '../../models/place/place-map.js';
import type { PlaceEstimate } from '../contracts.js';
import { monotonicUs } from '../monotonic.js';
import { drivenBetween, greetings, odometryIn, placePose, poseMessage, type OdometryPose } from './ros-protocol.js';
import type { RosOptions } from './shared.js';

/** A connection to a rosbridge that is made anew, with growing pauses, for as long as it is wanted. */
export class RosBridge {
  /** For people: where it stands. */
  state = 'not connected yet';
  readonly #options: RosOptions;
  readonly #onDriven: (metres: number) => void;
  readonly #say: (text: string) => void;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #closed = false;
  #last: OdometryPose | undefined;
  #lastUs = -Infinity;

  constructor(options: RosOptions, onDriven: (metres: number) => void, say: (text: string) => void) {
    this.#options = options;
    this.#onDriven = onDriven;
    this.#say = say;
    this.#connect();
  }

  /** Where odometry has the robot now, for a place that is learned; undefined where it is silent. */
  get pose(): PlacePose | undefined {
    return this.#last && monotonicUs() - this.#lastUs < staleUs ? placePose(this.#last) : undefined;
  }

  publish(pose: PlacePose, { frameUs }: PlaceEstimate): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > mostWaitingBytes) return;
    const frameWallMs = Date.now() - (monotonicUs() - frameUs) / 1000;
    const { pose: topic, spacing } = this.#options;
    socket.send(JSON.stringify(poseMessage(topic, pose, frameWallMs, spacing)));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    const { url, pose, odometry } = this.#options;
    const socket = new WebSocket(url, { handshakeTimeout: 5000, maxPayload: 1024 * 1024 });
    this.#socket = socket;
    let detail = 'the connection was closed';
    socket.on('error', (error) => (detail = error.message));
    socket.on('open', () => {
      this.#pauseMs = firstPauseMs;
      this.#tell('connected');
      for (const greeting of greetings(pose, odometry)) socket.send(JSON.stringify(greeting));
    });
    socket.on('message', (bytes: Buffer) => {
      if (odometry !== undefined) this.#hear(odometryIn(bytes.toString('utf8'), odometry));
    });
    socket.on('close', () => {
      // What was driven meanwhile is not known.
      this.#last = undefined;
      if (this.#closed) return;
      this.#tell(`${detail}. Trying again.`);
      this.#timer = setTimeout(() => this.#connect(), this.#pauseMs);
      this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs);
    });
  }

  #hear(pose: OdometryPose | undefined): void {
    if (!pose) return;
    const last = this.#last;
    this.#last = pose;
    this.#lastUs = monotonicUs();
    if (last?.frame === pose.frame) this.#onDriven(drivenBetween(last, pose));
  }

  #tell(state: string): void {
    if (state !== this.state) this.#say(`ros: ${this.#options.url}: ${state}`);
    this.state = state;
  }
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;
const staleUs = 1e6;
const mostWaitingBytes = 256 * 1024;

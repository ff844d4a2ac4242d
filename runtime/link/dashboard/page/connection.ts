import { decodeFrame, type PictureFrame, type SignalFrame } from '../signal-frame.js';
import type { Action, ToPage, View } from '../messages.js';

export interface ConnectionEvents {
  onMessage(message: ToPage): void;
  onSignal(frame: SignalFrame): void;
  onPicture(frame: PictureFrame): void;
  /** The token is wrong, or was not given: ask for it. */
  onToken(why: string): void;
  /** Not there for now, or nothing is heard; tries again by itself. */
  onLost(why: string): void;
}

type Wish = { readonly [Kind in Action as Kind['do']]: Omit<Kind, 'id'> }[Action['do']];

/** The WebSocket of the page; made anew for as long as the page is open. The token stays in this tab. */
export class Connection {
  readonly #view: View;
  readonly #events: ConnectionEvents;
  #socket: WebSocket | undefined;
  #heardMs = 0;
  #asked = 0;
  #pauseMs = firstPauseMs;

  constructor(view: View, events: ConnectionEvents) {
    this.#view = view;
    this.#events = events;
    const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
    // So that it stands in no history and on no screen.
    if (location.hash !== '') history.replaceState(null, '', location.pathname);
    if (given !== undefined) sessionStorage.setItem('token', given);
    this.#connect();
    setInterval(() => this.#watch(), watchMs);
  }

  use(token: string): void {
    sessionStorage.setItem('token', token.trim());
    this.#connect();
  }

  /** The number that the answer will have; undefined: it did not go out. */
  ask(wish: Wish): number | undefined {
    if (this.#socket?.readyState !== WebSocket.OPEN) return undefined;
    this.#socket.send(JSON.stringify({ ...wish, id: ++this.#asked }));
    return this.#asked;
  }

  #connect(): void {
    const token = sessionStorage.getItem('token');
    if (token === null) {
      this.#events.onToken('');
      return;
    }
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
    this.#socket = socket;
    this.#heardMs = performance.now();
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.#heardMs = performance.now();
      socket.send(JSON.stringify({ token, view: this.#view }));
    });
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (this.#socket === socket) this.#heard(data);
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (this.#socket !== socket) return;
      if (code === wrongToken || code === tooMany) {
        if (code === wrongToken) sessionStorage.removeItem('token');
        this.#socket = undefined;
        this.#events.onToken(reason);
        return;
      }
      this.#lost(reason);
    });
  }

  /** One that hangs says nothing: what it shows is old, and what is pressed does not arrive. */
  #watch(): void {
    const socket = this.#socket;
    const silentMs = socket?.readyState === WebSocket.OPEN ? mostSilentMs : mostConnectingMs;
    if (!socket || performance.now() - this.#heardMs < silentMs) return;
    this.#lost(`nothing heard for ${silentMs / 1000} s`);
    // Its end may take a minute, and is waited for by nobody.
    socket.close();
  }

  #lost(why: string): void {
    this.#socket = undefined;
    this.#events.onLost(why);
    setTimeout(() => this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs);
  }

  #heard(data: unknown): void {
    this.#pauseMs = firstPauseMs;
    this.#heardMs = performance.now();
    if (data instanceof ArrayBuffer) {
      const frame = decodeFrame(data);
      if (!frame) return;
      if ('pixels' in frame) this.#events.onPicture(frame);
      else this.#events.onSignal(frame);
    } else if (typeof data === 'string') {
      // From the server that this page came from, of the same version: its type is `ToPage` on both sides.
      this.#events.onMessage(JSON.parse(data) as ToPage);
    }
  }
}

const wrongToken = 4401;
const tooMany = 4429;
const watchMs = 250;
/** It is told something every second. */
const mostSilentMs = 3000;
const mostConnectingMs = 10_000;
const firstPauseMs = 500;
const longestPauseMs = 5000;

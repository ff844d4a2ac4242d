import type { WebSocket } from 'ws';
import { Allowance, roleOf, type Tokens } from './access.js';
import { action, greeting, type Action, type Role, type ToPage, type View } from './messages.js';

export interface PageEvents {
  /** The token was right. */
  onReady(page: PageConnection): void;
  onAction(page: PageConnection, wanted: Action): void;
  /** It was slow, and has caught up: what it missed must be told again. */
  onCaughtUp(page: PageConnection): void;
  onClose(page: PageConnection): void;
}

/**
 * One page that looks on. Before its token nothing is told, and little is heard. A page that does not take what it is
 * sent misses signal frames, which are counted, and is let go if it takes nothing at all.
 */
export class PageConnection {
  dropped = 0;
  readonly #socket: WebSocket;
  readonly #events: PageEvents;
  readonly #messages = new Allowance(messagesAtOnce, messageMs);
  readonly #marks = new Allowance(marksAtOnce, markMs);
  readonly #beat: NodeJS.Timeout;
  #role: Role | undefined;
  #view: View = 'run';
  #behind = false;
  #alive = true;

  constructor(socket: WebSocket, tokens: Tokens, wrongTokens: Allowance, events: PageEvents) {
    this.#socket = socket;
    this.#events = events;
    const late = setTimeout(() => socket.close(Closing.token, 'no token came'), greetingMs);
    this.#beat = setInterval(() => this.#watch(), beatMs);
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => (this.#alive = true));
    socket.on('close', () => {
      clearTimeout(late);
      clearInterval(this.#beat);
      events.onClose(this);
    });
    socket.on('message', (data, isBinary) => {
      if (!this.#messages.take(performance.now())) {
        socket.close(Closing.tooMany, 'too many messages');
        return;
      }
      const text = isBinary || !Buffer.isBuffer(data) ? '' : data.toString('utf8');
      if (this.#role) {
        this.#heard(text);
        return;
      }
      clearTimeout(late);
      const greeted = greeting.safeParse(parsed(text)).data;
      this.#role = roleOf(greeted?.token ?? '', tokens);
      this.#view = greeted?.view ?? 'run';
      if (this.#role) events.onReady(this);
      else {
        // A right token is never refused for the wrong ones of others: the limit saves work, not the token.
        const wrong = wrongTokens.take(performance.now());
        socket.close(wrong ? Closing.token : Closing.tooMany, wrong ? 'no such token' : 'too many wrong tokens');
      }
    });
  }

  /** Undefined before its token. */
  get role(): Role | undefined {
    return this.#role;
  }

  get view(): View {
    return this.#view;
  }

  /** For a page that is behind it is left out; `onCaughtUp` follows. */
  tell(message: ToPage): void {
    if (!this.#falls()) this.#socket.send(JSON.stringify(message));
  }

  /** Binary: as `signal-frame.ts` has it. */
  show(frame: Uint8Array): void {
    if (this.#falls()) this.dropped++;
    else this.#socket.send(frame);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #falls(): boolean {
    const { bufferedAmount } = this.#socket;
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#behind && bufferedAmount < caughtUpBytes) {
      this.#behind = false;
      this.#events.onCaughtUp(this);
    } else if (bufferedAmount > mostBytes) this.#behind = true;
    return this.#behind;
  }

  #heard(text: string): void {
    const wanted = action.safeParse(parsed(text)).data;
    if (!wanted) this.#socket.close(Closing.unknown, 'no such request');
    else if (wanted.do === 'mark' && !this.#marks.take(performance.now()))
      this.tell({ answer: { id: wanted.id, ok: false, text: 'not marked: too many marks. Wait a moment.' } });
    else this.#events.onAction(this, wanted);
  }

  #watch(): void {
    if (!this.#alive) this.#socket.terminate();
    this.#alive = false;
    this.#socket.ping();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Codes of closings, 4000 and above being free for applications. */
export const Closing = { over: 1001, unknown: 1008, token: 4401, tooMany: 4429 } as const;
const greetingMs = 5000;
const beatMs = 10_000;
const messagesAtOnce = 40;
const messageMs = 50;
const marksAtOnce = 5;
const markMs = 2000;
const mostBytes = 256 * 1024;
const caughtUpBytes = 32 * 1024;

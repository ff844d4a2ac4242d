import { createInterface } from 'node:readline';
import type { IPublishPacket } from 'mqtt';
import { silenceGuardian } from '../guardian/silence.js';
import { monotonicUs } from '../monotonic.js';
import { openRecording, type Recording } from '../recording/read.js';
import { BrokerConnection, type AnswerPlace } from './broker-connection.js';
import { Cursor, reportedBefore } from './cursor.js';
import { toLink, type FromLink, type LinkOptions, type ToLink } from './messages.js';
import { envelope, reportOf, rootOf, type Names } from './reports.js';
import { RequestJudge, answerTopic, type RemoteRefusal, type Wanted } from './requests.js';

/**
 * The link process: reports to an MQTT broker. Events come from the recording itself, by their ids, and are counted off
 * only when the broker has them; state and health are the newest there is. Nothing that happens here reaches the loop
 * except requests that make stimulation safer; `silence` goes to the guardian itself, past a core that may hang.
 */

let link: Link | undefined;

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const parsed = toLink.safeParse(JSON.parse(line));
  if (!parsed.success) {
    process.stderr.write(`link: a line of the supervisor is not understood: ${line.slice(0, 200)}\n`);
    return;
  }
  if ('options' in parsed.data) link = new Link(parsed.data.options);
  else link?.hear(parsed.data);
});
lines.on('close', () => void (link ? link.finish() : Promise.resolve()).finally(() => process.exit(0)));
// A core that was killed reads no more; the end of the input follows.
process.stdout.on('error', () => undefined);
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

class Link {
  readonly #options: LinkOptions;
  readonly #names: Names;
  readonly #root: string;
  readonly #broker: BrokerConnection;
  readonly #judge = new RequestJudge();
  readonly #asked = new Map<string, { id: string; key: string; place: AnswerPlace; given: NodeJS.Timeout }>();
  /** Newest retained payloads by topic, sent again after every connection. */
  readonly #retained = new Map<string, Record<string, unknown>>();
  readonly #timer: NodeJS.Timeout;
  #sequence = 0;
  #published = 0;
  #acked = 0;
  #requests = 0;
  #told = '';
  #following: { recording: Recording; cursor: Cursor; offsetMs: number } | undefined;
  #earlier: string[];
  #busy = false;
  #finishing = false;
  /** While it finishes: the last events may still go out. */
  #draining = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { node, bootId, detectors, estimates, actuator } = options;
    this.#names = { node, bootId, detectors, estimates, actuator };
    this.#root = rootOf(node);
    this.#earlier = reportedBefore(options.recording);
    const birth = Date.now();
    const will = { v: 1, node, boot_id: bootId, state: 'lost', birth_seq: birth };
    this.#retained.set('description', options.description);
    this.#retained.set('state', { state: 'init', birth_seq: birth });
    this.#broker = new BrokerConnection(
      options,
      { topic: `${this.#root}state`, payload: JSON.stringify(will) },
      {
        onConnect: () => this.#connected(),
        onClose: (detail) => say({ connection: { connected: false, detail } }),
        onMessage: (topic, payload, packet) => this.#requested(topic, payload, packet),
      },
    );
    this.#timer = setInterval(() => void this.#follow(), followMs);
  }

  hear(message: ToLink): void {
    if ('state' in message) this.#keep('state', { state: message.state, reasons: message.reasons });
    else if ('health' in message) this.#keep('health', message.health);
    else if ('belief' in message) this.#believe(message.belief);
    else if ('look' in message) void this.#follow();
    else if ('response' in message) this.#respond(message.response);
    else if ('finish' in message) void this.finish();
  }

  /** Reports what can still be reported within a moment, says that it is offline, and ends. */
  async finish(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    clearInterval(this.#timer);
    const deadline = performance.now() + finishMs;
    while (this.#busy && performance.now() < deadline) await pause(10);
    if (this.#broker.connected) {
      this.#draining = true;
      while (performance.now() < deadline && (await this.#followOnce()));
      this.#keep('state', { state: 'offline', reasons: [] });
      while (this.#acked < this.#published && performance.now() < deadline) await pause(10);
    }
    await this.#broker.end();
    say({ finished: { published: this.#published, acked: this.#acked } });
    process.stdout.write('', () => process.exit(0));
  }

  #connected(): void {
    say({ connection: { connected: true, detail: '' } });
    for (const requests of ['request/+', 'request/place/+']) this.#broker.subscribe(this.#root + requests);
    for (const [topic, payload] of this.#retained) this.#send(topic, payload, 1, true);
  }

  #keep(topic: string, payload: Record<string, unknown>): void {
    const birth = this.#retained.get('state')?.['birth_seq'];
    const whole = topic === 'state' ? { ...payload, birth_seq: birth } : payload;
    this.#retained.set(topic, whole);
    if (this.#broker.connected) this.#send(topic, whole, 1, true);
  }

  #send(topic: string, payload: Record<string, unknown>, qos: 0 | 1, retain: boolean): void {
    const whole = { ...envelope(this.#names, ++this.#sequence, monotonicUs(), new Date()), ...payload };
    this.#published++;
    void this.#broker.publish(this.#root + topic, JSON.stringify(whole), qos, retain).then((arrived) => {
      if (arrived) this.#acked++;
    });
  }

  #believe(belief: Record<string, unknown>): void {
    if (this.#broker.connected && !this.#finishing) this.#send('place', belief, 0, false);
  }

  // ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #follow(): Promise<void> {
    if (this.#busy || this.#finishing || !this.#broker.connected) return;
    this.#busy = true;
    try {
      while (await this.#followOnce());
    } catch (error) {
      process.stderr.write(`link: ${String(error)}\n`);
    } finally {
      this.#busy = false;
      this.#tellCounts();
    }
  }

  #tellCounts(): void {
    const counts = { published: this.#published, acked: this.#acked };
    const told = JSON.stringify(counts);
    if (told !== this.#told) say({ counts });
    this.#told = told;
  }

  /** Reports the next events of the recording that is followed; false if there were none. */
  async #followOnce(): Promise<boolean> {
    this.#following ??= this.#open(this.#earlier.shift() ?? this.#options.recording);
    const following = this.#following;
    if (!following) return false;
    const { recording, cursor, offsetMs } = following;
    if (this.#finishing && !this.#draining) return false;
    const events = recording.eventsAfter(cursor.id, windowEvents);
    if (events.length === 0) {
      if (recording.path === this.#options.recording) {
        // While the run goes on there will be more; a closed recording has none.
        if (this.#draining) cursor.done();
        else cursor.save();
        return false;
      }
      cursor.done();
      recording.close();
      this.#following = undefined;
      return true;
    }
    const arrivals = events.map(async ({ event, text }) => {
      const report = event && reportOf(event, text, this.#names);
      if (!event || !report) return true;
      const wall = new Date(event.us / 1000 + offsetMs);
      const payload = { ...envelope(this.#names, ++this.#sequence, event.us, wall), ...report.payload };
      this.#published++;
      const arrived = await this.#broker.publish(this.#root + report.topic, JSON.stringify(payload), 1, false);
      if (arrived) this.#acked++;
      return arrived;
    });
    // Counted off in order, up to the first that did not arrive: at least once, never out of order.
    for (let place = 0; place < events.length; place++) {
      if (!(await arrivals[place])) return false;
      cursor.id = events[place]?.id ?? cursor.id;
    }
    cursor.save();
    return true;
  }

  #open(path: string): { recording: Recording; cursor: Cursor; offsetMs: number } | undefined {
    try {
      const recording = openRecording(path);
      const { startUs, startWallMs } = recording.run;
      return { recording, cursor: new Cursor(path), offsetMs: startWallMs - startUs / 1000 };
    } catch (error) {
      if (path !== this.#options.recording) process.stderr.write(`link: ${String(error)}\n`);
      return undefined; // not there yet
    }
  }

  // ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #requested(topic: string, payload: Uint8Array, { retain, properties }: IPublishPacket): void {
    const verb = topic.slice(`${this.#root}request/`.length);
    const expirySeconds = properties?.messageExpiryInterval;
    const judged = this.#judge.judge({ verb, payload, retained: retain, expirySeconds, nowMs: Date.now() });
    const place = {
      topic: answerTopic(properties?.responseTopic, this.#root, verb),
      correlation: properties?.correlationData,
    };
    if ('underWay' in judged) return;
    if ('repeated' in judged) this.#broker.answer(place, judged.repeated);
    else if ('refused' in judged) {
      const { id, refused } = judged;
      this.#broker.answer(place, JSON.stringify({ v: 1, id, ok: false, error: refused }));
    } else this.#obey(judged, place);
  }

  #obey({ wanted, id, key }: Wanted, place: AnswerPlace): void {
    const number = String(++this.#requests);
    const given = setTimeout(() => this.#respond({ id: number, ok: false, data: null, reasons: [] }), answerMs);
    this.#asked.set(number, { id, key, place, given });
    if (wanted.verb !== 'silence') {
      say({ request: { id: number, wanted } });
      return;
    }
    silenceGuardian(this.#options.silenceSocket).then(
      (data) => this.#respond({ id: number, ok: true, data, reasons: [] }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#respond({ id: number, ok: false, data: null, reasons: [reason] });
      },
    );
  }

  /** Without reasons: nobody has answered in time. */
  #respond({ id: number, ok, data, reasons }: { id: string; ok: boolean; data: unknown; reasons: string[] }): void {
    const asked = this.#asked.get(number);
    if (!asked) return;
    this.#asked.delete(number);
    clearTimeout(asked.given);
    const error = reasons.length > 0 ? refusedBy(reasons) : noAnswer;
    const answer = JSON.stringify({ v: 1, id: asked.id, ok, ...(ok ? { data } : { error }) });
    this.#judge.remember(asked.key, answer);
    this.#broker.answer(asked.place, answer);
  }
}

function refusedBy(reasons: readonly string[]): RemoteRefusal {
  return { code: 'refused', message: reasons.join('; '), reasons, fix: 'See axond status on the machine itself.' };
}

const noAnswer: RemoteRefusal = {
  code: 'no-answer',
  message: 'the core does not answer',
  reasons: ['the core does not answer'],
  fix: 'Use request/silence, which does not need it, and look at the machine itself.',
};

function say(message: FromLink): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const followMs = 100;
/** In flight at once. */
const windowEvents = 20;
const finishMs = 2000;
const answerMs = 2000;

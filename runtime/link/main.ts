import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { IPublishPacket } from 'mqtt';
import { monotonicUs } from '../monotonic.js';
import { openRecording } from '../recording/read.js';
import { Backlog, type Waiting } from './backlog.js';
import { Beds } from './beds.js';
import { BrokerConnection, type AnswerPlace, type Outcome } from './broker-connection.js';
import { CoreRequests, type CoreAnswer } from './core-requests.js';
import { Dashboard, nothingYet, type BedList } from './dashboard/dashboard.js';
import { Forwarding } from './forwarding.js';
import { discoveryPayload, discoveryTopic, homeAssistantStatus } from './home-assistant.js';
import { LslMarks } from './lsl-marks.js';
import {
  readLine,
  toLink,
  type FromLink,
  type LinkOptions,
  type ReportOptions,
  type RunLinkOptions,
  type ToLink,
} from './messages.js';
import { envelope, rootOf } from './reports.js';
import { RetainedTopics } from './retained.js';
import { Uploads } from './upload/uploads.js';
import { RequestJudge, answerTopic, type RemoteRefusal, type Wanted } from './requests.js';

/**
 * The link process: reports to an MQTT broker, serves a page, and brings finished recordings to a bucket. Events come from the recording itself, by their ids,
 * and are counted off only when the broker has them; state and health are the newest there is. Nothing that happens here
 * reaches the loop except requests that make stimulation safer; `silence` goes to the guardian itself, past a core that
 * may hang.
 */

let link: Link | undefined;
let dashboard: Dashboard | undefined;
let beds: Beds | undefined;
let core: CoreRequests | undefined;
let uploads: Uploads | undefined;
let marks: LslMarks | undefined;

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message = readLine(toLink, line);
  if (!message) {
    process.stderr.write(`link: a line of the supervisor is not understood: ${line.slice(0, 200)}\n`);
    return;
  }
  if ('options' in message) begin(message.options);
  else if ('response' in message) core?.answered(message.response);
  else if ('finish' in message) void finish();
  else if ('armed' in message) uploads?.hear(message.armed);
  else if ('recording' in message) follow(message.recording);
  else {
    if ('bed' in message) beds?.hear(message.bed, performance.now());
    link?.hear(message);
    dashboard?.hear(message);
  }
});
lines.on('close', () => void finish().finally(() => process.exit(0)));
// A core that was killed reads no more; the end of the input follows.
process.stdout.on('error', () => undefined);
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

function begin(options: LinkOptions): void {
  const { recording } = options;
  core = new CoreRequests(options.silenceSocket, options.bootId, say);
  if (options.dashboard) beds = new Beds(options.node);
  if (recording !== undefined) report({ ...options, recording }, core);
  if (!options.dashboard || !beds) return;
  try {
    const followed = recording === undefined ? nothingYet : openRecording(recording);
    const isHeard = options.url === undefined ? null : recording !== undefined;
    dashboard = new Dashboard(options.dashboard, options.node, followed, core, listOf(beds, isHeard), say);
  } catch (error) {
    say({ dashboard: { url: '', problem: error instanceof Error ? error.message : String(error) } });
  }
}

/** To a broker, a bucket, another recorder. */
function report(options: RunLinkOptions, requests: CoreRequests): void {
  const { url, upload, recipients = [], recording, node } = options;
  if (url !== undefined) link = new Link({ ...options, url }, requests, beds);
  const over = { ...(upload ? { upload } : {}), recipients };
  if (upload ?? recipients.length > 0)
    uploads = new Uploads(over, { recording, node }, (told) => say({ upload: told }));
  if (options.lsl === true) void offerMarks(options);
}

/** What the page of beds shows. `isHeard`: whether a broker is asked for the others; null where none is configured. */
function listOf(heard: Beds, isHeard: boolean | null): BedList {
  return {
    rows: () => heard.rows(performance.now(), Date.now()),
    get broker() {
      return link ? link.connected : isHeard;
    },
    acknowledge: async (bed, alarm, by) => {
      if (alarm === 'silent') {
        const done = heard.acknowledgeSilence(bed, by);
        return { ok: done, text: done ? 'silent: acknowledged' : `${bed} is not silent` };
      }
      return (
        (await link?.acknowledge(bed, alarm, by)) ?? { ok: false, text: `${bed}: there is no broker to reach it by` }
      );
    },
  };
}

/** The run goes on in another recording. */
function follow(recording: string): void {
  link?.follow(recording);
  uploads?.follow(recording);
  try {
    dashboard?.follow(openRecording(recording));
    marks?.follow(openRecording(recording));
  } catch (error) {
    say({ problem: error instanceof Error ? error.message : String(error) });
  }
}

async function offerMarks({ node, recording, notes = false }: RunLinkOptions): Promise<void> {
  try {
    marks = await LslMarks.open(node, openRecording(recording), notes);
  } catch (error) {
    say({ problem: `LSL: marks are not offered: ${error instanceof Error ? error.message : String(error)}` });
  }
}

async function finish(): Promise<void> {
  dashboard?.close();
  void uploads?.close();
  marks?.close();
  say({ finished: (await link?.finish()) ?? { published: 0, acked: 0 } });
  process.stdout.write('', () => process.exit(0));
}

class Link {
  readonly #options: ReportOptions;
  readonly #core: CoreRequests;
  /** Absent where no page shows them. */
  readonly #beds: Beds | undefined;
  readonly #root: string;
  readonly #broker: BrokerConnection;
  readonly #judge = new RequestJudge();
  readonly #retained: RetainedTopics;
  readonly #backlog: Backlog;
  readonly #forwarding: Forwarding;
  readonly #timer: NodeJS.Timeout;
  readonly #birth = Date.now();
  #sequence = 0;
  #published = 0;
  #acked = 0;
  #told = '';
  #finishing: Promise<{ published: number; acked: number }> | undefined;

  constructor(options: ReportOptions, core: CoreRequests, beds: Beds | undefined) {
    this.#options = options;
    this.#core = core;
    this.#beds = beds;
    const { node, bootId, recording, homeAssistant } = options;
    this.#root = rootOf(node);
    this.#retained = new RetainedTopics((topic, payload) => this.#publish(topic, payload, true));
    const backlog = (this.#backlog = new Backlog(recording, node, options.notes));
    const onProblem = (problem: string): void => say({ problem });
    this.#forwarding = new Forwarding({
      backlog,
      publish: (waiting) => this.#report(waiting),
      connected: () => this.#broker.connected,
      window: () => this.#broker.window,
      nowMs: () => performance.now(),
      onProblem,
    });
    this.#remember();
    const will = { v: 1, node, boot_id: bootId, state: 'lost', birth_seq: this.#birth };
    this.#broker = new BrokerConnection(
      options,
      { topic: `${this.#root}state`, payload: JSON.stringify(will) },
      {
        onConnect: () => this.#connected(),
        onClose: (detail) => say({ connection: { connected: false, detail } }),
        onMessage: (topic, payload, packet) => {
          if (this.#beds?.take(topic, payload, performance.now())) return;
          if (topic !== homeAssistantStatus) this.#requested(topic, payload, packet);
          else if (Buffer.from(payload).toString() === 'online') this.#retained.sendAgain(discoveryTopic(node));
        },
      },
    );
    this.#keep('description', options.description);
    this.#state('init', []);
    if (homeAssistant) {
      const payload = homeAssistant.shown ? JSON.stringify(discoveryPayload({ node, ...homeAssistant })) : '';
      this.#retained.set(discoveryTopic(node), () => payload);
    }
    this.#timer = setInterval(() => void this.#follow(), followMs);
  }

  get connected(): boolean {
    return this.#broker.connected;
  }

  /** An alarm of another bed, which shows by itself whether it took it. */
  async acknowledge(bed: string, alarm: string, by: string): Promise<{ ok: boolean; text: string }> {
    const outcome = await this.#broker.request(`${rootOf(bed)}request/acknowledge`, randomUUID(), { alarm, by });
    if (outcome === 'arrived') return { ok: true, text: `${bed}: ${alarm} was sent to be acknowledged` };
    return {
      ok: false,
      text: `${bed}: not acknowledged: ${outcome === 'lost' ? 'no connection to the broker' : outcome.refused}`,
    };
  }

  hear(message: ToLink): void {
    if ('state' in message) this.#state(message.state, message.reasons);
    else if ('bed' in message) this.#keep('bed', message.bed);
    else if ('health' in message) this.#keep('health', message.health);
    else if ('head' in message) this.#keep('head', message.head);
    else if ('belief' in message) this.#believe(message.belief);
    else if ('look' in message) void this.#follow();
  }

  /** The run goes on in this recording. */
  follow(recording: string): void {
    this.#backlog.follow(recording);
    this.#remember();
  }

  #remember(): void {
    try {
      this.#backlog.remember();
    } catch (error) {
      say({ problem: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Reports what can still be reported within a moment, says that it is offline, and ends. */
  finish(): Promise<{ published: number; acked: number }> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  async #finish(): Promise<{ published: number; acked: number }> {
    clearInterval(this.#timer);
    const deadline = performance.now() + finishMs;
    await this.#forwarding.finish(finishMs);
    this.#state('offline', []);
    while (this.#broker.connected && !this.#retained.settled && performance.now() < deadline) await pause(10);
    await this.#broker.end();
    return { published: this.#published, acked: this.#acked };
  }

  #connected(): void {
    say({ connection: { connected: true, detail: '' } });
    for (const requests of ['request/+', 'request/place/+']) this.#broker.subscribe(this.#root + requests);
    if (this.#options.homeAssistant?.shown) this.#broker.subscribe(homeAssistantStatus);
    if (this.#beds) for (const topic of ['state', 'bed']) this.#broker.subscribe(`axond/1/+/${topic}`, true);
    this.#retained.sendAll();
    this.#forwarding.connected();
  }

  #state(state: string, reasons: readonly string[]): void {
    this.#keep('state', { state, reasons, birth_seq: this.#birth });
  }

  #keep(topic: string, payload: Record<string, unknown>): void {
    this.#retained.set(this.#root + topic, () => JSON.stringify({ ...this.#envelope(), ...payload }));
  }

  #envelope(): Record<string, unknown> {
    const { node, bootId } = this.#options;
    return envelope(node, bootId, ++this.#sequence, monotonicUs(), new Date());
  }

  #believe(belief: Record<string, unknown>): void {
    if (this.#finishing) return;
    if (!this.#broker.send(`${this.#root}place`, JSON.stringify({ ...this.#envelope(), ...belief }))) return;
    this.#published++;
    this.#acked++;
  }

  #report({ report, eventId, bootId, us, wall }: Waiting): Promise<Outcome> {
    const told = envelope(this.#options.node, bootId, ++this.#sequence, us, wall);
    const payload = JSON.stringify({ ...told, event_id: eventId, ...report?.payload });
    return this.#publish(this.#root + (report?.topic ?? ''), payload, false);
  }

  async #publish(topic: string, payload: string, retain: boolean): Promise<Outcome> {
    if (!this.#broker.connected) return 'lost';
    this.#published++;
    const outcome = await this.#broker.publish(topic, payload, retain);
    if (outcome === 'arrived') this.#acked++;
    return outcome;
  }

  async #follow(): Promise<void> {
    await this.#forwarding.run();
    const counts = { published: this.#published, acked: this.#acked };
    const told = JSON.stringify(counts);
    if (told !== this.#told) say({ counts });
    this.#told = told;
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
    } else void this.#obey(judged, place);
  }

  async #obey({ wanted, id, key }: Wanted, place: AnswerPlace): Promise<void> {
    const { ok, data, reasons }: CoreAnswer = await this.#core.ask(wanted);
    const error = reasons.length > 0 ? refusedBy(reasons) : noAnswer;
    const answer = JSON.stringify({ v: 1, id, ok, ...(ok ? { data } : { error }) });
    this.#judge.remember(key, answer);
    this.#broker.answer(place, answer);
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
const finishMs = 2000;

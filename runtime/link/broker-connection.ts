import { readFileSync } from 'node:fs';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { ReportOptions } from './messages.js';

export interface BrokerEvents {
  onConnect(): void;
  onClose(detail: string): void;
  onMessage(topic: string, payload: Uint8Array, packet: IPublishPacket): void;
}

/** What became of a message: `lost` with its connection, or refused by the broker, which says why. */
export type Outcome = 'arrived' | 'lost' | { readonly refused: string };

/** Where an answer goes, and what must stand beside it. */
export interface AnswerPlace {
  readonly topic: string;
  readonly correlation: Buffer | undefined;
}

/**
 * A connection to a broker that is made anew, with growing pauses, for as long as it is wanted. MQTT 5 first; 3.1.1 for a
 * broker that does not know it. Nothing is handed to the client while there is no connection: its own queue has no bound.
 */
export class BrokerConnection {
  readonly #options: ReportOptions;
  readonly #will: { topic: string; payload: string };
  readonly #events: BrokerEvents;
  #client: MqttClient | undefined;
  #version: 5 | 4 = 5;
  #receiveMaximum = Infinity;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: ReportOptions, will: { topic: string; payload: string }, events: BrokerEvents) {
    this.#options = options;
    this.#will = will;
    this.#events = events;
    this.#connect();
  }

  get connected(): boolean {
    return this.#client?.connected === true;
  }

  /** Messages of QoS 1 that the broker takes at once, less those that are not counted here. */
  get window(): number {
    return Math.max(1, Math.min(mostUnderWay, this.#receiveMaximum - spare));
  }

  /** By QoS 1: resolves when the broker has it, or will not have it by this connection. */
  publish(topic: string, payload: string, retain: boolean): Promise<Outcome> {
    const client = this.#client;
    if (!client?.connected) return Promise.resolve('lost');
    return new Promise((resolve) => {
      const done = (error?: Error | null): void => {
        client.off('close', lost);
        const refused = error && client.connected ? { refused: error.message } : undefined;
        resolve(refused ?? (error ? 'lost' : 'arrived'));
      };
      // A message under way when the connection goes is told apart from one that arrived by the next connection.
      const lost = (): void => resolve('lost');
      client.once('close', lost);
      client.publish(topic, payload, { qos: 1, retain, ...this.#properties }, done);
    });
  }

  /** By QoS 0, now or never: false where there is no connection, or one that is behind with what it has. */
  send(topic: string, payload: string): boolean {
    const client = this.#client;
    if (!client?.connected || client.stream.writableLength > mostWaitingBytes) return false;
    client.publish(topic, payload, { qos: 0, ...this.#properties });
    return true;
  }

  get #properties(): { properties?: { contentType: string } } {
    return this.#version === 5 ? { properties: { contentType: 'application/json' } } : {};
  }

  /** To another device, which must hear it within ten seconds or not at all. */
  async request(topic: string, id: string, args: Record<string, unknown>): Promise<Outcome> {
    const client = this.#client;
    if (!client?.connected) return 'lost';
    const five = this.#version === 5;
    const expires = new Date(Date.now() + requestSeconds * 1000).toISOString();
    const payload = JSON.stringify({ v: 1, id, ...(five ? {} : { expires }), args });
    const properties = { contentType: 'application/json', messageExpiryInterval: requestSeconds };
    try {
      await client.publishAsync(topic, payload, { qos: 1, ...(five ? { properties } : {}) });
      return 'arrived';
    } catch (error) {
      return this.connected ? { refused: error instanceof Error ? error.message : String(error) } : 'lost';
    }
  }

  answer({ topic, correlation }: AnswerPlace, payload: string): void {
    if (!this.connected) return;
    const properties = {
      contentType: 'application/json',
      messageExpiryInterval: answerSeconds,
      ...(correlation ? { correlationData: correlation } : {}),
    };
    this.#client?.publish(topic, payload, { qos: 1, ...(this.#version === 5 ? { properties } : {}) });
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#client?.endAsync(!this.connected);
  }

  #connect(): void {
    let client: MqttClient;
    try {
      client = mqtt.connect(this.#options.url, this.#clientOptions());
    } catch (error) {
      this.#events.onClose(error instanceof Error ? error.message : String(error));
      this.#again();
      return;
    }
    this.#client = client;
    client.setMaxListeners(100);
    let detail = 'the connection was closed';
    client.on('error', (error) => {
      detail = error.message;
      if (this.#version === 5 && /protocol version/i.test(error.message)) {
        this.#version = 4;
        this.#pauseMs = 0;
      }
      client.end(true);
    });
    client.on('connect', ({ properties }) => {
      this.#pauseMs = firstPauseMs;
      this.#receiveMaximum = properties?.receiveMaximum ?? Infinity;
      this.#events.onConnect();
    });
    client.on('message', (topic, payload, packet) => this.#events.onMessage(topic, payload, packet));
    client.once('close', () => {
      client.end(true);
      this.#events.onClose(detail);
      this.#again();
    });
  }

  /** `kept`: also what the broker has kept from before. Requests of that kind are not for us: retain handling 2. */
  subscribe(topic: string, kept = false): void {
    this.#client?.subscribe(topic, this.#version === 5 ? { qos: 1, rh: kept ? 0 : 2 } : { qos: 1 });
  }

  #again(): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.#pauseMs * (0.75 + 0.5 * Math.random()));
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, 2 * this.#pauseMs));
  }

  #clientOptions(): IClientOptions {
    const { node, userFile, passwordFile, caFile, certFile, keyFile } = this.#options;
    return {
      clientId: `axond-${node}-${process.pid}`,
      protocolVersion: this.#version,
      reconnectPeriod: 0,
      connectTimeout: 5000,
      keepalive: 15,
      queueQoSZero: false,
      // A tenth of an event is its topic: a thin line carries each once a connection, as far as the broker allows.
      autoAssignTopicAlias: true,
      resubscribe: false,
      clean: true,
      will: { topic: this.#will.topic, payload: Buffer.from(this.#will.payload), qos: 1, retain: true },
      ...(userFile === undefined ? {} : { username: readFileSync(userFile, 'utf8').trim() }),
      ...(passwordFile === undefined ? {} : { password: readFileSync(passwordFile, 'utf8').trim() }),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
      ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
      ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
    };
  }
}

const requestSeconds = 10;
/** An answer that nobody took by then is of no use. */
const answerSeconds = 30;
const mostUnderWay = 16;
/** For retained topics and answers. */
const spare = 4;
const mostWaitingBytes = 16 * 1024;
const firstPauseMs = 500;
const longestPauseMs = 60_000;

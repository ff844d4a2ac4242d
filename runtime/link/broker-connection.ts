import { readFileSync } from 'node:fs';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { LinkOptions } from './messages.js';

export interface BrokerEvents {
  onConnect(): void;
  onClose(detail: string): void;
  onMessage(topic: string, payload: Uint8Array, packet: IPublishPacket): void;
}

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
  readonly #options: LinkOptions;
  readonly #will: { topic: string; payload: string };
  readonly #events: BrokerEvents;
  #client: MqttClient | undefined;
  #version: 5 | 4 = 5;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: LinkOptions, will: { topic: string; payload: string }, events: BrokerEvents) {
    this.#options = options;
    this.#will = will;
    this.#events = events;
    this.#connect();
  }

  get connected(): boolean {
    return this.#client?.connected === true;
  }

  /** Resolves true when the broker has it (QoS 1), or when it was sent (QoS 0); false if it was not. */
  publish(topic: string, payload: string, qos: 0 | 1, retain: boolean): Promise<boolean> {
    const client = this.#client;
    if (!client?.connected) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (error?: Error | null): void => {
        client.off('close', lost);
        resolve(!error);
      };
      // A message under way when the connection goes is told apart from one that arrived by the next connection.
      const lost = (): void => resolve(false);
      client.once('close', lost);
      const properties = this.#version === 5 ? { properties: { contentType: 'application/json' } } : {};
      client.publish(topic, payload, { qos, retain, ...properties }, done);
    });
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
    client.on('connect', () => {
      this.#pauseMs = firstPauseMs;
      this.#events.onConnect();
    });
    client.on('message', (topic, payload, packet) => this.#events.onMessage(topic, payload, packet));
    client.once('close', () => {
      client.end(true);
      this.#events.onClose(detail);
      this.#again();
    });
  }

  subscribe(topic: string): void {
    // Requests kept by the broker from before are not for us: retain handling 2.
    this.#client?.subscribe(topic, this.#version === 5 ? { qos: 1, rh: 2 } : { qos: 1 });
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

/** An answer that nobody took by then is of no use. */
const answerSeconds = 30;
const firstPauseMs = 500;
const longestPauseMs = 60_000;

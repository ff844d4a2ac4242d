import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { askControl } from '../runtime/supervisor/control-socket.js';
import { axond, startAxond, temporaryFolder, until, type Started } from './axond-process.js';

/** What a run that recognises places says of itself, in as much as tests look at it. */
export interface PlaceStatus {
  readonly source: { readonly state: string; readonly notice: string; readonly samples: number };
  readonly place: {
    readonly mode: string;
    readonly map: string;
    readonly places: number;
    readonly place: number;
    readonly dropped: number;
    readonly restarts: number;
  } | null;
  readonly stimulation: null;
  readonly recording: string;
}

const notYet: PlaceStatus = {
  source: { state: 'closed', notice: '', samples: 0 },
  place: null,
  stimulation: null,
  recording: '',
};

/** A robot in a process of its own, with a map, and a folder for all that it writes. */
export class Robot {
  readonly folder = temporaryFolder();
  readonly map = join(this.folder, 'floor.map');
  readonly #t: TestContext;
  readonly #environment = { XDG_RUNTIME_DIR: this.folder, RUNTIME_DIRECTORY: this.folder };
  readonly #file = join(this.folder, 'robot.yaml');

  constructor(t: TestContext) {
    this.#t = t;
  }

  start(source: object, ...sets: string[]): Started {
    const configuration = {
      device: { name: 'robot', record: join(this.folder, 'recordings') },
      source,
      place: { use: 'axond-place', map: this.map },
    };
    writeFileSync(this.#file, JSON.stringify(configuration));
    const options = ['run', '--config', this.#file, '--json', ...sets.flatMap((set) => ['--set', set])];
    return startAxond(this.#t, options, this.#environment);
  }

  async status(): Promise<PlaceStatus> {
    const socket = join(this.folder, 'robot', 'control.sock');
    const answer = await askControl(socket, { verb: 'status' }).catch(() => undefined);
    return answer?.ok ? (answer.value as PlaceStatus) : notYet;
  }

  async untilPlaces(count: number): Promise<void> {
    await until(`${count} places`, async () => ((await this.status()).place?.places ?? 0) >= count, 120_000);
  }

  /** The estimates that it tells on its socket, from now on. */
  estimates(): Record<string, unknown>[] {
    const lines: Record<string, unknown>[] = [];
    const listener = createConnection(join(this.folder, 'robot', 'place.sock')).setEncoding('utf8');
    this.#t.after(() => listener.destroy());
    let text = '';
    listener.on('data', (chunk: string) => {
      text += chunk;
      const whole = text.split('\n');
      text = whole.pop() ?? '';
      lines.push(...whole.map((line) => JSON.parse(line) as Record<string, unknown>));
    });
    return lines;
  }

  /** Ends a run; its summary. */
  async end(run: Started): Promise<{ recording: string; samples: number }> {
    run.child.kill('SIGINT');
    return this.ended(run);
  }

  async ended({ exited, stdout, stderr }: Started): Promise<{ recording: string; samples: number }> {
    assert.equal(await exited, 0, stderr());
    return JSON.parse(stdout().trim().split('\n').at(-1) ?? '') as { recording: string; samples: number };
  }

  async replay(recording: string): Promise<void> {
    const check = await axond(this.#t, ['check', recording, '--json']);
    assert.equal(check.code, 0, check.stdout + check.stderr);
    const replay = await axond(this.#t, ['replay', recording, '--json']);
    assert.deepEqual(replay.json['differences'], [], replay.stdout + replay.stderr);
  }
}

/** Of what was told, the places that are known, as they follow each other; each once while it stays. */
export function routeOf(told: readonly Record<string, unknown>[]): number[] {
  const route: number[] = [];
  for (const { known, place } of told) if (known === true && place !== route.at(-1)) route.push(Number(place));
  return route;
}

/** Whether places follow each other as they were learned, but for the end of a lap and one in five. */
export function goesForwards(route: readonly number[]): boolean {
  const forwards = route.filter((place, at) => at > 0 && place > (route[at - 1] ?? 0)).length;
  return forwards >= 0.8 * (route.length - 1);
}

export const root = 'axond/1/robot/';

/** All that it reports over MQTT. */
export async function listen(
  t: TestContext,
  url: string,
): Promise<{ client: MqttClient; heard: (topic: string) => Record<string, unknown>[] }> {
  const client = mqtt.connect(url, { protocolVersion: 5 });
  t.after(() => client.end(true));
  const all: { topic: string; payload: Record<string, unknown> }[] = [];
  client.on('message', (topic, payload) => {
    all.push({ topic: topic.slice(root.length), payload: JSON.parse(payload.toString()) as Record<string, unknown> });
  });
  await until('a connection to mosquitto', () => client.connected);
  await client.subscribeAsync(`${root}#`, { qos: 1 });
  return { client, heard: (wanted) => all.filter(({ topic }) => topic === wanted).map(({ payload }) => payload) };
}

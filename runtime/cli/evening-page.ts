import { join } from 'node:path';
import { createDevice } from '../../drivers/devices.js';
import type { RunPlan } from '../config/compile.js';
import type { DashboardOptions, ShownStatus } from '../link/dashboard/options.js';
import type { FromLink, LinkOptions } from '../link/messages.js';
import { LinkProcess } from '../link/start.js';
import type { NightLine } from '../study/night-log.js';
import { Night } from '../study/night.js';
import { pageOptions } from '../supervisor/link-options.js';
import { createPlaces, isRunning } from '../supervisor/places.js';
import { readBootId } from '../supervisor/run-file.js';
import { nightTime } from '../supervisor/run-night.js';

/**
 * The page of the device while an evening goes on and nothing runs yet: what the terminal asks, and the steps so far. It
 * answers nothing; what is silenced or disarmed there holds the next run. Once a run is there, whoever has started it, this
 * page is closed: the run serves its own at the same address.
 */
export class EveningPage {
  readonly #plan: RunPlan;
  readonly #lines: () => readonly NightLine[];
  readonly #options: LinkOptions;
  readonly #timer: NodeJS.Timeout;
  #link: LinkProcess;
  #isClosed = false;
  #asked = '';
  #isOpen: (said: string) => void = () => undefined;
  /** Where it is, or why it is nowhere. */
  readonly opened: Promise<string>;

  /** `lines`: of the night's log. Undefined where the device has no page. */
  static open(plan: RunPlan, lines: () => readonly NightLine[]): EveningPage | undefined {
    if (!plan.dashboard) return undefined;
    const places = createPlaces(plan.name);
    const options = pageOptions(plan, createDevice(plan.source.device).info, places);
    // Not the run's: whoever closes it would take it away from a run that has it by then.
    const socket = join(places.folder, 'evening.sock');
    return options && new EveningPage(plan, lines, places.silence, { ...options, socket });
  }

  private constructor(
    plan: RunPlan,
    lines: () => readonly NightLine[],
    silenceSocket: string,
    dashboard: DashboardOptions,
  ) {
    this.#plan = plan;
    this.#lines = lines;
    this.opened = new Promise((resolve) => (this.#isOpen = resolve));
    const { url } = plan.mqtt ?? {};
    const broker = url === undefined ? {} : { url };
    this.#options = { ...broker, node: plan.name, bootId: readBootId(), silenceSocket, description: {}, dashboard };
    this.#link = this.#start();
    this.#timer = setInterval(() => void this.#beat(), tellMs);
  }

  /** What the terminal asks, or does, now. */
  asks(question: string): void {
    this.#asked = question;
    this.#link.send({ status: this.#status() });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#link.send({ finish: true });
    const last = setTimeout(() => this.#link.kill(), finishMs);
    await this.#link.exited;
    clearTimeout(last);
  }

  #start(): LinkProcess {
    return new LinkProcess(this.#options, {
      onMessage: (message) => this.#heard(message),
      onExit: (detail) => {
        this.#isOpen(`No page: ${detail}.`);
        setTimeout(() => {
          if (!this.#isClosed) this.#link = this.#start();
        }, restartMs);
      },
    });
  }

  async #beat(): Promise<void> {
    this.#link.send({ status: this.#status() });
    if ((await isRunning(this.#plan.name)) && !this.#isClosed) await this.close();
  }

  #heard(message: FromLink): void {
    if ('dashboard' in message) {
      const { url, problem } = message.dashboard;
      const { state } = this.#plan;
      this.#isOpen(
        problem === '' ? `The page shows it, too: ${url} (its tokens are in ${state})` : `No page: ${problem}`,
      );
    } else if ('request' in message)
      this.#link.send({ response: { id: message.request.id, ok: false, data: null, reasons: [nothingRuns] } });
  }

  #status(): ShownStatus {
    const { name, source } = this.#plan;
    const night = new Night(this.#lines());
    return {
      name,
      recording: '',
      runningSeconds: 0,
      source: {
        device: source.device.use,
        port: source.port,
        state: 'evening',
        notice: this.#asked,
        samples: 0,
        gaps: 0,
        lostFrames: 0,
        driftPpm: null,
      },
      detections: 0,
      stimulation: null,
      place: null,
      night: {
        windowSeconds: night.windowSeconds(nightTime(this.#plan)),
        adverse: night.adverse,
        rearmed: night.rearmed,
        closed: night.closed,
        problem: '',
        steps: night.steps.map(({ step, result, detail }) => ({ step, result, detail })),
      },
      alarms: [],
      ringLosses: {},
      recorder: { state: 'not yet', lagMs: 0 },
      mqtt: null,
    };
  }
}

const nothingRuns =
  'nothing runs yet, so nothing is armed, and a run that begins now does not arm by itself. The terminal asks.';
const restartMs = 500;
const tellMs = 500;
const finishMs = 2000;

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { temporaryFolder, until } from '../axond-process.js';

/** A real Chromium without a screen, driven by its DevTools protocol. */

const name = ['chromium', 'chromium-browser', 'google-chrome', 'chromium-headless-shell'].find(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0,
);
export const hasChromium = name !== undefined;

const reply = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  sessionId: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
});

export class Chromium {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, (said: z.output<typeof reply>) => void>();
  readonly #pages = new Map<string, Tab>();
  #number = 0;

  private constructor(child: ChildProcess, socket: WebSocket) {
    this.#child = child;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const said = reply.parse(JSON.parse(data.toString('utf8')));
      if (said.id !== undefined) this.#asked.get(said.id)?.(said);
      else this.#pages.get(said.sessionId ?? '')?.happened(said.method ?? '', said.params ?? {});
    });
  }

  /** `before` stands before the command, such as `nice`. */
  static async start(before: readonly string[] = []): Promise<Chromium> {
    if (name === undefined) throw new Error('no Chromium is installed. Install it: sudo apt-get install chromium');
    const folder = temporaryFolder();
    const flags = [
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
      '--no-first-run',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows',
      '--disable-renderer-backgrounding',
      // Chromium's sandbox does not start for root, who runs the tests on a build machine.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ];
    const [program, ...more] = [...before, name, ...flags, 'about:blank'];
    const child = spawn(program, more, { stdio: 'ignore', detached: true });
    const portFile = join(folder, 'DevToolsActivePort');
    const lines = (): string[] => (existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : []);
    await until('Chromium to listen', () => (lines()[1] ?? '') !== '', 120_000);
    const [port, path] = lines();
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new Chromium(child, socket);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async open(url: string, width = 1280, height = 900): Promise<Tab> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, String(sessionId), String(targetId));
    this.#pages.set(String(sessionId), tab);
    await tab.begin(width, height);
    await tab.go(url);
    return tab;
  }

  async send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#number;
    const said = await new Promise<z.output<typeof reply>>((resolve) => {
      this.#asked.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    });
    this.#asked.delete(id);
    if (said.error) throw new Error(`${method}: ${said.error.message}`);
    return said.result ?? {};
  }

  close(): void {
    this.#socket.terminate();
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
  }
}

export class Tab {
  /** What the page complained of: exceptions, refused loads, violations of its policy. */
  readonly complaints: string[] = [];
  /** Addresses that it asked for. */
  readonly asked: string[] = [];
  readonly #browser: Chromium;
  readonly #session: string;
  readonly #target: string;

  constructor(browser: Chromium, session: string, target: string) {
    this.#browser = browser;
    this.#session = session;
    this.#target = target;
  }

  happened(method: string, params: Record<string, unknown>): void {
    if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(params['exceptionDetails']));
    if (method === 'Log.entryAdded') {
      const entry = z.object({ level: z.string(), text: z.string() }).parse(params['entry']);
      if (entry.level === 'error') this.complaints.push(entry.text);
    }
    if (method === 'Network.requestWillBeSent')
      this.asked.push(z.object({ url: z.string() }).parse(params['request']).url);
    if (method === 'Network.webSocketCreated') this.asked.push(String(params['url']));
  }

  async begin(width: number, height: number): Promise<void> {
    for (const domain of ['Runtime', 'Page', 'Log', 'Network']) await this.#send(`${domain}.enable`, {});
    await this.size(width, height);
  }

  async size(width: number, height: number): Promise<void> {
    const mobile = width < 600;
    await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
  }

  async go(url: string): Promise<void> {
    await this.#send('Page.navigate', { url });
  }

  /** The value of an expression on the page. */
  async value(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return z.object({ value: z.unknown().optional() }).parse(result).value;
  }

  /** What stands in an element; the empty string while it is hidden or not there. */
  async text(selector: string): Promise<string> {
    const found = `document.querySelector(${JSON.stringify(selector)})`;
    return String(await this.value(`${found}?.checkVisibility() ? ${found}.innerText : ''`));
  }

  /** `atSeconds` of the wall clock: when it was pressed, if not now. */
  async press(key: string, text?: string, atSeconds?: number): Promise<void> {
    const when = atSeconds === undefined ? {} : { timestamp: atSeconds };
    const common = { key, ...when, ...(text === undefined ? {} : { text }) };
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...common });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...common });
  }

  async type(text: string): Promise<void> {
    await this.#send('Input.insertText', { text });
  }

  async click(selector: string): Promise<void> {
    const box = z
      .object({ x: z.number(), y: z.number() })
      .parse(
        await this.value(
          `(() => { const b = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect(); return { x: b.x + b.width / 2, y: b.y + b.height / 2 }; })()`,
        ),
      );
    for (const type of ['mousePressed', 'mouseReleased'])
      await this.#send('Input.dispatchMouseEvent', { type, ...box, button: 'left', clickCount: 1 });
  }

  /** How many different colours a canvas shows: one that nothing was drawn on has one. */
  async colours(selector: string): Promise<number> {
    return Number(
      await this.value(
        `(() => { const c = document.querySelector(${JSON.stringify(selector)}); if (!c?.width || !c.height) return 0; const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer); return new Set(d).size; })()`,
      ),
    );
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.#target });
  }

  async picture(file: string): Promise<void> {
    const { data } = await this.#send('Page.captureScreenshot', { format: 'png' });
    writeFileSync(file, Buffer.from(String(data), 'base64'));
  }

  #send(method: string, params: object): Promise<Record<string, unknown>> {
    return this.#browser.send(method, params, this.#session);
  }
}

import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { z } from 'zod';
import { placeRequests } from '../contracts.js';
import { initials } from '../link/bed.js';
import { nightMarks, nightSteps } from '../study/night-log.js';

/**
 * The control socket: one JSON object a line, one answer a line. It is the only way to arm, and it is local: a file that
 * its user alone may open.
 */

const limits = {
  perMinute: z.number().int().nonnegative().optional(),
  perHour: z.number().int().nonnegative().optional(),
  perNight: z.number().int().nonnegative().optional(),
  intervalUs: z.number().nonnegative().optional(),
  gainDb: z.number().nonpositive().optional(),
};
export const placeRequest = z.enum(placeRequests);
const request = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('status') }),
  z.strictObject({
    verb: z.literal('arm'),
    /** The name that the person gave: arming is refused by any other device. */
    device: z.string(),
    forSeconds: z.number(),
    perMinute: z.number().optional(),
    perHour: z.number().optional(),
    perNight: z.number().optional(),
    intervalUs: z.number().optional(),
    gainDb: z.number().optional(),
  }),
  z.strictObject({ verb: z.literal('disarm') }),
  z.strictObject({ verb: z.literal('lower'), ...limits }),
  /** Without `mark`, free text. `forSeconds`: of lights off, how long the window is. */
  z.strictObject({
    verb: z.literal('mark'),
    text: z.string().max(1000),
    mark: z.enum([...nightMarks, 'clear']).optional(),
    by: initials.optional(),
    forSeconds: z.number().optional(),
  }),
  /** A result of the walk-through in the evening. */
  z.strictObject({
    verb: z.literal('step'),
    step: z.enum(nightSteps),
    result: z.enum(['ok', 'failed', 'skipped']),
    detail: z.string().max(1000),
    measures: z.record(z.string(), z.number()).exactOptional(),
  }),
  z.strictObject({ verb: z.literal('acknowledge'), alarm: z.string().max(40), by: initials }),
  z.strictObject({
    verb: z.literal('place'),
    request: placeRequest,
    /** Without it: where the robot is. */
    place: z.number().int().nonnegative().optional(),
    label: z.string().min(1).max(200).optional(),
    /** Path or name of a map's file. */
    map: z.string().min(1).max(4096).optional(),
  }),
  z.strictObject({ verb: z.literal('stop') }),
]);
export type ControlRequest = z.infer<typeof request>;

const answer = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), reasons: z.array(z.string()) }),
]);
export type ControlAnswer = z.infer<typeof answer>;

/** `isThere`: whoever asked still waits for the answer. It may throw: the message becomes the answer's reason. */
type Handler = (request: ControlRequest, isThere: () => boolean) => Promise<ControlAnswer>;

export function serveControl(path: string, handle: Handler): Promise<Server> {
  const server = createServer((socket) =>
    serveLines(socket, async (line) => judge(line, handle, () => socket.writable)),
  );
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') {
        reject(error);
        return;
      }
      // A socket file without a listener is what a killed daemon leaves behind.
      const probe = createConnection(path);
      probe.once('connect', () => {
        probe.destroy();
        reject(
          new Error(`${path}: another axond runs under this device name. Stop it, or choose another device.name.`),
        );
      });
      probe.once('error', () => {
        rmSync(path, { force: true });
        server.listen(path);
      });
    });
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

async function judge(line: string, handle: Handler, isThere: () => boolean): Promise<ControlAnswer> {
  try {
    const parsed = request.safeParse(JSON.parse(line));
    if (!parsed.success) return { ok: false, reasons: parsed.error.issues.map((issue) => issue.message) };
    return await handle(parsed.data, isThere);
  } catch (error) {
    return { ok: false, reasons: [error instanceof Error ? error.message : String(error)] };
  }
}

function serveLines(socket: Socket, answerLine: (line: string) => Promise<ControlAnswer>): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > longestLine) socket.destroy();
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      void answerLine(line).then((reply) => socket.write(`${JSON.stringify(reply)}\n`));
    }
  });
}

/** What was asked may have been done, and may be done yet. */
export class NoAnswer extends Error {}

/**
 * Asks a running axond. Rejects with one line that names the socket when none runs there, and with a `NoAnswer` when it
 * does not answer.
 */
export function askControl(path: string, wanted: ControlRequest): Promise<ControlAnswer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const patienceMs = wanted.verb === 'arm' || wanted.verb === 'mark' ? longMs : answerMs;
    let asked = false;
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(patienceMs, () => socket.destroy(new NoAnswer(`no answer within ${patienceMs / 1000} s`)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      const line = `${path}: ${absent ? 'no axond is running there. Start one, or give its --socket' : error.message}.`;
      reject(asked || error instanceof NoAnswer ? new NoAnswer(line) : new Error(line));
    });
    // Killed while it was asked.
    socket.on('close', () => reject(new NoAnswer(`${path}: ended before it answered. See axond status.`)));
    socket.on('connect', () => {
      asked = true;
      socket.write(`${JSON.stringify(wanted)}\n`);
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      socket.destroy();
      const parsed = answer.safeParse(JSON.parse(text.slice(0, end)));
      if (parsed.success) resolve(parsed.data);
      else reject(new Error(`${path}: what answers there is no axond of this version.`));
    });
  });
}

const longestLine = 64 * 1024;
const answerMs = 5000;
/** To arm, guardian, lock and disk are asked one after the other; a mark waits for the night of a run that just begins. */
const longMs = 20_000;

import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { nightMarks } from '../study/night-log.js';
import type { ControlRequest } from '../supervisor/control-socket.js';
import { placesOf } from '../supervisor/places.js';
import { answerOf } from './ask-to-arm.js';
import { markInLog } from './mark-in-log.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { callForRest } from './rest-call.js';
import { deviceOf, targeted, type Target } from './target.js';

/** Verbs that speak to a running axond over its control socket: status, arm, disarm, mark, acknowledge. */

export function statusCommand(): Command {
  return targeted(new Command('status').description('What a running axond is doing, and why it does not fire'))
    .addHelpText('after', '\nExample:  axond status --device bedside-1')
    .action(async (target: Target) => {
      const value = await ask(target, { verb: 'status' });
      if (target.json) printJson(value);
      else print(JSON.stringify(value, null, 2));
    });
}

export function armCommand(): Command {
  return targeted(new Command('arm').description('Permit stimulation for a limited time (local socket only)'))
    .requiredOption('--for <TIME>', 'how long, for example 10m or 8h; 24h at most')
    .option('--limit <KEY=N...>', 'tighten a limit: perMinute, perHour, perNight, interval=2s or gain=-6dB')
    .option('--yes', 'do not ask for the name of the device: for scripts')
    .addHelpText(
      'after',
      '\nAsks for the name of the device, unless --device or --yes says that it is meant.' +
        '\nExample:  axond arm --device bedside-1 --for 8h --limit perHour=60',
    )
    .action(async (target: Target & { for: string; limit?: string[]; yes?: true }) => {
      const wish = { forSeconds: seconds('--for', target.for), ...limitsOf(target.limit ?? []) };
      const device = target.device ?? (await nameOf(target));
      const meant = target.device !== undefined || target.yes ? device : await typedName(device);
      const value = await ask({ ...target, device }, { verb: 'arm', device: meant, ...wish });
      if (target.json) printJson(value);
      else print(`Armed for ${target.for}.`);
    });
}

async function nameOf(target: Target): Promise<string> {
  if (target.socket === undefined) return deviceOf(target);
  const name = nameIn(await ask(target, { verb: 'status' }));
  if (name === '') throw new Failure(`${target.socket}: what answers there tells no name.`);
  return name;
}

/** Which device has answered; empty where it does not say. */
function nameIn(status: unknown): string {
  return z.object({ name: z.string() }).safeParse(status).data?.name ?? '';
}

/** A sleeper is connected: whoever arms says which one. */
async function typedName(device: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError(`arm: name the device: --device ${device}, or --yes where a script is sure of it.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await lines.question(`Arms ${device}. Type its name: `);
  lines.close();
  return typed.trim();
}

export function disarmCommand(): Command {
  return targeted(new Command('disarm').description('Forbid stimulation'))
    .addHelpText('after', '\nExample:  axond disarm --device bedside-1')
    .action(async (target: Target) => {
      const value = await askForRest(target, { verb: 'disarm' });
      if (target.json) printJson(value);
      else print(`Disarmed: ${nameIn(value)}.`);
    });
}

export function markCommand(): Command {
  return targeted(
    new Command('mark').description('Write a mark into the running recording, and into the log of its night'),
  )
    .argument('<text...>', `${[...nightMarks, 'clear'].join(', ')} and a text; or only a text`)
    .option('--by <INITIALS>', 'who says so; clear needs it')
    .option('--for <TIME>', 'of lightsOff: how long the night may be armed, 10h at most')
    .option('--log <FILE>', 'the log (*.night) of a night whose run is gone: note, adverse, awake or clear go into it')
    .addHelpText(
      'after',
      '\nlightsOff opens the window in which the night of a study may be armed, lightsOn disarms and closes it. adverse silences' +
        '\nat once, and nothing can be armed until a named person has cleared it.' +
        '\nExamples: axond mark lightsOff --for 9h --by AM' +
        '\n          axond mark adverse headache' +
        '\n          axond mark clear "slept on, no complaints" --by AM' +
        '\n          axond mark adverse "headache in the morning" --by AM --log recordings/cue-night-P017-03.night' +
        '\n          axond mark lights off',
    )
    .action(async (words: string[], target: Target & { by?: string; for?: string; log?: string }) => {
      const mark = [...nightMarks, 'clear' as const].find((known) => known === words[0]);
      const text = (mark === undefined ? words : words.slice(1)).join(' ');
      if (target.for !== undefined && mark !== 'lightsOff')
        throw new UsageError('mark: --for belongs to lightsOff alone.');
      if (target.log !== undefined) {
        if (target.socket !== undefined || target.device !== undefined)
          throw new UsageError('mark: --log is for a night without a run: leave out --socket and --device.');
        await markInLog(target.log, { mark, text, by: target.by ?? '' }, target.json === true);
        return;
      }
      const asks = mark === 'adverse' || mark === 'lightsOn' ? askForRest : ask;
      const value = await asks(target, {
        verb: 'mark',
        text,
        ...(mark === undefined ? {} : { mark }),
        ...(target.by === undefined ? {} : { by: target.by }),
        ...(target.for === undefined ? {} : { forSeconds: seconds('--for', target.for) }),
      });
      if (target.json) printJson(value);
      else print(`Marked at ${nameIn(value)}: ${words.join(' ')}`);
    });
}

export function acknowledgeCommand(): Command {
  return targeted(
    new Command('acknowledge')
      .description('Say that somebody has seen an alarm; it stays until its cause is over')
      .argument('<alarm>', 'its name, as axond status shows it'),
  )
    .requiredOption('--by <INITIALS>', 'who: two to five letters')
    .addHelpText('after', '\nExample:  axond acknowledge signal --by AM')
    .action(async (alarm: string, target: Target & { by: string }) => {
      const value = await ask(target, { verb: 'acknowledge', alarm, by: target.by });
      if (target.json) printJson(value);
      else print(`Acknowledged: ${alarm}, by ${target.by}`);
    });
}

export async function ask(target: Target, request: ControlRequest): Promise<unknown> {
  return answerOf(target.socket ?? placesOf(await deviceOf(target)).control, request);
}

/** As `ask`. Where no run hears it, the next one does not arm by itself (SAFETY.md R-51). */
async function askForRest(target: Target, request: ControlRequest): Promise<unknown> {
  // Before it is asked: one that cannot answer yet finds it.
  const left = await callForRest(target);
  try {
    return await ask(target, request);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`${error.message}${left}${lostOf(request)}`);
  }
}

/** What is not written down where no run has heard it. */
function lostOf(request: ControlRequest): string {
  if (request.verb !== 'mark') return '';
  const later = request.mark === 'adverse' ? ', or where it is gone into the log of its night, with --log' : '';
  return ` It is not written down: say it again when the run answers${later}.`;
}

function limitsOf(texts: readonly string[]): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const text of texts) {
    const [key = '', value = ''] = text.split('=');
    if (key === 'interval') limits['intervalUs'] = seconds('--limit interval', value) * 1e6;
    else if (key === 'gain' && /^-?\d+(\.\d+)?dB$/.test(value)) limits['gainDb'] = Number(value.slice(0, -2));
    else if (['perMinute', 'perHour', 'perNight'].includes(key) && /^\d+$/.test(value)) limits[key] = Number(value);
    else
      throw new UsageError(
        `--limit: ${text} is no limit. Write perMinute=N, perHour=N, perNight=N, interval=2s or gain=-6dB.`,
      );
  }
  return limits;
}

function seconds(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match)
    throw new UsageError(`${option}: ${text} is no time. Write a number with ms, s, m or h, for example 10m.`);
  return Number(match[1]) * { ms: 0.001, s: 1, m: 60, h: 3600 }[match[2] as 'ms' | 's' | 'm' | 'h'];
}

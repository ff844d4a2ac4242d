/**
 * The guardian's own short log, `NAME.deliveries`: for each stimulus a line before it, one when it has started and one
 * when it has ended. A stimulus whose first line stands alone is *possibly delivered*. Pure.
 *
 * Lines: `COMMAND atUs ?` (is about to fire), `COMMAND atUs x` (was not fired after all), `COMMAND startedUs -`,
 * `COMMAND dueUs endedUs`; and `silenced atUs`, where a person brought it to rest past the core. Each is written with a line feed before and behind it, in one write: so a line that was torn by a
 * full disk or a death never runs into the next one.
 */

/** What the log says of one command; NaN where it says nothing. */
export interface Delivery {
  readonly command: number;
  /** When it was about to be fired. */
  readonly aboutUs: number;
  readonly startedUs: number;
  readonly endedUs: number;
  /** It was held up in the last moment, and not fired. */
  readonly dropped: boolean;
}

export interface DeliveryLog {
  /** In the order of their first lines. */
  readonly deliveries: readonly Delivery[];
  /** Lines that are none, a last one that was cut off among them: each may hide a stimulus. */
  readonly unreadable: readonly string[];
}

export const aboutLine = (command: number, atUs: number): string => `\n${command} ${atUs} ?\n`;
export const droppedLine = (command: number, atUs: number): string => `\n${command} ${atUs} x\n`;
export const startedLine = (command: number, atUs: number): string => `\n${command} ${atUs} -\n`;
export const endedLine = (command: number, dueUs: number, atUs: number): string => `\n${command} ${dueUs} ${atUs}\n`;
export const silencedLine = (atUs: number): string => `\nsilenced ${atUs}\n`;

export function parseDeliveries(text: string): DeliveryLog {
  const found = new Map<number, Delivery>();
  const lines = text.split('\n');
  const cutOff = lines.pop() ?? '';
  const unreadable: string[] = [];
  for (const line of lines) {
    if (line === '' || silenced.test(line)) continue;
    const [, digits, us, what] = /^(\d+) (\d+(?:\.\d+)?) (\?|x|-|\d+(?:\.\d+)?)$/.exec(line) ?? [];
    if (digits === undefined || us === undefined || what === undefined) {
      unreadable.push(line);
      continue;
    }
    const command = Number(digits);
    const known = found.get(command) ?? { ...nothingKnown, command };
    const atUs = Number(us);
    if (what === '?') found.set(command, { ...known, aboutUs: atUs });
    else if (what === 'x') found.set(command, { ...known, dropped: true });
    else if (what === '-') found.set(command, { ...known, startedUs: atUs });
    else found.set(command, { ...known, endedUs: Number(what) });
  }
  if (cutOff !== '') unreadable.push(cutOff);
  return { deliveries: [...found.values()], unreadable };
}

/** When somebody silenced it last; -Infinity where nobody did. */
export function lastSilenceUs(text: string): number {
  return Math.max(
    -Infinity,
    ...text.split('\n').flatMap((line) => (silenced.test(line) ? [Number(line.slice(9))] : [])),
  );
}

/** Its start or its end is in the log. */
export function wasDelivered({ startedUs, endedUs }: Delivery): boolean {
  return !Number.isNaN(startedUs) || !Number.isNaN(endedUs);
}

/** It was about to be fired, and nothing says what came of it. */
export function isOpen(delivery: Delivery): boolean {
  return !delivery.dropped && !wasDelivered(delivery);
}

const silenced = /^silenced \d+(?:\.\d+)?$/;
const nothingKnown = { aboutUs: NaN, startedUs: NaN, endedUs: NaN, dropped: false };

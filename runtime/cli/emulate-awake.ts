import { createInterface } from 'node:readline';
import type { Act } from '../../drivers/sleeper/generator.js';

/** Somebody emulated who lies awake, told by lines on standard input what to do. */

/** Each line is one of these letters. */
const acts: ReadonlyMap<string, { readonly act: Act; readonly told: string }> = new Map([
  ['o', { act: 'open', told: 'looks at one point with open eyes' }],
  ['c', { act: 'closed', told: 'has the eyes closed' }],
  ['b', { act: 'blink', told: 'blinks, again and again' }],
  ['j', { act: 'jaw', told: 'clenches the jaw' }],
  ['s', { act: 'sleep', told: 'falls asleep' }],
]);

export function askedByLines(does: (act: Act) => void, say: (text: string) => void): void {
  const letters = [...acts].map(([letter, { told }]) => `  ${letter}  ${told}`);
  say(['Awake, and looks at one point with open eyes. A letter and Enter:', ...letters].join('\n'));
  createInterface({ input: process.stdin }).on('line', (line) => {
    const asked = acts.get(line.trim());
    if (asked) does(asked.act);
    say(asked ? asked.told : `"${line}" is none of ${[...acts.keys()].join(', ')}.`);
  });
}

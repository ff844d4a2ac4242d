import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBudget } from '../runtime/recorder/budget-file.js';
import { axond, startAxond, statusOf, until } from './axond-process.js';
import { answersUntil, atTerminal, leftIn, room } from './bedside.js';

/** Files below a folder that hold the code, in their name or in any byte. */
function naming(folder: string, code: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.filter((name) => {
    const path = join(folder, name);
    return name.includes(code) || (statSync(path).isFile() && readFileSync(path).includes(code));
  });
}

test(
  'R-20 after an evening, a night and a withdrawal the code stands where the withdrawal says, and what was given counts',
  atTerminal,
  async (t) => {
    const bed = await room(t);
    const { folder, environment } = bed;
    const state = join(folder, 'state');
    startAxond(t, ['emulate', 'cyton', '--link', bed.port]);
    await until('the emulated board', () => existsSync(bed.port), 60_000);
    const seat = bed.evening();
    await answersUntil(seat, /Sleep well\.[^]*\n$/);
    assert.equal(await seat.exited, 0);
    const stimulated = async (): Promise<boolean> =>
      /"stimuli":[1-9]/.test(JSON.stringify([await statusOf(join(folder, 'run'), 'bed')]));
    await until('a stimulus', stimulated, 60_000);
    const running = leftIn(folder);
    const morning = await axond(t, ['night', '--lights-on', '--by', 'AM'], environment);
    assert.match(morning.stdout, /Night 1 of P001 is closed/);
    await until('its end', () => leftIn(folder).length < running.length);
    const given = readBudget(state)?.counts();
    assert.ok(given && given.day > 0);
    // The bed keeps the code in more than recordings and logs of nights: this is what it is about.
    assert.ok(naming(state, 'P001').includes('budget.db'));
    assert.ok(existsSync(join(state, 'bed-run.log')));

    const who = ['--by', 'AM', '--reason', 'consent withdrawn', '--recordings', folder];
    const { stdout } = await axond(t, ['study', 'withdraw', 'P001', ...who, '--yes'], environment);
    const left = naming(folder, 'P001');
    assert.deepEqual(left, ['cue-P001.withdrawn', 'cue.sealed', 'cue.sealed.uses']);
    for (const name of left) assert.ok(stdout.includes(join(folder, name)), `${name} in ${stdout}`);
    assert.deepEqual(readBudget(state)?.counts(), { ...given, nights: { 'withdrawn/1': given.day } });
  },
);

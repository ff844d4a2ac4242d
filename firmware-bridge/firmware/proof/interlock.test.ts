import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { noCompiler } from '../make.test.fixture.js';
import { plantedBugs } from './planted.js';
import { planted, Visit } from './visits.js';

describe('the interlock', { skip: noCompiler }, () => {
  let folder: string;
  let visit: Visit;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'axond-interlock-'));
    visit = new Visit(folder, 'numbers');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('R-10 R-11 R-13 R-14 R-27 gives no output without a good command, in any state that it can reach', () => {
    const { sound, text } = visit.run();
    assert.ok(sound, text);
    assert.match(text, /^\d{5,} states, \d{8,} transitions .*; \d{5,} take a pulse\), depth \d+, frontier empty$/m);
  });

  // The others, and larger spaces of states: npm run prove.
  for (const [name, found] of [
    ['the limit on amplitude is one thousandth too high', 'Harm: accepted, in spite of amplitude'],
    ['expiry is ignored', 'Harm: accepted, in spite of expired'],
    ['a beat does not arm the heartbeat again', 'Harm: accepted, in spite of busy'],
    ['a replayed pulse is accepted', 'Harm: accepted, in spite of replayed'],
    ['the output does not end on a reset', 'Harm: output without a command'],
    ['a pulse outlives the heartbeat', 'Harm: output without a command'],
    ['a sham drives the output', 'Harm: output in a sham'],
  ] as const) {
    it(`would not pass if ${name}`, () => {
      const bug = plantedBugs.find((one) => one.name === name);
      assert.ok(bug, 'no such bug is planted');
      const { sound, text } = visit.run(planted(bug));
      assert.ok(!sound, `${name}: not found`);
      assert.ok(text.startsWith(found), text);
      assert.match(text, /\n {2}power on\n/, 'the way to it is told');
    });
  }
});

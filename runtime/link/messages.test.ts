import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLink, readLine, toLink } from './messages.js';

test('the last line of a process that was killed is cut off anywhere: it says nothing, and ends nobody', () => {
  const said = JSON.stringify({ counts: { published: 12, acked: 11 } });
  assert.deepEqual(readLine(fromLink, said), { counts: { published: 12, acked: 11 } });
  for (let length = 0; length < said.length; length++)
    assert.equal(readLine(fromLink, said.slice(0, length)), undefined);
  assert.equal(readLine(toLink, '{"finish":tr'), undefined);
  assert.equal(readLine(toLink, '{"of a later version":true}'), undefined);
});

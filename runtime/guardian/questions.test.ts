import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeQuestion } from './questions.js';

test('a question carries its number; no other line is one, and none throws', () => {
  assert.deepEqual(decodeQuestion('{"check":7}'), { check: 7 });
  for (const line of ['', '{', 'null', '7', '{}', '{"check":"7"}', '{"check":1.5}', '{"check":null}', '[]']) {
    assert.equal(decodeQuestion(line), undefined, line);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      const question = decodeQuestion(line);
      assert.ok(question === undefined || Number.isSafeInteger(question.check));
    }),
  );
});

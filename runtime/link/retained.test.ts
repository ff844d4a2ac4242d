import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from './broker-connection.js';
import { RetainedTopics } from './retained.js';

function retained() {
  const sent: string[] = [];
  const answers: ((outcome: Outcome) => void)[] = [];
  const topics = new RetainedTopics((topic, payload) => {
    sent.push(`${topic} ${payload}`);
    return new Promise((resolve) => answers.push(resolve));
  });
  const answer = async (outcome: Outcome): Promise<void> => {
    answers.shift()?.(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { topics, sent, answer };
}

test('a slow broker gets the newest of a topic, and not what was meanwhile', async () => {
  const { topics, sent, answer } = retained();
  for (let n = 1; n <= 5; n++) topics.set('health', () => `${n}`);
  topics.set('state', () => '1');
  assert.deepEqual(sent, ['health 1', 'state 1']);
  await answer('arrived');
  await answer('arrived');
  assert.deepEqual(sent, ['health 1', 'state 1', 'health 5']);
  assert.equal(topics.settled, false);
  await answer('arrived');
  assert.equal(topics.settled, true);
});

test('after a new connection all of them are sent again, the newest of each', async () => {
  const { topics, sent, answer } = retained();
  topics.set('health', () => '1');
  topics.set('health', () => '2');
  await answer('lost');
  assert.deepEqual(sent, ['health 1']);
  topics.sendAll();
  assert.deepEqual(sent, ['health 1', 'health 2']);
});

test('what a broker refuses is not sent again until there is something new', async () => {
  const { topics, sent, answer } = retained();
  topics.set('description', () => '1');
  await answer({ refused: 'Not authorized' });
  assert.deepEqual(sent, ['description 1']);
  topics.set('description', () => '2');
  assert.equal(sent.length, 2);
});

test('one that somebody asks for again is sent again, also while it is under way', () => {
  const { topics, sent } = retained();
  topics.set('config', () => '1');
  topics.sendAgain('config');
  assert.deepEqual(sent, ['config 1', 'config 1']);
});

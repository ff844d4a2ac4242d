import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryFolder, until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';
import { BusyNight, Receiver, ReportingLink, assertComplete, expected, node } from './outage-trial.js';
import { ThinLine } from './thin-line.js';

const skip = hasMosquitto ? false : 'mosquitto is not installed';

test(
  'two runs without a broker, a link that is killed and a line that is cut: each event once by its id, in order',
  { skip },
  async (t) => {
    const broker = await Mosquitto.start(t);
    const line = await ThinLine.to(broker.port);
    t.after(() => line.close());
    const folder = temporaryFolder();
    // A line that nobody answers at: the broker is away for the whole of the first run.
    const first = new BusyNight(folder, 'first', 1);
    const away = new ReportingLink(first.path, 1);
    await until('the recording to be remembered', () => existsSync(first.path.replace('.db', '.published')), 90_000);
    first.minutes(2);
    first.close();
    await away.finish();

    const receiver = new Receiver(broker.port);
    t.after(() => receiver.close());
    await receiver.listening();
    const second = new BusyNight(folder, 'second', 2);
    second.minutes(4);
    const killed = new ReportingLink(second.path, line.port);
    await until('some events', () => receiver.ids.length > 50, 90_000);
    await killed.kill();
    const link = new ReportingLink(second.path, line.port);
    t.after(() => link.kill());
    await until('more events', () => receiver.ids.length > 200, 90_000);
    line.cut();
    second.minutes(4);
    second.close();
    const wanted = expected(first.path).length + expected(second.path).length;
    await until('all events', () => receiver.ids.length >= wanted, 90_000);
    await link.finish();
    assertComplete(receiver, [first.path, second.path]);
    assert.deepEqual(link.problems, []);
    for (const { path } of [first, second])
      assert.ok(!existsSync(path.replace('.db', '.published')), 'nothing is left');
  },
);

test('a broker behind a thin line gets each event once, in order, and each topic once', { skip }, async (t) => {
  const broker = await Mosquitto.start(t);
  const line = await ThinLine.to(broker.port, () => 60_000);
  const sent: Buffer[] = [];
  line.onCarried = (bytes) => sent.push(bytes);
  t.after(() => line.close());
  const receiver = new Receiver(broker.port);
  t.after(() => receiver.close());
  await receiver.listening();
  const night = new BusyNight(temporaryFolder(), 'slow', 3);
  night.minutes(1);
  night.close();
  const link = new ReportingLink(night.path, line.port);
  t.after(() => link.kill());
  const wanted = expected(night.path).length;
  await until('all events', () => receiver.ids.length >= wanted, 90_000);
  await link.finish();
  assertComplete(receiver, [night.path]);
  assert.equal(link.connections, 1);
  assert.equal(receiver.again, 0);
  const wire = Buffer.concat(sent).toString('latin1');
  for (const topic of ['detection', 'estimate', 'refusal', 'stimulus'])
    assert.equal(wire.split(`axond/1/${node}/event/${topic}`).length - 1, 1, `event/${topic} on the line`);
});

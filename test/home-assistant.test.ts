import assert from 'node:assert/strict';
import { test } from 'node:test';
import mqtt from 'mqtt';
import { temporaryFolder, until } from './axond-process.js';
import { Mosquitto, hasMosquitto } from './mosquitto.js';
import { BusyNight, ReportingLink } from './outage-trial.js';

const topic = 'homeassistant/device/axond_bed-1/config';
const known = { axond: '0.1.0', source: 'cyton', stimulates: true, recognisesPlaces: false };

test('Home Assistant is told of the box, again when it starts, and is rid of it when that is switched off', async (t) => {
  if (!hasMosquitto) {
    t.skip('mosquitto is not installed');
    return;
  }
  const broker = await Mosquitto.start(t);
  const heard: { payload: string; retained: boolean }[] = [];
  const home = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
  t.after(() => home.end(true));
  home.on('message', (_, payload, { retain }) => heard.push({ payload: payload.toString(), retained: retain }));
  await home.subscribeAsync({ [topic]: { qos: 1, rap: true } });
  const night = new BusyNight(temporaryFolder(), 'night', 1);

  const shown = new ReportingLink(night.path, broker.port, { homeAssistant: { shown: true, ...known } });
  t.after(() => shown.kill());
  await until('the box to be announced', () => heard.length === 1, 90_000);
  assert.equal(heard[0]?.retained, true);
  const { components } = JSON.parse(heard[0].payload) as { components: Record<string, { command_topic?: string }> };
  assert.equal(components['silence']?.command_topic, 'axond/1/bed-1/request/silence');
  await home.publishAsync('homeassistant/status', 'offline', { qos: 1 });
  await home.publishAsync('homeassistant/status', 'online', { qos: 1 });
  await until('the box to be announced again', () => heard.length === 2, 90_000);
  assert.equal(heard[1]?.payload, heard[0].payload);
  await shown.finish();

  const hidden = new ReportingLink(night.path, broker.port, { homeAssistant: { shown: false, ...known } });
  t.after(() => hidden.kill());
  await until('the box to be taken out', () => heard.length === 3, 90_000);
  assert.deepEqual(heard[2], { payload: '', retained: true });
  // What somebody sees who comes now: the broker keeps nothing of it.
  const late: string[] = [];
  const other = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
  t.after(() => other.end(true));
  other.on('message', (kept) => late.push(kept));
  await other.subscribeAsync(['homeassistant/#', 'axond/1/bed-1/state'], { qos: 1 });
  await until('the state that is kept', () => late.includes('axond/1/bed-1/state'), 90_000);
  assert.ok(!late.includes(topic));
});

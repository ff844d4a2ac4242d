import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { discoveryPayload, discoveryTopic, type Announced } from './home-assistant.js';

const night: Announced = { node: 'bed-1', axond: '0.1.0', source: 'cyton', stimulates: true, recognisesPlaces: false };

// What Home Assistant takes: DEVICE_DISCOVERY_SCHEMA and what it is made of, of its mqtt/schemas.py (0f5c1b54), and the
// keys that its platforms document.
const topic = z.string().regex(/^[^+#\0]+$/);
const shared = {
  unique_id: z.string().min(1),
  default_entity_id: z.string().regex(/^[a-z_]+\.[a-z0-9_]+$/),
  name: z.string().min(1),
  entity_category: z.enum(['config', 'diagnostic']).optional(),
  value_template: z.string().optional(),
};
const sensor = z.strictObject({
  platform: z.literal('sensor'),
  ...shared,
  state_topic: topic,
  device_class: z.enum(['enum']).optional(),
  options: z.array(z.string()).optional(),
  state_class: z.enum(['measurement', 'total', 'total_increasing']).optional(),
  expire_after: z.int().positive().optional(),
});
const binarySensor = z.strictObject({
  platform: z.literal('binary_sensor'),
  ...shared,
  state_topic: topic,
  device_class: z.enum(['connectivity', 'problem']).optional(),
});
const button = z.strictObject({
  platform: z.literal('button'),
  ...shared,
  command_topic: topic,
  payload_press: z.string(),
  retain: z.boolean(),
});
const removed = z.strictObject({ platform: z.enum(['sensor', 'binary_sensor', 'button']) });
const discovery = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(z.string()).min(1),
    name: z.string().optional(),
    manufacturer: z.string().optional(),
    model: z.string().optional(),
    sw_version: z.string().optional(),
  }),
  origin: z.strictObject({ name: z.string(), sw_version: z.string().optional() }),
  availability: z.array(
    z.strictObject({
      topic,
      payload_available: z.string().optional(),
      payload_not_available: z.string().optional(),
      value_template: z.string().optional(),
    }),
  ),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  components: z.record(z.string().regex(/^[a-zA-Z0-9_-]+$/), z.union([sensor, binarySensor, button, removed])),
});

test('a box is announced in the words of the integration, and none of them arms', () => {
  assert.equal(discoveryTopic('bed-1'), 'homeassistant/device/axond_bed-1/config');
  for (const announced of [night, { ...night, stimulates: false, recognisesPlaces: true }]) {
    const { components } = discovery.parse(discoveryPayload(announced));
    const ids = Object.values(components).flatMap((one) => ('unique_id' in one ? [one.unique_id] : []));
    assert.equal(new Set(ids).size, ids.length);
    for (const one of Object.values(components)) {
      if ('command_topic' in one) assert.match(one.command_topic, /^axond\/1\/bed-1\/request\/(disarm|silence)$/);
      if ('state_topic' in one) assert.match(one.state_topic, /^axond\/1\/bed-1\/(state|health|event\/place)$/);
    }
  }
  const { components } = discovery.parse(discoveryPayload(night));
  const buttons = Object.keys(components).filter((key) => components[key]?.platform === 'button');
  assert.deepEqual(buttons, ['disarm', 'silence']);
});

test('what a run has not is taken away: a box that stimulates nothing has no buttons', () => {
  const { components } = discovery.parse(discoveryPayload({ ...night, stimulates: false }));
  for (const key of ['disarm', 'silence', 'stimuli', 'place'])
    assert.deepEqual(Object.keys(components[key]!), ['platform']);
});

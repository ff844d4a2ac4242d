import { rootOf } from './reports.js';

/**
 * What Home Assistant needs to know to show this box by itself: one retained message of its MQTT discovery, in the form
 * for devices (its integration's `schemas.py`, which refuses keys that it does not know in `device`, `origin` and
 * `availability`). Pure. There is nothing here that arms: nothing remote can.
 */

export interface Announced {
  readonly node: string;
  readonly axond: string;
  /** Driver of the source. */
  readonly source: string;
  readonly stimulates: boolean;
  readonly recognisesPlaces: boolean;
}

/** Where Home Assistant says that it has just started, and wants to be told again. */
export const homeAssistantStatus = 'homeassistant/status';

export function discoveryTopic(node: string): string {
  return `homeassistant/device/axond_${node}/config`;
}

export function discoveryPayload(announced: Announced): Record<string, unknown> {
  const { node, axond, source, stimulates, recognisesPlaces } = announced;
  const state = `${rootOf(node)}state`;
  return {
    device: { identifiers: [`axond_${node}`], name: node, manufacturer: 'axond', model: source, sw_version: axond },
    origin: { name: 'axond', sw_version: axond },
    availability: [
      {
        topic: state,
        value_template: "{{ 'offline' if value_json.state in ['offline', 'lost'] else 'online' }}",
      },
    ],
    qos: 1,
    components: {
      ...componentsOf(node, true, always),
      ...componentsOf(node, stimulates, ofStimulation),
      ...componentsOf(node, recognisesPlaces, ofPlaces),
    },
  };
}

interface Component {
  readonly platform: 'sensor' | 'binary_sensor' | 'button';
  readonly name: string;
  /** Below the node's root. */
  readonly topic: string;
  readonly more: Readonly<Record<string, unknown>>;
}

/** One that this run has not is named by its platform alone, which takes it away if it was there before. */
function componentsOf(node: string, wanted: boolean, table: Readonly<Record<string, Component>>) {
  return Object.fromEntries(
    Object.entries(table).map(([key, { platform, name, topic, more }]) => {
      const topics = platform === 'button' ? 'command_topic' : 'state_topic';
      const id = `axond_${node}_${key}`;
      const entity = {
        unique_id: id,
        default_entity_id: `${platform}.${id.replaceAll('-', '_')}`,
        name,
        [topics]: rootOf(node) + topic,
        ...more,
      };
      return [key, { platform, ...(wanted ? entity : {}) }];
    }),
  );
}

function counter(name: string, field: string): Component {
  const more = {
    value_template: `{{ value_json.${field} }}`,
    state_class: 'total_increasing',
    expire_after: staleSeconds,
  };
  return { platform: 'sensor', name, topic: 'health', more };
}

function button(name: string, verb: 'disarm' | 'silence'): Component {
  return { platform: 'button', name, topic: `request/${verb}`, more: { payload_press: '{}', retain: false } };
}

/** Health comes every ten seconds. */
const staleSeconds = 60;

const always: Record<string, Component> = {
  state: {
    platform: 'sensor',
    name: 'State',
    topic: 'state',
    more: {
      value_template: '{{ value_json.state }}',
      device_class: 'enum',
      options: ['init', 'checking', 'idle', 'armed', 'offline', 'lost'],
    },
  },
  streaming: {
    platform: 'binary_sensor',
    name: 'Signal',
    topic: 'state',
    more: {
      value_template: "{{ 'ON' if value_json.state in ['idle', 'armed'] else 'OFF' }}",
      device_class: 'connectivity',
      entity_category: 'diagnostic',
    },
  },
  notice: {
    platform: 'sensor',
    name: 'Notice',
    topic: 'health',
    more: {
      value_template: "{{ value_json.notice[:255] or 'none' }}",
      entity_category: 'diagnostic',
      expire_after: staleSeconds,
    },
  },
  gaps: counter('Gaps', 'gaps'),
};

const ofStimulation: Record<string, Component> = {
  detections: counter('Detections', 'detections'),
  stimuli: counter('Stimuli', 'stimuli'),
  refusals: counter('Refusals', 'refusals'),
  holding: {
    platform: 'sensor',
    name: 'Holding',
    topic: 'state',
    more: { value_template: "{{ (value_json.reasons | default([]) | join(', '))[:255] or 'nothing' }}" },
  },
  guardian: {
    platform: 'sensor',
    name: 'Guardian',
    topic: 'health',
    more: { value_template: '{{ value_json.guardian }}', entity_category: 'diagnostic', expire_after: staleSeconds },
  },
  disarm: button('Disarm', 'disarm'),
  silence: button('Silence', 'silence'),
};

const ofPlaces: Record<string, Component> = {
  place: {
    platform: 'sensor',
    name: 'Place',
    topic: 'event/place',
    more: { value_template: "{{ value_json.place if value_json.known else 'unknown' }}" },
  },
};

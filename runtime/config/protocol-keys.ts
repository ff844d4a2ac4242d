import { parse } from 'yaml';
import { modelPath } from '../../models/model-file.js';
import { isModule, type LoopPlan } from '../loop/plan.js';
import { alternativeFor, isMap, rootSchema, type KeySchema } from './keys.js';
import { keyOf, type Path } from './tree.js';

/** What of a configuration decides what a sleeper gets. */
export interface ProtocolKeys {
  /** Values as JSON, by their key: `gate.perMinute`. */
  readonly values: Readonly<Record<string, string>>;
  /** Absolute paths of the files that are read, by the key that names them. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * What may differ from one box to the next, and from one night to the next, under the same protocol: nothing of it
 * changes what a sleeper gets. **Every other key belongs to the protocol**, also one that axond learns tomorrow. Files
 * are compared by what is in them, wherever they lie.
 */
const ofTheBox: Readonly<Record<string, string>> = {
  'device.name': 'what recordings, sockets and topics are called',
  'device.timeZone': 'how times are shown',
  'device.record': 'where recordings lie',
  'device.storage': 'which of them may be deleted',
  'device.state': 'where the lock itself and the budget lie; without them nothing is armed',
  'device.mqtt': 'to whom it is reported; from there nothing can be armed or raised (R-17)',
  'device.upload': 'where finished recordings go',
  'device.dashboard': 'who may look; from there nothing can be armed (R-36)',
  'device.reveal': 'what of its people leaves the box',
  'device.lsl': 'whether marks are offered',
  'device.marks': 'where marks come in; none changes a decision (R-46)',
  'device.sync': 'where another recorder is told the time; never where a stimulus goes (R-47)',
  // An amplifier of the same kind with the same electrodes; where a stimulus goes (actuators.*) does belong to it.
  'source.port': 'which port the amplifier is on today',
  'study.participant': 'whose night: the allocation and study.codes say who',
  'study.night': 'which night: the allocation says which there are',
  'study.continue': 'whether it goes on: the sealed file keeps its condition',
  'study.fromBlock': 'from where it goes on: never an earlier block (R-28)',
  'study.allocation': 'where the sealed file lies: the guardian says its SHA-256',
};

/** Of an effective configuration and the loop that was made of it. */
export function protocolKeys(effectiveYaml: string, { detectors }: Pick<LoopPlan, 'detectors'>): ProtocolKeys {
  const found: Found = { values: {}, files: {} };
  collect(parse(effectiveYaml), rootSchema, [], found);
  for (const { name, plan } of detectors) {
    // One that is chosen by another key, and one that comes with axond, is a file all the same.
    if (!isModule(plan) && 'model' in plan) found.files[`detectors.${name}.model`] = modelPath(plan.model);
  }
  return found;
}

interface Found {
  readonly values: Record<string, string>;
  readonly files: Record<string, string>;
}

function collect(value: unknown, schema: KeySchema | undefined, path: Path, found: Found): void {
  const key = keyOf(path);
  if (Object.hasOwn(ofTheBox, key)) return;
  const chosen = alternativeFor(schema, value);
  const inner = isMap(value) ? Object.entries(value) : Array.isArray(value) ? [...value.entries()] : [];
  if (inner.length > 0) {
    for (const [name, part] of inner) {
      const of =
        typeof name === 'number' ? chosen?.items : (chosen?.properties?.[name] ?? chosen?.additionalProperties);
      collect(part, of || undefined, [...path, name], found);
    }
  } else if (typeof value === 'string' && (chosen?.path || (chosen?.nameOrPath && /[./\\]/.test(value)))) {
    found.files[key] = value;
  } else found.values[key] = JSON.stringify(value);
}

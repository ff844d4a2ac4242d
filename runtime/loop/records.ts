import {
  eventFields,
  firstMessageKind,
  messageFields,
  recordLength,
  type EventKind,
  type LoopEvent,
  type LoopMessage,
  type MessageKind,
} from '../contracts.js';

/** Pure codec between records of numbers (`contracts.ts`) and their readable form. */

const eventKinds = Object.keys(eventFields) as EventKind[];
const messageKinds = Object.keys(messageFields) as MessageKind[];

/** Kind numbers for code that writes records without allocating. */
export const EventCode = Object.fromEntries(eventKinds.map((kind, place) => [kind, place])) as Record<
  EventKind,
  number
>;
export const MessageCode = Object.fromEntries(
  messageKinds.map((kind, place) => [kind, firstMessageKind + place]),
) as Record<MessageKind, number>;

export function isMessage(record: Float64Array, offset = 0): boolean {
  return (record[offset] as number) >= firstMessageKind;
}

/** Returns undefined for a kind that this version does not know. */
export function decodeEvent(record: Float64Array, offset = 0): LoopEvent | undefined {
  const kind = eventKinds[record[offset] as number];
  return kind && (readable(kind, eventFields[kind], record, offset) as LoopEvent);
}

/** Returns undefined for a kind that this version does not know. */
export function decodeMessage(record: Float64Array, offset = 0): LoopMessage | undefined {
  const kind = messageKinds[(record[offset] as number) - firstMessageKind];
  return kind && (readable(kind, messageFields[kind], record, offset) as LoopMessage);
}

export function encodeMessage(kind: MessageKind, fields: readonly number[]): Float64Array {
  const record = new Float64Array(recordLength);
  record[0] = MessageCode[kind];
  record.set(fields, 4);
  return record;
}

function readable(kind: string, fields: readonly string[], record: Float64Array, offset: number): unknown {
  const object: Record<string, string | number> = {
    kind,
    cycle: record[offset + 1] as number,
    index: record[offset + 2] as number,
    us: record[offset + 3] as number,
  };
  fields.forEach((field, place) => (object[field] = record[offset + 4 + place] as number));
  return object;
}

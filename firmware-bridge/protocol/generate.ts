import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import {
  causes,
  messages,
  phases,
  protocolVersion,
  reasons,
  updateResults,
  type FieldType,
  type MessageDescription,
} from './description.js';

/**
 * `npm run generate:bridge`: makes the encoders and decoders of both sides from `description.ts`. What it makes is
 * committed; `generate.test.ts` compares.
 */
export async function generate(): Promise<Readonly<Record<string, string>>> {
  const prettier: unknown = JSON.parse(readFileSync(new URL('../../../.prettierrc', import.meta.url), 'utf8'));
  return {
    'protocol/messages.ts': await format(typescript(), { ...(prettier as object), parser: 'typescript' }),
    'firmware/generated/messages.h': cHeader(),
    'firmware/generated/messages.c': cSource(),
  };
}

interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** From the message's first byte, its code. */
  readonly at: number;
}

interface Kind {
  readonly name: string;
  readonly code: number;
  readonly from: MessageDescription['from'];
  readonly says: string;
  readonly fields: readonly Field[];
  /** Of code and fields. */
  readonly size: number;
}

const fieldSizes: Readonly<Record<FieldType, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  'i16[16]': 32,
  'u8[64]': 64,
  'u8[128]': 128,
};

const kinds: readonly Kind[] = Object.entries<MessageDescription>(messages).map(
  ([name, { code, from, says, fields }]) => {
    let at = 1;
    const placed = Object.entries(fields).map(([field, type]) => {
      const place = { name: field, type, at };
      at += fieldSizes[type];
      return place;
    });
    return { name, code, from, says, fields: placed, size: at };
  },
);
const longest = Math.max(...kinds.map(({ size }) => size));
const fromHost = kinds.filter(({ from }) => from === 'host');
const fromDevice = kinds.filter(({ from }) => from === 'device');

const madeFrom =
  'Made by protocol/generate.ts from protocol/description.ts: change that, then `npm run generate:bridge`.';

// TypeScript

function typescript(): string {
  return `/* eslint max-lines: off -- ${madeFrom} */
import { get64, getBytes, getCounts, put16, put32, put64, put8, putBytes, putCounts } from './fields.js';

/** Of code and fields of the longest message. */
export const longestMessage = ${longest};

${kinds.map(typescriptInterface).join('\n\n')}

export type HostMessage = ${fromHost.map(({ name }) => pascal(name)).join(' | ')};
export type DeviceMessage = ${fromDevice.map(({ name }) => pascal(name)).join(' | ')};

/** Messages to fill in: make each once, and use it again. */
export const blank = {
${kinds.map(typescriptBlank).join('\n')}
};

/**
 * Puts code and fields at \`at\`; returns where they end. Allocates nothing.
 * @throws RangeError where a number does not fit its field.
 */
export function encode(message: HostMessage | DeviceMessage, view: DataView, at: number): number {
  switch (message.kind) {
${kinds.map(typescriptEncode).join('\n')}
  }
}

${typescriptDecoder('HostMessageDecoder', 'HostMessage', fromHost)}

${typescriptDecoder('DeviceMessageDecoder', 'DeviceMessage', fromDevice)}
`;
}

function typescriptInterface({ name, says, fields }: Kind): string {
  const types = fields.map((field) => `${field.name}: ${typescriptType(field.type)};`);
  return `/** ${says[0]?.toUpperCase()}${says.slice(1)}. */
export interface ${pascal(name)} {
  readonly kind: '${name}';
  ${types.join('\n')}
}`;
}

function typescriptType(type: FieldType): string {
  if (type === 'i16[16]') return 'Int16Array';
  return type.endsWith(']') ? 'Uint8Array' : 'number';
}

function typescriptBlank({ name, fields }: Kind): string {
  const values = fields.map(({ name: field, type }) => {
    const length = /\[(\d+)\]/.exec(type)?.[1];
    return `${field}: ${length === undefined ? '0' : `new ${typescriptType(type)}(${length})`}`;
  });
  return `${name}: (): ${pascal(name)} => ({ ${[`kind: '${name}'`, ...values].join(', ')} }),`;
}

function typescriptEncode({ name, code, fields, size }: Kind): string {
  const puts = fields.map(({ name: field, type, at }) => {
    const value = `message.${field}`;
    if (type === 'i16[16]') return `putCounts(view, at + ${at}, ${value});`;
    if (type.endsWith(']')) return `putBytes(view, at + ${at}, ${value});`;
    return `put${type.slice(1)}(view, at + ${at}, ${value}, '${name}.${field}');`;
  });
  return `case '${name}':
    view.setUint8(at, ${hex(code)});
    ${puts.join('\n')}
    return at + ${size};`;
}

function typescriptDecoder(name: string, type: string, of: readonly Kind[]): string {
  return `/** Each message that it returns is overwritten by the next one of its kind. */
export class ${name} {
${of.map((kind) => `readonly #${kind.name} = blank.${kind.name}();`).join('\n')}

  /** Undefined: no such kind, or not of its size, or a time that no clock reaches. */
  decode(view: DataView, at: number, size: number): ${type} | undefined {
    if (size === 0) return undefined;
    switch (view.getUint8(at)) {
${of.map(typescriptDecode).join('\n')}
      default:
        return undefined;
    }
  }
}`;
}

function typescriptDecode({ name, code, fields, size }: Kind): string {
  const gets = fields.map(({ name: field, type, at }) => {
    const into = `message.${field}`;
    switch (type) {
      case 'u8':
        return `${into} = view.getUint8(at + ${at});`;
      case 'u16':
        return `${into} = view.getUint16(at + ${at}, true);`;
      case 'u32':
        return `${into} = view.getUint32(at + ${at}, true);`;
      case 'u64':
        return `${into} = get64(view, at + ${at});`;
      case 'i16[16]':
        return `getCounts(view, at + ${at}, ${into});`;
      default:
        return `getBytes(view, at + ${at}, ${into});`;
    }
  });
  const times = fields.filter(({ type }) => type === 'u64').map((field) => `Number.isNaN(message.${field.name})`);
  const returned = times.length === 0 ? 'message' : `${times.join(' || ')} ? undefined : message`;
  return `case ${hex(code)}: {
    if (size !== ${size}) return undefined;
    const message = this.#${name};
    ${gets.join('\n')}
    return ${returned};
  }`;
}

// C: the microcontroller decodes what comes from the host, and encodes what goes to it.

function cHeader(): string {
  return `/*
 * ${madeFrom}
 */
#ifndef AXOND_MESSAGES_H
#define AXOND_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTOCOL_VERSION ${protocolVersion}u

/* Of code and fields of the longest message. */
#define MESSAGE_LONGEST ${longest}u

/* The first byte of each message. */
${kinds.map(({ name, code }) => `#define MESSAGE_${upper(name)} ${hex(code)}u`).join('\n')}

/* Of code and fields. */
${kinds.map(({ name, size }) => `#define MESSAGE_${upper(name)}_SIZE ${size}u`).join('\n')}

/* Bits of \`reasons\`. */
${reasons.map((reason, bit) => `#define REASON_${upper(reason)} (UINT32_C(1) << ${bit})`).join('\n')}

/* Of \`edge\`. */
${causes.map((cause, place) => `#define CAUSE_${upper(cause)} ${place}u`).join('\n')}

/* Of \`state\`. */
${phases.map((phase, place) => `#define PHASE_${upper(phase)} ${place}u`).join('\n')}

/* Of \`updated\`. */
${updateResults.map((result, place) => `#define UPDATE_${upper(result)} ${place}u`).join('\n')}

${kinds
  .filter(({ fields }) => fields.length > 0)
  .map(cStruct)
  .join('\n\n')}

/* From the host. False: another kind, or not of its size; then nothing was written. */
${fromHost.map((kind) => `${cDecodeHead(kind)};`).join('\n')}

/* To the host. Returns the number of bytes: code and fields. */
${fromDevice.map((kind) => `${cEncodeHead(kind)};`).join('\n')}

#endif
`;
}

function cStruct({ name, says, fields }: Kind): string {
  return `/* ${says[0]?.toUpperCase()}${says.slice(1)}. */
struct message_${snake(name)} {
${fields.map(({ name: field, type }) => `  ${cDeclaration(type, snake(field))};`).join('\n')}
};`;
}

function cDeclaration(type: FieldType, name: string): string {
  const [, sign, bits, length] = /^([iu])(\d+)(\[\d+\])?$/.exec(type) ?? [];
  return `${sign === 'i' ? 'int' : 'uint'}${bits ?? ''}_t ${name}${length ?? ''}`;
}

function cDecodeHead({ name, fields }: Kind): string {
  const into = fields.length > 0 ? `, struct message_${snake(name)} *message` : '';
  return `bool decode_${snake(name)}(const uint8_t *bytes, size_t size${into})`;
}

function cEncodeHead({ name }: Kind): string {
  return `size_t encode_${snake(name)}(uint8_t *bytes, const struct message_${snake(name)} *message)`;
}

function cSource(): string {
  return `/*
 * ${madeFrom}
 */
#include "messages.h"

static uint16_t get_u16(const uint8_t *bytes) {
  return (uint16_t)(bytes[0] | (bytes[1] << 8));
}

static uint32_t get_u32(const uint8_t *bytes) {
  return get_u16(bytes) | ((uint32_t)get_u16(bytes + 2) << 16);
}

static uint64_t get_u64(const uint8_t *bytes) {
  return get_u32(bytes) | ((uint64_t)get_u32(bytes + 4) << 32);
}

static void get_bytes(uint8_t *into, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) into[i] = bytes[i];
}

static void put_u16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value & 0xffu);
  bytes[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *bytes, uint32_t value) {
  put_u16(bytes, (uint16_t)(value & 0xffffu));
  put_u16(bytes + 2, (uint16_t)(value >> 16));
}

static void put_u64(uint8_t *bytes, uint64_t value) {
  put_u32(bytes, (uint32_t)(value & 0xffffffffu));
  put_u32(bytes + 4, (uint32_t)(value >> 32));
}

static void put_counts(uint8_t *bytes, const int16_t *values, size_t count) {
  for (size_t i = 0; i < count; i++) put_u16(bytes + 2 * i, (uint16_t)values[i]);
}

${fromHost.map(cDecode).join('\n\n')}

${fromDevice.map(cEncode).join('\n\n')}
`;
}

function cDecode(kind: Kind): string {
  const name = `MESSAGE_${upper(kind.name)}`;
  const gets = kind.fields.map(({ name: field, type, at }) => {
    const into = `message->${snake(field)}`;
    if (type === 'u8') return `  ${into} = bytes[${at}];`;
    if (type.startsWith('u8[')) return `  get_bytes(${into}, bytes + ${at}, sizeof ${into});`;
    return `  ${into} = get_${type}(bytes + ${at});`;
  });
  return `${cDecodeHead(kind)} {
  if (size != ${name}_SIZE || bytes[0] != ${name}) return false;
${[...gets, '  return true;'].join('\n')}
}`;
}

function cEncode(kind: Kind): string {
  const name = `MESSAGE_${upper(kind.name)}`;
  const puts = kind.fields.map(({ name: field, type, at }) => {
    const value = `message->${snake(field)}`;
    if (type === 'u8') return `  bytes[${at}] = ${value};`;
    if (type === 'i16[16]') return `  put_counts(bytes + ${at}, ${value}, 16);`;
    return `  put_${type}(bytes + ${at}, ${value});`;
  });
  return `${cEncodeHead(kind)} {
  bytes[0] = ${name};
${puts.join('\n')}
  return ${name}_SIZE;
}`;
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

function pascal(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
}

function upper(name: string): string {
  return snake(name).toUpperCase();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bridge = join(dirname(fileURLToPath(import.meta.url)), '../../../firmware-bridge');
  for (const [path, text] of Object.entries(await generate())) writeFileSync(join(bridge, path), text);
}

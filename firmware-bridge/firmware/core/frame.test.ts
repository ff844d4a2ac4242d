import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import koffi from 'koffi';
import { messages, type FieldType, type MessageDescription } from '../../protocol/description.js';
import { golden, plainFields } from '../../protocol/golden.test.fixture.js';
import { made, noCompiler } from '../make.test.fixture.js';

type Kind = keyof typeof messages;
type ForeignFunction = (...values: unknown[]) => unknown;

const longestFrame = 256;

describe('the firmware', { skip: noCompiler }, () => {
  let take: ForeignFunction;
  let encodeFrame: ForeignFunction;
  /** What decodes a message from the host, or encodes one to it. */
  const converters = new Map<Kind, ForeignFunction>();
  const decoder = new Uint8Array(longestFrame + 64);

  before(() => {
    const library = koffi.load(made('build/libaxond-bridge.so'));
    take = library.func('size_t frame_take(uint8_t *decoder, uint8_t byte)');
    encodeFrame = library.func('size_t frame_encode(_Out_ uint8_t *frame, uint8_t *message, size_t size)');
    for (const [kind, { from, fields }] of Object.entries<MessageDescription>(messages)) {
      const members = Object.entries(fields).map(([name, type]) => [name, cType(type)] as const);
      if (members.length > 0) koffi.struct(kind, Object.fromEntries(members));
      const name = kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const into = members.length > 0 ? `, _Out_ ${kind} *message` : '';
      const signature =
        from === 'host'
          ? `bool decode_${name}(uint8_t *bytes, size_t size${into})`
          : `size_t encode_${name}(_Out_ uint8_t *bytes, ${kind} *message)`;
      converters.set(kind as Kind, library.func(signature));
    }
  });

  /** The messages between the zeros of these bytes. */
  function messagesIn(bytes: Iterable<number>): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (const byte of bytes) {
      const size = Number(take(decoder, byte));
      if (size > 0) found.push(decoder.slice(0, size));
    }
    return found;
  }

  test('reads every golden frame of a host, and writes every one of its own', () => {
    for (const { kind, fields, frame } of golden) {
      const [message, ...more] = messagesIn(frame);
      assert.ok(message && more.length === 0, kind);
      const convert = converters.get(kind)!;
      if (messages[kind].from === 'host') {
        const decoded = {};
        const into = Object.keys(fields).length > 0 ? [decoded] : [];
        assert.equal(convert(message, message.length, ...into), true, kind);
        assert.deepEqual(plainFields(decoded), fields, kind);
        assert.equal(convert(message, message.length - 1, ...into), false, kind);
        continue;
      }
      const plain = new Uint8Array(longestFrame);
      const size = Number(convert(plain, fields));
      assert.deepEqual(plain.slice(0, size), message, kind);
      const written = new Uint8Array(longestFrame);
      assert.deepEqual(written.slice(0, Number(encodeFrame(written, plain, size))), frame, kind);
    }
  });

  test('takes no frame in which a bit has changed', () => {
    for (const { kind, frame } of golden) {
      for (let bit = 0; bit < frame.length * 8; bit++) {
        const changed = Uint8Array.from(frame);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.deepEqual(messagesIn([...changed, 0]), [], `${kind}, bit ${bit}`);
      }
    }
  });
});

function cType(type: FieldType): string | ReturnType<typeof koffi.array> {
  const [, sign, bits, length] = /^([iu])(\d+)(?:\[(\d+)\])?$/.exec(type) ?? [];
  const element = `${sign === 'i' ? 'int' : 'uint'}${bits}_t`;
  return length === undefined ? element : koffi.array(element, Number(length));
}

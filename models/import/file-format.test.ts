import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFormat, type FileFormat } from './file-format.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

test('formats are told by their content', () => {
  const files: [FileFormat | undefined, Uint8Array][] = [
    ['hdf5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0)],
    ['tflite', Uint8Array.of(0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33)],
    ['pytorch', Uint8Array.of(0x50, 0x4b, 3, 4)],
    // A pickle of protocol 2, and a safetensors header of 0x280 bytes.
    ['pytorch', Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9)],
    ['safetensors', Uint8Array.of(0x80, 2, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d)],
    ['safetensors', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d)],
    ['tfjs', text(' {"format": "layers-model", "modelTopology": {}}')],
    ['portiloop', text('{"tensors": {}, "activations": {}, "layout": "", "lut": {}}')],
    // ir_version 8, producer_name
    ['onnx', Uint8Array.of(8, 8, 0x12, 1, 0x61)],
    // ir_version 7, graph
    ['onnx', Uint8Array.of(8, 7, 0x3a, 0)],
    [undefined, text('{"device": {"name": "bedside"}}')],
    [undefined, text('device: { name: bedside }\n')],
    [undefined, text('"modelTopology"')],
    [undefined, Uint8Array.of(8, 0, 0x12)],
    [undefined, Uint8Array.of(8, 8, 0xff)],
    [undefined, new Uint8Array(0)],
  ];
  for (const [format, bytes] of files) assert.equal(findFormat(bytes), format, String(bytes));
});

test('a view into a larger buffer is judged by its own bytes', () => {
  const bytes = Uint8Array.of(9, 9, 9, 2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d);
  assert.equal(findFormat(bytes.subarray(3)), 'safetensors');
});

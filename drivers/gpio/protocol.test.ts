import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  Call,
  chipInfoBytes,
  eventBytes,
  lastEventNumber,
  lineRequestBytes,
  readChipInfo,
  readEdges,
  readLineDescriptor,
  readValues,
  valuesBytes,
  writeLineRequest,
  writeValues,
} from './protocol.js';

/** The same structures filled by a C program from the kernel's own header; one line of hexadecimals each. */
const program = `
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
static void show(const void *memory, size_t length) {
  for (size_t i = 0; i < length; i++) printf("%02x", ((const unsigned char *)memory)[i]);
  printf("\\n");
}
int main(void) {
  unsigned calls[] = {GPIO_GET_CHIPINFO_IOCTL, GPIO_V2_GET_LINE_IOCTL, GPIO_V2_LINE_GET_VALUES_IOCTL, GPIO_V2_LINE_SET_VALUES_IOCTL};
  show(calls, sizeof calls);
  struct gpio_v2_line_request output;
  memset(&output, 0, sizeof output);
  output.offsets[0] = 17;
  output.offsets[1] = 27;
  strcpy(output.consumer, "axond stimulus");
  output.config.flags = GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW;
  output.config.num_attrs = 1;
  output.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  output.config.attrs[0].attr.values = 0;
  output.config.attrs[0].mask = 3;
  output.num_lines = 2;
  show(&output, sizeof output);
  struct gpio_v2_line_request input;
  memset(&input, 0, sizeof input);
  input.offsets[0] = 4;
  strcpy(input.consumer, "stop");
  input.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  input.num_lines = 1;
  show(&input, sizeof input);
  input.fd = 42;
  show(&input, sizeof input);
  struct gpio_v2_line_values values = {.bits = 2, .mask = 3};
  show(&values, sizeof values);
  struct gpiochip_info info = {.name = "gpiochip4", .label = "pinctrl-rp1", .lines = 54};
  show(&info, sizeof info);
  struct gpio_v2_line_event events[2];
  memset(events, 0, sizeof events);
  events[0].timestamp_ns = 123456789012345ull;
  events[0].id = GPIO_V2_LINE_EVENT_RISING_EDGE;
  events[0].offset = 4;
  events[1].timestamp_ns = 123456789512345ull;
  events[1].id = GPIO_V2_LINE_EVENT_FALLING_EDGE;
  events[1].line_seqno = 70000;
  show(events, sizeof events);
  return 0;
}
`;

function fromTheHeader(): Uint8Array[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'axond-gpio-'));
  try {
    writeFileSync(join(folder, 'gpio.c'), program);
    if (spawnSync('cc', ['-o', join(folder, 'gpio'), join(folder, 'gpio.c')]).status !== 0) return undefined;
    const { stdout } = spawnSync(join(folder, 'gpio'), { encoding: 'utf8' });
    return stdout
      .trim()
      .split('\n')
      .map((line) => Uint8Array.from(Buffer.from(line, 'hex')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const compiled = fromTheHeader();
const noCompiler = compiled === undefined && 'there is no C compiler with linux/gpio.h';

test(
  'requests, values, events and chip info are byte for byte those of the kernel header',
  { skip: noCompiler },
  () => {
    const [calls, output, input, granted, values, info, events] = compiled!;
    const words = new DataView(calls!.buffer, calls!.byteOffset);
    assert.deepEqual(
      [0, 4, 8, 12].map((at) => words.getUint32(at, true)),
      [Call.chipInfo, Call.getLine, Call.getValues, Call.setValues],
    );
    const request = new Uint8Array(lineRequestBytes).fill(0xff);
    writeLineRequest(request, {
      offsets: [17, 27],
      consumer: 'axond stimulus',
      direction: 'output',
      activeLow: true,
    });
    assert.deepEqual(request, output);
    writeLineRequest(request, { offsets: [4], consumer: 'stop', direction: 'input', activeLow: false, pull: 'up' });
    assert.deepEqual(request, input);
    assert.equal(readLineDescriptor(granted!), 42);
    const written = new Uint8Array(valuesBytes);
    writeValues(written, 2, 2);
    assert.deepEqual(written, values);
    assert.equal(readValues(values!), 2);
    assert.equal(info!.length, chipInfoBytes);
    assert.deepEqual(readChipInfo(info!), { name: 'gpiochip4', label: 'pinctrl-rp1', lines: 54 });
    assert.equal(events!.length, 2 * eventBytes);
    assert.deepEqual(readEdges(events!, events!.length), [
      { line: 4, number: 0, rising: true, atUs: 123456789012.345 },
      { line: 0, number: 70000, rising: false, atUs: 123456789512.345 },
    ]);
    assert.equal(lastEventNumber(events!, events!.length), 70000);
    assert.equal(lastEventNumber(events!, events!.length - 1), 0);
  },
);

test('an event that is cut off is left out; an input by pull-down asks for one', () => {
  const bytes = new Uint8Array(2 * eventBytes);
  bytes[8] = 1;
  bytes[eventBytes + 8] = 2;
  assert.deepEqual(readEdges(bytes, 2 * eventBytes - 1), [{ line: 0, number: 0, rising: true, atUs: 0 }]);
  bytes[8] = 9;
  assert.deepEqual(readEdges(bytes, eventBytes), []);
  const request = new Uint8Array(lineRequestBytes);
  writeLineRequest(request, {
    offsets: [4],
    consumer: 'x'.repeat(40),
    direction: 'input',
    activeLow: true,
    pull: 'down',
  });
  const flags = new DataView(request.buffer).getBigUint64(288, true);
  assert.equal(flags, 0b10_0011_0110n);
  assert.deepEqual(request.subarray(256, 288), Uint8Array.from([...Array<number>(31).fill(0x78), 0]));
});

test('a request of no line, or of more than 64, is refused', () => {
  const request = new Uint8Array(lineRequestBytes);
  for (const count of [0, 65]) {
    const offsets = Array.from({ length: count }, (_, line) => line);
    const asked = { offsets, consumer: 'axond', direction: 'output', activeLow: false } as const;
    assert.throws(() => writeLineRequest(request, asked), RangeError);
  }
});

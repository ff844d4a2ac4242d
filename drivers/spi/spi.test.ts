import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSpi } from './port.js';
import { Call, transferBytes, writeTransfer } from './protocol.js';

/** The calls and a transfer as a C program makes them from the kernel's own header; one line of hexadecimals each. */
const program = `
#include <linux/spi/spidev.h>
#include <stdio.h>
#include <string.h>
static void show(const void *memory, size_t length) {
  for (size_t i = 0; i < length; i++) printf("%02x", ((const unsigned char *)memory)[i]);
  printf("\\n");
}
int main(void) {
  unsigned calls[] = {SPI_IOC_WR_MODE, SPI_IOC_WR_BITS_PER_WORD, SPI_IOC_WR_MAX_SPEED_HZ, SPI_IOC_MESSAGE(1)};
  show(calls, sizeof calls);
  struct spi_ioc_transfer transfer;
  memset(&transfer, 0, sizeof transfer);
  transfer.tx_buf = 0x1122334455667788ull;
  transfer.rx_buf = 0x99aabbccddeeff00ull;
  transfer.len = 27;
  transfer.speed_hz = 1000000;
  show(&transfer, sizeof transfer);
  return 0;
}
`;

function fromTheHeader(): Uint8Array[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'axond-spi-'));
  try {
    writeFileSync(join(folder, 'spi.c'), program);
    if (spawnSync('cc', ['-o', join(folder, 'spi'), join(folder, 'spi.c')]).status !== 0) return undefined;
    const { stdout } = spawnSync(join(folder, 'spi'), { encoding: 'utf8' });
    return stdout
      .trim()
      .split('\n')
      .map((line) => Uint8Array.from(Buffer.from(line, 'hex')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const compiled = fromTheHeader();
const noCompiler = compiled === undefined && 'there is no C compiler with linux/spi/spidev.h';

test('calls and transfers are byte for byte those of the kernel header', { skip: noCompiler }, () => {
  const [calls, transfer] = compiled!;
  const words = new DataView(calls!.buffer, calls!.byteOffset);
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => words.getUint32(at, true)),
    [Call.setMode, Call.setBitsPerWord, Call.setSpeed, Call.transfer],
  );
  const written = new Uint8Array(transferBytes).fill(0xff);
  writeTransfer(written, { out: 0x1122334455667788n, in: 0x99aabbccddeeff00n, length: 27, hertz: 1_000_000 });
  assert.deepEqual(written, transfer);
});

test('a port that is not there, and one that is no SPI port, are named with the fix', () => {
  const setting = { mode: 1, hertz: 1_000_000, mostBytes: 64 };
  assert.throws(() => openSpi('/dev/spidev9.9', setting), {
    message:
      '/dev/spidev9.9: cannot be opened (ENOENT). Switch SPI on (on a Raspberry Pi dtparam=spi=on in config.txt, and restart), or correct source.port.',
  });
  assert.throws(() => openSpi('/dev/null', setting), { message: '/dev/null: is no SPI port. Correct source.port.' });
});

/**
 * `npm run test:bridge:qemu`: the suites of every port on the Cortex-M board that QEMU emulates; not among `npm test`'s
 * files, since they take a minute.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeImage, signImage } from '../../firmware-bridge/host/image-file.js';
import { updateFirmware } from '../../firmware-bridge/host/update.js';
import { BridgeClient } from './bridge-client.js';
import { conformance } from './conformance.js';
import { boardImage, noQemu, QemuPort } from './qemu-port.js';
import { developmentKey, updateTests } from './update-suite.js';

if (noQemu) test('the board in QEMU', { skip: noQemu }, () => undefined);
else {
  conformance('cortex-m', 'terminal', false, () => QemuPort.start());
  updateTests(
    'cortex-m',
    async () => {
      const port = await QemuPort.start();
      return { line: port, cycle: () => port.powerOn(), close: () => port.close() };
    },
    boardImage,
  );

  test('cortex-m: an image that hangs is ended by the watchdog, and the one before it runs again', async () => {
    const port = await QemuPort.start();
    try {
      const hanging = [0, 1].map((bank) => signImage(makeImage(hangingProgram(bank), 2, bank), developmentKey()));
      await assert.rejects(
        updateFirmware(port, hanging),
        /version 2 did not start, and the device went back to version 1/,
      );
      const { firmware, bank, trial } = await new BridgeClient(port).hello();
      assert.deepEqual([firmware, bank, trial], [1, 0, 0]);
    } finally {
      await port.close();
    }
  });
}

/** Vectors that all lead to an instruction that branches to itself. */
function hangingProgram(bank: number): Uint8Array {
  const program = new Uint8Array(1024);
  const view = new DataView(program.buffer);
  const loop = 0x21000000 + bank * 0x20000 + 512;
  view.setUint32(256, 0x20008000, true);
  for (let vector = 1; vector < 48; vector++) view.setUint32(256 + 4 * vector, loop | 1, true);
  view.setUint16(512, 0xe7fe, true);
  return program;
}

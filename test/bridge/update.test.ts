import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import koffi from 'koffi';
import { made, noCompiler } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { encodeFirmware, factoryFlash, makeImage, signImage } from '../../firmware-bridge/host/image-file.js';
import { updateFirmware, type UpdateLine } from '../../firmware-bridge/host/update.js';
import { updatePort } from '../../firmware-bridge/host/update-port.js';
import { HostPort } from './host-port.js';
import { developmentKey, updateTests, type UpdateBoard } from './update-suite.js';
import { VirtualPort } from './virtual-port.js';

const bankSize = 64 * 1024;

/** The host's ports run the program that they are, whatever the bank has in it: only its header counts. */
function image(version: number, bank: number): Uint8Array {
  return makeImage(
    Uint8Array.from({ length: 1000 }, (_, i) => (i < 20 ? 0 : (i * 11 + version) & 0xff)),
    version,
    bank,
  );
}

const factory = (): Uint8Array => factoryFlash(signImage(image(1, 0), developmentKey()), bankSize);

function virtualBoard(): UpdateBoard & { readonly line: VirtualPort } {
  const line = new VirtualPort();
  const library = koffi.load(made('build/libaxond-bridge.so'));
  const flash: unknown = library.func('uint8_t *virtual_flash()')();
  new Uint8Array(koffi.view(flash, 2 * bankSize)).set(factory());
  line.powerOn();
  return { line, cycle: () => line.powerOn(), close: () => undefined };
}

async function hostBoard(): Promise<UpdateBoard> {
  const folder = mkdtempSync(join(tmpdir(), 'axond-update-'));
  const flash = join(folder, 'flash');
  writeFileSync(flash, factory());
  let port = await HostPort.start(['--flash', flash]);
  return {
    line: {
      write: (bytes) => port.write(bytes),
      read: () => port.read(),
      pass: (us) => port.pass(us),
    },
    async cycle() {
      port.close();
      port = await HostPort.start(['--flash', flash]);
    },
    close() {
      port.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describe('an update over the bridge', { skip: noCompiler }, () => {
  updateTests('virtual port', () => Promise.resolve(virtualBoard()), image);
  updateTests('host port', hostBoard, image);

  for (const side of ['write', 'read'] as const) {
    test(`gets through a line that loses one frame in seven on the way ${side === 'write' ? 'there' : 'back'}`, async () => {
      const { line } = virtualBoard();
      let frames = 0;
      const lossy: UpdateLine = {
        write: (bytes) => {
          if (side === 'read' || ++frames % 7 !== 0) line.write(bytes);
        },
        read: () => {
          const bytes = line.read();
          return side === 'read' && bytes.length > 0 && ++frames % 7 === 0 ? bytes.subarray(0, 0) : bytes;
        },
        pass: (us) => line.pass(us),
      };
      const images = [0, 1].map((bank) => signImage(image(2, bank), developmentKey()));
      assert.deepEqual(await updateFirmware(lossy, images), { from: 1, to: 2, bank: 1 });
    });
  }

  test('a file reaches a device through its port, and one that is damaged reaches none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'axond-update-'));
    const file = join(folder, 'bridge-2.firmware');
    const images = [0, 1].map((bank) => signImage(image(2, bank), developmentKey()));
    writeFileSync(join(folder, 'flash'), factory());
    writeFileSync(file, encodeFirmware(images));
    const port = await HostPort.start(['--flash', join(folder, 'flash')]);
    try {
      assert.deepEqual(await updatePort(port.path, 115200, file), { from: 1, to: 2, bank: 1 });
      await assert.rejects(
        updatePort(port.path, 115200, file),
        /ttyBridge: .* version 2 is not above the one that runs/,
      );
      writeFileSync(file, encodeFirmware(images).fill(0, 500, 501));
      await assert.rejects(updatePort(port.path, 115200, file), /bridge-2.firmware: damaged/);
      writeFileSync(file, encodeFirmware(images));
      await assert.rejects(updatePort(join(folder, 'none'), 115200, file), /none: there is no such port/);
    } finally {
      port.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('says what to do where nobody answers', async () => {
    const { line } = virtualBoard();
    const dead: UpdateLine = { write: () => undefined, read: () => new Uint8Array(), pass: (us) => line.pass(us) };
    await assert.rejects(updateFirmware(dead, []), /does not answer: is it powered/);
  });
});

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { made } from '../../firmware-bridge/firmware/make.test.fixture.js';
import { signImage, type SignedImage } from '../../firmware-bridge/host/image-file.js';
import { updateFirmware, type UpdateLine } from '../../firmware-bridge/host/update.js';
import { reasons, updateResults } from '../../firmware-bridge/protocol/description.js';
import { blank, type HostMessage, type Updated } from '../../firmware-bridge/protocol/messages.js';
import { BridgeClient } from './bridge-client.js';

/** A board, emulated or not, that starts as from the factory with version 1 in bank 0. */
export interface UpdateBoard {
  readonly line: UpdateLine;
  /** The power is cut, and comes back. */
  cycle(): void | Promise<void>;
  close(): void | Promise<void>;
}

let key: KeyObject | undefined;

/** The key for which the firmware of the tests was made. */
export function developmentKey(): KeyObject {
  const path = (): string => made('build/signature_key.c').replace(/[^/]+$/, 'development-private-key.pem');
  return (key ??= createPrivateKey(readFileSync(path())));
}

/** Updates on one kind of board. `image` is what it can run, unsigned, of this version for this bank. */
export function updateTests(
  name: string,
  start: () => Promise<UpdateBoard>,
  image: (version: number, bank: number) => Uint8Array,
): void {
  const signed = (version: number, key = developmentKey()): SignedImage[] =>
    [0, 1].map((bank) => signImage(image(version, bank), key));

  function updateTest(what: string, body: (board: UpdateBoard, client: BridgeClient) => Promise<void>): void {
    test(`${name}: ${what}`, async () => {
      const board = await start();
      try {
        await body(board, new BridgeClient(board.line));
      } finally {
        await board.close();
      }
    });
  }

  async function step(client: BridgeClient, message: HostMessage): Promise<string> {
    client.send(message);
    return resultOf(await client.next('updated', () => true, 5_000_000));
  }

  async function put(client: BridgeClient, { image, version, signature }: SignedImage): Promise<void> {
    const { session } = client;
    assert.equal(await step(client, { ...blank.updateBegin(), session, version, length: image.length }), 'taken');
    for (let offset = 0; offset < image.length; offset += 128) {
      const bytes = new Uint8Array(128);
      bytes.set(image.subarray(offset, offset + 128));
      const count = Math.min(128, image.length - offset);
      assert.equal(await step(client, { ...blank.updateChunk(), session, offset, count, bytes }), 'taken');
    }
    assert.equal(await step(client, { ...blank.updateEnd(), session, signature }), 'taken');
  }

  async function runs(client: BridgeClient, version: number, trial: number): Promise<void> {
    const welcome = await client.hello();
    assert.deepEqual([welcome.firmware, welcome.trial], [version, trial]);
  }

  updateTest(
    'a signed, newer image runs after its update, also after a power cut, and the next one replaces it',
    async (board, client) => {
      assert.deepEqual(await updateFirmware(board.line, signed(2)), { from: 1, to: 2, bank: 1 });
      await board.cycle();
      await runs(client, 2, 0);
      assert.deepEqual(await updateFirmware(board.line, signed(3)), { from: 2, to: 3, bank: 0 });
      await board.cycle();
      await runs(client, 3, 0);
    },
  );

  updateTest(
    'an image that is damaged, older, unsigned or signed by another key leaves the running one in place',
    async (board, client) => {
      const unsigned = signed(2).map((one) => ({ ...one, signature: new Uint8Array(64) }));
      const damaged = signed(2).map((one) => ({ ...one, image: Uint8Array.from(one.image).fill(0x77, 250, 260) }));
      for (const [images, reason] of [
        [damaged, /damaged/],
        [unsigned, /does not know the key/],
        [signed(2, generateKeyPairSync('ed25519').privateKey), /does not know the key/],
        [signed(1), /version 1 is not above the one that runs/],
        [signed(0), /version 0 is not above/],
        [signed(2).slice(0, 1), /no image for bank 1/],
      ] as const) {
        await assert.rejects(updateFirmware(board.line, images), reason);
        await runs(client, 1, 0);
        await board.cycle();
        await runs(client, 1, 0);
      }
    },
  );

  updateTest('an image that nobody confirms is gone with the next reset', async (board, client) => {
    await client.open();
    await put(client, signed(2)[1]!);
    client.send({ ...blank.reset(), session: client.session });
    await board.line.pass(300_000);
    await runs(client, 2, 1);
    await client.open();
    const begin = { ...blank.updateBegin(), session: client.session, version: 3, length: 1000 };
    assert.equal(await step(client, begin), 'on-trial');
    await board.cycle();
    await runs(client, 1, 0);
    assert.deepEqual(await updateFirmware(board.line, signed(2)), { from: 1, to: 2, bank: 1 });
  });

  updateTest('an update waits for rest, and nothing fires while it lasts', async (_board, client) => {
    const session = (): { session: number } => ({ session: client.session });
    const { length } = image(2, 1);
    assert.equal(await step(client, { ...blank.updateBegin(), session: 77, version: 2, length }), 'no-session');
    assert.equal(await step(client, { ...blank.updateChunk(), session: 0, count: 128 }), 'no-session');
    assert.equal(await step(client, { ...blank.updateEnd(), session: 0 }), 'no-session');
    assert.equal(await step(client, { ...blank.confirm(), session: 0 }), 'no-session');
    await client.open();
    await client.live(1_500_000); // what a boot forbids is over
    client.beat();
    const { nowUs } = await client.ask();
    assert.deepEqual(named((await client.pulse({ atUs: nowUs + 50_000, durationUs: 100_000 })).reasons), []);
    assert.equal(await step(client, { ...blank.updateBegin(), ...session(), version: 2, length }), 'not-at-rest');
    await client.live(500_000);
    client.beat();
    assert.equal(await step(client, { ...blank.updateBegin(), ...session(), version: 2, length }), 'taken');
    client.beat();
    const later = (await client.ask()).nowUs + 50_000;
    assert.deepEqual(named((await client.pulse({ atUs: later })).reasons), ['updating']);
    assert.equal(named((await client.ask()).reasons).includes('updating'), true);
    await client.open(); // a new session ends it
    client.beat();
    assert.equal(await step(client, { ...blank.updateChunk(), ...session(), count: 128 }), 'no-update');
    assert.equal(named((await client.ask()).reasons).includes('updating'), false);
  });

  updateTest(
    'a power cut in the middle of an update leaves the image that ran, and the update can be done again',
    async (board, client) => {
      const [, other] = signed(2);
      for (const share of [0.01, 0.5, 0.99]) {
        await client.open();
        const { session } = client;
        const { image, version } = other!;
        assert.equal(await step(client, { ...blank.updateBegin(), session, version, length: image.length }), 'taken');
        for (let offset = 0; offset < share * (image.length - 128); offset += 128) {
          const bytes = image.slice(offset, offset + 128);
          assert.equal(await step(client, { ...blank.updateChunk(), session, offset, count: 128, bytes }), 'taken');
        }
        await board.cycle();
        await runs(client, 1, 0);
      }
      assert.deepEqual(await updateFirmware(board.line, signed(2)), { from: 1, to: 2, bank: 1 });
    },
  );
}

function resultOf({ result }: Updated): string {
  return updateResults[result] as string;
}

function named(bits: number): string[] {
  return reasons.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

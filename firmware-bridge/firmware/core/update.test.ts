import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import koffi from 'koffi';
import { makeImage, signImage } from '../../host/image-file.js';
import { updateResults } from '../../protocol/description.js';
import { made, noCompiler } from '../make.test.fixture.js';

type Function = (...values: unknown[]) => unknown;

const bankSize = 1024;
const none = 0xff;

describe('an update', { skip: noCompiler }, () => {
  const call: Record<string, Function> = {};
  const flash = new Uint8Array(2 * bankSize);
  const update = new Uint8Array(12);
  let key: KeyObject;

  before(() => {
    const library = koffi.load(made('build/libaxond-bridge.so'));
    for (const [name, prototype] of Object.entries({
      use: 'void emulated_flash_use(uint8_t *bytes, uint32_t size, uint8_t running)',
      cutAfter: 'void emulated_flash_cut_after(uint32_t steps)',
      choose: 'uint8_t bank_choose()',
      isOnTrial: 'bool bank_is_on_trial(uint8_t bank)',
      version: 'uint32_t update_running_version()',
      begin: 'uint8_t update_begin(uint8_t *update, uint32_t version, uint32_t length)',
      chunk: 'uint8_t update_chunk(uint8_t *update, uint32_t offset, uint8_t *bytes, uint8_t count)',
      end: 'uint8_t update_end(uint8_t *update, uint8_t *signature)',
      confirm: 'uint8_t update_confirm()',
      isRight: 'bool signature_is_right(uint8_t *signature, uint8_t *bytes, uint32_t length)',
      open: 'int crypto_sign_ed25519_tinyssh_open(uint8_t *m, _Out_ uint64_t *mlen, uint8_t *sm, uint64_t n, uint8_t *pk)',
    }))
      call[name] = library.func(prototype);
    key = createPrivateKey(
      readFileSync(made('build/signature_key.c').replace(/[^/]+$/, 'development-private-key.pem')),
    );
  });

  const says = (name: string, ...values: unknown[]): string =>
    updateResults[Number((call[name] as Function)(...values))] as string;
  const image = (version: number, bank: number, length = 300): Uint8Array =>
    makeImage(
      Uint8Array.from({ length }, (_, i) => (i < 20 ? 0 : (i * 7 + version) & 0xff)),
      version,
      bank,
    );

  /** What the boot loader starts, then: the version, and "trial" where it is on one. */
  function boot(): string {
    call['cutAfter']!(0xffffffff);
    call['use']!(flash, bankSize, none);
    const bank = Number(call['choose']!());
    if (bank === none) return 'nothing';
    call['use']!(flash, bankSize, bank);
    update.fill(0);
    return `${String(call['version']!())}${call['isOnTrial']!(bank) ? ' on trial' : ''}`;
  }

  /** A board from the factory: version 1 in bank 0. */
  function fresh(): void {
    flash.fill(0xff);
    flash.set(image(1, 0));
    flash.fill(0x3c, bankSize - 96, bankSize);
    flash.fill(0xff, bankSize - 64, bankSize - 32);
    assert.equal(boot(), '1');
  }

  interface Offer {
    readonly image: Uint8Array;
    readonly version: number;
    readonly signature?: Uint8Array;
  }

  /** The results of all steps, up to the first that is not taken. */
  function flashing({ image, version, signature = signImage(image, key).signature }: Offer): string {
    let result = says('begin', update, version, image.length);
    for (let at = 0; at < image.length && result === 'taken'; at += 128) {
      const bytes = new Uint8Array(128);
      bytes.set(image.subarray(at, at + 128));
      result = says('chunk', update, at, bytes, Math.min(128, image.length - at));
    }
    return result === 'taken' ? says('end', update, signature) : result;
  }

  test('is started by the next boot on trial, stays if it is confirmed, and is gone with the boot after it if not', () => {
    fresh();
    assert.equal(flashing({ image: image(2, 1), version: 2 }), 'taken');
    assert.equal(boot(), '2 on trial');
    assert.equal(says('begin', update, 3, 300), 'on-trial');
    assert.equal(boot(), '1');
    assert.equal(boot(), '1');
    assert.equal(flashing({ image: image(2, 1), version: 2 }), 'taken');
    assert.equal(boot(), '2 on trial');
    assert.equal(says('confirm'), 'taken');
    assert.equal(boot(), '2');
    assert.equal(flashing({ image: image(3, 0), version: 3 }), 'taken');
    assert.equal(boot(), '3 on trial');
  });

  test('that is older, damaged, foreign, unsigned or too large leaves the running image in place, with its name', () => {
    const good = image(2, 1);
    const flipped = Uint8Array.from(good).fill(0, 200, 201);
    const another = generateKeyPairSync('ed25519').privateKey;
    const refused: readonly [string, Offer][] = [
      ['older', { image: image(1, 1), version: 1 }],
      ['older', { image: image(0, 1), version: 0 }],
      ['damaged', { image: image(1, 1), version: 2 }], // an older one that is announced as newer
      ['damaged', { image: flipped, version: 2, signature: signImage(flipped, key).signature }],
      ['damaged', { image: image(2, 0), version: 2 }], // for the bank that runs
      ['damaged', { image: good.slice(0, 280), version: 2, signature: signImage(good, key).signature }],
      ['signature', { image: good, version: 2, signature: signImage(good, another).signature }],
      ['signature', { image: good, version: 2, signature: new Uint8Array(64) }],
      ['signature', { image: good, version: 2, signature: Uint8Array.from(sign(null, good, key)) }],
      ['too-large', { image: image(2, 1, bankSize - 95), version: 2 }],
    ];
    for (const [reason, offer] of refused) {
      fresh();
      assert.equal(flashing(offer), reason);
      assert.equal(boot(), '1', reason);
    }
    fresh();
    assert.equal(flashing({ image: image(2, 1, bankSize - 96), version: 2 }), 'taken');
  });

  test('with any bit of its image or signature changed is not started', () => {
    const good = signImage(image(2, 1), key);
    for (let bit = 0; bit < (good.image.length + 64) * 8; bit += 3) {
      const both = Uint8Array.of(...good.image, ...good.signature);
      both[bit >> 3] = (both[bit >> 3] as number) ^ (1 << (bit & 7));
      fresh();
      const changed = { image: both.slice(0, 300), version: 2, signature: both.slice(300) };
      assert.match(flashing(changed), /^(damaged|signature)$/, `bit ${bit}`);
      assert.equal(boot(), '1', `bit ${bit}`);
    }
  });

  test('takes chunks in order and once, and says which one it wants', () => {
    fresh();
    const bytes = new Uint8Array(128);
    assert.equal(says('chunk', update, 0, bytes, 128), 'no-update');
    assert.equal(says('end', update, new Uint8Array(64)), 'no-update');
    assert.equal(says('begin', update, 2, 300), 'taken');
    const offset = (): number => new DataView(update.buffer).getUint32(8, true);
    for (const [at, count, result, wanted] of [
      [128, 128, 'out-of-order', 0],
      [0, 127, 'out-of-order', 0],
      [0, 0, 'out-of-order', 0],
      [0, 129, 'out-of-order', 0],
      [0, 128, 'taken', 128],
      [0, 128, 'out-of-order', 128],
      [128, 128, 'taken', 256],
      [256, 128, 'out-of-order', 256],
      [256, 44, 'taken', 300],
      [300, 0, 'out-of-order', 300],
    ] as const) {
      assert.equal(says('chunk', update, at, bytes, count), result, `${count} bytes at ${at}`);
      assert.equal(offset(), wanted);
    }
    assert.equal(says('begin', update, 2, 300), 'taken');
    assert.equal(says('end', update, new Uint8Array(64)), 'out-of-order');
    assert.equal(says('chunk', update, 0, bytes, 128), 'no-update');
  });

  test('cut off at any step of the flash leaves a board that boots: the old image, or the new one once it is whole', () => {
    const seen = new Set<string>();
    const offer = { image: image(2, 1), version: 2 };
    for (let steps = 0; ; steps++) {
      fresh();
      flash.set(image(1, 1), bankSize); // what an erase has to take away
      call['cutAfter']!(steps);
      const result = flashing(offer);
      const booted = boot();
      seen.add(`${result}: ${booted}`);
      assert.match(booted, /^(1|2 on trial)$/, `cut after ${steps} steps`);
      assert.equal(boot(), '1', `cut after ${steps} steps, the second boot`);
      if (result === 'taken') break;
    }
    assert.deepEqual([...seen], ['flash: 1', 'taken: 2 on trial']);
  });

  test('cut off while the boot loader marks the trial, or the firmware confirms, leaves a board that boots', () => {
    const seen = new Set<string>();
    for (const during of ['trial', 'confirm']) {
      for (let steps = 0; steps <= 33; steps++) {
        fresh();
        assert.equal(flashing({ image: image(2, 1), version: 2 }), 'taken');
        if (during === 'trial') {
          call['cutAfter']!(steps);
          call['use']!(flash, bankSize, none);
          call['choose']!();
        } else {
          assert.equal(boot(), '2 on trial');
          call['cutAfter']!(steps);
          says('confirm');
        }
        const booted = boot();
        seen.add(`${during}: ${booted}`);
        if (during === 'trial')
          assert.equal(booted, steps === 0 ? '2 on trial' : '1', `a mark cut after ${steps} steps`);
        assert.match(boot(), /^[12]$/);
      }
    }
    assert.deepEqual(
      [...seen],
      ['trial: 2 on trial', 'trial: 1', 'confirm: 1', 'confirm: 2'],
      'a cut can take a trial away, never lengthen one',
    );
  });

  test('a newest image whose flash has decayed gives way to the one before it', () => {
    fresh();
    assert.equal(flashing({ image: image(2, 1), version: 2 }), 'taken');
    assert.equal(boot(), '2 on trial');
    says('confirm');
    flash[bankSize + 100] = (flash[bankSize + 100] as number) ^ 4;
    assert.equal(boot(), '1');
    flash[100] = (flash[100] as number) ^ 4;
    assert.equal(boot(), 'nothing');
  });

  test('signatures: as RFC 8032, section 7.1, has them', () => {
    for (const [publicKey, message, signature] of rfc8032) {
      const bytes = Buffer.from(signature + message, 'hex');
      const out = new Uint8Array(bytes.length);
      const open = (signed: Uint8Array): unknown =>
        call['open']!(out, [0], signed, signed.length, Buffer.from(publicKey, 'hex'));
      assert.equal(open(bytes), 0);
      for (let bit = 0; bit < bytes.length * 8; bit += 7) {
        const changed = Uint8Array.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.equal(open(changed), -1, `bit ${bit}`);
      }
    }
  });

  test('signatures: of any length of image, as Node makes them', () => {
    const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(12);
    assert.ok(readFileSync(made('build/signature_key.c'), 'utf8').includes(`0x${publicKey.toString('hex', 31)}`));
    for (const length of [0, 1, 111, 112, 127, 128, 129, 239, 240, 1000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i & 0xff);
      const hash = createHash('sha512').update(bytes).digest();
      assert.equal(call['isRight']!(sign(null, hash, key), bytes, length), true, `${length}`);
      assert.equal(call['isRight']!(sign(null, hash, key), Uint8Array.of(...bytes, 0), length + 1), false, `${length}`);
    }
  });
});

/** Public key, message, signature. */
const rfc8032 = [
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

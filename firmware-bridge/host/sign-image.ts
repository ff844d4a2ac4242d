import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { encodeFirmware, factoryFlash, makeImage, signImage } from './image-file.js';

/**
 * `npm run sign-image`: makes a firmware file that `axond setup bridge PORT --update FILE` puts onto a device, or what a
 * programmer writes into a new one.
 */
const usage = `usage: npm run sign-image -- --key PRIVATE.pem --version N --out FILE BANK0.bin BANK1.bin
       npm run sign-image -- --key PRIVATE.pem --version N --factory BANK_SIZE --out FLASH BANK0.bin
A key: openssl genpkey -algorithm ed25519 -out PRIVATE.pem; its public half goes into the firmware by make KEY=...`;

function main(): void {
  const { values, positionals: programs } = parseArgs({
    options: {
      key: { type: 'string' },
      version: { type: 'string' },
      out: { type: 'string' },
      factory: { type: 'string' },
    },
    allowPositionals: true,
  });
  const { key, version, out, factory } = values;
  if (key === undefined || version === undefined || out === undefined) throw new Error(usage);
  if (programs.length !== (factory === undefined ? 2 : 1)) throw new Error(usage);
  const privateKey = readKey(key);
  const images = programs.map((path, bank) =>
    signImage(makeImage(readFileSync(path), wholeNumber('--version', version), bank), privateKey),
  );
  const [first] = images;
  const bytes =
    factory === undefined || !first ? encodeFirmware(images) : factoryFlash(first, wholeNumber('--factory', factory));
  writeFileSync(out, bytes);
  process.stdout.write(`${out}: version ${version}, ${bytes.length} bytes\n`);
}

function readKey(path: string): KeyObject {
  const pem = readFileSync(path);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below.
  }
  throw new Error(`${path}: is no private Ed25519 key. Make one: openssl genpkey -algorithm ed25519 -out private.pem`);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && value <= 0xffffffff) return value;
  throw new Error(`${option} ${text}: a whole number from 1 to 4294967295 is wanted`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

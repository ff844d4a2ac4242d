import { createHash, sign, type KeyObject } from 'node:crypto';
import { crc32 } from '../../runtime/crc32.js';

/** What one bank of the firmware takes, as `firmware/core/bank.h` has it. */
export interface SignedImage {
  readonly bank: number;
  readonly version: number;
  readonly image: Uint8Array;
  /** Ed25519 over the SHA-512 of the image. */
  readonly signature: Uint8Array;
}

export const imageHeaderLength = 20;
const magic = 0x444e5841;
const signatureLength = 64;
const marksLength = 96;

/** Puts the header into the first bytes of a program, which must be left free for it. */
export function makeImage(program: Uint8Array, version: number, bank: number): Uint8Array {
  if (program.length <= imageHeaderLength || program.subarray(0, imageHeaderLength).some((byte) => byte !== 0))
    throw new Error('the program leaves no room for a header: its first 20 bytes must be zero');
  const image = Uint8Array.from(program);
  const view = new DataView(image.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, version, true);
  view.setUint32(12, image.length, true);
  view.setUint32(16, bank, true);
  view.setUint32(4, crc32(image, 8, image.length), true);
  return image;
}

export function signImage(image: Uint8Array, privateKey: KeyObject): SignedImage {
  const { bank, version } = readHeader(image, 'the image');
  const hash = createHash('sha512').update(image).digest();
  return { bank, version, image, signature: Uint8Array.from(sign(null, hash, privateKey)) };
}

/**
 * Both banks of a board that leaves the factory: this image confirmed in the first one, the other one empty. What a
 * programmer writes, and an emulator starts with.
 */
export function factoryFlash({ image, bank }: SignedImage, bankSize: number): Uint8Array {
  if (bank !== 0 || image.length > bankSize - marksLength) {
    throw new Error(
      `the image for bank ${bank} has ${image.length} bytes: one for bank 0 is wanted, of ${bankSize} less ${marksLength}`,
    );
  }
  const flash = new Uint8Array(2 * bankSize).fill(0xff);
  flash.set(image);
  const markLength = marksLength / 3;
  for (const mark of [1, 3]) flash.fill(0x3c, bankSize - mark * markLength, bankSize - (mark - 1) * markLength);
  return flash;
}

/** A firmware file is its images, each followed by its signature. */
export function encodeFirmware(images: readonly SignedImage[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(images.flatMap(({ image, signature }) => [image, signature])));
}

/** @throws Error that names the file where it is no firmware file, cut or damaged. Signatures are the device's to check. */
export function decodeFirmware(bytes: Uint8Array, name: string): readonly SignedImage[] {
  const images: SignedImage[] = [];
  for (let at = 0; at < bytes.length;) {
    const { bank, version, length } = readHeader(bytes.subarray(at), name);
    const end = at + length + signatureLength;
    if (end > bytes.length) throw new Error(`${name}: cut off after ${bytes.length} bytes. Copy it again.`);
    const image = Uint8Array.from(bytes.subarray(at, at + length)); // a copy: a Buffer's `slice` is none
    if (new DataView(image.buffer).getUint32(4, true) !== crc32(image, 8, length))
      throw new Error(`${name}: damaged, the checksum of the image for bank ${bank} is wrong. Copy it again.`);
    images.push({ bank, version, image, signature: Uint8Array.from(bytes.subarray(at + length, end)) });
    at = end;
  }
  if (images.length === 0) throw new Error(`${name}: empty. Copy it again.`);
  return images;
}

function readHeader(bytes: Uint8Array, name: string): { bank: number; version: number; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < imageHeaderLength || view.getUint32(0, true) !== magic)
    throw new Error(`${name}: no firmware of the bridge. Make one with npm run sign-image.`);
  const [version, length, bank] = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)];
  if (length <= imageHeaderLength || bank > 1)
    throw new Error(`${name}: damaged, its header says bank ${bank} and ${length} bytes. Copy it again.`);
  return { bank, version, length };
}

import koffi from 'koffi';

/** The few calls of the C library that Node does not offer. Linux with glibc. */
const libc = koffi.load('libc.so.6');

/** Pointers are native memory of `nativeBytes`, so that a call converts nothing and allocates next to nothing. */
export const poll = libc.func('int poll(void *descriptors, unsigned long count, int timeoutMs)') as (
  descriptors: unknown,
  count: number,
  timeoutMs: number,
) => number;
export const read = libc.func('intptr_t read(int descriptor, void *buffer, size_t length)') as (
  descriptor: number,
  buffer: unknown,
  length: number,
) => number;
export const posixOpenpt = libc.func('int posix_openpt(int flags)') as (flags: number) => number;
export const grantpt = libc.func('int grantpt(int descriptor)') as (descriptor: number) => number;
export const unlockpt = libc.func('int unlockpt(int descriptor)') as (descriptor: number) => number;
export const ptsname = libc.func('str ptsname(int descriptor)') as (descriptor: number) => string | null;

/** Of the last call above, in this thread. */
export const errno = (): number => koffi.errno();

export interface NativeBytes {
  readonly pointer: unknown;
  readonly bytes: Uint8Array;
}

export function nativeBytes(length: number): NativeBytes {
  const pointer: unknown = koffi.alloc('uint8_t', length);
  return { pointer, bytes: new Uint8Array(koffi.view(pointer, length)) };
}

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
export const ioctl = libc.func('int ioctl(int descriptor, unsigned long call, void *memory)') as (
  descriptor: number,
  call: number,
  memory: unknown,
) => number;
export const dup2 = libc.func('int dup2(int descriptor, int onto)') as (descriptor: number, onto: number) => number;
export const flock = libc.func('int flock(int descriptor, int operation)') as (
  descriptor: number,
  operation: number,
) => number;
export const socket = libc.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => number;
export const bind = libc.func('int bind(int descriptor, void *address, uint32_t length)') as (
  descriptor: number,
  address: unknown,
  length: number,
) => number;
export const connect = libc.func('int connect(int descriptor, void *address, uint32_t length)') as typeof bind;
export const getsockname = libc.func('int getsockname(int descriptor, void *address, void *length)') as (
  descriptor: number,
  address: unknown,
  length: unknown,
) => number;
export const getsockopt = libc.func(
  'int getsockopt(int descriptor, int level, int option, void *value, void *length)',
) as (descriptor: number, level: number, option: number, value: unknown, length: unknown) => number;
export const setsockopt = libc.func(
  'int setsockopt(int descriptor, int level, int option, void *value, uint32_t length)',
) as (descriptor: number, level: number, option: number, value: unknown, length: number) => number;
export const sendto = libc.func(
  'intptr_t sendto(int descriptor, void *buffer, size_t length, int flags, void *address, uint32_t addressLength)',
) as (descriptor: number, buffer: unknown, length: number, flags: number, address: unknown, size: number) => number;
export const recvfrom = libc.func(
  'intptr_t recvfrom(int descriptor, void *buffer, size_t length, int flags, void *address, void *addressLength)',
) as (descriptor: number, buffer: unknown, length: number, flags: number, address: unknown, size: unknown) => number;
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

import { createRequire } from 'node:module';

/**
 * Asks for SCHED_FIFO for the calling thread alone: garbage collection and compilation stay ordinary, and what the thread
 * starts later. Returns what came of it. Without the right to it (LimitRTPRIO, root) things go on as they are. A thread
 * that needs little time but needs it now asks for a higher priority than those that compute.
 */
export function requestRealtime(priority: 50 | 60 = 50): string {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const libc = koffi.load('libc.so.6');
    const setScheduler = libc.func('int sched_setscheduler(int thread, int policy, void *parameter)');
    const parameter = Buffer.alloc(4);
    parameter.writeInt32LE(priority);
    const failed: unknown = setScheduler(0, schedFifo | resetOnFork, parameter);
    return failed === 0 ? 'real-time' : 'ordinary: real-time scheduling is not permitted (LimitRTPRIO)';
  } catch {
    return 'ordinary: the package koffi is not installed';
  }
}

const schedFifo = 1;
const resetOnFork = 0x40000000;

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeMachine, type MachineFacts } from './machine.js';
import { benchReport, reportSchema, type BenchRunner } from './report.js';

const facts: MachineFacts = {
  cores: 4,
  memoryBytes: 4 * 2 ** 30,
  architecture: 'arm64',
  kernelRelease: '6.12.25+rpt-rpi-2712',
  kernelVersion: '#1 SMP PREEMPT_RT Debian 1:6.12.25-1+rpt1 (2025-04-30)',
  fifoPermitted: true,
  cLibrary: 'glibc 2.36',
};

/** Of a Raspberry Pi 5, as its kernel writes them; the serial numbers are made up. */
const files: Record<string, string> = {
  '/proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
  '/proc/device-tree/serial-number': '6b1f0c0ffee\0',
  '/proc/cpuinfo':
    'processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n\nRevision\t: c04170\nSerial\t\t: 6b1f0c0ffee\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n',
  '/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq': '2400000\n',
  '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'ondemand\n',
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n',
  '/etc/hostname': 'bedside-of-anna\n',
};

const us = { p50: 10, p99: 20, p999: 30, max: 40 };
const loopRun = {
  hz: 250,
  channels: 8,
  scheduling: 'ordinary',
  n: 150,
  lost: 0,
  samplesMissing: 0,
  rearmed: 0,
  axondUs: us,
  floorUs: us,
  directUs: us,
  ratio: { p50: 1, p99: 1 },
  rounds: [{ p50: 1, p99: 1 }],
  quiet: { share: 1, axondP99Us: 20 },
};

function runner(changed: Partial<BenchRunner> = {}): BenchRunner {
  return {
    axond: '0.1.0',
    node: 'v20.20.2',
    machine: () => describeMachine((path) => files[path], facts),
    load: () => 0.2,
    temperature: () => 51.5,
    loop: () => Promise.resolve([loopRun]),
    engine: () => Promise.resolve([{ name: 'dense', axondUs: 3, cUs: 2, ratioC: 1.5, rounds: { axond: [3], c: [2] } }]),
    detect: () =>
      Promise.resolve({ channels: 8, rate: 250, axondUs: us, floorUs: us, ratio: { p50: 1, p99: 1 }, rounds: [] }),
    ...changed,
  };
}

test('a report tells the kind of board and nothing of this one', async () => {
  const report = await benchReport(runner());
  assert.deepEqual(report.machine, {
    board: 'Raspberry Pi 5 Model B Rev 1.0',
    processor: 'implementer 0x41 part 0xd0b',
    cores: 4,
    maximumMHz: 2400,
    governor: 'ondemand',
    memoryMiB: 4096,
    architecture: 'arm64',
    kernel: '6.12.25+rpt-rpi-2712',
    preemption: 'PREEMPT_RT',
    fifoPermitted: true,
    distribution: 'Debian GNU/Linux 12 (bookworm)',
    cLibrary: 'glibc 2.36',
  });
  assert.doesNotMatch(JSON.stringify(report), /6b1f0c0ffee|anna/);
  assert.deepEqual(reportSchema.parse(JSON.parse(JSON.stringify(report))), report);
});

test('what cannot be measured says why, and the rest is there', async () => {
  const noCompiler = (): Promise<never> =>
    Promise.reject(new Error('cc: there is no C compiler.\n/home/anna/axond/chain.c'));
  const report = await benchReport(runner({ loop: noCompiler }));
  assert.deepEqual(report.loop, { failed: 'cc: there is no C compiler.' });
  assert.ok('figures' in report.engine && report.engine.figures.length === 1);
});

test('a round in which nothing came back has no figure', async () => {
  const rounds = [
    { p50: 1, p99: 1 },
    { p50: NaN, p99: NaN },
  ];
  const report = await benchReport(runner({ loop: () => Promise.resolve([{ ...loopRun, rounds }]) }));
  assert.ok('figures' in report.loop);
  assert.deepEqual(report.loop.figures[0]?.rounds, [
    { p50: 1, p99: 1 },
    { p50: null, p99: null },
  ]);
  assert.deepEqual(reportSchema.parse(JSON.parse(JSON.stringify(report))), report);
});

test('figures of a shape that readers do not expect make no report', async () => {
  await assert.rejects(benchReport(runner({ engine: () => Promise.resolve([{ name: 'dense', axondUs: 'fast' }]) })), {
    name: 'ZodError',
  });
});

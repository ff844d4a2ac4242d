import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import type { Inside } from './container.js';

export interface ServiceLife {
  readonly inside: Inside;
  /** Folder of the booted system. */
  readonly system: string;
  readonly expect: (what: string, holds: boolean, detail?: string) => void;
  /** Paths within the system of the two packages. */
  readonly before: string;
  readonly now: string;
  /** Of the second one. */
  readonly version: string;
}

/**
 * The service where it runs: real units, user and sandbox, an emulated amplifier on a pseudo-terminal, and the packages'
 * scripts with a systemd that obeys them.
 */
export async function liveAsService({ inside, system, expect, before, now, version }: ServiceLife): Promise<void> {
  const shown = (key: string): string => inside(['systemctl', 'show', 'axond', '--value', '-p', key]).output.trim();
  const log = (): string => inside(['journalctl', '--no-pager', '-n', '30', '-u', 'axond']).text;
  const works = (): Promise<boolean> => until(() => shown('ActiveState') === 'active' && armed() === false);
  /** Path of the newest recording, or of one so many before it. */
  const recording = (before = 0): string => {
    const folder = '/var/lib/axond';
    const names = readdirSync(join(system, folder)).filter((name) => /^axond-.*\.db$/.test(name));
    return join(folder, names.sort().at(-1 - before) ?? 'none');
  };
  const armed = (): boolean | undefined => {
    const { output } = inside(['axond', 'status', '--json']);
    const status = statusShape.safeParse(parsed(output));
    return status.success ? status.data.stimulation !== null && status.data.stimulation.armed : undefined;
  };

  const installed = inside(['dpkg', '-i', before]);
  expect('installs', installed.status === 0, installed.text);
  expect('starts nothing by itself', shown('ActiveState') === 'inactive' && shown('UnitFileState') === 'disabled');

  // The one thing that a container lacks: an amplifier.
  const terminal = '/var/lib/axond/board';
  // It ends with its input.
  const emulator = `sleep infinity | axond emulate cyton --link ${terminal}`;
  inside(['systemd-run', '--quiet', '--unit=board', '--uid=axond', 'sh', '-c', emulator]);
  const device = join(system, 'etc/axond/device.yaml');
  writeFileSync(device, readFileSync(device, 'utf8').replace(/port: .*/, `port: ${terminal}`));
  inside(['systemctl', 'enable', '--quiet', 'axond']);
  inside(['systemctl', 'start', '--no-block', 'axond']);
  expect('works in its sandbox, disarmed', await works(), log());
  const [first, firstRecording] = [shown('MainPID'), recording()];

  // The shell's own: a small Debian has no program of that name.
  const killed = inside(['sh', '-c', `kill -KILL ${first}`]);
  expect(
    'starts again when it was killed',
    killed.status === 0 && (await works()) && shown('MainPID') !== first,
    log(),
  );

  const second = shown('MainPID');
  const upgraded = inside(['dpkg', '--force-confold', '-i', now]);
  expect('upgrades while it works', upgraded.status === 0, upgraded.text);
  expect('works again afterwards, disarmed', (await works()) && shown('MainPID') !== second, log());
  expect('as the new version', inside(['axond', '--version']).output.trim() === version);
  expect('is enabled still', shown('UnitFileState') === 'enabled', shown('UnitFileState'));
  const kept = inside(['axond', 'check', recording(1)]);
  expect('left a whole recording of the version before', kept.status === 0 && kept.text.includes('whole'), kept.text);

  const stopped = inside(['systemctl', 'stop', 'axond']);
  expect('stops, and says nothing against it', stopped.status === 0 && shown('Result') === 'success', log());
  inside(['systemctl', 'start', '--no-block', 'axond']);
  const removed = (await works()) && inside(['dpkg', '--remove', 'axond']);
  expect(
    'is stopped by its removal',
    removed !== false && removed.status === 0 && shown('ActiveState') === 'inactive',
    log(),
  );
  expect('its unit is gone', shown('LoadState') === 'not-found', shown('LoadState'));
  expect('its recordings are not', inside(['test', '-f', firstRecording]).status === 0, firstRecording);
  const again = inside(['dpkg', '--force-confold', '-i', now]);
  expect('is installed again', again.status === 0, again.text);
  expect(
    'and starts nothing then',
    shown('ActiveState') === 'inactive' && shown('UnitFileState') === 'disabled',
    log(),
  );
}

const statusShape = z.object({ stimulation: z.object({ armed: z.boolean() }).nullable() });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** False if it did not come true in two minutes. */
async function until(condition: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 120_000;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await setTimeout(200);
  }
  return true;
}

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { monotonicUs } from '../runtime/monotonic.js';
import { checkRecording } from '../runtime/recording/check.js';
import { installed, launcher, until } from './axond-process.js';
import { kill, restCode, StimulatingLab } from './stimulating-lab.js';

/**
 * `npm run service`: what systemd/axond.service says about signals, restart and watchdog, obeyed by a real systemd: a user
 * manager of our own, in a mount namespace and a control group that nobody else is in. A trigger box on a pseudo-terminal
 * sees whether each end comes to rest. Sandbox and user of the unit are not part of it. Takes root, and five minutes.
 */

const self = fileURLToPath(import.meta.url);
const manager = '/lib/systemd/systemd';
if (process.argv[2] === 'inside') await inside();
else outside();

function outside(): void {
  if (process.getuid?.() !== 0 || !existsSync(manager)) {
    process.stdout.write(`not run: it takes root and ${manager} (apt-get install systemd)\n`);
    process.exitCode = 1;
    return;
  }
  // A manager takes everything in its own group for its own, in each hierarchy that it knows: so it gets a new group in each.
  const hierarchies = existsSync('/sys/fs/cgroup/cgroup.procs')
    ? ['/sys/fs/cgroup']
    : ['unified', 'systemd', 'memory', 'pids', 'cpu'].map((name) => join('/sys/fs/cgroup', name)).filter(existsSync);
  const groups = hierarchies.map((hierarchy) => join(hierarchy, `axond-service-${process.pid}`));
  const enter = groups.map((group) => `mkdir ${group} && echo $$ > ${group}/cgroup.procs`).join(' && ');
  const program = `${enter} && exec unshare --mount --propagation private sh -c \
    'mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/user && exec "$0" "$1" inside' "$0" "$1"`;
  process.exitCode = spawnSync('sh', ['-c', program, process.execPath, self], { stdio: 'inherit' }).status ?? 1;
  for (const group of groups)
    spawnSync('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'], { stdio: 'ignore' });
}

async function inside(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'axond-systemd-'));
  const units = join(home, 'systemd', 'user');
  mkdirSync(units, { recursive: true });
  const environment = { ...process.env, XDG_RUNTIME_DIR: '/run/user', XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
  const systemd = spawn(manager, ['--user', '--unit=basic.target', '--log-target=console'], {
    env: environment,
    stdio: 'ignore',
  });
  const lab = new StimulatingLab({ durationMs: 900, everyMs: 1000 });
  const ask = (...words: string[]): string =>
    spawnSync('systemctl', ['--user', ...words], { env: environment, encoding: 'utf8' }).stdout.trim();
  const shown = (key: string): string => ask('show', 'axond', '--value', '-p', key);
  let failed = 0;
  const judge = (good: boolean, text: string): void => {
    process.stdout.write(`${good ? 'ok    ' : 'FAILED'} ${text}\n`);
    if (!good) failed++;
  };
  try {
    await until('the manager', () => existsSync('/run/user/systemd/private'), 60_000);
    const unit = unitOf(lab);
    writeFileSync(join(units, 'axond.service'), unit);
    writeFileSync(join(units, 'folder.service'), folderUnit());
    ask('daemon-reload');

    // Where a call for rest is left while the run is dead (SAFETY.md R-51).
    ask('start', 'folder');
    await until('its folder', () => existsSync('/run/user/axond'));
    const call = '/run/user/axond/rest-call';
    writeFileSync(call, '');
    const stateOf = (): string => ask('show', 'folder', '--value', '-p', 'SubState');
    const main = (): string => ask('show', 'folder', '--value', '-p', 'MainPID');
    kill(Number(main()), 'SIGKILL');
    await until('the wait for the next one', () => stateOf() === 'auto-restart', 10_000);
    const between = existsSync(call);
    await until('the next one', () => stateOf() === 'running', 20_000);
    const restarted = existsSync(call);
    ask('stop', 'folder');
    judge(
      between && restarted && existsSync(call),
      `the runtime folder stays from a death to the next start (${between}, ${restarted}), and after a stop`,
    );

    const startUs = monotonicUs();
    ask('start', 'axond');
    judge(
      shown('ActiveState') === 'active',
      `start returned when it was ready, ${seconds(startUs)} s, ${shown('StatusText')}`,
    );

    /** Does it within a stimulus; how long the box waited for the byte of rest, and which byte it heard meanwhile. */
    const during = async (act: () => void): Promise<number> => {
      await lab.untilStimulus(120_000);
      const { length } = lab.farEnd;
      const atUs = monotonicUs();
      act();
      await until('rest', () => lab.farEnd.bytes(length).some(({ byte }) => byte === restCode), 5000).catch(
        () => undefined,
      );
      const rest = lab.farEnd.bytes(length).find(({ byte }) => byte === restCode);
      return rest ? (rest.atUs - atUs) / 1000 : Infinity;
    };
    const core = (): number => Number(shown('MainPID'));
    const again = async (what: string, restarts: number, ms: number): Promise<void> => {
      const sinceUs = monotonicUs();
      await until(
        'a restart',
        () => shown('NRestarts') === String(restarts) && shown('ActiveState') === 'active',
        240_000,
      ).catch(() => undefined);
      const status = await lab.status();
      const good = shown('NRestarts') === String(restarts) && status?.stimulation?.armed === false;
      judge(
        good && ms < 900,
        `${what}: at rest after ${ms.toFixed(1)} ms of a stimulus of 900; ready again in ${seconds(sinceUs)} s, disarmed`,
      );
    };

    await again('core killed', 1, await during(() => kill(core(), 'SIGKILL')));
    const stopped = core();
    await again('core stopped (SIGSTOP), found by the watchdog', 2, await during(() => kill(stopped, 'SIGSTOP')));
    const ms = await during(() => writeFileSync(lab.wedge, ''));
    await until('the watchdog', () => shown('Result') === 'watchdog' || shown('NRestarts') === '3', 240_000);
    rmSync(lab.wedge);
    await again('loop hangs, found by the watchdog', 3, ms);

    const recordings = (): string[] =>
      readdirSync(lab.records)
        .filter((name) => name.endsWith('.db'))
        .sort();
    const newest = join(lab.records, recordings().at(-1) ?? '');
    const stopUs = monotonicUs();
    const restMs = await during(() => void spawn('systemctl', ['--user', 'stop', 'axond'], { env: environment }));
    await until('the stop', () => shown('ActiveState') === 'inactive', 60_000);
    judge(
      restMs < 900 && shown('Result') === 'success',
      `stop: at rest after ${restMs.toFixed(1)} ms, ended in ${seconds(stopUs)} s with ${shown('Result')}`,
    );
    const report = checkRecording(newest);
    judge(
      report.ok,
      `the recording of the stopped run is whole: ${report.started.length} stimuli ${report.faults.join('; ')}`,
    );

    // What it would be with the usual lines: told, not judged, since it is a race.
    const usual = unit.replace('KillMode=control-group', 'KillMode=mixed').replace('WatchdogSignal=SIGTERM\n', '');
    writeFileSync(join(units, 'axond.service'), usual);
    ask('daemon-reload');
    ask('start', 'axond');
    const mixedMs = await during(() => kill(core(), 'SIGKILL'));
    process.stdout.write(`       with KillMode=mixed instead, core killed: at rest after ${mixedMs.toFixed(1)} ms\n`);
    ask('stop', 'axond');
  } finally {
    ask('exit');
    systemd.kill('SIGKILL');
    await lab.close();
    rmSync(home, { recursive: true, force: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

/** The lines of the real unit about life and death, around a core of this folder. */
function unitOf(lab: StimulatingLab): string {
  const real = readFileSync(new URL('../../systemd/axond.service', import.meta.url), 'utf8').split('\n');
  const kept = real.filter((line) => /^(Type|NotifyAccess|Restart|Watchdog|Timeout|Kill)\w*=/.test(line));
  const names = ['RUNTIME_DIRECTORY', 'STATE_DIRECTORY', 'XDG_STATE_HOME', 'PATH'];
  const environment = names.map((name) => `Environment="${name}=${lab.environment[name] ?? ''}"`);
  return [
    '[Unit]',
    'DefaultDependencies=no',
    'StartLimitIntervalSec=0',
    '[Service]',
    `ExecStart=${process.execPath} ${launcher} run --config ${lab.configure()}`,
    `ExecStop=-${installed} silence`,
    ...environment,
    ...kept,
    '',
  ].join('\n');
}

/** Its lines about the runtime folder and restarts, around a program that does nothing. */
function folderUnit(): string {
  const real = readFileSync(new URL('../../systemd/axond.service', import.meta.url), 'utf8').split('\n');
  const kept = real.filter((line) => /^(RuntimeDirectory|Restart)\w*=/.test(line));
  const unit = ['[Unit]', 'DefaultDependencies=no', '[Service]', 'ExecStart=/bin/sleep 1000', ...kept, ''];
  return unit.join('\n');
}

function seconds(sinceUs: number): string {
  return ((monotonicUs() - sinceUs) / 1e6).toFixed(1);
}

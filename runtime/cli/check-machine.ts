import { packageNames, type DeviceFile, type Machine, type PackageName } from './machine.js';

export interface Finding {
  readonly level: 'good' | 'warning' | 'fault';
  readonly name: string;
  readonly detail: string;
  /** What to do; empty where nothing is to be done. */
  readonly fix: string;
}

/** What a machine has of what axond needs or could use, each with what to do about it. Pure. */
export function judgeMachine(machine: Machine): Finding[] {
  return [
    nodeVersion(machine),
    ...packageNames.map((name) => packageOf(name, machine.packages[name], machine.packaged)),
    program(machine.programs.stty, 'stty', 'sets serial lines'),
    program(machine.programs.mkfifo, 'mkfifo', 'makes the channel to the guardian'),
    realtime(machine),
    ...clock(machine),
    ...configuration(machine),
    ...recordings(machine),
    ...ports(machine),
    ...chips(machine),
    sound(machine),
    ...power(machine),
    ...unit(machine),
    ...broker(machine),
  ];
}

function nodeVersion({ node }: Machine): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19)
    ? good('Node', `v${node}`)
    : fault('Node', `v${node} is too old.`, 'Install Node 20.19 or newer.');
}

const optionalPackages: Partial<Record<PackageName, string>> = {
  onoff: 'GPIO by sysfs',
  '@tensorflow/tfjs-node': 'TensorFlow models',
};

function packageOf(name: PackageName, problem: string, packaged: boolean): Finding {
  const what = optionalPackages[name];
  if (problem === '') return good(name, 'loads');
  if (what === undefined) {
    const rebuilt = name === 'better-sqlite3' ? 'Run npm rebuild better-sqlite3.' : 'Run npm ci.';
    return fault(
      name,
      `does not load (${problem}).`,
      packaged
        ? 'Install the package of axond for this machine again: sudo apt-get install --reinstall ./axond_*.deb'
        : rebuilt,
    );
  }
  const detail = `is absent (${problem}): no ${what}. Nothing else needs it.`;
  // Beside the package's own folder, where programs below /usr/lib look too and an upgrade removes nothing.
  const install = packaged ? `sudo npm install --global --prefix /usr ${name}` : `npm install ${name}`;
  return warning(name, detail, `To have it: ${install}.`);
}

function program(found: boolean, name: string, what: string): Finding {
  return found ? good(name, what) : fault(name, 'is absent.', 'Run sudo apt-get install coreutils.');
}

function realtime({ realtime }: Machine): Finding {
  return realtime
    ? good('real-time', 'SCHED_FIFO is permitted')
    : warning(
        'real-time',
        'SCHED_FIFO is not permitted: stimuli come later on a busy machine.',
        'The unit of systemd permits it. By hand: "@axond - rtprio 60" in /etc/security/limits.conf, then log in again.',
      );
}

function clock({ clock: { synchronised, hasRtc } }: Machine): Finding[] {
  const name = 'clock';
  const findings: Finding[] = [];
  if (synchronised === null) findings.push(warning(name, 'whether it is synchronised is not known.', ''));
  else if (synchronised) findings.push(good(name, 'is synchronised'));
  else {
    const fix = 'Run timedatectl set-ntp true, or install chrony; offline, set it by hand before a night.';
    findings.push(warning(name, 'is not synchronised: recordings may carry a wrong date.', fix));
  }
  if (!hasRtc) {
    const fix = 'Add a battery (Raspberry Pi 5) or a clock module; until then let the network set it before a night.';
    findings.push(
      warning('real-time clock', 'there is none: after a power cut the date is that of the last stop.', fix),
    );
  }
  return findings;
}

function configuration({ configuration }: Machine): Finding[] {
  if (!configuration) return [];
  if (configuration.fault === '') return [good('configuration', 'of the service has no fault')];
  return [
    fault('configuration', configuration.fault, 'Run axond check /etc/axond/device.yaml /etc/axond/protocol.yaml.'),
  ];
}

/** File systems that are gone after the next start. */
const fleeting = new Set(['overlay', 'tmpfs', 'ramfs']);
/** No journal, and no mode of a file that others may not read. */
const crude = new Set(['vfat', 'exfat', 'msdos', 'fuseblk', 'ntfs3']);

function recordings({ recordings: { folder, fileSystem, readOnly, freeBytes, nightBytes } }: Machine): Finding[] {
  const name = 'recordings';
  const findings: Finding[] = [];
  const move = 'Mount an ext4 partition there, or set device.record to a folder of one.';
  if (readOnly) findings.push(fault(name, `${folder} is on a file system that is mounted read-only.`, move));
  else if (fleeting.has(fileSystem)) {
    findings.push(
      warning(name, `${folder} is on ${fileSystem}: what is recorded there may be gone at the next start.`, move),
    );
  } else if (crude.has(fileSystem)) {
    findings.push(warning(name, `${folder} is on ${fileSystem}, which a power cut can damage.`, move));
  }
  const room = `${gigabytes(freeBytes)} free at ${folder}`;
  if (freeBytes < nightBytes) {
    const fix = 'Export recordings and delete them, or take a larger card: axond recording list shows them.';
    findings.push(fault('disk', `${room}: a night of ten hours may need ${gigabytes(nightBytes)}.`, fix));
  } else findings.push(good('disk', `${room}, ${Math.floor(freeBytes / nightBytes)} nights of ten hours at least`));
  return findings;
}

function ports({ devices }: Machine): Finding[] {
  const serial = devices.filter(({ kind }) => kind === 'serial');
  if (serial.length === 0) return [warning('serial ports', 'none is plugged in.', '')];
  const slow = serial.filter(({ latencyMs }) => latencyMs !== null && latencyMs > 1);
  return [
    permission('serial ports', serial),
    ...slow.map(({ path, latencyMs }) =>
      warning(
        path,
        `its FTDI chip holds bytes back for ${latencyMs} ms (latency_timer).`,
        'Install systemd/65-axond.rules in /etc/udev/rules.d and plug it in again.',
      ),
    ),
  ];
}

function chips({ devices }: Machine): Finding[] {
  return (['gpio', 'spi'] as const).flatMap((kind) => {
    const files = devices.filter((device) => device.kind === kind);
    if (files.length === 0) return [];
    const found = permission(kind === 'gpio' ? 'GPIO' : 'SPI', files);
    // Many a machine has chips that axond has no business with.
    return [found.level === 'fault' ? { ...found, level: 'warning' } : found];
  });
}

function permission(name: string, devices: readonly DeviceFile[]): Finding {
  const closed = devices.filter(({ mayOpen }) => !mayOpen);
  if (closed.length === 0) return good(name, devices.map(({ path }) => path).join(', '));
  const groups = [...new Set(closed.map(({ group }) => group))].join(',');
  return fault(
    name,
    `${closed.map(({ path }) => path).join(', ')}: permission denied.`,
    `Run sudo usermod -aG ${groups} $USER, then log in again.`,
  );
}

function sound({ sound: { problem, cards } }: Machine): Finding {
  if (problem !== '') {
    const [detail = '', ...fix] = problem.split('. ');
    return warning('sound', `${detail.replace('sound: ', '')}: no stimulus can be a sound.`, fix.join('. '));
  }
  return cards.length === 0 ? warning('sound', 'there is no sound card.', '') : good('sound', cards.join(', '));
}

function power({ throttled, celsius }: Machine): Finding[] {
  const findings: Finding[] = [];
  if (throttled !== null) {
    const supply = 'Use the supply that belongs to the board (5 V, 3 A; Raspberry Pi 5: 5 A) and a short cable.';
    if (throttled & 0x1)
      findings.push(fault('power', 'the voltage is too low now: the board may stop at any time.', supply));
    else if (throttled & 0x10000)
      findings.push(warning('power', 'the voltage was too low since the board started.', supply));
    else findings.push(good('power', 'the voltage was never too low since the board started'));
    if (throttled & 0xe) findings.push(warning('speed', 'the board is being slowed down, for heat or voltage.', cool));
  }
  if (celsius !== null) {
    const detail = `${celsius.toFixed(0)} °C`;
    findings.push(
      celsius >= 80
        ? warning('temperature', `${detail}: the board slows down at 80 to 85.`, cool)
        : good('temperature', detail),
    );
  }
  return findings;
}
const cool = 'Give it a heat sink, a fan or more air.';

function unit({ unit }: Machine): Finding[] {
  if (!unit) return [];
  const { active, enabled, text } = unit;
  const findings: Finding[] = [];
  if (active === 'failed') {
    const fix = 'See why: journalctl -u axond -n 50. Then sudo systemctl restart --no-block axond.';
    findings.push(fault('service', `has failed${text === '' ? '' : ` (${text})`}.`, fix));
  } else if (active === 'inactive') {
    findings.push(warning('service', 'does not run.', 'Run sudo systemctl start --no-block axond.'));
  } else findings.push(good('service', `${active}${text === '' ? '' : `: ${text}`}`));
  if (enabled === 'disabled')
    findings.push(warning('service', 'does not start with the board.', 'Run sudo systemctl enable axond.'));
  return findings;
}

function broker({ broker }: Machine): Finding[] {
  if (!broker) return [];
  const { url, problem } = broker;
  if (problem === '') return [good('broker', `${url} answers`)];
  const detail = `${url} does not answer (${problem}): what happens is kept and reported later.`;
  return [warning('broker', detail, 'Start it (sudo systemctl start mosquitto), or correct device.mqtt.')];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
const good = (name: string, detail: string): Finding => ({ level: 'good', name, detail, fix: '' });
const warning = (name: string, detail: string, fix: string): Finding => ({ level: 'warning', name, detail, fix });
const fault = (name: string, detail: string, fix: string): Finding => ({ level: 'fault', name, detail, fix });

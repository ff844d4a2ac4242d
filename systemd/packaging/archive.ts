import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.js';
import { filesBelow } from './carried-modules.js';
import { runProgram } from './run-program.js';

export interface Archive {
  readonly tree: string;
  readonly machine: Architecture;
  readonly version: string;
  /** Name and address of who answers for the package. */
  readonly maintainer: string;
  /** Seconds since 1970: no file in the archive is newer. */
  readonly epoch: number;
  /** Folder of the maintainer scripts. */
  readonly scripts: string;
  readonly out: string;
  /** For a package that is only installed once, in a test. */
  readonly fast?: boolean;
}

/** Makes the `.deb` of a tree: the same bytes from the same tree. Returns its path. */
export function writeArchive({
  tree,
  machine,
  version,
  maintainer,
  epoch,
  scripts,
  out,
  fast = false,
}: Archive): string {
  const control = join(tree, 'DEBIAN');
  rmSync(control, { recursive: true, force: true });
  const files = filesBelow(tree).sort();
  mkdirSync(control);
  setModes(tree);
  const sums = files
    .filter((path) => !path.startsWith('etc/'))
    .map(
      (path) =>
        `${createHash('md5')
          .update(readFileSync(join(tree, path)))
          .digest('hex')}  ${path}\n`,
    );
  const kilobytes = files.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), 0);
  writeFileSync(join(control, 'control'), controlText(machine, version, maintainer, kilobytes));
  writeFileSync(join(control, 'md5sums'), sums.join(''));
  const configuration = files.filter((path) => path.startsWith('etc/')).map((path) => `/${path}\n`);
  writeFileSync(join(control, 'conffiles'), configuration.join(''));
  for (const name of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(scripts, name), join(control, name));
    chmodSync(join(control, name), 0o755);
  }
  mkdirSync(out, { recursive: true });
  const path = join(out, `axond_${version}_${machine.debian}.deb`);
  // One thread: blocks of several threads make other bytes than one.
  const compression = fast ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6', '--threads-max=1'];
  runProgram('dpkg-deb', ['--root-owner-group', ...compression, '--build', tree, path], {
    env: { SOURCE_DATE_EPOCH: String(epoch) },
  });
  return path;
}

function controlText({ debian }: Architecture, version: string, maintainer: string, kilobytes: number): string {
  return `Package: axond
Version: ${version}
Architecture: ${debian}
Maintainer: ${maintainer}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.36), libgcc-s1 (>= 12), libstdc++6 (>= 12)
Recommends: systemd, udev, libasound2t64 | libasound2
Suggests: mosquitto, gcc, libc6-dev
Section: science
Priority: optional
Description: edge runtime for brain-computer interfaces and robots
 Reads EEG amplifiers and event sensors, runs spiking networks and closed-loop
 logic on one core, drives stimulators through a safety gate, records everything
 in SQLite and reports over MQTT. Carries the Node.js that it runs on.
 .
 This is research software. It is not a medical device.
`;
}

function setModes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) setModes(join(folder, entry.name));
}

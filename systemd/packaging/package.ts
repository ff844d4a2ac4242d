import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { architectureOf, architectures } from './architecture.js';
import { writeArchive } from './archive.js';
import { maintainerOf } from './maintainer.js';
import { runProgram } from './run-program.js';
import { buildTree, writeVersion } from './tree.js';

/**
 * `npm run package`: makes the Debian packages of this checkout in `dist-package/`.
 *   npm run package -- --arch arm64      only that one
 */
const { values } = parseArgs({ options: { arch: { type: 'string', multiple: true } } });
const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = join(root, 'dist-package');
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const epoch = Number(
  process.env['SOURCE_DATE_EPOCH'] ?? runProgram('git', ['log', '-1', '--format=%ct'], { cwd: root }),
);

const maintainer = maintainerOf(process.env, () =>
  runProgram('git', ['log', '-1', '--format=%an <%ae>'], { cwd: root }),
);

for (const machine of values.arch?.map(architectureOf) ?? architectures) {
  const tree = join(out, `tree-${machine.debian}`);
  buildTree(root, tree, machine, join(out, 'cache'));
  writeVersion(tree, version, epoch, maintainer);
  const scripts = join(root, 'systemd/packaging/debian');
  const path = writeArchive({ tree, machine, version, maintainer, epoch, scripts, out });
  rmSync(join(tree, 'DEBIAN'), { recursive: true });
  process.stdout.write(`${path}: ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
}

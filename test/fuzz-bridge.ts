import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { made } from '../firmware-bridge/firmware/make.test.fixture.js';
import { golden } from '../firmware-bridge/protocol/golden.test.fixture.js';

/**
 * `npm run fuzz:bridge [EXECUTIONS]`: libFuzzer, with the sanitizers of clang, on the frame decoder and the bridge; an
 * observer in `ports/host/fuzz.c` says what the output may do. 10 million executions if nothing else is said. What fails
 * stays in a file that the last lines name.
 */
const executions = process.argv[2] ?? '10000000';
if (spawnSync('clang', ['--version'], { stdio: 'ignore' }).status !== 0)
  throw new Error('clang: there is none. Install it: sudo apt-get install clang libclang-rt-14-dev');
const folder = mkdtempSync(join(tmpdir(), 'axond-fuzz-bridge-'));
const corpus = join(folder, 'corpus');
mkdirSync(corpus);
// Step 0: so many bytes as they are.
for (const [n, { frame }] of golden.entries()) {
  writeFileSync(join(corpus, `golden-${n}`), Uint8Array.from([0, frame.length, ...frame]));
}
const { status } = spawnSync(
  made('build/fuzz-bridge'),
  [
    corpus,
    `-runs=${executions}`,
    '-max_len=200',
    '-print_final_stats=1',
    '-verbosity=1',
    `-artifact_prefix=${folder}/`,
  ],
  // Each input is a copy that AddressSanitizer keeps for a while after its end.
  { stdio: 'inherit', env: { ...process.env, ASAN_OPTIONS: 'quarantine_size_mb=16' } },
);
if (status === 0) rmSync(folder, { recursive: true });
process.exitCode = status === 0 ? 0 : 1;

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { made } from '../firmware-bridge/firmware/make.test.fixture.js';
import { golden } from '../firmware-bridge/protocol/golden.test.fixture.js';

/**
 * `npm run fuzz:bridge [EXECUTIONS]`: libFuzzer, with the sanitizers of clang, on the frame decoder (`ports/host/fuzz-frame.c`;
 * 10 million executions if nothing else is said), then a fiftieth as often on the whole bridge, where an observer says what
 * the output may do (`fuzz.c`). What fails stays in a file that the last lines name.
 */
const executions = Number(process.argv[2] ?? 10_000_000);
if (!(executions >= 50)) throw new Error(`${String(process.argv[2])}: give a number of executions from 50 on`);
if (spawnSync('clang', ['--version'], { stdio: 'ignore' }).status !== 0)
  throw new Error('clang: there is none. Install it: sudo apt-get install clang libclang-rt-14-dev');
const failed = [
  // How the bytes reach the line, as each of the two reads it: as they are; step 0, so many bytes as they are.
  fuzz('fuzz-frame', executions, (frame) => [0, ...frame]),
  fuzz('fuzz-bridge', Math.floor(executions / 50), (frame) => [0, frame.length, ...frame]),
].includes(false);
process.exitCode = failed ? 1 : 0;

function fuzz(target: string, runs: number, asInput: (frame: Uint8Array) => readonly number[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), `axond-${target}-`));
  const corpus = join(folder, 'corpus');
  mkdirSync(corpus);
  for (const [n, { frame }] of golden.entries())
    writeFileSync(join(corpus, `golden-${n}`), Uint8Array.from(asInput(frame)));
  process.stdout.write(`${target}: ${runs} executions\n`);
  const { status } = spawnSync(
    made(`build/${target}`),
    [corpus, `-runs=${runs}`, '-max_len=200', '-print_final_stats=1', '-verbosity=1', `-artifact_prefix=${folder}/`],
    // Each input is a copy that AddressSanitizer keeps for a while after its end.
    { stdio: 'inherit', env: { ...process.env, ASAN_OPTIONS: 'quarantine_size_mb=16' } },
  );
  if (status === 0) rmSync(folder, { recursive: true });
  return status === 0;
}

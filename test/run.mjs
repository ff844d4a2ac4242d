// What `npm test` calls: sees to what the machine lacks, builds, lints, checks import directions, runs all tests.
//   npm test                 everything
//   npm test -- gate ring    only test files whose path contains one of the words; no lint
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const words = process.argv.slice(2);
const has = (program) =>
  spawnSync('sh', ['-c', `command -v ${program} || ls /usr/sbin/${program}`], { stdio: 'ignore' }).status === 0;

installWhatIsMissing();
await step('build', 'tsc', []);
await step('build of the page', 'tsc', ['-p', 'runtime/link/dashboard/page']);
if (spawnSync('node', ['models/build-kernels.mjs'], { stdio: 'inherit' }).status !== 0) process.exit(1);
if (words.length === 0) {
  const directories = ['runtime', 'drivers', 'models', 'firmware-bridge'];
  // Each keeps one processor busy, the first as long as the other two together.
  await Promise.all([
    step('lint', 'eslint', ['.']),
    step('format', 'prettier', ['--check', '--log-level', 'warn', '.']).then(() =>
      step('import directions', 'depcruise', ['--output-type', 'err', ...directories]),
    ),
  ]);
}
const files = readdirSync('dist', { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .map((file) => join('dist', file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
const reporter = ['--test-reporter=./dist/test/reporter.js', '--test-reporter-destination=stdout'];
// Hot code is compiled where it runs, or a test of allocation depends on when a thread beside it finds a processor.
const engine = '--no-concurrent-recompilation';
// A test that hangs fails, and what it left behind ends with the run: a process that holds the output open would
// keep the caller waiting for ever.
// As many at a time as the processors of a small board: with one more, tests of real time failed by the load of others.
const limits = ['--test-timeout=600000', '--test-concurrency=2'];
const parameters = [engine, '--test', ...limits, ...reporter, ...files];
const tests = spawn('node', parameters, { stdio: 'inherit', detached: true });
const limit = setTimeout(() => {
  process.stdout.write('The tests did not end within 30 minutes: stopped\n0 passed, 1 failed\n');
  endTests();
  process.exit(1);
}, 1_800_000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    endTests();
    process.exit(1);
  });
}
tests.once('exit', (code) => {
  clearTimeout(limit);
  endTests();
  process.exitCode = code ?? 1;
});

function endTests() {
  try {
    process.kill(-tests.pid, 'SIGKILL');
  } catch {
    // Nothing was left of it.
  }
}

/** Ends the run when it fails. What it says is told in one piece: another may run beside it. */
async function step(name, program, parameters) {
  process.stdout.write(`${name} …\n`);
  const child = spawn(join('node_modules', '.bin', program), parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [status] = await once(child, 'close');
  process.stdout.write(said);
  if (status === 0) return;
  process.stdout.write(`${name} failed\n0 passed, 1 failed\n`);
  process.exit(status ?? 1);
}

/** Real peers of the tests. Without them their tests are skipped by name. */
function installWhatIsMissing() {
  const wanted = { mosquitto: 'mosquitto', openssl: 'openssl', age: 'age', cc: 'gcc' };
  const missing = Object.entries(wanted)
    .filter(([program]) => !has(program))
    .map(([, name]) => name);
  if (missing.length === 0) return;
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() === 0 && has('apt-get')) {
    process.stdout.write(`This machine lacks ${missing.join(', ')}: ${install}\n`);
    const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
    spawnSync('apt-get', ['update'], quiet);
    spawnSync('sh', ['-c', install], quiet);
  }
  for (const [program, name] of Object.entries(wanted)) {
    if (!has(program))
      process.stdout.write(`Without ${name} some tests are skipped. Install it: sudo apt-get install ${name}\n`);
  }
}

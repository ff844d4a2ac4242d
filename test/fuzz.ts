import { fuzzLoop } from './fuzzed-loop.js';

/** `npm run fuzz`: a million byte strings at an armed loop; the number of permits must be 0. */
const strings = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const started = performance.now();
const outcome = await fuzzLoop(strings, seed);
process.stdout.write(`${JSON.stringify({ seed, seconds: (performance.now() - started) / 1000, ...outcome })}\n`);
process.exitCode = outcome.permits === 0 ? 0 : 1;

import vm from 'node:vm';
import { Coverage, runSequence } from './sequences.js';
import { equivalent } from './equivalent.js';
import { mutantsOf } from './mutants.js';
import { gateOf, gateSource } from './source.js';

/**
 * npm run mutate:gate
 * Every small change of the gate's source, one at a time: the sequences must notice it, or `equivalent.ts` must say why
 * nobody can. Exits 1 where a change goes unnoticed, or where a proof is left of a change that is no more.
 */

/** How many sequences a change may survive before it counts as unnoticed. */
const mostSequences = 5_000;
const longestMs = 60_000;

if (sequencesUntilNoticed(gateSource) <= mostSequences) throw new Error('the gate as it is differs from the checker');

const mutants = mutantsOf(gateSource);
const proven = new Set<string>();
const survivors: string[] = [];
let killed = 0;
let slowest = 0;
for (const { name, line, source } of mutants) {
  const sequences = sequencesUntilNoticed(source);
  if (sequences <= mostSequences) {
    killed++;
    slowest = Math.max(slowest, sequences);
  } else if (name in equivalent) proven.add(name);
  else survivors.push(`gate.ts:${line} ${name}`);
}
const stale = Object.keys(equivalent).filter((name) => !proven.has(name));
for (const name of survivors) process.stdout.write(`unnoticed: ${name}\n`);
for (const name of stale) process.stdout.write(`equivalent.ts proves what is no mutant that survives: ${name}\n`);
process.stdout.write(
  `${mutants.length} mutants: ${killed} killed (the last one by sequence ${slowest}), ${proven.size} equivalent by proof, ` +
    `${survivors.length} unnoticed\n`,
);
if (survivors.length + stale.length > 0) process.exitCode = 1;

/** Above `mostSequences` if nobody noticed. A source that throws, or does not come to an end, is noticed. */
function sequencesUntilNoticed(source: string): number {
  const coverage = new Coverage();
  let sequence = 0;
  const run = (): void => {
    const gate = gateOf(source);
    while (++sequence <= mostSequences) if (runSequence(sequence, gate, coverage) !== '') return;
  };
  try {
    const context = globalThis as { runMutant?: () => void };
    context.runMutant = run;
    new vm.Script('runMutant()').runInThisContext({ timeout: longestMs });
  } catch {
    return Math.max(1, sequence);
  }
  return sequence;
}

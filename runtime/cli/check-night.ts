import { readFileSync } from 'node:fs';
import { endOfNightLog, markedCutOff, readNightLog, type NightLine } from '../study/night-log.js';
import { Night } from '../study/night.js';
import { Failure, print, printJson } from './output.js';

/** A head as it was given out. */
export interface GivenHead {
  /** Of the seal of a recording, or the line of a log; `nights.tsv` has the hash alone. */
  readonly number: number | undefined;
  readonly hash: string;
}

/** `axond check FILE.night`: the chain of a night's log (SAFETY.md R-42). */
export function checkNightLog(path: string, head: GivenHead | undefined, json: boolean): void {
  const log = readFileSync(path, 'utf8');
  const { lines, fault } = judge(log, head);
  const last = lines.at(-1);
  const warnings = markedCutOff(log).map(
    (line) => `line ${line} was cut off by a power failure, and marked so: what stood in it counts as nothing`,
  );
  if (fault !== undefined && !json) throw new Failure(`${path}: ${fault}`);
  const given = last && `${last.n}:${last.hash}`;
  if (json) {
    const faults = fault === undefined ? [] : [fault];
    printJson({ path, ok: fault === undefined, faults, warnings, lines: lines.length, head: given ?? null });
  } else {
    print(`${path}: ${lines.length} lines, ${stateOf(lines)}`, `head ${given}`);
    print(...warnings.map((warning) => `warning ${warning}`), 'ok      whole: every line continues the one before');
  }
  if (fault !== undefined) process.exitCode = 1;
}

function judge(log: string, head: GivenHead | undefined): { lines: readonly NightLine[]; fault?: string } {
  let lines: readonly NightLine[];
  try {
    lines = readNightLog(log);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { lines: [], fault: `${error.message}. ${restore}` };
  }
  const here = log.split('\n').length;
  if (endOfNightLog(log) !== '')
    return {
      lines,
      fault: `is cut off in line ${here}: by a power failure, or by somebody. ${restore} Without one, what stood in that line is lost, and the next line that axond writes marks it so.`,
    };
  if (lines.length === 0) return { lines, fault: `holds nothing: not even line 1. ${restore}` };
  const fault = head && judgeHead(lines, head);
  return fault === undefined ? { lines } : { lines, fault: `${fault} ${restore}` };
}

function judgeHead(lines: readonly NightLine[], { number: line, hash }: GivenHead): string | undefined {
  const since = 'since that head was given out';
  const count = lines.length;
  if (line === undefined)
    return lines.some((one) => one.hash === hash)
      ? undefined
      : `ends with line ${count}, and none has the hash ${hash}: ${since} it was changed or cut off, or it is another night's.`;
  const here = lines[line - 1]?.hash;
  if (here === undefined)
    return `ends with line ${count}, so that line ${line} is missing: ${since} its end was cut off, or it is another night's.`;
  return here === hash
    ? undefined
    : `has the hash ${here} in line ${line}, not ${hash}: ${since} it was changed, or it is another night's.`;
}

function stateOf(lines: readonly NightLine[]): string {
  const night = new Night(lines);
  return `${night.closed ? 'closed' : 'not closed'}${night.adverse ? ', held by an adverse event' : ''}`;
}

const restore = 'Keep it as it is, and restore it from a copy.';

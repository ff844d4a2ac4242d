import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * What is left of a participant who has withdrawn: `STUDY-CODE.withdrawn` in the folder of recordings, a line a
 * withdrawal. It says that something was deleted, and nothing of the person.
 */

const line = z.strictObject({
  study: z.string(),
  participant: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Who deleted, why, and as which user of the machine. */
  by: z.string(),
  reason: z.string(),
  user: z.string(),
  /** Of which there was a recording or a log. */
  nights: z.array(z.number()),
  deleted: z.array(z.strictObject({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  /** Copies that are known and were not in reach. */
  elsewhere: z.array(z.string()),
});
export type Withdrawal = z.output<typeof line>;

export function withdrawnPath(folder: string, study: string, participant: string): string {
  return join(folder, `${study}-${participant}${ending}`);
}

export function encodeWithdrawal(withdrawal: Withdrawal): string {
  return `${JSON.stringify(withdrawal)}\n`;
}

/**
 * Of a study, by participant, in the order in which they were noted. A file of which nothing can be read stays a
 * withdrawal, of whom its name says.
 */
export function readWithdrawals(folder: string, study: string): Withdrawal[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(ending));
  return files.sort().flatMap((name) => {
    const read = linesOf(join(folder, name));
    // A study's name may begin like another's: what a line says counts before the name of its file.
    if (read.length > 0) return read.filter((one) => one.study === study);
    if (!name.startsWith(`${study}-`)) return [];
    const participant = name.slice(study.length + 1, -ending.length);
    return [{ study, participant, at: '', by: '', reason: '', user: '', nights: [], deleted: [], elsewhere: [] }];
  });
}

/** In words, why nothing may be recorded under the code; undefined where nobody has withdrawn. A damaged file counts. */
export function barred(folder: string, study: string, participant: string): string | undefined {
  const path = withdrawnPath(folder, study, participant);
  if (!existsSync(path)) return undefined;
  const [first] = linesOf(path);
  const when = first ? ` on ${first.at.slice(0, 10)}` : '';
  return `study.participant: ${participant} has withdrawn from ${study}${when} (${path}). Nothing is recorded under that code any more. Use the code of another participant.`;
}

function linesOf(path: string): Withdrawal[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        const read = line.safeParse(JSON.parse(text));
        return read.success ? [read.data] : [];
      } catch {
        return [];
      }
    });
}

const ending = '.withdrawn';

import { lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const nobody = 65_534;

/** For tests that only root can do: why they are skipped, or false. */
export const skippedButForRoot = process.geteuid?.() === 0 ? false : 'only root gives files away';

/** The folder and its files become those of another user. */
export function giveAway(folder: string): void {
  for (const path of ['', ...readdirSync(folder)]) lchownSync(join(folder, path), nobody, nobody);
}

/** What in the folder is not theirs. */
export function notGivenAway(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const { uid, gid } = statSync(join(folder, name));
    return uid !== nobody || gid !== nobody;
  });
}

/** As the daemon's own user: root is refused nothing. The folder and its files become theirs. */
export async function asNobody<Result>(folder: string, act: () => Result | Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return await act();
  giveAway(folder);
  process.seteuid?.(nobody);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

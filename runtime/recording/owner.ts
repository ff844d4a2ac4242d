import { lchownSync, lstatSync, statSync } from 'node:fs';

/**
 * What root writes beside a recording, as with `sudo axond recording export`, goes to whom `like` belongs to: the daemon
 * is another user, and has to read it and write it on.
 */
export function giveToOwnerOf(like: string, path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  const now = lstatSync(path);
  if (now.uid === uid && now.gid === gid) return;
  // Of a link itself: whoever owns the folder must not be given what it points to.
  lchownSync(path, uid, gid);
}

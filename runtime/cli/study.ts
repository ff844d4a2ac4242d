import { randomBytes, randomInt } from 'node:crypto';
import { userInfo } from 'node:os';
import { Command } from 'commander';
import { AllocationError, drawRows, encodeAllocation, participantNames } from '../study/allocation.js';
import { writeSealed } from '../study/sealed-files.js';
import { unblind, unblindedPath, type Evidence } from '../study/unblind.js';
import { timeOption, wholeNumber } from './options.js';
import { Failure, UsageError, print, printJson } from './output.js';
import { studyExportCommand } from './study-export.js';
import { lockCommand, lockStatusCommand } from './study-lock.js';
import { studyWithdrawCommand } from './study-withdraw.js';

interface AllocateOptions {
  study: string;
  participants: number;
  nights: number;
  blocks: number;
  block?: number;
  out: string;
  json?: true;
}

interface UnblindOptions {
  participant: string;
  by: string;
  reason: string;
  allocation: string;
  recordings: string;
  sha256?: string;
  json?: true;
}

export function studyCommand(): Command {
  const allocate = new Command('allocate')
    .description('Draw who gets real and who gets sham stimulation, into one sealed file. Not on the bedside box')
    .requiredOption('--study <NAME>', 'name of the study, as study.name of the configuration')
    .requiredOption('--participants <N>', 'how many: P001, P002 and so on', wholeNumber)
    .requiredOption('--nights <N>', 'nights of each', wholeNumber)
    .option('--blocks <N>', 'blocks of each night, of one condition each', wholeNumber, 1)
    .option('--block <TIME>', 'how long a block lasts, for example 20m; with --blocks', timeOption)
    .requiredOption('--out <FILE>', 'the sealed file; never over another one')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond study allocate --study cue-night --participants 24 --nights 2 --out cue-night.sealed',
    )
    .action(allocateTo);
  const open = new Command('unblind')
    .description("Open one participant's conditions, on record: who, when and why is kept beside the sealed file")
    .requiredOption('--participant <NAME>', 'whose, for example P017')
    .requiredOption('--by <NAME>', 'who asks')
    .requiredOption('--reason <TEXT>', 'why')
    .requiredOption('--allocation <FILE>', 'the sealed file')
    .option('--recordings <PATH>', 'folder of recordings, or one, that the file is compared with', 'recordings')
    .option('--sha256 <HEX>', 'compare with the SHA-256 that was printed when the file was made, instead')
    .option('--json', 'one JSON object on the last line of stdout')
    .addHelpText(
      'after',
      '\nExample:  axond study unblind --participant P017 --by "A. Meyer" --reason "adverse event" --allocation cue-night.sealed',
    )
    .action(unblindOne);
  return new Command('study')
    .description('Allocate, lock, unblind and hand over a study')
    .addCommand(allocate)
    .addCommand(lockCommand())
    .addCommand(lockStatusCommand())
    .addCommand(open)
    .addCommand(studyExportCommand())
    .addCommand(studyWithdrawCommand());
}

async function allocateTo({
  study,
  participants: count,
  nights,
  blocks,
  block,
  out,
  json,
}: AllocateOptions): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(study)) {
    throw new UsageError(`--study ${study}: is no study name. Use up to 32 letters, digits, - and _.`);
  }
  if (count > mostRows || nights * blocks * count > mostRows) {
    throw new UsageError(`${count} × ${nights} × ${blocks}: is more than ${mostRows} rows. Allocate fewer.`);
  }
  if (blocks === 1 && block !== undefined) throw new UsageError('--block: is for --blocks of 2 or more. Take it out.');
  if (blocks > 1 && block === undefined) throw new UsageError('--block: is missing. Say how long each block lasts.');
  const participants = participantNames(count);
  const rows = drawRows({ participants, nights, blocks }, (n) => randomInt(n));
  const text = encodeAllocation({
    study,
    made: new Date().toISOString(),
    nonce: randomBytes(32).toString('hex'),
    participants,
    nights,
    blocks,
    blockSeconds: block ?? null,
    rows,
  });
  let sha256: string;
  try {
    sha256 = await writeSealed(out, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const detail = code === 'EEXIST' ? 'is there already. An allocation is drawn once; choose another --out' : message;
    throw new Failure(`${out}: ${detail}.`);
  }
  if (json) {
    printJson({ study, out, sha256, participants: count, nights, blocks, blockSeconds: block ?? null });
    return;
  }
  const unit = blocks === 1 ? `${nights} nights` : `${nights} nights of ${blocks} blocks`;
  print(
    `${out}: ${count} participants (${participants[0] ?? ''} to ${participants.at(-1) ?? ''}), ${unit}. Nobody has seen it.`,
    `SHA-256 ${sha256}`,
    'Write that down where everybody can see it. Copy the file to each box, owned by the user of axond, mode 400,',
    'and keep one where the study office can open it.',
  );
}

async function unblindOne({ recordings, sha256, json, ...asked }: UnblindOptions): Promise<void> {
  for (const [option, value] of [['--by', asked.by] as const, ['--reason', asked.reason] as const]) {
    if (value.trim() === '') throw new UsageError(`${option}: is empty. It goes on record.`);
  }
  const evidence: Evidence = sha256 === undefined ? { recordings } : { sha256 };
  const who = { ...asked, user: userInfo().username, at: new Date().toISOString() };
  try {
    const opened = await unblind(who, evidence);
    if (json) {
      printJson({ ...opened, participant: asked.participant, log: unblindedPath(asked.allocation) });
      return;
    }
    for (const file of opened.unreadable) process.stderr.write(`${file}: cannot be read, and was not compared.\n`);
    const of = opened.recordings.length;
    print(
      `${asked.participant} in ${opened.study}: unblinded for ${asked.by}; on record in ${unblindedPath(asked.allocation)}`,
      sha256 === undefined
        ? `the file is that of ${of} recording${of === 1 ? '' : 's'}`
        : 'the file is the one that was printed',
      ...opened.rows.map(({ night, block, condition }) => `night ${night}  block ${block}  ${condition}`),
    );
  } catch (error) {
    if (error instanceof AllocationError) throw new Failure(error.message);
    throw error;
  }
}

const mostRows = 100_000;

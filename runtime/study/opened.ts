import type { Condition, RunDescription } from '../contracts.js';
import { AllocationError, conditionsOf } from './allocation.js';
import { readBeside, readSealed } from './sealed-files.js';
import { nightKey, readUses, usesPath } from './uses.js';
import { unblindedPath } from './unblind.js';

/**
 * The condition of each stimulus of a night whose participant was unblinded, on record: who asks for it here looks at
 * what somebody has opened before, and opens nothing. Refuses with an `AllocationError` otherwise.
 */
export async function openedConditions(
  path: string,
  { study, bootId }: Pick<RunDescription, 'study' | 'bootId'>,
  recording: string,
): Promise<(atUs: number) => Condition> {
  if (!study) throw new AllocationError('the recording is not of a blinded study. Take --allocation out.');
  const { participant, night } = study;
  if (!(await wasOpened(path, study))) {
    throw new AllocationError(
      `${participant} in ${study.name} has not been unblinded. Whoever may do that: axond study unblind --participant ${participant}.`,
    );
  }
  const { allocation, sha256 } = await readSealed(path);
  if (sha256 !== study.sha256) {
    throw new AllocationError(`${path}: is not the file with which this night was recorded.`);
  }
  const conditions = conditionsOf(allocation, participant, night);
  const [only, ...more] = conditions;
  if (only === undefined) throw new AllocationError(`${path}: has no night ${night} of ${participant}.`);
  if (more.length === 0) return () => only;
  const use = readUses(await readBeside(usesPath(path))).get(nightKey(participant, night));
  // A night that a crash has cut has several runs. Each goes by its own line: another boot has another clock.
  const reached = use?.reached.findLast(({ run, position }) => run === recording && position.boot === bootId);
  if (!reached) {
    const said = use ? `only when those of ${use.run} did` : 'nothing of this night';
    throw new AllocationError(
      `${usesPath(path)}: must say when the blocks of ${recording} began, and says ${said}. Copy it from the box that recorded the night.`,
    );
  }
  const { block, blockUs } = reached.position;
  const length = (allocation.blockSeconds ?? Infinity) * 1e6;
  return (atUs) => {
    const condition = conditions[block - 1 + Math.floor((atUs - blockUs) / length)];
    if (condition) return condition;
    throw new AllocationError(`a stimulus at ${atUs} us lies outside the blocks of ${usesPath(path)}.`);
  };
}

/** Whether somebody has unblinded the participant, on record, with the sealed file of this night. */
export async function wasOpened(path: string, study: NonNullable<RunDescription['study']>): Promise<boolean> {
  const opened = parseLines(await readBeside(unblindedPath(path)));
  return opened.some(
    (line) => line.study === study.name && line.participant === study.participant && line.sha256 === study.sha256,
  );
}

interface Line {
  readonly study?: unknown;
  readonly participant?: unknown;
  readonly sha256?: unknown;
}

/** A line that was cut off opened nothing. */
function parseLines(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      const given: unknown = JSON.parse(line);
      return typeof given === 'object' && given !== null ? [given] : [];
    } catch {
      return [];
    }
  });
}

import type { ControlRequest } from './control-socket.js';
import { nightMarks, type NightMark } from '../study/night-log.js';
import type { NightRun } from './night-run.js';

/** Where a mark goes in a run that belongs to no night of a study. */
export interface MarkPorts {
  /** False if the loop takes no messages. */
  mark(text: string): boolean;
  disarm(): void;
  /** Brings the guardian to rest; rejects where none runs. */
  silence(): Promise<unknown>;
}

/**
 * What a text says that came by a button, or by a network where everybody may send: that can make a night safer, and opens
 * no window. Only a person by name clears.
 */
export function markSaid(text: string, isByNetwork: boolean): Exclude<NightMark, 'note'> | undefined {
  const mark = nightMarks.find((known) => known === text);
  return mark === 'note' || (isByNetwork && mark === 'lightsOff') ? undefined : mark;
}

/** What somebody marks; free text is a note. `isMarked`: the recording has it already. Returns why it was not followed. */
export async function answerMark(
  { mark, text, by = '', forSeconds }: ControlRequest & { verb: 'mark' },
  night: NightRun | undefined,
  ports: MarkPorts,
  isMarked = false,
): Promise<readonly string[]> {
  if (mark === undefined || mark === 'note') {
    if (text === '') return ['mark: says nothing. Give a text.'];
    if (!ports.mark(mark === undefined ? text : `note ${text}`)) return [deaf];
    await night?.append({ kind: 'mark', mark: 'note', text, by });
    return [];
  }
  if (mark === 'clear' && by === '') return ['clear: say who has seen to it: --by INITIALS.'];
  if (night) return night.say({ mark, text, by, forSeconds, isMarked });
  if (mark === 'clear') return ['clear: this run belongs to no night of a study, so that nothing holds it.'];
  if (mark === 'adverse' || mark === 'lightsOn') ports.disarm();
  if (mark === 'adverse') await ports.silence().catch(() => undefined);
  return ports.mark([mark, text, by].filter((word) => word !== '').join(' ')) ? [] : [deaf];
}

const deaf = 'the loop does not take messages; see axond status';

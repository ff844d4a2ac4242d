import { askControl, NoAnswer, type ControlRequest } from '../supervisor/control-socket.js';
import { Failure } from './output.js';
import { callForRest } from './rest-call.js';

/** Whether it is armed is not known. */
export class PerhapsArmed extends Failure {}

/**
 * What a run answers; rejects with its reasons. Where it answers nothing to `arm`, it may be armed all the same: then it is
 * disarmed, and where that is not answered either, it rejects with `PerhapsArmed`.
 */
export async function answerOf(control: string, request: ControlRequest): Promise<unknown> {
  try {
    const reply = await askControl(control, request);
    if (!reply.ok) throw new Failure(reply.reasons.join('\n'));
    return reply.value;
  } catch (error) {
    if (request.verb === 'arm' && error instanceof NoAnswer) throw await disarmed(control, error.message);
    throw error instanceof Failure ? error : new Failure(error instanceof Error ? error.message : String(error));
  }
}

/** What is to be said after an arming without an answer. */
async function disarmed(control: string, said: string): Promise<Failure> {
  await callForRest({ socket: control });
  try {
    await answerOf(control, { verb: 'disarm' });
    return new Failure(`${said} It was disarmed.`);
  } catch {
    return new PerhapsArmed(
      `${said} Nor to disarm: whether it is armed is not known. Bring it to rest: axond silence.`,
    );
  }
}

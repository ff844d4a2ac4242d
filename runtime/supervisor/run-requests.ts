import type { Logger } from 'pino';
import { silenceGuardian } from '../guardian/silence.js';
import { post } from '../loop/shared.js';
import type { AlarmWatch } from './alarm-watch.js';
import type { ControlAnswer, ControlRequest } from './control-socket.js';
import type { RunMemory } from './memory.js';
import { answerMark, markSaid, type MarkPorts } from './night-marks.js';
import type { NightRun } from './night-run.js';
import { limitsOf, type RunArming } from './run-arming.js';
import type { Status } from './status.js';

/** The parts of a run that are asked; those that are not there yet are undefined. */
export interface RequestedParts {
  readonly memory: RunMemory;
  readonly arming: RunArming;
  readonly silenceSocket: string;
  readonly log: Logger;
  night(): NightRun | undefined;
  alarms(): AlarmWatch | undefined;
  status(): Status;
  /** False if the loop takes no messages. */
  mark(text: string): boolean;
  stop(): void;
}

/** What a run answers to its control socket, to its link and to a button at the bed. */
export class RunRequests {
  readonly #run: RequestedParts;
  /** The night is there, where there is to be one. The socket is served before. */
  readonly #begun: Promise<void>;
  #begins: () => void = () => undefined;
  #fails: (error: Error) => void = () => undefined;

  constructor(run: RequestedParts) {
    this.#run = run;
    this.#begun = new Promise((resolve, reject) => {
      this.#begins = resolve;
      this.#fails = reject;
    });
    this.#begun.catch(() => undefined);
  }

  /** What is said of the night can be written from now on. */
  begin(): void {
    this.#begins();
  }

  /** Where it has not begun, nobody is to believe that what they said was written. */
  end(): void {
    this.#fails(new Error('this run ended before it wrote anything: say it again when the next one answers.'));
  }

  /** `isThere`: whoever asks still waits for the answer. */
  async answer(
    request: ControlRequest,
    from: 'request' | 'remote',
    isThere: () => boolean = () => true,
  ): Promise<ControlAnswer> {
    const { memory, arming } = this.#run;
    const night = this.#run.night();
    switch (request.verb) {
      case 'status':
        return this.#refusable([]);
      case 'arm': {
        const reasons = await arming.arm(request, isThere);
        return this.#refusable(reasons.map((reason) => `not armed: ${reason}`));
      }
      case 'disarm':
        night?.disarming(from);
        return this.#taken(arming.disarm(from));
      case 'lower': {
        const { perMinute = NaN, perHour = NaN, perNight = NaN, intervalUs = NaN, gainDb = NaN } = request;
        night?.lowered(limitsOf(request));
        return this.#taken(post(memory.requests, 'lower', perMinute, perHour, perNight, intervalUs, gainDb));
      }
      case 'mark':
        if (!night) await this.#beforeNight(request);
        return this.#refusable(await answerMark(request, this.#run.night(), this.#markPorts));
      case 'step': {
        const { step, result, detail, measures } = request;
        await this.#begun;
        const begun = this.#run.night();
        if (!begun) return { ok: false, reasons: ['this run belongs to no night of a study.'] };
        const measured = measures === undefined ? {} : { measures };
        await begun.append({ kind: 'step', step, result, detail, ...measured });
        return this.#refusable([]);
      }
      case 'acknowledge': {
        const refused = this.#run.alarms()?.acknowledge(request.alarm, request.by, Date.now()) ?? 'starting';
        return this.#refusable(refused === '' ? [] : [refused]);
      }
      case 'place':
        return {
          ok: false,
          reasons: ['this run recognises no places. Start one that does: axond run --preset place.'],
        };
      case 'stop':
        this.#run.stop();
        return { ok: true, value: 'stopping' };
    }
  }

  /** A button at the bed says what `axond mark` says; its mark comes by itself. False where it says nothing of the night. */
  follow(text: string, isByNetwork: boolean): boolean {
    const { log } = this.#run;
    const mark = markSaid(text, isByNetwork);
    if (mark === undefined) return false;
    const ports = { ...this.#markPorts, mark: () => true };
    void answerMark({ verb: 'mark', mark, text: '' }, this.#run.night(), ports, true).then(
      (reasons) => reasons.forEach((reason) => log.warn(reason)),
      (error: unknown) => log.error(String(error)),
    );
    return true;
  }

  /** Acts at once; what it says of the night waits for its log, so that an adverse event holds it (SAFETY.md R-50). */
  async #beforeNight({ mark }: ControlRequest & { verb: 'mark' }): Promise<void> {
    const ports = this.#markPorts;
    if (mark === 'adverse' || mark === 'lightsOn') ports.disarm();
    // Not after the guardian's answer, which may not come.
    if (mark === 'adverse') void ports.silence().catch(() => undefined);
    await this.#begun;
  }

  get #markPorts(): MarkPorts {
    const { arming, silenceSocket } = this.#run;
    return {
      mark: (text) => this.#run.mark(text),
      disarm: () => void arming.disarm('request'),
      silence: () => silenceGuardian(silenceSocket),
    };
  }

  #refusable(reasons: readonly string[]): ControlAnswer {
    return reasons.length > 0 ? { ok: false, reasons: [...reasons] } : { ok: true, value: this.#run.status() };
  }

  #taken(taken: boolean): ControlAnswer {
    return this.#refusable(taken ? [] : ['the loop does not take messages; see axond status']);
  }
}

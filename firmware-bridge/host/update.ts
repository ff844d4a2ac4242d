import { messages, phases, protocolVersion, updateResults } from '../protocol/description.js';
import { FrameReader, FrameWriter } from '../protocol/frame.js';
import {
  blank,
  DeviceMessageDecoder,
  type DeviceMessage,
  type HostMessage,
  type Open,
  type Welcome,
} from '../protocol/messages.js';
import type { SignedImage } from './image-file.js';

/** What an update is said through: a port, or a port that is emulated, with time of its own. */
export interface UpdateLine {
  write(bytes: Uint8Array): void;
  /** What has arrived since the last call. */
  read(): Uint8Array;
  pass(us: number): void | Promise<void>;
}

export interface Updated {
  readonly from: number;
  readonly to: number;
  readonly bank: number;
}

/**
 * Puts the image for the bank that does not run onto the device, starts it, and confirms it once it has answered. Needs no
 * beats: everything is at rest. `tell` hears how many bytes are there.
 * @throws Error with the reason and the fix; the image that ran before then runs again, or still does.
 */
export async function updateFirmware(
  line: UpdateLine,
  images: readonly SignedImage[],
  tell: (sent: number, of: number) => void = () => undefined,
): Promise<Updated> {
  const device = new Device(line);
  let before = await device.open();
  if (before.trial !== 0) before = await device.restart(before); // an update that nobody finished: back to what was
  const image = images.find(({ bank }) => bank !== before.bank);
  if (!image)
    throw new Error(`the file has no image for bank ${1 - before.bank}, which is free: sign one for each bank`);
  await device.put(image, before, tell);
  const after = await device.restart(before);
  if (after.firmware !== image.version || after.bank !== image.bank) {
    throw new Error(
      `version ${image.version} did not start, and the device went back to version ${after.firmware}: see to the image`,
    );
  }
  await device.step({ ...blank.confirm(), session: after.session }, image);
  return { from: before.firmware, to: after.firmware, bank: after.bank };
}

type Kinds = { [M in DeviceMessage as M['kind']]: M };
type Result = (typeof updateResults)[number];

class Device {
  readonly #line: UpdateLine;
  readonly #writer = new FrameWriter();
  readonly #reader = new FrameReader<DeviceMessage>(new DeviceMessageDecoder());
  readonly #heard: DeviceMessage[] = [];
  #nonce = 0;
  #offset = 0;

  constructor(line: UpdateLine) {
    this.#line = line;
  }

  /** Who is there, once it has a session. */
  async open(tries = 5): Promise<Welcome> {
    for (let left = tries; left > 0; left--) {
      const nonce = ++this.#nonce;
      this.#send({ ...blank.hello(), protocol: protocolVersion, nonce });
      const welcome = await this.#hear('welcome', (message) => message.nonce === nonce, answerUs);
      if (!welcome) continue;
      const { session } = welcome;
      if (session === 0) {
        throw new Error(
          `the device speaks version ${welcome.protocol} of the protocol and axond version ${protocolVersion}: ` +
            'use the axond that its firmware came with for this update',
        );
      }
      this.#send({ ...blank.open(), ...tightest(welcome), session });
      const isOpen = (state: Kinds['state']): boolean =>
        state.session === session && phases[state.phase] !== 'silent' && state.amplitude === 0;
      if (await this.#hear('state', isOpen, answerUs)) return welcome;
    }
    throw new Error('the device does not answer: is it powered, is this its port, and does no other program use it?');
  }

  async put(image: SignedImage, { session }: Welcome, tell: (sent: number, of: number) => void): Promise<void> {
    const { version, signature } = image;
    const { length } = image.image;
    const begin: HostMessage = { ...blank.updateBegin(), session, version, length };
    for (let tries = 3; ; tries--) {
      let wanted = await this.step(begin, image);
      for (let idle = 0; wanted < length && idle < 5;) {
        const at = wanted;
        const count = Math.min(chunkLength, length - at);
        const bytes = new Uint8Array(chunkLength);
        bytes.set(image.image.subarray(at, at + count));
        wanted = await this.step({ ...blank.updateChunk(), session, offset: at, count, bytes }, image);
        idle = wanted > at ? 0 : idle + 1;
        tell(wanted, length);
      }
      const ended = await this.#exchange({ ...blank.updateEnd(), session, signature });
      if (ended === 'taken') return;
      // Silence may have been a loss on either way, and then only a new beginning is sure.
      if (ended !== undefined || tries === 1) throw new Error(explain(ended, image));
    }
  }

  /** Until it answers from another boot: the word to start anew may be lost, too. */
  async restart({ boot, session }: Welcome): Promise<Welcome> {
    for (let tries = 3; tries > 0; tries--) {
      this.#send({ ...blank.reset(), session });
      const welcome = await this.open(restartTries);
      if (welcome.boot !== boot) return welcome;
      ({ session } = welcome);
    }
    throw new Error('the device does not start anew: switch it off and on, and look which version answers');
  }

  /** Says it until it is answered; returns which byte the device wants next. Throws what it refuses. */
  async step(message: HostMessage, image: SignedImage): Promise<number> {
    for (let tries = 3; tries > 0; tries--) {
      const result = await this.#exchange(message);
      if (result === undefined) continue;
      // Out of order: it was said twice, and `offset` tells where the device is.
      if (result === 'taken' || (result === 'out-of-order' && message.kind === 'updateChunk')) return this.#offset;
      throw new Error(explain(result, image));
    }
    throw new Error(explain(undefined, image));
  }

  /** The device's word on one step; undefined: it said none in time. */
  async #exchange(message: HostMessage): Promise<Result | undefined> {
    const code = messages[message.kind].code;
    this.#send(message);
    const answer = await this.#hear(
      'updated',
      ({ step }) => step === code,
      message.kind === 'updateChunk' ? answerUs : slowUs,
    );
    if (!answer) return undefined;
    this.#offset = answer.offset;
    return updateResults[answer.result];
  }

  async #hear<K extends keyof Kinds>(
    kind: K,
    fits: (message: Kinds[K]) => boolean,
    withinUs: number,
  ): Promise<Kinds[K] | undefined> {
    for (let waitedUs = 0; waitedUs < withinUs; waitedUs += pollUs) {
      for (const byte of this.#line.read()) {
        const message = this.#reader.take(byte);
        if (message) this.#heard.push({ ...message });
      }
      for (let message = this.#heard.shift(); message; message = this.#heard.shift()) {
        if (isOf(kind, message) && fits(message)) return message;
      }
      await this.#line.pass(pollUs);
    }
    return undefined;
  }

  #send(message: HostMessage): void {
    this.#writer.write(message);
    this.#line.write(this.#writer.bytes.subarray(0, this.#writer.length));
  }
}

function isOf<K extends keyof Kinds>(kind: K, message: DeviceMessage): message is Kinds[K] {
  return message.kind === kind;
}

/** A session in which nothing can fire for long, strongly or often. */
function tightest({ beatTimeoutUs }: Welcome): Omit<Open, 'kind' | 'session'> {
  return {
    beatTimeoutUs,
    amplitudeLimit: 0,
    durationLimitUs: 0,
    chargeLimit: 0,
    intervalLimitUs: 0xffffffff,
    perMinuteLimit: 0,
    dutyLimit: 0,
    samplePeriodUs: 0,
    analogueInputs: 0,
  };
}

function explain(result: Result | undefined, { version, bank }: SignedImage): string {
  const why = {
    taken: 'it was taken',
    'no-session': 'another program has opened a session: end it and try again',
    'not-at-rest': 'its output is not at rest: try again when it is',
    'too-large': `the image for bank ${bank} is larger than the bank`,
    'out-of-order': 'parts of the image were lost on the line: try again',
    older: `version ${version} is not above the one that runs: sign it with a higher version`,
    damaged: 'the image arrived damaged: try again',
    signature: 'the device does not know the key that signed it: sign with the key that its firmware was made for',
    flash: 'its flash took no more: try again, and if that does not help the flash is worn out',
    'no-update': 'the device has started anew meanwhile: try again',
    'on-trial': 'the image that runs is not confirmed: reset the device and try again',
  } as const satisfies Record<Result, string>;
  const reason =
    result === undefined ? 'the device has stopped answering: see to the line, and try again' : why[result];
  return `version ${version} is not on the device, and what ran before still runs: ${reason}`;
}

const chunkLength = 128;
const pollUs = 1000;
/** A step that only writes is answered within this, or was lost; erasing and checking a signature may take this long. */
const answerUs = 300e3;
const slowUs = 5e6;
const restartTries = 40;

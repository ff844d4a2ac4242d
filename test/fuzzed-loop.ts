import { CytonBoard } from '../drivers/cyton/board.js';
import { createCytonSession } from '../drivers/cyton/session.js';
import { blockCapacity, buildLoop } from '../runtime/loop/build.js';
import { createRecordList } from '../runtime/loop/loop.js';
import type { LoopPlan } from '../runtime/loop/plan.js';
import { createSampleBlock } from '../runtime/loop/sample-block.js';
import { openingMessages } from '../runtime/replay/simulated-guardian.js';

/** What came of byte strings thrown at an armed loop. */
export interface FuzzOutcome {
  strings: number;
  bytes: number;
  frames: number;
  permits: number;
  requests: number;
}

/**
 * Throws random and corrupted byte strings at the decoder of an armed loop, in the time in which a port of 115,200 baud
 * would bring them. The policy wants to fire at the slightest step, so that only the gate stands between noise and a
 * stimulus. Some strings hold real frames, well formed and in order, as random bytes may.
 */
export async function fuzzLoop(strings: number, seed: number): Promise<FuzzOutcome> {
  const session = createCytonSession({ daisy: false, rate: 250, gain: 24, electrodes: { C3: 1 }, off: [] });
  const loop = await buildLoop(triggerHappy, session.info);
  const block = createSampleBlock(session.info.channels.length, blockCapacity);
  const messages = createRecordList(64);
  const random = xorshift(seed);
  const outcome: FuzzOutcome = { strings: 0, bytes: 0, frames: 0, permits: 0, requests: 0 };
  openingMessages(messages, true);
  let nowUs = 1e6;
  let counter = 0;
  session.open(nowUs);
  startUp();
  const bytes = new Uint8Array(256);
  for (; outcome.strings < strings; outcome.strings++) {
    const length = fill(bytes, random, () => counter++ & 255);
    nowUs += (length * 10 * 1e6) / 115200;
    session.push(bytes, length, nowUs, block);
    session.outgoingLength = 0;
    step();
    while (session.pending) {
      session.push(bytes, 0, nowUs, block);
      step();
    }
    outcome.bytes += length;
  }
  return outcome;

  /** The dialogue with a good board: only then are bytes taken for frames. */
  function startUp(): void {
    const board = new CytonBoard({ daisy: false, rate: 250 });
    while (session.state !== 'streaming') {
      nowUs += 10_000;
      const asked = Buffer.from(session.outgoing.subarray(0, session.outgoingLength)).toString('latin1');
      session.outgoingLength = 0;
      const answer = board.receive(asked, nowUs);
      session.push(answer, answer.length, nowUs, block);
    }
    session.outgoingLength = 0;
  }

  function step(): void {
    loop.cycle(nowUs, block, messages);
    messages.length = 0;
    outcome.frames += block.frames;
    outcome.permits += loop.commandCount;
    outcome.requests += loop.requestsMade;
  }
}

/** One of: noise; a frame; a frame with flipped bits; a frame cut short; noise around a frame; text of the dongle. */
function fill(bytes: Uint8Array, random: () => number, next: () => number): number {
  const kind = random() % 6;
  let length = 0;
  const noise = (count: number): void => {
    for (let i = 0; i < count; i++) bytes[length++] = random();
  };
  const frame = (): void => {
    bytes[length++] = 0xa0;
    bytes[length++] = next();
    noise(30);
    bytes[length++] = 0xc0;
  };
  if (kind === 0) noise(1 + (random() % 200));
  else if (kind === 4) {
    noise(random() % 40);
    frame();
    noise(random() % 40);
  } else if (kind === 5) {
    for (const character of 'Failure: Communications timeout - Device failed to poll Host$$$') {
      bytes[length++] = character.charCodeAt(0);
    }
  } else {
    frame();
    if (kind === 2)
      for (let flips = 1 + (random() % 4); flips > 0; flips--) bytes[random() % length]! ^= 1 << (random() % 8);
    if (kind === 3) length = 1 + (random() % 33);
  }
  return length;
}

function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const triggerHappy: LoopPlan = {
  signals: [{ name: 'raw', from: { derivation: 'C3' }, stages: [] }],
  detectors: [{ name: 'step', signal: 0, plan: { use: 'threshold', level: 1 } }],
  stimulation: {
    policy: { use: 'immediate', after: 0, delaySeconds: 0, refractorySeconds: 0, expiresUs: 1e6 },
    durationsUs: [1000],
    limits: { intervalUs: 0, perMinute: 1e6, perHour: 1e6, perNight: 1e6 },
    require: [],
  },
  trace: 0,
};

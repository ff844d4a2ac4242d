import { closeCard, openCard } from '../../drivers/audio/alsa.js';
import { cautiousDbfs } from '../../drivers/audio/level.js';
import type { LoadedRun } from './configuration.js';
import { UsageError } from './output.js';

/** `axond demo --audio`: a short sound in place of the actuator that stimulates nobody. */

/** Settings of the demo's configuration. Throws where there is no card to play on, before anything starts. */
export function soundSettings(sets: readonly string[]): string[] {
  const key = 'actuators.headphones.card=';
  const named = sets.findLast((set) => set.startsWith(key))?.slice(key.length);
  const card = firstThatOpens(named === undefined ? ['default', 'plughw:0'] : [named]);
  return [
    'actuators.light=',
    `actuators.headphones={ use: audio, card: ${JSON.stringify(card)} }`,
    'stimulus.duration=',
    `stimulus={ actuator: headphones, sound: pink-50ms, level: ${cautiousDbfs}dBFS }`,
  ];
}

function firstThatOpens(cards: readonly string[]): string {
  const faults: string[] = [];
  for (const card of cards) {
    try {
      closeCard(openCard(card, 48_000, 128));
      return card;
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new UsageError(`--audio: ${faults.at(-1) ?? ''}`);
}

/** Whatever was set besides: the demo plays no louder. */
export function refuseLoudDemo({ plan }: LoadedRun): void {
  const actuator = plan.actuator?.plan;
  if (actuator?.use !== 'audio' || actuator.levelDbfs <= cautiousDbfs) return;
  throw new UsageError(
    `--audio: ${actuator.levelDbfs} dBFS is louder than a demo may be. Use ${cautiousDbfs}dBFS or less.`,
  );
}

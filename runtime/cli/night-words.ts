import type { NightStep } from '../study/night-log.js';

/** What the evening at the bedside calls its steps, and what it asks people to do. */

export const names: Readonly<Record<NightStep, string>> = {
  participant: 'participant',
  impedance: 'impedance',
  eyes: 'eyes closed',
  blink: 'blinks',
  jaw: 'jaw',
  sound: 'sound',
  power: 'power',
  disk: 'disk',
  clock: 'clock',
};

export const asked = {
  impedance: 'Electrodes on? Their impedance is measured; the test current is off again before anything can stimulate.',
  open: 'Eyes open: look at one point and sit still, for ten seconds.',
  eyes: 'Now close the eyes and relax, for ten seconds.',
  blink: 'Blink firmly, again and again, for six seconds.',
  jaw: 'Clench the jaw, for six seconds.',
} as const;

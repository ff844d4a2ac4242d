import { z } from 'zod';
import { phaseTargetDefaults } from '../detect/phase/phase-target.js';
import { slowOscillationDefaults } from '../detect/phase/slow-oscillation.js';
import { signal, type Entry } from './detector-entry.js';
import { quantity } from './values.js';

/** Detectors of slow oscillations; a part of `detectors.ts`. */

export const phaseTarget = z
  .strictObject({
    use: z.literal('phase-target'),
    signal,
    target: quantity(
      'angle',
      '-30deg',
      'Phase: 0deg is the positive peak, 180deg the trough, -90deg the rise through 0.',
      {
        atLeast: '-180deg',
        atMost: '180deg',
      },
    ).prefault(`${phaseTargetDefaults.targetDegrees}deg`),
    ahead: quantity(
      'time',
      '20ms',
      'Confirmed this long before the target: as long as the stimulus takes on its way.',
      {
        atLeast: '0s',
        atMost: '250ms',
      },
    ).prefault(`${phaseTargetDefaults.aheadSeconds}s`),
    trough: quantity('voltage', '40uV', 'Least depth of the wave below zero, in the band of 0.5-2 Hz.', {
      atLeast: '1uV',
      atMost: '1mV',
    }).prefault(`${phaseTargetDefaults.trough}uV`),
  })
  .meta({ title: 'a phase of each slow oscillation; the signal must be in uV' })
  .transform(({ signal, target, ahead, ...rest }): Entry => ({
    signal,
    plan: { ...rest, targetDegrees: target, aheadSeconds: ahead },
  }));

export const slowOscillation = z
  .strictObject({
    use: z.literal('slow-oscillation'),
    signal,
    trough: quantity('voltage', '40uV', 'Least depth of the trough below zero, in the band of 0.5-2 Hz.', {
      atLeast: '1uV',
      atMost: '1mV',
    }).prefault(`${slowOscillationDefaults.trough}uV`),
    peakToPeak: quantity('voltage', '75uV', 'Least rise from the trough to the peak after it; at least the trough.', {
      atLeast: '1uV',
      atMost: '2mV',
    }).prefault(`${slowOscillationDefaults.peakToPeak}uV`),
  })
  .meta({ title: 'slow oscillations, and the phase of the wave of now; the signal must be in uV' })
  .transform(({ signal, ...plan }): Entry => ({ signal, plan }));

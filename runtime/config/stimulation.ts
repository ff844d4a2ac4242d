import { z } from 'zod';
import { count, partName, quantity, userModule } from './values.js';

/** `policy`, `stimulus` and `gate`: when to stimulate, with what, and the limits of it. All three or none. */

const after = partName.meta({ description: 'Detector whose detections are answered.', examples: ['spindle'] });
const refractory = quantity('time', '2s', 'No request within this time of the last stimulus that was permitted.', {
  atLeast: '0s',
  atMost: '1h',
}).prefault('2s');
const expires = quantity('time', '100ms', 'A request that could not be served this long after it was due is void.', {
  atLeast: '1ms',
  atMost: '1s',
}).prefault('100ms');

export const policy = z
  .union([
    z
      .strictObject({ use: z.literal('immediate'), after, refractory, expires })
      .meta({ title: 'stimulate as soon as a detection is confirmed' }),
    z
      .strictObject({
        use: z.literal('delayed'),
        after,
        delay: quantity('time', '0.5s', 'From the confirmation of a detection to its stimulus.', {
          atLeast: '0s',
          atMost: '60s',
        }),
        refractory,
        expires,
      })
      .meta({ title: 'stimulate a fixed time after the confirmation' }),
    userModule('a Policy', './my-policy.mjs'),
  ])
  .meta({ description: 'When to stimulate.' });

export const stimulus = z
  .strictObject({
    actuator: partName.meta({ description: 'Name of an actuator of this configuration.', examples: ['light'] }),
    duration: quantity('time', '50ms', 'How long one stimulus lasts; the hard limit of the actuator kind is above it.', {
      atLeast: '1ms',
      atMost: '10s',
    }),
  })
  .meta({ description: 'With what to stimulate.' });

const perNight = 'Most stimuli in any 24 hours.';
export const gate = z
  .strictObject({
    interval: quantity('time', '1.5s', 'Least time from the start of one stimulus to the next.', { atLeast: '0s' }),
    perMinute: count(6, 'Most stimuli in any 60 seconds.', 0, 1e6),
    perHour: count(120, 'Most stimuli in any hour.', 0, 1e6),
    perNight: count(600, perNight, 0, 1e6),
  })
  .meta({ description: 'Limits that every stimulus must keep; the hard limits of the actuator kind are above them.' });

import { z } from 'zod';
import type { StudyPlan } from '../contracts.js';
import { path, text } from './values.js';

/** `study`: whose night it is, where real and sham stimulation are blinded. */
export const study = z
  .strictObject({
    name: text('a study name', studyName(), 'cue-night', 'Name of the study, as its allocation was made for.'),
    participant: text('a participant', studyName(), 'P017', 'Who sleeps.').meta({ flag: '--participant' }),
    night: z.int().min(1).meta({ description: 'Which of their nights, from 1.', example: 2, flag: '--night' }),
    allocation: path(
      '/etc/axond/cue-night.sealed',
      'The sealed file that `axond study allocate` made. Only the guardian reads it.',
    ),
    continue: z
      .boolean()
      .meta({
        description: 'Go on with a night that another recording has begun, here or on another box.',
      })
      .prefault(false),
    fromBlock: z
      .int()
      .min(1)
      .meta({
        description: 'With continue, on a box that has not seen the beginning: the block that the night had reached.',
        example: 3,
      })
      .exactOptional(),
  })
  .meta({ description: 'A blinded study: real or sham by a sealed file. Without it every stimulus is real.' })
  .transform((plan): StudyPlan => plan);

function studyName(): RegExp {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
}

import { z } from 'zod';
import type { StudyPlan } from '../contracts.js';
import { objection, path, quantity, text } from './values.js';

const rearm = z
  .union([
    z.literal('never'),
    z.strictObject({
      within: quantity('time', '2m', 'How long after it ended.', { atLeast: '1s', atMost: '10m' }),
      times: z.int().min(1).max(10).meta({ description: 'How often in one night.', example: 3 }),
    }),
  ])
  .meta({
    description: 'Whether a night that was armed may be armed again by itself after its run has ended and begun anew.',
    example: '{ within: 2m, times: 3 }',
  })
  .prefault('never');

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
    codes: z
      .string()
      .min(1)
      .max(100)
      .refine(isPattern, {
        error: objection({ rule: 'is no regular expression', fix: "Write for example codes: 'P\\d{3}'." }),
      })
      .meta({
        description: 'What every participant of the study is called: a regular expression for the whole code.',
        example: "'P\\d{3}'",
      })
      .exactOptional(),
    rearm,
  })
  .superRefine(({ participant, codes }, context) => {
    if (codes === undefined || !isPattern(codes) || wholePattern(codes).test(participant)) return;
    const message = objection({
      rule: `is no participant of this study: its codes are ${codes}`,
      fix: 'Correct --participant.',
    });
    context.addIssue({ code: 'custom', path: ['participant'], message });
  })
  .meta({ description: 'A blinded study: real or sham by a sealed file. Without it every stimulus is real.' })
  .transform(({ rearm, ...plan }): StudyPlan => {
    return rearm === 'never'
      ? plan
      : { ...plan, rearm: { withinUs: Math.round(rearm.within * 1e6), times: rearm.times } };
  });

function wholePattern(codes: string): RegExp {
  return new RegExp(`^(?:${codes})$`, 'u');
}

function isPattern(codes: string): boolean {
  try {
    wholePattern(codes);
    return true;
  } catch {
    return false;
  }
}

function studyName(): RegExp {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
}

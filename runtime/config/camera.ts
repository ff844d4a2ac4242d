import { z } from 'zod';
import { objection, quantity } from './values.js';

/** `source: { use: camera }`: a program that writes raw frames to its standard output. */

export interface CameraPlan {
  readonly use: 'camera';
  readonly command: readonly [string, ...string[]];
  readonly width: number;
  readonly height: number;
  readonly pixels: 'grey' | 'yuv420' | 'yuyv';
  readonly stride?: number;
  readonly exposure?: 'rpicam';
  /** Frames a second at most, for the size of the recording. */
  readonly rate: number;
  readonly crop?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Path of a picture. */
  readonly mask?: string;
  readonly rotation: 0 | 90 | 180 | 270;
  readonly gamma: boolean;
}

const side = (example: number, description: string) => z.int().min(1).max(4096).meta({ description, example });
const offset = z.int().min(0).max(4095).meta({ description: 'In pixels of the frame.', example: 0 });

export const camera = z
  .strictObject({
    use: z.literal('camera'),
    command: z.array(z.string().min(1)).min(1).meta({
      description:
        'Program and arguments that write raw frames to standard output, without end: rpicam-vid, ffmpeg, or axond emulate camera.',
      example: '[rpicam-vid, -t, "0", --codec, yuv420, --width, "640", --height, "480", -o, "-"]',
    }),
    width: side(640, 'Pixels a row of the frames that it writes.'),
    height: side(480, 'Rows of the frames that it writes.'),
    pixels: z
      .enum(['grey', 'yuv420', 'yuyv'])
      .meta({ description: 'How it writes them; only the brightness is kept.' })
      .prefault('grey'),
    stride: z
      .int()
      .min(1)
      .meta({ description: 'Bytes from one row to the next, where the program pads rows.', example: 704 })
      .exactOptional(),
    exposure: z
      .literal('rpicam')
      .meta({
        description:
          'The program writes behind each frame when it was exposed: rpicam-vid with --metadata - --metadata-format txt.',
        example: 'rpicam',
      })
      .exactOptional(),
    rate: quantity('frequency', '30Hz', 'Frames a second at most, which the recording needs room for.', {
      atLeast: '0.1Hz',
      atMost: '1kHz',
    }).prefault('30Hz'),
    crop: z
      .strictObject({
        x: offset,
        y: offset,
        width: side(600, 'In pixels of the frame.'),
        height: side(400, 'In pixels of the frame.'),
      })
      .meta({ description: 'What of the frame is looked at. Without it: all.' })
      .exactOptional(),
    mask: z
      .string()
      .min(1)
      .meta({
        description:
          'PNG or JPEG as large as a frame: what is black in it, such as the robot itself, is not looked at.',
        example: 'mask.png',
      })
      .exactOptional(),
    rotation: z
      .literal([0, 90, 180, 270])
      .meta({
        description: 'Degrees clockwise by which the picture is turned: 180 for a camera that hangs upside down.',
      })
      .prefault(0),
    gamma: z.boolean().meta({ description: 'Make each picture half bright before it is compared.' }).prefault(false),
  })
  .meta({ title: 'a camera behind a program that writes raw frames' })
  .superRefine(({ width, height, pixels, crop }, context) => {
    const refuse = (at: string[], rule: string, fix: string): void =>
      context.addIssue({ code: 'custom', path: at, message: objection({ rule, fix }) });
    if (pixels !== 'grey' && width % 2 !== 0)
      refuse(['width'], `is odd, which ${pixels} cannot be`, 'Use an even width.');
    if (pixels === 'yuv420' && height % 2 !== 0)
      refuse(['height'], 'is odd, which yuv420 cannot be', 'Use an even height.');
    if (crop && (crop.x + crop.width > width || crop.y + crop.height > height))
      refuse(['crop'], `is not within a frame of ${width}x${height}`, 'Use pixels inside it.');
  })
  .transform(({ command, ...plan }): CameraPlan => {
    const [program = '', ...parameters] = command;
    return { ...plan, command: [program, ...parameters] };
  });

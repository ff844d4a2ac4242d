import type { CameraOptions } from '../../drivers/camera/source.js';
import type { EdvsOptions } from '../../drivers/edvs/source.js';
import type { FrameRule } from '../../drivers/events/count-frames.js';
import type { EventFileOptions } from '../../drivers/events/event-file.js';
import type { SocketAddress } from '../../drivers/socket-stream.js';
import type { FrameOptions } from '../../models/place/frame-preparation.js';
import type { MapKind } from '../../models/place/map-format.js';
import type { MapSize } from '../contracts.js';

/** Where the pictures of a run come from: plain values. */
export type PictureOptions =
  | (CameraOptions &
      Pick<FrameOptions, 'crop'> &
      Required<Pick<FrameOptions, 'rotation' | 'gamma'>> & {
        readonly use: 'camera';
        /** Path of a picture. */
        readonly mask?: string;
      })
  | EventOptions
  | (Pick<EdvsOptions, 'port' | 'baud' | 'timestamps' | 'firmware' | 'columnFirst'> &
      Windows & { readonly use: 'edvs' });

export interface EventOptions extends EventFileOptions, Windows {
  readonly use: 'events';
  readonly from:
    | { readonly command: readonly [string, ...string[]] }
    | { readonly socket: SocketAddress }
    /** A named pipe too. */
    | { readonly file: string };
}

export interface Windows extends FrameRule {
  readonly window: { readonly durationUs: number };
  /** Path of the file that keeps the hot pixels; made where there is none. */
  readonly hotPixels?: string;
}

/** What a map is of that is learned from this source. Its size is that of the frames that are compared, and recorded. */
export function kindOf(source: PictureOptions, size: MapSize): MapKind {
  if (source.use === 'camera') return { method: 'axond-place', sensor: 'grey', height: 32, width: 64, size };
  const { rows: height, columns: width, window } = source;
  return { method: 'axond-place', sensor: 'events', height, width, size, windowUs: window.durationUs };
}

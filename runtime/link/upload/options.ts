import { z } from 'zod';

/** `device.upload`, as the link process gets it. Paths are absolute. */
export const uploadOptions = z.strictObject({
  /** `https://HOST/BUCKET` */
  bucket: z.string(),
  region: z.string(),
  keyIdFile: z.string(),
  secretFile: z.string(),
  whileArmed: z.boolean(),
});
export type UploadOptions = z.infer<typeof uploadOptions>;

/** For the upload thread. */
export interface UploadWork {
  readonly options: UploadOptions;
  /** The one that is being written. */
  readonly recording: string;
  readonly node: string;
  /** Word 0 is 1 while it may go on. */
  readonly go: SharedArrayBuffer;
}

/** From the upload thread: what is not as it should be, the empty string if all is; or the address of a copy. */
export type UploadReport = { readonly problem: string } | { readonly uploaded: string };

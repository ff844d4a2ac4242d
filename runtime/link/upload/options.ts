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

/** What becomes of recordings that are over. */
export interface UploadPlan {
  /** Absent: they stay here. */
  readonly upload?: UploadOptions;
  /** Recipients of age; empty: they stay plain. */
  readonly recipients: readonly string[];
}

/** For the upload thread. */
export interface UploadWork extends UploadPlan {
  /** The one that is being written, or was last. */
  readonly recording: string;
  readonly node: string;
  /** Word 0 is 1 while it may go on. */
  readonly go: SharedArrayBuffer;
}

/**
 * From the upload thread: what is not as it should be, the empty string if all is; the address of a copy; or the name of a
 * recording that is encrypted now.
 */
export type UploadReport =
  { readonly problem: string } | { readonly uploaded: string } | { readonly encrypted: string };

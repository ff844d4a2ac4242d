import { keyId, secret } from '../../runtime/link/upload/bucket.test.fixture.js';
import { openStore } from '../../runtime/link/upload/object-store.js';
import { uploadRecording } from '../../runtime/link/upload/recording-upload.js';

/** Small parts, so that there are many moments in which the power may fail. */
const partBytes = 64 * 1024;

/** Brings a recording to an emulated bucket, or goes on where somebody was interrupted. */
export async function uploadOnce(file: string, key: string, bucket: string): Promise<void> {
  const store = openStore({ url: bucket, region: 'eu-central-1', keyId, secret });
  await uploadRecording({ file, key, bucket, partBytes }, store, () => Promise.resolve());
}

const [, main, file, key, bucket] = process.argv;
if (main?.endsWith('one-upload.js') && file !== undefined && key !== undefined && bucket !== undefined)
  await uploadOnce(file, key, bucket);

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { UploadReport } from './options.js';
import { Uploads } from './uploads.js';

/** Stands for the upload thread: tells its recording, and dies of a message. */
const mortal = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.postMessage({ uploaded: workerData.recording });
    parentPort.on('message', (text) => { throw new Error(text); });
  `)}`,
);

test('an upload thread that dies is told, and begun anew with the recording that is written then', async (t) => {
  const told: UploadReport[] = [];
  const heard = new EventTarget();
  const reported = (): Promise<unknown> => once(heard, 'report', { signal: t.signal });
  const uploads = new Uploads(
    { recipients: [] },
    { recording: 'first.db', node: 'bed-1' },
    (report) => {
      told.push(report);
      heard.dispatchEvent(new Event('report'));
    },
    { thread: mortal, againMs: 1 },
  );
  t.after(() => uploads.close());
  await reported();
  uploads.follow('second.db');
  await reported();
  await reported();
  assert.deepEqual(told, [{ uploaded: 'first.db' }, { problem: 'second.db' }, { uploaded: 'second.db' }]);
});

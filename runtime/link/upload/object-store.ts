import { S3ServiceError, S3mini, type UploadPart } from 's3mini';

/** Where a bucket is, and who may write into it. */
export interface Bucket {
  /** `https://HOST/BUCKET` */
  readonly url: string;
  readonly region: string;
  readonly keyId: string;
  readonly secret: string;
}

export type Part = UploadPart;

/** A bucket of any service that speaks the S3 protocol. What it refuses is a `StoreRefusal`. */
export interface ObjectStore {
  begin(key: string): Promise<string>;
  part(key: string, upload: string, number: number, bytes: Uint8Array): Promise<Part>;
  complete(key: string, upload: string, parts: readonly Part[]): Promise<void>;
  /** Bytes `from` up to `end`. */
  read(key: string, from: number, end: number): Promise<Uint8Array>;
}

/** The store answered, and said no. */
export class StoreRefusal extends Error {
  /** As the S3 protocol names it, such as `NoSuchUpload`. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

export function openStore({ url, region, keyId, secret }: Bucket): ObjectStore {
  const service = new S3mini({
    accessKeyId: keyId,
    secretAccessKey: secret,
    endpoint: url,
    region,
    requestAbortTimeout: requestMs,
  });
  const asked = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof S3ServiceError)) throw error;
      const code = error.serviceCode ?? String(error.status);
      throw new StoreRefusal(`${url}: ${code}. ${fixes[code] ?? error.message}`, code);
    }
  };
  return {
    begin: (key) => asked(() => service.getMultipartUploadId(key)),
    part: (key, upload, number, bytes) => asked(() => service.uploadPart(key, upload, Buffer.from(bytes), number)),
    complete: async (key, upload, parts) => {
      await asked(() => service.completeMultipartUpload(key, upload, [...parts]));
    },
    read: (key, from, end) =>
      asked(async () => {
        const answer = await service.getObjectRaw(key, false, from, end);
        return new Uint8Array(await answer.arrayBuffer());
      }),
  };
}

const fixes: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'Correct the key in device.upload.keyIdFile.',
  SignatureDoesNotMatch: 'Correct the secret in device.upload.secretFile, or device.upload.region.',
  AccessDenied: 'Allow this key to write and read objects of the bucket.',
  NoSuchBucket: 'Make the bucket, or correct device.upload.url.',
  RequestTimeTooSkewed: 'Set the clock of this machine.',
};
const requestMs = 300_000;

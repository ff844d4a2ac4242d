import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A bucket on this machine: the requests of the S3 protocol that an upload in parts and reading back need, by the bytes
 * that its API reference documents, with signatures of version 4 judged anew by that document's formulas. An emulator: no
 * S3 server is to be had from the package sources. It can break in the ways that matter.
 */
export class EmulatedBucket {
  readonly #server: Server;
  readonly objects = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Map<number, Buffer>>();
  /** `PUT 2` for part two, and so on, in their order. */
  readonly asked: string[] = [];
  /** Called with every request; true ends the connection without an answer. */
  dies: (asked: string) => boolean = () => false;
  /** The next completion is done, and nobody hears of it. */
  losesCompletion = false;
  /** Answers come after this. */
  holds: Promise<void> = Promise.resolve();
  /** Changes a byte of what is kept. */
  corrupts = false;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(t: Pick<TestContext, 'after'>): Promise<EmulatedBucket> {
    const bucket = new EmulatedBucket();
    bucket.#server.listen(0, '127.0.0.1');
    await once(bucket.#server, 'listening');
    t.after(() => {
      bucket.#server.close();
      bucket.#server.closeAllConnections();
    });
    return bucket;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/nights`;
  }

  /** As a bucket does with uploads that nobody has completed for days. */
  forgetUploads(): void {
    this.#uploads.clear();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const url = new URL(request.url ?? '', 'http://bucket');
    const key = url.pathname.replace('/nights/', '');
    const part = url.searchParams.get('partNumber');
    const asked = `${request.method ?? ''}${part === null ? '' : ` ${part}`}`;
    if (this.dies(asked)) {
      request.socket.destroy();
      return;
    }
    this.asked.push(asked);
    await this.holds;
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    };
    const objection = objectionTo(request, url, body);
    if (objection !== '') refuse(403, objection);
    else if (request.method === 'POST' && url.searchParams.has('uploads')) {
      const id = `upload-${this.asked.length}`;
      this.#uploads.set(id, new Map());
      response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    } else if (request.method === 'GET') this.#give(request, response, key, refuse);
    else {
      const upload = this.#uploads.get(url.searchParams.get('uploadId') ?? '');
      if (!upload) refuse(404, 'NoSuchUpload');
      else if (part !== null) {
        upload.set(Number(part), body);
        response.setHeader('etag', `"${createHash('md5').update(body).digest('hex')}"`);
        response.end();
      } else this.#complete(url, upload, key, body.toString(), response, refuse);
    }
  }

  #complete(
    url: URL,
    upload: Map<number, Buffer>,
    key: string,
    list: string,
    response: ServerResponse,
    refuse: (status: number, code: string) => void,
  ): void {
    const named = [...list.matchAll(/<PartNumber>(\d+)<\/PartNumber>\s*<ETag>(?:"|&quot;)?([0-9a-f]{32})/g)];
    const parts = named.map(([, number, etag]) => ({ bytes: upload.get(Number(number)), etag }));
    const fits = parts.every(({ bytes, etag }) => bytes && createHash('md5').update(bytes).digest('hex') === etag);
    if (!fits || parts.length !== upload.size) {
      refuse(400, 'InvalidPart');
      return;
    }
    const whole = Buffer.concat(parts.flatMap(({ bytes }) => (bytes ? [bytes] : [])));
    const middle = whole.length >> 1;
    if (this.corrupts) whole.writeUInt8(whole.readUInt8(middle) ^ 1, middle);
    this.objects.set(key, whole);
    this.#uploads.delete(url.searchParams.get('uploadId') ?? '');
    if (this.losesCompletion) {
      this.losesCompletion = false;
      response.destroy();
      return;
    }
    response.end(`<CompleteMultipartUploadResult><Key>${key}</Key><ETag>"e-1"</ETag></CompleteMultipartUploadResult>`);
  }

  #give(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    refuse: (status: number, code: string) => void,
  ): void {
    const object = this.objects.get(key);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (!object) refuse(404, 'NoSuchKey');
    else if (!range) response.end(object);
    else {
      const [from, last] = [Number(range[1]), Math.min(Number(range[2]), object.length - 1)];
      response.writeHead(206, { 'content-range': `bytes ${from}-${last}/${object.length}` });
      response.end(object.subarray(from, last + 1));
    }
  }
}

export const keyId = 'AKIAIOSFODNN7EXAMPLE';
export const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

/** Signature version 4: why it does not hold, or the empty string. */
function objectionTo({ method, headers }: IncomingMessage, url: URL, body: Buffer): string {
  const given = /Credential=([^/]+)\/(\S+?),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)/.exec(
    headers.authorization ?? '',
  );
  if (!given) return 'AccessDenied';
  const [, who, scope = '', signed = '', signature] = given;
  if (who !== keyId) return 'InvalidAccessKeyId';
  const hash = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const encoded = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const content = String(headers['x-amz-content-sha256']);
  if (content !== 'UNSIGNED-PAYLOAD' && content !== hash(body)) return 'XAmzContentSHA256Mismatch';
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url.pathname, query, lines.join(''), signed, content].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, hash(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((sofar, part) => mac(sofar, part), `AWS4${secret}`);
  return mac(key, toSign).toString('hex') === signature ? '' : 'SignatureDoesNotMatch';
}

import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import S3rver from 's3rver';

/** One request as the server received it. */
export interface S3Request {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

/**
 * Function that answers a request instead of the server, or holds it. It returns false to pass the request to the
 * server.
 */
export type S3Fault = (request: S3Request, response: ServerResponse) => boolean | Promise<boolean>;

/** An S3-compatible server on loopback. */
export interface S3Server {
  readonly bucket: string;
  /** Every request so far, for example `PUT /bucket/key`. */
  readonly requests: readonly S3Request[];
  /** Called for every request. */
  fault: S3Fault | undefined;
  /** Builds a client for the server. The client does not retry, unless the options say so. */
  client(config?: S3ClientConfig): S3Client;
  /** Gives the keys of the objects in the bucket. */
  keys(): string[];
  /** Gives the files of uploads that are neither completed nor aborted. */
  leftParts(): string[];
  /** Deletes these files. */
  removeParts(): Promise<void>;
  close(): Promise<void>;
}

const BUCKET = 'results';
const KEY_PAIR = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const OBJECT = '._S3rver_object';
const UPLOADS = '._S3rver_uploads';

/** Starts the server with one empty bucket. */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 's3-server-'));
  const s3 = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory },
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = await s3.run();
  const requests: S3Request[] = [];
  const filesIn = () => readdirSync(join(directory, BUCKET), { recursive: true, encoding: 'utf8' });
  const server: S3Server = {
    ...{ bucket: BUCKET, requests, fault: undefined },
    client: (config) =>
      new S3Client({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: KEY_PAIR,
        maxAttempts: 1,
        ...config,
      }),
    keys: () =>
      filesIn()
        .filter((name) => name.endsWith(OBJECT))
        .map((name) => name.slice(0, -OBJECT.length)),
    leftParts: () => filesIn().filter((name) => name.startsWith(`${UPLOADS}/`) && !name.endsWith('.md5')),
    async removeParts() {
      await rm(join(directory, BUCKET, UPLOADS), { recursive: true });
      await mkdir(join(directory, BUCKET, UPLOADS));
    },
    async close() {
      const closed = s3.close();
      listener.closeAllConnections();
      await closed;
      await rm(directory, { recursive: true });
    },
  };
  const listener = (s3 as unknown as { readonly httpServer: Server }).httpServer;
  const natural = s3.callback();
  listener.removeAllListeners('request');
  listener.on('request', (message: IncomingMessage, response: ServerResponse) => {
    const request = { method: message.method ?? '', url: message.url ?? '' };
    requests.push(request);
    void (async () => {
      const isAnswered = (await server.fault?.(request, response)) ?? false;
      if (isAnswered) return;
      const upload = request.method === 'DELETE' ? /[?&]uploadId=(\w+)/.exec(request.url)?.[1] : undefined;
      if (upload === undefined) return natural(message, response);
      // s3rver lacks one call that the store needs: AbortMultipartUpload.
      await rm(join(directory, BUCKET, UPLOADS, upload), { recursive: true });
      response.writeHead(204).end();
    })();
  });
  return server;
}

/** Builds a fault: an error answer of S3. */
export function s3Error(status: number, code: string, times = Number.POSITIVE_INFINITY): S3Fault {
  let left = times;
  return (_request, response) => {
    if (left-- <= 0) return false;
    response.writeHead(status, { 'content-type': 'application/xml', connection: 'close' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as asked</Message></Error>`);
    return true;
  };
}

/**
 * `temporal-extend-parse/s3`, for workers and readers that keep results in S3: needs `@aws-sdk/client-s3` and
 * `@aws-sdk/lib-storage`. An entry of its own, so that nobody else needs them.
 *
 * @packageDocumentation
 */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type AbortMultipartUploadCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { checkObjectName, StoreRefusedError, type ResultStore } from './result-store';

/** Settings of {@link createS3Store}. */
export interface S3StoreOptions {
  /** Client of `@aws-sdk/client-s3`, with its region, credentials and, for compatible stores, endpoint. It stays yours. */
  readonly client: S3Client;
  /** Bucket that exists already. */
  readonly bucket: string;
  /** Put before each object's name, without a slash at the end. @default none */
  readonly prefix?: string;
}

/** Size of one part of an upload; S3 takes 10,000 of them, so an object may have 80 GB. In bytes. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
/** Answers of the 400s that another attempt may mend: a slow connection, a new token, an upload that somebody ended. */
const RETRIED_ERRORS: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'ExpiredToken',
  'OperationAborted',
  'NoSuchUpload',
]);

/**
 * Keeps results in S3 or a compatible store: `s3://bucket/prefix/name`. Objects are sent in parts as they arrive; one
 * whose content breaks off is given up, and leaves nothing.
 *
 * An answer of the 400s is final, unless it is one that passes, as 408 and 429 do; everything else is tried again.
 */
export function createS3Store({ client, bucket, prefix }: S3StoreOptions): ResultStore {
  const start = prefix === undefined || prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
  const keyOf = (uri: unknown): string => {
    if (typeof uri === 'string' && uri.startsWith(`s3://${bucket}/${start}`))
      return uri.slice(`s3://${bucket}/`.length);
    throw new StoreRefusedError(`uri must begin with 's3://${bucket}/${start}', got '${String(uri)}'`);
  };
  return {
    write: (name, content, { signal } = {}) =>
      refusing(async () => {
        checkObjectName(name);
        signal?.throwIfAborted();
        await uploadWhole({ client, bucket, key: `${start}${name}`, content, signal });
        return `s3://${bucket}/${start}${name}`;
      }),
    read: (uri, { signal } = {}) =>
      refusing(async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(uri) }), {
          ...(signal && { abortSignal: signal }),
        });
        if (Body === undefined) throw new Error(`${uri} came without a body`);
        return Body as unknown as AsyncIterable<Uint8Array>;
      }),
    delete: (uri, { signal } = {}) =>
      refusing(async () => {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(uri) }), {
          ...(signal && { abortSignal: signal }),
        });
      }),
  };
}

interface UploadRequest {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal | undefined;
}

/** Sends all of the content, or leaves nothing. */
async function uploadWhole({ client, bucket, key, content, signal }: UploadRequest): Promise<void> {
  const body = Readable.from(content);
  // Whoever reads the body gets its errors; while nobody does, they are no reason to end the process.
  body.on('error', () => undefined);
  const upload = new Upload({
    client,
    params: { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
    leavePartsOnError: true,
  });
  // The upload's own `abort` does not wait for the parts that are under way: they would stay.
  const abort = () => body.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort);
  try {
    await upload.done();
  } catch (error) {
    await giveUp(client, { Bucket: bucket, Key: key, UploadId: upload.uploadId });
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    body.destroy();
  }
}

/** Deletes the parts of an upload. What went wrong before is what is told: that this failed too must not hide it. */
async function giveUp(client: S3Client, upload: AbortMultipartUploadCommandInput): Promise<void> {
  if (upload.UploadId === undefined) return;
  await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
}

async function refusing<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name?: string };
    const status = $metadata?.httpStatusCode ?? 0;
    const passes = status === 408 || status === 429 || RETRIED_ERRORS.has(name ?? '');
    if (status < 400 || status >= 500 || passes) throw error;
    throw new StoreRefusedError(`the S3 store answered ${status} ${name ?? ''}`.trim(), { cause: error });
  }
}

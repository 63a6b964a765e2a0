/**
 * `temporal-extend-parse/s3`, for workers and readers that keep results in S3. Requires `@aws-sdk/client-s3` and
 * `@aws-sdk/lib-storage`. It is a separate entry, so that other users do not need these packages.
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
import { defined } from '../json';
import { checkObjectName, StoreRefusedError, type ResultStore } from './result-store';

/** Settings of {@link createS3Store}. */
export interface S3StoreOptions {
  /**
   * Client of `@aws-sdk/client-s3`, with its region, its credentials and, for compatible stores, its endpoint. You
   * close it.
   */
  readonly client: S3Client;
  /** Bucket that exists already. */
  readonly bucket: string;
  /** Prefix of each object's name, without a slash at the end. @default none */
  readonly prefix?: string;
}

/** Size of one part of an upload, in bytes. S3 accepts 10,000 parts, so an object can have 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
/**
 * Error answers with a 4xx status that may not recur: a slow connection, an expired token, an upload that another
 * writer ended.
 */
const RETRIED_ERRORS: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'ExpiredToken',
  'OperationAborted',
  'NoSuchUpload',
]);

/**
 * Builds a result store that keeps results in S3 or a compatible store, with URIs `s3://bucket/prefix/name`. It sends
 * an object in parts as the content arrives. If the content breaks off, it aborts the upload and leaves nothing.
 *
 * A 4xx answer is final, except for 408, 429 and a few errors that may not recur. Every other failure is tried again.
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
      withFinalErrors(async () => {
        checkObjectName(name);
        signal?.throwIfAborted();
        await uploadWhole({ client, bucket, key: `${start}${name}`, content, signal });
        return `s3://${bucket}/${start}${name}`;
      }),
    read: (uri, { signal } = {}) =>
      withFinalErrors(async () => {
        const command = new GetObjectCommand({ Bucket: bucket, Key: keyOf(uri) });
        const { Body } = await client.send(command, defined({ abortSignal: signal }));
        if (Body === undefined) throw new Error(`the answer for ${uri} has no body`);
        return Body as unknown as AsyncIterable<Uint8Array>;
      }),
    delete: (uri, { signal } = {}) =>
      withFinalErrors(async () => {
        const command = new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(uri) });
        await client.send(command, defined({ abortSignal: signal }));
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

/** Uploads the whole content, or leaves nothing. */
async function uploadWhole({ client, bucket, key, content, signal }: UploadRequest): Promise<void> {
  const body = Readable.from(content);
  // Without this listener an error of the content could end the process. `upload.done()` reports the error.
  body.on('error', () => undefined);
  const upload = new Upload({
    client,
    params: { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
    leavePartsOnError: true,
  });
  // The `abort` of `Upload` does not wait for the parts in flight, so these parts would stay in the bucket.
  const abort = () => body.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort);
  try {
    await upload.done();
  } catch (error) {
    await abortUpload(client, { Bucket: bucket, Key: key, UploadId: upload.uploadId });
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    body.destroy();
  }
}

/**
 * Deletes the parts of an upload. It ignores a failure of the deletion, so that the caller reports the failure of the
 * upload.
 */
async function abortUpload(client: S3Client, upload: AbortMultipartUploadCommandInput): Promise<void> {
  if (upload.UploadId === undefined) return;
  await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
}

/** Runs an action, and turns an error answer that would recur into a {@link StoreRefusedError}. */
async function withFinalErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name?: string };
    const status = $metadata?.httpStatusCode ?? 0;
    const mayPass = status === 408 || status === 429 || RETRIED_ERRORS.has(name ?? '');
    if (status < 400 || status >= 500 || mayPass) throw error;
    // Without the permission to list the bucket, S3 denies access to an object that does not exist.
    const isUnknown = name === 'AccessDenied' || name === 'Forbidden';
    const told = isUnknown ? {} : { isMissing: status === 404 };
    throw new StoreRefusedError(`the S3 store answered ${status} ${name ?? ''}`.trim(), { cause: error, ...told });
  }
}

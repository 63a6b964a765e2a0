import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { createParseActivities } from '../../activities';
import { ParseClient } from '../../client';
import { readStoredChunks, StoreRefusedError } from '../../storage';
import { createS3Store } from '../../storage/s3-store';
import { truncatedReply } from '../../testing';
import { failureOf as activityFailureOf, runActivity } from '../activities/run-activity';
import { failureOf, Scene } from '../workflows/scene';
import { startBoundedServer } from './bounded-server';
import { s3Error, startS3Server, type S3Server } from './start-s3-server';

let server: S3Server;
const clients: S3Client[] = [];
beforeAll(async () => {
  server = await startS3Server();
});
afterEach(() => {
  server.fault = undefined;
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

const clientWith = (config?: S3ClientConfig) => {
  const client = server.client(config);
  clients.push(client);
  return client;
};
const storeWith = (options: { prefix?: string; bucket?: string; config?: S3ClientConfig } = {}) => {
  const { config, bucket = server.bucket, ...others } = options;
  return createS3Store({ client: clientWith(config), bucket, ...others });
};

async function* partsOf(bytes: number, end?: Error): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes; at += 65_536) yield Buffer.alloc(Math.min(65_536, bytes - at), `${at % 7}`);
  if (end) throw end;
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of content) hash.update(part);
  return hash.digest('hex');
}

const MB = 1_000_000;

describe('writing', () => {
  it.each([
    [0, 0],
    [1, 0],
    [100_000, 0],
    [8 * 1024 * 1024, 0],
    [20 * MB, 3],
  ])(
    'keeps %d bytes unchanged, and sends an object that is larger than one part in several parts: %d',
    async (bytes, parts) => {
      const store = storeWith();
      const from = server.requests.length;
      const uri = await store.write(`sized/${bytes}.json`, partsOf(bytes));
      expect(uri).toBe(`s3://results/sized/${bytes}.json`);
      expect(await hashOf(await store.read(uri))).toBe(await hashOf(partsOf(bytes)));
      const puts = server.requests.slice(from).filter(({ url }) => url.includes('partNumber='));
      expect(puts).toHaveLength(parts);
      expect(server.leftParts()).toEqual([]);
    },
  );

  it.each([
    ['a/b', 's3://results/a/b/x.json', 'a/b/x.json'],
    ['a/b/', 's3://results/a/b/x.json', 'a/b/x.json'],
    ['', 's3://results/x.json', 'x.json'],
  ])('puts the prefix %j before the name', async (prefix, uri, key) => {
    expect(await storeWith({ prefix }).write('x.json', partsOf(3))).toBe(uri);
    expect(server.keys()).toContain(key);
  });

  it('replaces an object that exists already', async () => {
    const store = storeWith();
    const uri = await store.write('again.json', partsOf(9 * MB));
    await store.write('again.json', partsOf(10));
    expect(await hashOf(await store.read(uri))).toBe(await hashOf(partsOf(10)));
  });

  it.each([1, 20 * MB])('leaves nothing if the content breaks off after %d bytes', async (bytes) => {
    const broken = new Error('cut off');
    await expect(storeWith().write('broken.json', partsOf(bytes, broken))).rejects.toBe(broken);
    expect(server.keys()).not.toContain('broken.json');
    expect(server.leftParts()).toEqual([]);
  });

  it('leaves nothing if it is aborted in the middle', async () => {
    const controller = new AbortController();
    let isClosed = false;
    async function* content() {
      try {
        yield* partsOf(17 * MB);
        controller.abort(new Error('cancelled'));
        yield* partsOf(20 * MB);
      } finally {
        isClosed = true;
      }
    }
    const writing = storeWith().write('aborted.json', content(), { signal: controller.signal });
    await expect(writing).rejects.toThrow('cancelled');
    expect(server.leftParts()).toEqual([]);
    expect(server.keys()).not.toContain('aborted.json');
    expect(isClosed).toBe(true);
    const signal = AbortSignal.abort(new Error('before'));
    await expect(storeWith().write('aborted.json', partsOf(1), { signal })).rejects.toThrow('before');
  });

  it('closes its content if the server fails', async () => {
    server.fault = (request, response) =>
      request.url.includes('partNumber=2') && s3Error(503, 'SlowDown')(request, response);
    let isClosed = false;
    async function* content() {
      try {
        yield* partsOf(60 * MB);
      } finally {
        isClosed = true;
      }
    }
    await expect(storeWith().write('failed.json', content())).rejects.toThrow('as asked');
    expect(server.leftParts()).toEqual([]);
    expect([isClosed, server.keys().includes('failed.json')]).toEqual([true, false]);
  });

  it('reports the failure, also if the parts cannot be deleted', async () => {
    const broken = new Error('cut off');
    server.fault = (request, response) =>
      request.method === 'DELETE' && s3Error(403, 'AccessDenied')(request, response);
    await expect(storeWith().write('broken.json', partsOf(20 * MB, broken))).rejects.toBe(broken);
    expect(server.leftParts()).not.toEqual([]);
    await server.removeParts();
  });

  it('is refused if the bucket does not exist', async () => {
    const writing = storeWith({ bucket: 'missing' }).write('x.json', partsOf(1));
    const error: unknown = await writing.catch((refused: unknown) => refused);
    expect(error).toBeInstanceOf(StoreRefusedError);
    expect(String(error)).toBe('StoreRefusedError: the S3 store answered 404 NoSuchBucket');
  });

  it.each([
    [403, 'AccessDenied', true],
    [400, 'InvalidRequest', true],
    [400, 'RequestTimeout', false],
    [400, 'ExpiredToken', false],
    [408, 'RequestTimeout', false],
    [409, 'OperationAborted', false],
    [429, 'TooManyRequests', false],
    [500, 'InternalError', false],
    [503, 'SlowDown', false],
  ])('that is answered with %d %s is a final refusal: %s', async (status, code, isFinal) => {
    server.fault = s3Error(status, code);
    const error: unknown = await storeWith()
      .write('x.json', partsOf(1))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof StoreRefusedError).toBe(isFinal);
  });

  it("survives failures that the client's own retries fix", async () => {
    server.fault = s3Error(503, 'SlowDown', 2);
    const store = storeWith({ config: { maxAttempts: 3 } });
    expect(await store.write('retried.json', partsOf(10))).toBe('s3://results/retried.json');
  });

  it('is refused under a name that leads out of the prefix', async () => {
    await expect(storeWith().write('../x.json', partsOf(1))).rejects.toThrow(StoreRefusedError);
  });
});

describe('reading', () => {
  it.each([
    ['of no object', 's3://results/in/none.json'],
    ['of another prefix', 's3://results/other/x.json'],
    ['of another bucket', 's3://other/in/x.json'],
    ['of a bucket whose name begins alike', 's3://results2/in/x.json'],
    ['of another store', 'file:///in/x.json'],
  ])('refuses a URI %s', async (_title, uri) => {
    await expect(storeWith({ prefix: 'in' }).read(uri)).rejects.toThrow(StoreRefusedError);
  });

  it('may stop early', async () => {
    const store = storeWith();
    const uri = await store.write('early.json', partsOf(8 * MB));
    for await (const part of await store.read(uri)) if (part.length > 0) break;
    expect(await hashOf(await store.read(uri))).toBe(await hashOf(partsOf(8 * MB)));
  });
});

describe('deleting', () => {
  it('removes one object, and ignores a missing one', async () => {
    const store = storeWith({ prefix: 'in' });
    const uri = await store.write('gone.json', partsOf(3));
    await store.write('kept.json', partsOf(3));
    await store.delete?.(uri);
    await store.delete?.(uri);
    expect(server.keys()).not.toContain('in/gone.json');
    expect(server.keys()).toContain('in/kept.json');
  });

  it.each(['s3://results/other/x.json', 'file:///in/x.json', undefined as unknown as string])(
    'refuses the URI %s',
    async (uri) => {
      await expect(storeWith({ prefix: 'in' }).delete!(uri)).rejects.toThrow(StoreRefusedError);
      await expect(storeWith({ prefix: 'in' }).read(uri)).rejects.toThrow(StoreRefusedError);
    },
  );

  it('is refused if the key has no permission to delete', async () => {
    server.fault = s3Error(403, 'AccessDenied');
    await expect(storeWith().delete!('s3://results/x.json')).rejects.toThrow(StoreRefusedError);
  });
});

describe('A stored result', () => {
  const scripts = { large: { resultBytes: 10 * MB, results: [truncatedReply({ how: 'json' })] } };
  const scene = new Scene(async () => ({ scripts, parse: { resultStore: storeWith({ prefix: 'parsed' }) } }));

  it('is in the bucket after a cut-off answer and a busy server, and can be read', async () => {
    const { fileUrl } = scene.document('large');
    server.fault = s3Error(503, 'SlowDown', 1);
    const result = await scene.client.execute({ file: { fileUrl }, result: 'stored' });
    const output = result.output;
    expect(output.uri).toBe(`s3://results/parsed/${result.runId}.json`);
    const reader = new ParseClient({ client: scene.temporal, resultStore: storeWith({ prefix: 'parsed' }) });
    expect(await reader.readRun(result)).toMatchObject({ id: result.runId, status: 'PROCESSED' });
    let chunks = 0;
    for await (const { content } of readStoredChunks(output, { store: storeWith() })) chunks += content ? 1 : 0;
    expect(chunks).toBe(output.chunkCount);
    expect(server.leftParts()).toEqual([]);
  });

  it('is refused immediately if the key has no permission to write, and the run is kept', async () => {
    server.fault = s3Error(403, 'AccessDenied');
    const document = scene.document('ok');
    const parsing = scene.client.execute({
      file: { fileUrl: document.fileUrl },
      result: 'stored',
      deleteRun: 'always',
    });
    const failure = await failureOf(parsing);
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', details: { attempts: 1 } });
    expect(failure.message).toContain('the S3 store answered 403 AccessDenied');
    expect(scene.countsOf(document)).toMatchObject({ results: 1, deletes: 0 });
  });

  it('is read only as fast as a slow server takes it', async () => {
    const sender = await startBoundedServer({ megabytes: 40 });
    let proceed = () => {};
    const held = new Promise<void>((resolve) => (proceed = resolve));
    server.fault = async () => (await held, false);
    const options = { apiKey: 'k', baseUrl: sender.url, resultStore: storeWith() };
    const storing = runActivity(createParseActivities(options), 'storeResult', { runId: 'slow', noticedAtMs: 0 });
    expect(await sender.stalled()).toBeLessThan(30 * MB);
    proceed();
    expect((await storing).output).toMatchObject({ chunkCount: 1 });
    await sender.close();
  });

  it('fails finally in the activity if the bucket does not exist', async () => {
    const resultStore = storeWith({ bucket: 'missing' });
    const activities = createParseActivities({ apiKey: 'k', baseUrl: scene.emulator.url, resultStore });
    const file = { fileUrl: `${scene.document('ok').fileUrl}&reads=0` };
    const { runId } = await runActivity(activities, 'submitParse', { file });
    const failure = await activityFailureOf(activities, 'storeResult', { runId, noticedAtMs: 0 });
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', nonRetryable: true });
  });
});

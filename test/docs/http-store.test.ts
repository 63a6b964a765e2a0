/** The store that docs/results.md shows meets the contract of a store. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResultStore } from '../../storage';
import { ParseClient } from '../../client';
import { createParseTestEnvironment } from '../../testing';
import { loadBlock } from './load-block';

const objects = new Map<string, Buffer>();

/** A server that keeps each object whose body arrived completely. */
const server: Server = createServer((request, response) => {
  const name = request.url ?? '';
  const answer = (status: number, body?: Buffer) => response.writeHead(status).end(body);
  if (name.startsWith('/forbidden/')) return void answer(403);
  if (request.method === 'GET') return void answer(objects.has(name) ? 200 : 404, objects.get(name));
  buffer(request).then(
    (body) => {
      objects.set(name, body);
      answer(201);
    },
    () => undefined,
  );
});

let baseUrl: string;
let createHttpStore: (baseUrl: string) => ResultStore;

beforeAll(async () => {
  ({ createHttpStore } = loadBlock('docs/results.md', 'http-store.ts') as { createHttpStore: typeof createHttpStore });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe('The store of docs/results.md', () => {
  it('stores a result and reads it back', async () => {
    await using parsing = await createParseTestEnvironment({ parse: { resultStore: createHttpStore(baseUrl) } });
    const client = new ParseClient({ client: parsing.temporal, resultStore: createHttpStore(baseUrl) });
    const result = await client.execute({ file: { fileUrl: 'http://emulator.invalid/ok' }, result: 'stored' });
    const run = await client.readRun(result);
    expect(run).toMatchObject({ id: result.runId, status: 'PROCESSED' });
    expect([...objects.keys()]).toEqual([`/${result.runId}.json`]);
  });

  it('keeps nothing of a content that breaks off', async () => {
    async function* broken() {
      yield Buffer.from('{"half":');
      throw new Error('broken off');
    }
    await expect(createHttpStore(baseUrl).write('broken.json', broken())).rejects.toThrow();
    expect(objects.has('/broken.json')).toBe(false);
  });

  it('fails finally if the server refuses', async () => {
    const refused = createHttpStore(`${baseUrl}/forbidden`).write('a.json', new Blob(['a']).stream());
    await expect(refused).rejects.toMatchObject({ name: 'StoreRefusedError', message: 'PUT was answered with 403' });
    await expect(createHttpStore(baseUrl).read(`${baseUrl}/gone`)).rejects.toMatchObject({ name: 'StoreRefusedError' });
  });
});

import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ParseClient, type ParseResult, type StoredOutput } from '../../client';
import { createFileStore, readStoredChunks, readStoredRun, StoreRefusedError, type ResultStore } from '../../storage';

const directory = mkdtempSync(join(tmpdir(), 'read-stored-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const store = createFileStore({ directory });

const chunk = (page: number) => ({
  object: 'chunk',
  type: 'page',
  content: `Seite ${page}: "Grüße" € 😀 \\ ]}`,
  metadata: { pageRange: { start: page, end: page } },
  blocks: [{ object: 'block', id: 'b', type: 'text', content: 'x', future: { chunks: [1] } }],
});
const run = {
  object: 'parser_run',
  future: { chunks: [{ content: 'not a chunk' }] },
  id: 'r',
  fileId: 'f',
  chunks: Array.from({ length: 40 }, (_, at) => chunk(at + 1)),
  status: 'PROCESSED',
  metrics: { processingTimeMs: 1, pageCount: 40 },
};

let written = 0;
async function stored(text = JSON.stringify(run)): Promise<StoredOutput> {
  const bytes = Buffer.from(text);
  written += 1;
  const uri = await store.write(
    `${written}.json`,
    (async function* () {
      yield bytes;
    })(),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { kind: 'stored', uri, bytes: bytes.length, sha256, chunkCount: 40 };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A store that gives its objects in parts of the given number of bytes. */
const inPartsOf = (size: number): ResultStore => ({
  ...store,
  read: async (uri) =>
    (async function* () {
      const bytes = readFileSync(fileURLToPath(uri));
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
});

describe('A stored run', () => {
  it('is read as it was stored', async () => {
    const output = await stored();
    expect(await readStoredRun(output, { store })).toEqual(run);
  });

  it.each([1, 7, 1000, 1_000_000])('is read chunk by chunk, in parts of %d bytes', async (size) => {
    const output = await stored();
    expect(await all(readStoredChunks(output, { store: inPartsOf(size) }))).toEqual(run.chunks);
    expect(await readStoredRun(output, { store: inPartsOf(size) })).toEqual(run);
  });

  it('gives its first chunk before the rest of the object is read', async () => {
    const output = await stored();
    let read = 0;
    const counting: ResultStore = {
      ...store,
      read: async (uri) =>
        (async function* () {
          for await (const part of await inPartsOf(100).read(uri)) {
            read += part.length;
            yield part;
          }
        })(),
    };
    for await (const { content } of readStoredChunks(output, { store: counting })) {
      expect(content).toBe(run.chunks[0]?.content);
      break;
    }
    expect(read).toBeLessThan(1_000);
  });

  const damages: [string, (path: string) => void, RegExp][] = [
    ['cut short', (path) => truncateSync(path, 500), /has 500 bytes, but \d+ bytes were stored$/],
    ['too long', (path) => appendFileSync(path, ' '), /has \d+ bytes, but \d+ bytes were stored$/],
    [
      'changed in a letter',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('Seite 40', 'Seite 41')),
      /is not what was stored: its SHA-256 differs$/,
    ],
  ];
  it.each(damages)('is refused if its object is %s', async (_title, damage, rule) => {
    const output = await stored();
    damage(fileURLToPath(output.uri));
    await expect(readStoredRun(output, { store })).rejects.toThrow(rule);
    await expect(all(readStoredChunks(output, { store }))).rejects.toThrow(rule);
  });

  it('is refused if its object is missing', async () => {
    const output = await stored();
    rmSync(fileURLToPath(output.uri));
    await expect(readStoredRun(output, { store })).rejects.toThrow(StoreRefusedError);
    await expect(all(readStoredChunks(output, { store }))).rejects.toThrow('the file store cannot realpath: ENOENT');
  });

  it('is refused if it is not a run, without its text in the message', async () => {
    const output = await stored(JSON.stringify({ ...run, chunks: [{ ...chunk(1), content: { SECRET: 1 } }] }));
    const errors = await Promise.all([
      readStoredRun(output, { store }).catch(String),
      all(readStoredChunks(output, { store })).catch(String),
    ]);
    expect(errors).toEqual([
      'ContractError: chunks.0.content: expected string, got an object',
      'ContractError: content: expected string, got an object',
    ]);
  });
});

describe('ParseClient', () => {
  let connection: Connection;
  beforeAll(() => {
    connection = Connection.lazy();
  });
  afterAll(() => connection.close());
  const clientWith = (options: { resultDirectory?: string; resultStore?: ResultStore }) =>
    new ParseClient({ client: new Client({ connection }), ...options });
  const resultWith = (output: ParseResult['output']): ParseResult => ({
    ...{ runId: 'r', fileId: 'f', pageCount: 40, processingTimeMs: 1, submits: 1, polls: 1, waitedMs: 1 },
    output,
  });
  const inline = resultWith({ kind: 'inline', chunks: run.chunks });

  it('reads stored results from its directory or store', async () => {
    const result = resultWith(await stored());
    for (const client of [clientWith({ resultDirectory: directory }), clientWith({ resultStore: store })]) {
      expect(await client.readRun(result)).toEqual(run);
      expect(await all(client.readChunks(result))).toEqual(run.chunks);
    }
  });

  it('gives the chunks of inline results in the same way', async () => {
    expect(await all(clientWith({}).readChunks(inline))).toEqual(run.chunks);
    await expect(clientWith({}).readRun(inline)).rejects.toThrow("result must be of kind 'stored', got 'inline'");
  });

  it('fails with a clear message if it has no store', async () => {
    const result = resultWith(await stored());
    await expect(clientWith({}).readRun(result)).rejects.toThrow(
      "give ParseClient the 'resultStore' or 'resultDirectory'",
    );
    await expect(all(clientWith({}).readChunks(result))).rejects.toThrow(TypeError);
  });
});

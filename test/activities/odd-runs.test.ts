/** Risk tested here: inline, stored and the readers of stored results disagree, and a paid result is lost. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createParseActivities, type FetchedResult, type ParseActivities } from '../../activities';
import { ParseClient, type ParseResult, type StoredOutput } from '../../client';
import { createFileStore, readStoredChunks, readStoredRun } from '../../storage';
import { startOddServer, type OddServer } from '../http/odd-server';
import { createContext, failureOf, runActivity } from './run-activity';
import { ACCEPTED, nested, REFUSED, RUN, runText, USUAL, type OddRun } from './odd-runs';

const { apiVersion } = USUAL;
const counters = { submits: 1, polls: 1, waitedMs: 1 };
const BOM = '\ufeff';
const directory = mkdtempSync(join(tmpdir(), 'odd-runs-'));
const store = createFileStore({ directory });
let server: OddServer;
let activities: ParseActivities;
let connection: Connection;
let client: ParseClient;
/** Answer to every request. */
let body = '';

beforeAll(async () => {
  server = await startOddServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  activities = createParseActivities({ apiKey: 'k', baseUrl: server.url, resultDirectory: directory });
  connection = Connection.lazy();
  client = new ParseClient({ client: new Client({ connection }), resultDirectory: directory });
});
afterAll(async () => {
  await server.close();
  await connection.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Each envelope in which an answer may contain a run. */
const ENVELOPES: Readonly<Record<string, (run: string) => string>> = {
  'in the envelope': (run) => `{"success":true,"parserRun":${run},"warning":null}`,
  'in an envelope that says more': (run) => ` {"id":"req_1","status":"ok","parserRun" : ${run}\n}`,
  bare: (run) => run,
  'behind a byte order mark': (run) => `${BOM}{"parserRun":${run}}`,
  'bare behind a byte order mark': (run) => `${BOM}${run}`,
};

/** All odd runs are tested in these two envelopes. */
const MAIN = ['in the envelope', 'bare'];
/**
 * The runs that are tested in the other envelopes too: one of each kind. `run-scan.test.ts` shows that every envelope
 * gives the same for any run.
 */
const IN_EVERY_ENVELOPE =
  /^(?:as documented|metrics null|config a text|no chunks|a block null|no id|status FAILED|chunks twice|a text)$/;

/** Titles and runs for an envelope. */
const runsIn = (envelope: string, runs: readonly OddRun[]) =>
  runs
    .filter(({ title }) => MAIN.includes(envelope) || IN_EVERY_ENVELOPE.test(title))
    .map((odd) => [odd.title, odd] as const);

/** Runs an activity, and gives its result and the fields that it named in the log. */
async function logged<T>(work: (context: ReturnType<typeof createContext>) => Promise<T>) {
  const lines: { readonly message: string; readonly meta?: object }[] = [];
  const context = createContext({}, (line) => lines.push(line));
  const result = await work(context);
  expect(JSON.stringify(lines.map(({ message, meta }) => [message, meta]))).not.toContain('SECRET');
  expect(lines.length).toBeLessThanOrEqual(1);
  const { fields = [], parserRunId = RUN.id } = (lines[0]?.meta ?? {}) as { fields?: string[]; parserRunId?: string };
  expect(parserRunId).toBe(RUN.id);
  return { result, fields };
}

const inline = () =>
  logged((context) => runActivity(activities, 'fetchResult', { runId: RUN.id, noticedAtMs: 0, counters }, context));
const stored = () =>
  logged((context) => runActivity(activities, 'storeResult', { runId: RUN.id, noticedAtMs: 0 }, context));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function defined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

const chunksOf = ({ text, chunks }: OddRun) => chunks ?? (JSON.parse(text) as { chunks: unknown[] }).chunks;
const isOfSummary = (field: string) => /^(?:fileId|metrics|usage)/.test(field);

describe.each(Object.entries(ENVELOPES))('A run %s', (title, envelope) => {
  it.each(runsIn(title, ACCEPTED))('is delivered: %s', async (_name, odd) => {
    body = envelope(odd.text);
    const expected = defined({ ...USUAL, ...odd.summary });
    const { result, fields } = await inline();
    const { output, ...summary } = result;
    expect(summary).toStrictEqual(expected);
    expect(output).toMatchObject({ kind: 'inline' });
    const { chunks } = output as Extract<FetchedResult['output'], { kind: 'inline' }>;
    expect(chunks).toStrictEqual(chunksOf(odd));
    expect([...fields].sort()).toEqual([...(odd.noted ?? [])].sort());

    const { result: kept, fields: keptFields } = await stored();
    const { output: reference, ...storedSummary } = kept;
    expect(storedSummary).toStrictEqual(expected);
    expect(reference).toMatchObject({ kind: 'stored', chunkCount: chunks.length });
    expect([...keptFields].sort()).toEqual((odd.noted ?? []).filter(isOfSummary).sort());
    const { uri } = reference as StoredOutput;
    expect(readFileSync(fileURLToPath(uri), 'utf8')).toBe(odd.text);

    const run = await readStoredRun(reference as StoredOutput, { store });
    expect(run.chunks).toStrictEqual(chunks);
    const facts = { fileId: run.fileId, ...run.metrics, credits: run.usage?.credits };
    expect(facts.fileId).toBe(result.fileId);
    expect(facts.pageCount).toBe(result.pageCount);
    expect(facts.processingTimeMs).toBe(result.processingTimeMs);
    expect(facts.credits ?? undefined).toBe(result.credits);
    expect(() => JSON.stringify(run)).not.toThrow();
    expect(await all(readStoredChunks(reference as StoredOutput, { store }))).toStrictEqual(chunks);
    const parsed = { ...kept, ...counters } as ParseResult;
    expect(await client.readRun(parsed)).toStrictEqual(run);
    expect(await all(client.readChunks(parsed))).toStrictEqual(chunks);
  });

  it.each(runsIn(title, REFUSED))('is refused: %s', async (_name, odd) => {
    body = envelope(odd.text);
    for (const name of ['fetchResult', 'storeResult'] as const) {
      const before = readdirSync(directory);
      const failure = await failureOf(activities, name, { runId: 'refused', noticedAtMs: 0, counters });
      expect(failure).toMatchObject({ type: 'ContractViolation', details: [{ runId: 'refused', attempts: 1 }] });
      expect(failure.message).toContain('the finished run has no usable output: ');
      expect(failure.message).not.toContain('SECRET');
      expect(failure.message.length).toBeLessThan(500);
      expect(readdirSync(directory)).toEqual(before);
    }
  });
});

describe('An answer with two runs', () => {
  it.each([
    ['two members parserRun', `{"parserRun":${runText()},"parserRun":${runText()}}`],
    ['two members parserRun, one with an escape', `{"parserRun":${runText()},"parser\\u0052un":${runText()}}`],
    ['one in the other', `{"parserRun":{"parserRun":${runText()},${runText().slice(1)}}`],
    ['one bare and one in the envelope', `{"id":"r","status":"PROCESSED","chunks":[],"parserRun":${runText()}}`],
    ['one in the envelope and one bare', `{"parserRun":${runText()},"id":"r","status":"PROCESSED","chunks":[]}`],
  ])('is refused: %s', async (_title, text) => {
    body = text;
    for (const name of ['fetchResult', 'storeResult'] as const) {
      const failure = await failureOf(activities, name, { runId: 'two', noticedAtMs: 0, counters });
      expect(failure).toMatchObject({ type: 'ContractViolation' });
      expect(failure.message).toMatch(/expected one( run)?, got two/);
    }
  });

  it('has one run if parserRun is null beside a bare run', async () => {
    body = `{"parserRun":null,${runText().slice(1)}`;
    expect((await inline()).result.runId).toBe(RUN.id);
    expect((await stored()).result.runId).toBe(RUN.id);
  });
});

describe('A stored object that holds a run twice, of an earlier version', () => {
  it('is refused by both readers', async () => {
    const text = runText().replace('"chunks":', '"chunks":[],"chunks":');
    const uri = await store.write(
      'twice.json',
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(text).digest('hex');
    const output: StoredOutput = { kind: 'stored', uri, bytes: Buffer.byteLength(text), sha256, chunkCount: 1 };
    await expect(readStoredRun(output, { store })).rejects.toThrow('chunks: expected one, got two');
    await expect(all(readStoredChunks(output, { store }))).rejects.toThrow('chunks: expected one, got two');
  });
});

describe('An answer to a poll', () => {
  const status = (text: string) => {
    body = text;
    return runActivity(activities, 'getStatus', { runId: 'r' });
  };

  it.each(Object.entries(ENVELOPES))('is read %s', async (_title, envelope) => {
    const running = JSON.stringify({ object: 'parser_run_status', id: 'r', status: 'PROCESSING' });
    expect(await status(envelope(running))).toEqual({ status: 'PROCESSING', apiVersion, polls: 1 });
    const failed = JSON.stringify({ id: 'r', status: 'FAILED', failureReason: 'CORRUPT_FILE' });
    expect(await status(envelope(failed))).toEqual({
      status: 'FAILED',
      failureReason: 'CORRUPT_FILE',
      apiVersion,
      polls: 1,
    });
    expect(await status(envelope(runText()))).toEqual({ status: 'PROCESSED', apiVersion, polls: 1 });
    const large = runText({ chunks: Array.from({ length: 200 }, () => RUN.chunks[0]) });
    expect(await status(envelope(large))).toEqual({ status: 'PROCESSED', apiVersion, polls: 1 });
  });

  it('gives a short text for a reason that is nested too deeply', async () => {
    const answer = await status(`{"id":"r","status":"FAILED","failureReason":${nested(9_000)}}`);
    expect(answer).toEqual({ status: 'FAILED', failureReason: expect.any(String), apiVersion, polls: 1 });
    expect(answer.failureReason?.length).toBeLessThan(100);
  });
});

describe('A submit answer', () => {
  const submit = (text: string) => {
    body = text;
    return runActivity(activities, 'submitParse', { file: { fileUrl: 'https://h/a' } });
  };

  it.each([
    ['as documented', '{"object":"parser_run_status","id":"r","status":"PROCESSING"}', 'PROCESSING'],
    ['in the envelope', '{"success":true,"parserRun":{"id":"r","status":"PROCESSED"}}', 'PROCESSED'],
    ['in the envelope without status', '{"success":true,"parserRun":{"id":"r"}}', 'PROCESSING'],
    ['without status', '{"object":"parser_run_status","id":"r"}', 'PROCESSING'],
    ['with null as status', '{"id":"r","status":null}', 'PROCESSING'],
    ['with an empty status', '{"id":"r","status":""}', 'PROCESSING'],
    ['with a number as status', '{"id":"r","status":200}', 'PROCESSING'],
    ['behind a byte order mark', `${BOM}{"id":"r"}`, 'PROCESSING'],
    ['with null as parserRun', '{"id":"r","parserRun":null}', 'PROCESSING'],
    ['with an id of 255 characters', `{"id":"${'r'.repeat(255)}"}`, 'PROCESSING'],
    ['with an id of 1,000 characters', `{"id":"${'r'.repeat(1_000)}"}`, 'PROCESSING'],
  ])('is accepted: %s', async (_title, text, status) => {
    expect(await submit(text)).toEqual({ runId: expect.stringMatching(/^r+$/), status, apiVersion });
  });

  it('is accepted with a reason that is nested too deeply', async () => {
    const answer = await submit(`{"id":"r","status":"FAILED","failureReason":${nested(200_000)}}`);
    expect(answer).toEqual({ runId: 'r', status: 'FAILED', failureReason: expect.any(String), apiVersion });
  });

  it.each([
    ['too long', 'r'.repeat(1_001), 'must have at most 1000 characters'],
    ['very long', 'r'.repeat(200_000), 'must have at most 1000 characters'],
    ['a dot', '.', "must not be '.' or '..'"],
    ['two dots', '..', "must not be '.' or '..'"],
    ['half a character', '\\ud800', 'must be well-formed Unicode'],
    ['a forged line of a log', 'r\\n[ERROR] FORGED\\u001b[31m', 'must not have control or format characters'],
    ['a text from right to left', 'r\\u202efdp', 'must not have control or format characters'],
  ])(
    'with an id that no request can name ends the document, which is not submitted again: %s',
    async (_title, id, rule) => {
      body = `{"id":"${id}","status":"PROCESSING"}`;
      const failure = await failureOf(activities, 'submitParse', { file: { fileUrl: 'https://h/a' } });
      expect(failure).toMatchObject({ type: 'ContractViolation', nonRetryable: true });
      expect(failure.details).toEqual([{ runMayExist: true, attempts: 1 }]);
      expect(failure.message).toContain(rule);
      expect(failure.message.length).toBeLessThan(300);
      expect(failure.message).not.toMatch(/FORGED|\p{Cc}|\p{Cf}/u);
    },
  );
});

describe('A result', () => {
  const KEY = 'a-key-of-a-shape-of-its-own';
  const withKey = () => createParseActivities({ apiKey: KEY, baseUrl: server.url, resultDirectory: directory });

  it.each(['fetchResult', 'storeResult'] as const)(
    'has the run id of the request, and no file id with the API key: %s',
    async (name) => {
      body = JSON.stringify({ parserRun: { ...RUN, id: `other-${KEY}`, fileId: `file-${KEY}` } });
      const input = { runId: RUN.id, noticedAtMs: Date.now(), counters };
      const result = await runActivity(withKey(), name, input);
      expect(result.runId).toBe(RUN.id);
      expect(result).not.toHaveProperty('fileId');
      expect(JSON.stringify({ ...result, output: undefined })).not.toContain(KEY);
    },
  );

  it.each(['fetchResult', 'storeResult'] as const)('has no file id with control characters: %s', async (name) => {
    body = JSON.stringify({ parserRun: { ...RUN, fileId: 'file\n[ERROR] FORGED\u001b[31m\u202e' } });
    const result = await runActivity(withKey(), name, { runId: RUN.id, noticedAtMs: Date.now(), counters });
    expect(result).not.toHaveProperty('fileId');
    expect(result.runId).toBe(RUN.id);
  });
});

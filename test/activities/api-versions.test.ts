/** Risk tested here: an activity asks for a run in another version than the one in which the run was submitted. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createParseActivities,
  type ParseActivities,
  type ParseActivitiesOptions,
  type RunVersion,
} from '../../activities';
import type { StoredOutput } from '../../client';
import { API_VERSIONS, decodeRun, type ApiVersion } from '../../contract/extend';
import { httpReply, rateLimitedReply, startEmulator, type Emulator, type Reply } from '../../local/extend';
import { createFileStore, readStoredChunks, readStoredRun } from '../../storage';
import { FINISHED_PARSE_RUN } from '../contract/extend/finished-parse-run';
import { sendJson, startOddServer } from '../http/odd-server';
import { createContext, failureOf, runActivity } from './run-activity';

const counters = { submits: 1, polls: 1, waitedMs: 1 };
const directory = mkdtempSync(join(tmpdir(), 'api-versions-'));
const store = createFileStore({ directory });
const fileUrl = 'http://emulator.invalid/ok?reads=0';

let emulator: Emulator;
let fault: Reply | undefined;
/** Activities of a worker for each version of new submits. */
let workers: Readonly<Record<ApiVersion, ParseActivities>>;

const activitiesWith = (options: Partial<ParseActivitiesOptions>) =>
  createParseActivities({
    apiKey: 'k',
    baseUrl: emulator.url,
    resultDirectory: directory,
    sourceDirectory: directory,
    sources: { locked: async () => ({ fileUrl, password: 'open sesame' }) },
    ...options,
  });

beforeAll(async () => {
  emulator = await startEmulator({ faults: () => fault, scripts: { failing: FAILING } });
  workers = {
    '2025-04-21': activitiesWith({}),
    '2026-02-09': activitiesWith({ apiVersion: '2026-02-09' }),
  };
});
beforeEach(() => {
  fault = undefined;
});
afterAll(async () => {
  await emulator.close();
  rmSync(directory, { recursive: true, force: true });
});

const FAILING = { processingReads: 0, status: 'FAILED', failureReason: 'OCR_ERROR', failureMessage: 'page 3 is empty' };
const PATHS: Readonly<Record<ApiVersion, string>> = { '2025-04-21': '/parser_runs/', '2026-02-09': '/parse_runs/' };

/** Gives version, method and path of each request that the work sends. */
async function requestsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = emulator.requests.length;
  await work();
  return emulator.requests.slice(before).map(({ headers, method, path }) => {
    return `${headers['x-extend-api-version']} ${method} ${path}`;
  });
}

const OF_OTHER: readonly (readonly [worker: ApiVersion, input: RunVersion | undefined, asked: ApiVersion])[] = [
  // The run id begins with `pr_`. Workflows of version 0.1.0 name no version.
  ['2025-04-21', undefined, '2026-02-09'],
  ['2026-02-09', undefined, '2026-02-09'],
  ['2025-04-21', 'worker', '2025-04-21'],
  ['2026-02-09', 'worker', '2026-02-09'],
  ['2025-04-21', '2026-02-09', '2026-02-09'],
  ['2026-02-09', '2025-04-21', '2025-04-21'],
];

describe.each(OF_OTHER)('a worker of %s asks for a run of %s in version %s', (worker, version, apiVersion) => {
  it('in every activity, and says so', async () => {
    const of = workers[worker];
    const { runId } = await runActivity(workers['2026-02-09'], 'submitParse', {
      file: { fileUrl },
      metadata: { a: 1 },
    });
    const input = { runId, noticedAtMs: 0, counters, ...(version !== undefined && { apiVersion: version }) };
    const path = `${PATHS[apiVersion]}${runId}`;
    const seen = await requestsOf(async () => {
      expect(await runActivity(of, 'getStatus', input)).toEqual({ status: 'PROCESSED', apiVersion, polls: 1 });
      const inline = await runActivity(of, 'fetchResult', input);
      const stored = await runActivity(of, 'storeResult', input);
      for (const result of [inline, stored])
        expect(result).toMatchObject({ runId, apiVersion, pageCount: 1, credits: 2 });
      expect(inline.metadata).toEqual(apiVersion === '2026-02-09' ? { a: 1 } : undefined);
      expect(stored.metadata).toEqual(inline.metadata);
      await runActivity(of, 'deleteRun', input);
    });
    const api = `${apiVersion} GET ${path}`;
    // The download of the output has no version.
    const download = apiVersion === '2026-02-09' ? [`undefined GET /presigned/runs/${runId}/output`] : [];
    expect(seen).toEqual([api, api, api, ...download, `${apiVersion} DELETE ${path}`]);
  });

  it('when it cancels the run', async () => {
    const file = { fileUrl: 'http://emulator.invalid/never' };
    const { runId } = await runActivity(workers['2026-02-09'], 'submitParse', { file });
    const lines: unknown[] = [];
    const context = createContext({}, ({ message, meta }) => lines.push([message, meta]));
    const input = { runId, ...(version !== undefined && { apiVersion: version }) };
    const seen = await requestsOf(() => runActivity(workers[worker], 'cancelRun', input, context));
    if (apiVersion === '2026-02-09') expect(seen).toEqual([`2026-02-09 POST /parse_runs/${runId}/cancel`]);
    else
      expect([seen, JSON.stringify(lines)]).toEqual([
        [],
        expect.stringContaining(`2025-04-21 of Extend's API cannot cancel`),
      ]);
    const { status } = emulator.runs.find(({ id }) => id === runId) ?? {};
    expect(status).toBe(apiVersion === '2026-02-09' ? 'CANCELLED' : 'PROCESSING');
  });
});

it.each(API_VERSIONS)(
  'a worker of version %s asks for a run without a version by the beginning of its id',
  async (worker) => {
    const { runId } = await runActivity(workers['2025-04-21'], 'submitParse', { file: { fileUrl } });
    expect(await runActivity(workers[worker], 'getStatus', { runId })).toMatchObject({ apiVersion: '2025-04-21' });
    fault = httpReply({ status: 404, json: { code: 'NOT_FOUND', message: 'no such run' } });
    const seen = await requestsOf(() => failureOf(workers[worker], 'getStatus', { runId: 'run_of_another_kind' }));
    expect(seen).toEqual(['2025-04-21 GET /parser_runs/run_of_another_kind']);
  },
);

it('metadata that are too large together with the identity of the submit are refused before it', async () => {
  const identity = { firstRunId: 'first', submit: 1 };
  const input = { file: { fileUrl }, identity, metadata: { note: 'x'.repeat(9_950) } };
  const seen = await requestsOf(async () => {
    const failure = await failureOf(workers['2026-02-09'], 'submitParse', input);
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    expect(failure.message).toContain(
      'metadata must have at most 10000 bytes as JSON together with the id of the workflow',
    );
  });
  expect(seen).toEqual([]);
});

it.each(API_VERSIONS)('a worker of version %s finds an attached run whose id tells no version', async (worker) => {
  const run = { runId: 'run_of_another_kind', apiVersion: 'worker' as const };
  fault = httpReply({ status: 404, json: { code: 'NOT_FOUND', message: 'no such run' } });
  const seen = await requestsOf(() => failureOf(workers[worker], 'getStatus', run));
  const both = ['2025-04-21 GET /parser_runs/run_of_another_kind', '2026-02-09 GET /parse_runs/run_of_another_kind'];
  expect(seen).toEqual(worker === '2025-04-21' ? both : both.toReversed());
  fault = undefined;
  const { runId } = await runActivity(workers['2025-04-21'], 'submitParse', { file: { fileUrl } });
  await using server = await startOddServer((request, response) => {
    const isOld = request.url?.startsWith('/parser_runs/');
    if (isOld) sendJson(response, { success: true, parserRun: { id: runId, status: 'PROCESSING' } });
    else response.writeHead(404).end('{}');
  });
  const activities = activitiesWith({ baseUrl: server.url, apiVersion: worker });
  expect(await runActivity(activities, 'getStatus', { ...run, runId })).toMatchObject({
    status: 'PROCESSING',
    apiVersion: '2025-04-21',
  });
});

describe.each(API_VERSIONS)('a worker of version %s', (apiVersion) => {
  const source = () => {
    const path = join(directory, 'a.txt');
    writeFileSync(path, 'text');
    return pathToFileURL(path).href;
  };

  it('submits and uploads in that version, and its answer names the version', async () => {
    const submits = { '2025-04-21': '/parse/async', '2026-02-09': '/parse_runs' };
    const seen = await requestsOf(async () => {
      const uploaded = await runActivity(workers[apiVersion], 'uploadFile', { source: source() });
      expect(uploaded).toEqual({ fileId: emulator.files.at(-1)?.id });
      const run = await runActivity(workers[apiVersion], 'submitParse', { file: { fileUrl } });
      expect(run).toEqual({ runId: emulator.runs.at(-1)?.id, status: 'PROCESSING', apiVersion });
    });
    expect(seen).toEqual([`${apiVersion} POST /files/upload`, `${apiVersion} POST ${submits[apiVersion]}`]);
  });

  it('gives the reason of a failure, and its explanation if the version has one', async () => {
    const file = { fileUrl: 'http://emulator.invalid/failing' };
    const { runId } = await runActivity(workers[apiVersion], 'submitParse', { file });
    const explained = apiVersion === '2026-02-09' ? { failureMessage: 'page 3 is empty' } : {};
    expect(await runActivity(workers[apiVersion], 'getStatus', { runId, apiVersion })).toEqual({
      status: 'FAILED',
      failureReason: 'OCR_ERROR',
      ...explained,
      apiVersion,
      polls: 1,
    });
  });

  it('carries versioned fields and passwords, or refuses them before anything is sent', async () => {
    const of = workers[apiVersion];
    const versionedFields = ['metadata', 'dataRetention'];
    const fields = { versionedFields, metadata: { a: 1 }, dataRetention: 'zero' } as const;
    const password = 'the password of the source';
    const calls = [
      [versionedFields, 'submitParse', { file: { fileUrl }, ...fields }],
      [versionedFields, 'uploadFile', { source: source(), versionedFields }],
      [[password], 'submitParse', { file: { source: 'locked:a' } }],
      [[password], 'uploadFile', { source: 'locked:a' }],
    ] as const;
    for (const [names, name, input] of calls) {
      if (apiVersion === '2026-02-09') {
        await runActivity(of, name, input);
        continue;
      }
      const seen = await requestsOf(async () => {
        const failure = await failureOf(of, name, input, { attempt: 2 });
        expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true, details: [{ attempts: 2 }] });
        expect(failure.message).toContain(`${names.join(', ')}: version 2025-04-21 of Extend's API`);
        expect(failure.message).toContain('set EXTEND_API_VERSION to 2026-02-09');
        expect(failure.message).not.toContain('sesame');
      });
      expect(seen).toEqual([]);
    }
    if (apiVersion === '2025-04-21') return;
    const [withFields, withPassword] = emulator.requests.filter(({ operation }) => operation === 'submit').slice(-2);
    expect(withFields?.bodyJson).toEqual({
      file: { url: fileUrl },
      metadata: { a: 1 },
      dataRetention: { mode: 'zero' },
    });
    expect(withPassword?.bodyJson).toEqual({ file: { url: fileUrl, settings: { password: 'open sesame' } } });
  });
});

describe('cancelRun', () => {
  const cancel = () => ({ runId: 'pr_x', apiVersion: '2026-02-09' }) as const;
  const status = (code: number, fields: object = {}) =>
    httpReply({ status: code, json: { code: 'A_CODE', message: 'no', retryable: false, ...fields } });

  it.each<readonly [string, Reply, string, boolean]>([
    ['401', status(401), 'Unauthorized', true],
    ['402', status(402), 'OutOfCredits', true],
    ['a 404 of another server', httpReply({ status: 404, text: 'Cannot POST' }), 'EndpointNotFound', true],
    ['410', status(410, { code: 'ENDPOINT_REMOVED' }), 'ApiVersionRemoved', true],
    ['429', rateLimitedReply({ retryAfter: 2 }), 'RateLimited', false],
    ['a retryable 409', status(409, { retryable: true }), 'Unavailable', false],
    ['500', status(500), 'Unavailable', false],
  ])('fails for %s', async (_title, reply, type, nonRetryable) => {
    fault = reply;
    const failure = await failureOf(workers['2026-02-09'], 'cancelRun', cancel());
    expect(failure).toMatchObject({ type, nonRetryable, details: [{ runId: 'pr_x', attempts: 1 }] });
  });
});

/** Runs of version 2026-02-09, and the members of the result that differ from the usual ones. */
const RUNS: readonly (readonly [string, object, object])[] = [
  ['as documented', {}, {}],
  ['without a file', { file: null }, { fileId: undefined }],
  ['of a file without an id', { file: {} }, { fileId: undefined }],
  ['without metrics', { metrics: null }, { pageCount: undefined, processingTimeMs: undefined }],
  ['without usage', { usage: null }, { credits: undefined }],
  ['without metadata', { metadata: null }, { metadata: undefined }],
  ['with metadata of another type', { metadata: 'text' }, { metadata: undefined }],
  ['with unknown members', { future: [1], batchId: 'bpar_1' }, {}],
];

describe('a finished run of version 2026-02-09', () => {
  it.each(RUNS)('gives the same result inline and stored: %s', async (_title, fields, differs) => {
    const { output: content, ...run } = { ...FINISHED_PARSE_RUN, ...fields };
    await using server = await startOddServer((request, response) => {
      if (request.url === '/output') return sendJson(response, content);
      const byUrl = request.url?.endsWith('responseType=url');
      sendJson(response, {
        ...run,
        ...(byUrl ? { output: null, outputUrl: `${server.url}/output` } : { output: content }),
      });
    });
    const of = activitiesWith({ baseUrl: server.url });
    const input = { runId: run.id, apiVersion: '2026-02-09', noticedAtMs: 0, counters } as const;
    const quiet = () => createContext({}, () => undefined);
    const { output: inline, ...facts } = await runActivity(of, 'fetchResult', input, quiet());
    const { output: stored, ...storedFacts } = await runActivity(of, 'storeResult', input, quiet());
    const usual = {
      runId: run.id,
      apiVersion: '2026-02-09',
      fileId: FINISHED_PARSE_RUN.file.id,
      pageCount: 3,
      processingTimeMs: 4210,
      credits: 2,
      metadata: FINISHED_PARSE_RUN.metadata,
    };
    expect(facts).toEqual({ ...usual, ...differs });
    expect(storedFacts).toEqual(facts);
    expect(inline).toEqual({ kind: 'inline', ...content });
    expect(stored).toMatchObject({ kind: 'stored', chunkCount: 2 });
    const reference = stored as StoredOutput;
    const text = readFileSync(fileURLToPath(reference.uri), 'utf8');
    expect(JSON.parse(text)).toEqual({ ...run, output: content, outputUrl: null });
    const read = await readStoredRun(reference, { store });
    expect(read).toEqual(decodeRun({ ...run, output: content }));
    const chunks: unknown[] = [];
    for await (const chunk of readStoredChunks(reference, { store })) chunks.push(chunk);
    expect(chunks).toEqual(content.chunks);
  });

  it.each([
    ['no output', { output: null }],
    ['no chunks', { output: {} }],
    ['a chunk without content', { output: { chunks: [{}] } }],
    ['another status', { status: 'PROCESSING', output: null }],
  ])('is refused inline and stored with %s', async (_title, fields) => {
    await using server = await startOddServer((request, response) => {
      if (request.url === '/output') return sendJson(response, run.output);
      const outputUrl = request.url?.endsWith('responseType=url') && run.output ? `${server.url}/output` : null;
      sendJson(response, { ...run, outputUrl, output: outputUrl === null ? run.output : null });
    });
    const run = { ...FINISHED_PARSE_RUN, ...fields };
    const of = activitiesWith({ baseUrl: server.url });
    const input = { runId: run.id, apiVersion: '2026-02-09', noticedAtMs: 0, counters } as const;
    for (const name of ['fetchResult', 'storeResult'] as const) {
      expect(await failureOf(of, name, input)).toMatchObject({
        type: 'ContractViolation',
        details: [{ runId: run.id }],
      });
    }
  });
});

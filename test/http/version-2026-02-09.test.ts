/** Each row of the contract of version 2026-02-09 that concerns the client, in both readings where the contract is open. */
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ParseRequest } from '../../contract/extend';
import { createExtendClient, type ExtendApi } from '../../http';
import { FINISHED_PARSE_RUN } from '../contract/extend/finished-parse-run';
import { startOddServer, type OddServer } from './odd-server';

let server: OddServer;
/** Answer to every request. */
let answer: { readonly status?: number; readonly body: unknown };
/** JSON body of the last request that had one. */
let received: unknown;
let api: ExtendApi;

beforeAll(async () => {
  server = await startOddServer(async (request, response) => {
    if (request.headers['content-type'] === 'application/json') received = await json(request);
    const { status = 200, body } = answer;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  api = createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2026-02-09');
});
afterAll(() => server.close());

const RUN = { object: 'parse_run', id: 'pr_1', batchId: null, file: null, metadata: null, output: null } as const;
const ENVELOPES = [
  ['bare', (run: object) => run],
  ['in an envelope', (parserRun: object) => ({ success: true, parserRun })],
] as const;

/** Gives the requests that the work sends. */
async function requestsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = server.requests.length;
  await work();
  return server.requests.slice(before);
}

describe('the paths', () => {
  it.each([
    ['POST /parse_runs', () => api.submitParse({ file: { fileId: 'f' } })],
    ['GET /parse_runs/pr_1?responseType=url', () => api.pollRun('pr_1')],
    ['GET /parse_runs/pr_1?responseType=json', () => api.readRun('pr_1', { maxBodyBytes: 1_000 })],
    ['DELETE /parse_runs/pr_1', () => api.deleteRun('pr_1')],
    ['POST /parse_runs/pr_1/cancel', () => api.cancelRun?.('pr_1')],
    ['POST /files/upload', () => api.uploadFile({ content: new Blob(['a']), fileName: 'a.txt' })],
    ['DELETE /files/f_1', () => api.deleteFile('f_1')],
    ['POST /parse_runs/..%2Fx%3Fy/cancel', () => api.cancelRun?.('../x?y')],
  ])('%s', async (request, call) => {
    answer = { body: { ...RUN, status: 'PROCESSING' } };
    expect(await requestsOf(async () => call())).toEqual([request]);
  });

  it('are not built of an id that is a dot segment', async () => {
    expect(await requestsOf(() => expect(api.cancelRun?.('..')).rejects.toMatchObject({ status: 400 }))).toEqual([]);
  });
});

describe('the body of a submit', () => {
  const url = 'https://a.example/a.pdf';
  it.each<readonly [string, ParseRequest, object]>([
    ['a URL', { file: { fileUrl: url } }, { file: { url } }],
    ['a name', { file: { fileUrl: url, fileName: 'a.pdf' } }, { file: { url, name: 'a.pdf' } }],
    ['a password', { file: { fileUrl: url, password: 'p' } }, { file: { url, settings: { password: 'p' } } }],
    ['an empty password', { file: { fileUrl: url, password: '' } }, { file: { url, settings: { password: '' } } }],
    ['an id, without a name', { file: { fileId: 'f', fileName: 'a.pdf' } }, { file: { id: 'f' } }],
    [
      'configuration, metadata and retention',
      { file: { fileId: 'f' }, config: { engine: 'x' }, metadata: { a: [null] }, dataRetention: 'zero' },
      { file: { id: 'f' }, config: { engine: 'x' }, metadata: { a: [null] }, dataRetention: { mode: 'zero' } },
    ],
  ])('has %s', async (_title, request, body) => {
    answer = { body: RUN };
    await api.submitParse(request);
    expect(received).toEqual(body);
  });

  it.each<readonly [string, Partial<ParseRequest>]>([
    ['metadata', { metadata: {} }],
    ['retention', { dataRetention: 'zero' }],
    ['a password', { file: { fileUrl: url, password: '' } }],
  ])('is not sent in version 2025-04-21 with %s', async (_title, fields) => {
    const older = createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2025-04-21');
    const submit = () => older.submitParse({ file: { fileUrl: url }, ...fields });
    expect(await requestsOf(() => expect(submit()).rejects.toBeInstanceOf(TypeError))).toEqual([]);
    expect(older.cancelRun).toBeUndefined();
  });
});

describe.each(ENVELOPES)('the state of a run, %s', (_title, wrap) => {
  it.each([
    ['that waits in a batch', { status: 'PENDING', batchId: 'bpar_1' }, { status: 'PENDING' }],
    ['in flight', { status: 'PROCESSING', failureReason: null, failureMessage: null }, { status: 'PROCESSING' }],
    ['that was cancelled', { status: 'CANCELLED' }, { status: 'CANCELLED' }],
    ['with a new status', { status: 'PARKED' }, { status: 'PARKED' }],
    [
      'that failed',
      { status: 'FAILED', failureReason: 'A_NEW_REASON', failureMessage: 'why' },
      { status: 'FAILED', failureReason: 'A_NEW_REASON', failureMessage: 'why' },
    ],
    [
      'that failed without an explanation',
      { status: 'FAILED', failureReason: 'OCR_ERROR', failureMessage: null },
      { status: 'FAILED', failureReason: 'OCR_ERROR' },
    ],
    [
      'that failed without a reason',
      { status: 'FAILED', failureReason: null, failureMessage: 'see https://h/a?sig=SECRET' },
      { status: 'FAILED', failureMessage: 'see https://h/***' },
    ],
    ['with all that is documented', FINISHED_PARSE_RUN, { status: 'PROCESSED' }],
    ['with the URL of its output', { status: 'PROCESSED', outputUrl: 'https://h/a?SECRET' }, { status: 'PROCESSED' }],
  ])('%s', async (_name, fields, state) => {
    answer = { body: wrap({ ...RUN, ...fields }) };
    const runId = 'id' in fields ? fields.id : 'pr_1';
    expect(await api.submitParse({ file: { fileId: 'f' } })).toEqual({ runId, ...state });
    expect(await api.pollRun(runId)).toEqual({ runId, ...state });
  });

  it('with an id of another prefix and 255 characters', async () => {
    const id = `run-${'x'.repeat(251)}`;
    answer = { body: wrap({ ...RUN, id, status: 'PROCESSING' }) };
    expect(await api.submitParse({ file: { fileId: 'f' } })).toEqual({ runId: id, status: 'PROCESSING' });
    expect((await api.pollRun(id)).runId).toBe(id);
  });
});

describe.each(ENVELOPES)('a finished run, %s', (_title, wrap) => {
  const read = async (fields: object) => {
    answer = { body: wrap({ ...FINISHED_PARSE_RUN, ...fields }) };
    const noted: string[] = [];
    const run = (await api.readRun('pr_1', { maxBodyBytes: 100_000 })).decode((field) => noted.push(field));
    return { run, noted };
  };
  const { file, output, outputUrl: _, ...members } = FINISHED_PARSE_RUN;
  const { chunks, ocr, metadata } = output;

  it('has the shape of a run of the older version, and nothing is left out', async () => {
    const { run, noted } = await read({});
    expect(run).toEqual({ ...members, file, fileId: file.id, chunks, ocr, output: { metadata } });
    expect(noted).toEqual([]);
  });

  it.each([
    ['no words', { output: { chunks } }, {}],
    ['output that says no more', { output: { chunks, ocr: {} } }, { ocr: {} }],
    ['no usage', { usage: null }, { usage: null }],
    ['usage of credits only', { usage: { credits: 0.3 } }, { usage: { credits: 0.3 } }],
    ['no metadata', { metadata: null }, { metadata: null }],
    ['a batch', { batchId: 'bpar_1' }, { batchId: 'bpar_1' }],
    ['unknown members', { future: [1], output: { chunks, future: {} } }, { future: [1], output: { future: {} } }],
  ])('may have %s', async (_name, fields, expected) => {
    const { run, noted } = await read(fields);
    expect(run).toMatchObject(expected);
    expect(run.chunks).toEqual(chunks);
    expect(noted).toEqual([]);
  });

  it.each([
    ['file', { file: null }, 'fileId'],
    ['metrics', { metrics: null }, 'metrics'],
    ['metadata', { metadata: 'text' }, 'metadata'],
    ['credits', { usage: { credits: 'many' } }, 'usage.credits'],
  ])('loses no content because of its %s', async (_name, fields, left) => {
    const { run, noted } = await read(fields);
    expect(run.chunks).toEqual(chunks);
    expect(noted).toEqual([left]);
  });

  it.each([
    [{ output: null }, 'chunks is missing'],
    [{ output: { chunks: null } }, 'chunks: expected Array, got null'],
    [{ status: 'PROCESSING', output: null }, 'status: expected "PROCESSED", got "PROCESSING"'],
    [{ output: { chunks: [{ content: null }] } }, 'chunks.0.content: expected string, got null'],
  ])('is refused with %j', async (fields, message) => {
    await expect(read(fields)).rejects.toThrow(message);
  });
});

describe('an uploaded file', () => {
  it.each([
    ['bare', { object: 'file', id: 'file_1', name: 'a.txt', type: null, presignedUrl: null }],
    ['in an envelope', { success: true, file: { id: 'file_1' } }],
  ])('has its id: %s', async (_title, body) => {
    answer = { body };
    const file = { content: new Blob(['text']), fileName: 'a.txt' };
    expect(await api.uploadFile(file)).toEqual({ fileId: 'file_1' });
  });
});

describe('an error', () => {
  const error = { code: 'A_CODE', message: 'no', retryable: true, requestId: 'req_1', docUrl: 'https://docs/a' };

  it.each([
    ['with all that is documented', error, { retryable: true, requestId: 'req_1' }],
    ['with the required members', { code: 'A_CODE', message: 'no', retryable: false }, { retryable: undefined }],
    ['with null', { ...error, requestId: null, docUrl: null }, { requestId: undefined }],
  ])('%s', async (_title, body, facts) => {
    answer = { status: 409, body };
    const failed = api.pollRun('pr_1');
    await expect(failed).rejects.toMatchObject({ status: 409, code: 'A_CODE', isExtendError: true, ...facts });
    await expect(failed).rejects.toThrow(/^Extend answered 409 to GET \/parse_runs\/pr_1: A_CODE: no$/);
  });

  it('names the version that was removed, and its setting', async () => {
    answer = { status: 410, body: { code: 'ENDPOINT_REMOVED', message: 'gone', retryable: false } };
    const message =
      'Extend no longer serves version 2026-02-09 of its API (EXTEND_API_VERSION): it answered 410 to GET /parse_runs/pr_1: ENDPOINT_REMOVED: gone';
    await expect(api.pollRun('pr_1')).rejects.toMatchObject({ status: 410, code: 'ENDPOINT_REMOVED', message });
  });

  it('names the base URL, the version and both settings if a 404 is none of Extend', async () => {
    answer = { status: 404, body: 'Cannot POST /parse_runs' };
    await expect(api.submitParse({ file: { fileId: 'f' } })).rejects.toThrow(
      `${server.url} (EXTEND_BASE_URL) does not serve Extend's API in version 2026-02-09 (EXTEND_API_VERSION): it answered 404 to POST /parse_runs, and not with an error of Extend: Cannot POST /parse_runs`,
    );
  });
});

describe('cancelRun', () => {
  const refusal = { code: 'INVALID_REQUEST', message: 'the run has ended', retryable: false };
  it.each([
    [200, { ...RUN, status: 'CANCELLED' }, true],
    [200, '', true],
    [204, '', true],
    [400, refusal, false],
    [409, refusal, false],
    [422, refusal, false],
    [404, { ...refusal, code: 'NOT_FOUND' }, false],
  ])('takes %d %j for a run that does not go on', async (status, body, isAccepted) => {
    answer = { status, body };
    expect(await api.cancelRun?.('pr_1')).toBe(isAccepted);
  });

  it.each([
    [401, refusal],
    [403, refusal],
    [404, 'Cannot POST /parse_runs/pr_1/cancel'],
    [404, { code: 'ENDPOINT_REMOVED', message: 'gone' }],
    [405, refusal],
    [410, { code: 'ENDPOINT_REMOVED', message: 'gone' }],
    [429, refusal],
    [400, { ...refusal, code: 'RATE_LIMIT_EXCEEDED' }],
    [409, { ...refusal, retryable: true }],
    [500, refusal],
  ])('fails with %d %j, because the run may go on', async (status, body) => {
    answer = { status, body };
    await expect(api.cancelRun?.('pr_1')).rejects.toMatchObject({ name: 'ParseApiError', status });
  });
});

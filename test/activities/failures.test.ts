import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createParseActivities, type ParseActivities } from '../../activities';
import { finalFailure } from '../../activities/to-application-failure';
import {
  hangReply,
  htmlReply,
  httpReply,
  rateLimitedReply,
  resetReply,
  startEmulator,
  truncatedReply,
  type Emulator,
  type Reply,
} from '../../local/extend';
import { failureOf, runActivity, type AttemptInfo } from './run-activity';

const ACCEPTED_AT_MS = 1_000_000;
/** Long enough for a request to arrive on a busy machine. */
const LIMIT_MS = 2000;
const fileUrl = 'http://emulator.invalid/ok';
const counters = { submits: 1, polls: 1, waitedMs: 1 };

let emulator: Emulator;
let activities: ParseActivities;
let hasty: ParseActivities;
let unreachable: ParseActivities;
let fault: Reply | undefined;
let directory: string;
let runId: string;

beforeAll(async () => {
  emulator = await startEmulator({ faults: () => fault });
  directory = await mkdtemp(join(tmpdir(), 'sources-'));
  await writeFile(join(directory, 'a.txt'), 'text');
  const common = { apiKey: 'sk_test_SECRET', sourceDirectory: directory };
  activities = createParseActivities({ ...common, baseUrl: emulator.url });
  const limits = { statusTimeoutMs: LIMIT_MS, submitTimeoutMs: LIMIT_MS, fetchTimeoutMs: LIMIT_MS };
  hasty = createParseActivities({ ...common, ...limits, baseUrl: emulator.url });
  unreachable = createParseActivities({ ...common, baseUrl: 'http://nonexistent.invalid' });
});
beforeEach(async () => {
  fault = undefined;
  ({ runId } = await runActivity(activities, 'submitParse', { file: { fileUrl } }));
});
afterAll(async () => {
  await emulator.close();
  await rm(directory, { recursive: true });
});

/** Every activity that sends requests to Extend, with a right input. */
const CALLS = {
  submitParse: (of: ParseActivities, info: AttemptInfo) => failureOf(of, 'submitParse', { file: { fileUrl } }, info),
  getStatus: (of: ParseActivities, info: AttemptInfo) => failureOf(of, 'getStatus', { runId }, info),
  fetchResult: (of: ParseActivities, info: AttemptInfo) =>
    failureOf(of, 'fetchResult', { runId, noticedAtMs: 0, counters }, info),
  uploadFile: (of: ParseActivities, info: AttemptInfo) =>
    failureOf(of, 'uploadFile', { source: pathToFileURL(join(directory, 'a.txt')).href }, info),
  deleteRun: (of: ParseActivities, info: AttemptInfo) => failureOf(of, 'deleteRun', { runId }, info),
} as const;
type Call = keyof typeof CALLS;
const NAMES = Object.keys(CALLS) as Call[];

/** Makes an activity fail by a fault, and checks that it sent one request. */
async function fail(call: Call, reply: Reply, info: AttemptInfo = {}) {
  fault = reply;
  const before = emulator.requests.length;
  const failure = await CALLS[call](activities, info);
  expect(emulator.requests).toHaveLength(before + 1);
  expect(failure.message).not.toContain('SECRET');
  return failure;
}

const final = (type: string) => ({ type, nonRetryable: true, nextRetryDelay: undefined });
const retried = (type: string, nextRetryDelay?: number) => ({ type, nonRetryable: false, nextRetryDelay });
const every = (outcome: object) => Object.fromEntries(NAMES.map((name) => [name, outcome])) as Record<Call, object>;

const NO_USABLE_ANSWER = { ...every(retried('Unavailable')), submitParse: final('SubmitOutcomeUnknown') };
const status = (code: number, fields: object = {}) =>
  httpReply({ status: code, json: { success: false, error: 'no', ...fields } });
const REJECTED = { ...every(final('RequestRejected')), uploadFile: final('UploadRejected') };
const REFUSED_KEY = {
  ...every(final('Unauthorized')),
  getStatus: retried('Unauthorized', 30_000),
  fetchResult: retried('Unauthorized', 30_000),
};

/** Failure of a request for a paid run. It is retried, because an operator can correct the base URL in the meantime. */
const WRONG_BASE_URL = {
  ...every(final('EndpointNotFound')),
  getStatus: retried('EndpointNotFound', 30_000),
  fetchResult: retried('EndpointNotFound', 30_000),
};

const ROWS: readonly (readonly [title: string, reply: Reply, outcomes: Record<Call, object>])[] = [
  ['a reset', resetReply({ acted: true }), NO_USABLE_ANSWER],
  ['status 408', status(408), NO_USABLE_ANSWER],
  ['status 500', status(500), NO_USABLE_ANSWER],
  ['status 502 with HTML', htmlReply({ status: 502 }), NO_USABLE_ANSWER],
  ['status 503', status(503), NO_USABLE_ANSWER],
  ['status 504', status(504), NO_USABLE_ANSWER],
  ['status 429', status(429), every(retried('RateLimited'))],
  ['status 429 with Retry-After', rateLimitedReply({ retryAfter: 7 }), every(retried('RateLimited', 7000))],
  [
    'status 429 with a very long Retry-After',
    rateLimitedReply({ retryAfter: 1e9 }),
    every(retried('RateLimited', 300_000)),
  ],
  ['status 429 with a Retry-After of 0', rateLimitedReply({ retryAfter: 0 }), every(retried('RateLimited', 1000))],
  ['status 429 with a malformed Retry-After', rateLimitedReply({ retryAfter: 'soon' }), every(retried('RateLimited'))],
  ['status 402', status(402), every(final('OutOfCredits'))],
  ['code USAGE_BLOCKED', status(403, { code: 'USAGE_BLOCKED' }), every(final('OutOfCredits'))],
  ['code OUT_OF_CREDITS', status(429, { code: 'OUT_OF_CREDITS' }), every(final('OutOfCredits'))],
  ['status 401', status(401), REFUSED_KEY],
  ['status 403', status(403), REFUSED_KEY],
  ['status 404 with HTML', htmlReply({ status: 404 }), WRONG_BASE_URL],
  [
    'status 404 with JSON of another server',
    httpReply({ status: 404, json: { message: 'Not Found' } }),
    WRONG_BASE_URL,
  ],
  ['status 404 without a body', httpReply({ status: 404, text: '' }), WRONG_BASE_URL],
  ['status 410 ENDPOINT_REMOVED', status(410, { code: 'ENDPOINT_REMOVED' }), every(final('ApiVersionRemoved'))],
  ['status 404 ENDPOINT_REMOVED', status(404, { code: 'ENDPOINT_REMOVED' }), every(final('ApiVersionRemoved'))],
  ['RATE_LIMIT_EXCEEDED with 409', status(409, { code: 'RATE_LIMIT_EXCEEDED' }), every(retried('RateLimited'))],
  ['RATE_LIMIT_EXCEEDED with 503', status(503, { code: 'RATE_LIMIT_EXCEEDED' }), every(retried('RateLimited'))],
  ['a retryable 409', status(409, { code: 'BUSY', retryable: true }), every(retried('Unavailable'))],
  ['a retryable 500', status(500, { code: 'X', retryable: true }), NO_USABLE_ANSWER],
  ['a 500 that is not retryable', status(500, { code: 'X', retryable: false }), NO_USABLE_ANSWER],
  ['status 409', status(409), REJECTED],
  ['status 413', status(413), REJECTED],
  ['status 302', httpReply({ status: 302, headers: { location: 'http://nonexistent.invalid' }, text: '' }), REJECTED],
];

/** Result of a deletion. A deletion ignores the body of a success. */
const UNREADABLE: readonly (readonly [string, Reply])[] = [
  ['a body without its end', truncatedReply({ how: 'framing' })],
  ['HTML with status 200', htmlReply()],
  ['an empty answer', httpReply({ status: 200, text: '' })],
];

it('a failure without run, request and attempt has its message alone', () => {
  expect(finalFailure('ResultStoreFailed', 'no store', {}).message).toBe('no store');
  expect(finalFailure('ResultStoreFailed', 'no store', { attempts: 2 }).message).toBe('no store [attempt=2]');
});

describe('a time limit', () => {
  it('ends every activity with the failure of the table', async () => {
    fault = hangReply();
    const before = emulator.requests.length;
    const outcomes = await Promise.all(
      NAMES.map(async (name) => {
        const { type, nonRetryable, nextRetryDelay } = await CALLS[name](hasty, {});
        return [name, { type, nonRetryable, nextRetryDelay }] as const;
      }),
    );
    expect(Object.fromEntries(outcomes)).toEqual(NO_USABLE_ANSWER);
    expect(emulator.requests).toHaveLength(before + NAMES.length);
  });
});

describe.each(NAMES)('%s', (call) => {
  it.each(ROWS)('ends with the failure of the table for %s', async (_title, reply, outcomes) => {
    const { type, nonRetryable, nextRetryDelay } = await fail(call, reply);
    expect({ type, nonRetryable, nextRetryDelay }).toEqual(outcomes[call]);
  });

  it('fails with Unavailable if there is no connection, because Extend received nothing', async () => {
    const { type, nonRetryable, message } = await CALLS[call](unreachable, {});
    expect({ type, nonRetryable }).toEqual({ type: 'Unavailable', nonRetryable: false });
    expect(message).toMatch(/^no connection for \S+ \S+: E\w+/);
  });

  it('has the known facts', async () => {
    const json = { code: 'A_CODE', message: 'busy, see https://h/?SECRET', requestId: 'req_1', retryable: true };
    const reply = httpReply({ status: 429, headers: { 'retry-after': '3' }, json });
    const { details, message } = await fail(call, reply, { attempt: 4 });
    const isSubmit = call === 'submitParse';
    const run = isSubmit || call === 'uploadFile' ? {} : { runId };
    const known = { requestId: 'req_1', status: 429, code: 'A_CODE', retryAfterMs: 3000, attempts: 4 };
    const version = isSubmit && { apiVersion: '2025-04-21' };
    expect(details).toEqual([{ ...run, ...version, ...(call === 'getStatus' && { polls: 4 }), ...known }]);
    const named = 'runId' in run ? `runId=${runId}, ` : '';
    expect(message).toMatch(/^Extend answered 429 to [A-Z]+ \S+: A_CODE: busy, see https:\/\/h\/\??\*\*\* \[/);
    expect(message).toContain(`[${named}requestId=req_1, attempt=4]`);
  });
});

describe.each(NAMES.filter((name) => name !== 'deleteRun'))('%s', (call) => {
  it.each(UNREADABLE)('ends with the failure of the table for %s', async (_title, reply) => {
    const { type, nonRetryable, nextRetryDelay } = await fail(call, reply);
    expect({ type, nonRetryable, nextRetryDelay }).toEqual(NO_USABLE_ANSWER[call]);
  });
});

describe('status 400 and 422', () => {
  it.each(NAMES.filter((name) => name !== 'getStatus'))('are final for %s', async (call) => {
    for (const code of [400, 422]) expect(await fail(call, status(code))).toMatchObject(REJECTED[call]);
  });

  it('are final for getStatus when both forms of the poll were refused', async () => {
    fault = status(422, { code: 'INVALID', requestId: 'req_2' });
    const failure = await failureOf(activities, 'getStatus', { runId });
    expect(failure).toMatchObject({
      ...final('RequestRejected'),
      details: [{ runId, status: 422, code: 'INVALID', requestId: 'req_2', attempts: 1 }],
    });
  });
});

describe('status 404', () => {
  it('is FileNotFound for a submit, and UploadRejected for an upload', async () => {
    expect(await fail('submitParse', status(404))).toMatchObject(final('FileNotFound'));
    expect(await fail('uploadFile', status(404))).toMatchObject(final('UploadRejected'));
  });

  it.each([
    [0, false],
    [59_999, false],
    [60_000, true],
    [86_400_000, true],
  ])('is retried by getStatus for 60 s after the run was accepted: %d ms', async (afterMs, nonRetryable) => {
    const info = { currentAttemptScheduledTimestampMs: ACCEPTED_AT_MS + afterMs };
    const failure = await failureOf(
      activities,
      'getStatus',
      { runId: 'parser_run_x', acceptedAtMs: ACCEPTED_AT_MS },
      info,
    );
    expect(failure).toMatchObject({ type: 'ParserRunNotFound', nonRetryable });
  });

  it.each(['fetchResult', 'storeResult'] as const)('is also retried by %s within these 60 s', async (name) => {
    const own = createParseActivities({ apiKey: 'k', baseUrl: emulator.url, resultDirectory: tmpdir() });
    const times = { acceptedAtMs: ACCEPTED_AT_MS, noticedAtMs: ACCEPTED_AT_MS };
    const input = { runId: 'parser_run_x', ...times, counters };
    const failureAfter = (afterMs: number) =>
      failureOf(own, name, input, { currentAttemptScheduledTimestampMs: ACCEPTED_AT_MS + afterMs });
    expect(await failureAfter(59_999)).toMatchObject({ type: 'ParserRunNotFound', nonRetryable: false });
    expect(await failureAfter(60_000)).toMatchObject({ type: 'ParserRunNotFound', nonRetryable: true });
  });

  it('is final immediately for an attached run', async () => {
    expect(await fail('getStatus', status(404))).toMatchObject(final('ParserRunNotFound'));
    expect(await fail('fetchResult', status(404))).toMatchObject(final('ParserRunNotFound'));
  });
});

describe('a refused key while a workflow waits for a paid run', () => {
  it.each([
    [1, 30_000],
    [2, 60_000],
    [3, 120_000],
    [4, 240_000],
    [5, 300_000],
    [100_000, 300_000],
  ])('is retried with long delays: after attempt %d in %d ms', async (attempt, delayMs) => {
    for (const call of ['getStatus', 'fetchResult'] as const) {
      expect(await fail(call, status(401), { attempt })).toMatchObject(retried('Unauthorized', delayMs));
    }
  });

  it('is retried with long delays also if the worker has no key', async () => {
    const keyless = createParseActivities({ apiKey: ' ', baseUrl: emulator.url });
    const before = emulator.requests.length;
    expect(await failureOf(keyless, 'getStatus', { runId: 'r' })).toMatchObject(retried('Unauthorized', 30_000));
    expect(await failureOf(keyless, 'submitParse', { file: { fileId: 'f' } })).toMatchObject(final('Unauthorized'));
    expect(emulator.requests).toHaveLength(before);
  });
});

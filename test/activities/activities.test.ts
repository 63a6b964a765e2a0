import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { createParseActivities, type ParseActivities, type ParseActivitiesOptions } from '../../activities';
import { nextDelayMs, resolveSchedule } from '../../contract';
import {
  hangReply,
  htmlReply,
  httpReply,
  naturalReply,
  reportReply,
  startEmulator,
  type Emulator,
  type Reply,
  type ScriptedDocument,
} from '../../local/extend';
import { untilFirstPollMs } from '../../activities/get-status';
import { createContext, failureOf, runActivity } from './run-activity';

/** Version of the API, unless the worker or the input names another one. */
const apiVersion = '2025-04-21';
const counters = { submits: 1, polls: 12, waitedMs: 34_567 };
const chunk = {
  object: 'chunk',
  type: 'page',
  content: 'Grüße € 😀 "quoted"\n',
  metadata: { pageRange: { start: 1, end: 1 } },
  blocks: [],
} as const;

const scripts: Record<string, ScriptedDocument> = {
  done: { processingReads: 0, chunks: [chunk] },
  'with-ocr': { processingReads: 0, chunks: [chunk], run: { ocr: { words: [{ content: 'Grüße' }] } } },
  'without-credits': { processingReads: 0, chunks: [chunk], run: { usage: undefined } },
  'null-credits': { processingReads: 0, chunks: [chunk], run: { usage: { credits: null }, ocr: null } },
  'without-output': { processingReads: 0, resultsWithoutOutput: Number.POSITIVE_INFINITY },
  'back-to-processing': { processingReads: 0, resultsBackToProcessing: Number.POSITIVE_INFINITY },
  'late-output': { processingReads: 0, resultsWithoutOutput: 1 },
  'without-id': { processingReads: 0, run: { id: undefined } },
  'odd-chunk': { processingReads: 0, run: { chunks: [{ ...chunk, content: 7 }] } },
  queued: { processingReads: 1, processingStatus: 'QUEUED https://h/?SECRET' },
  'failing-at-once': { submitStatus: 'FAILED', failureReason: 'cannot load https://h/a?sig=SECRET' },
};

let emulator: Emulator;
let activities: ParseActivities;
let fault: Reply | undefined;
let directory: string;

beforeAll(async () => {
  emulator = await startEmulator({ scripts, faults: () => fault });
  directory = await mkdtemp(join(tmpdir(), 'sources-'));
  activities = activitiesWith();
});
beforeEach(() => {
  fault = undefined;
});
afterAll(async () => {
  await emulator.close();
  await rm(directory, { recursive: true });
});

const activitiesWith = (options: Partial<ParseActivitiesOptions> = {}) =>
  createParseActivities({ apiKey: 'sk_test', baseUrl: emulator.url, sourceDirectory: directory, ...options });
const submit = (script: string) =>
  runActivity(activities, 'submitParse', { file: { fileUrl: `http://emulator.invalid/${script}` } });
const runOf = async (script: string) => (await submit(script)).runId;
const fetchInput = async (script: string) => ({ runId: await runOf(script), noticedAtMs: 0, counters });

describe('createParseActivities', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])(
    'refuses maxInlineBytes %d',
    (maxInlineBytes) => {
      const message = `maxInlineBytes must be a positive whole number of bytes, got ${maxInlineBytes}`;
      expect(() => activitiesWith({ maxInlineBytes })).toThrow(new RangeError(message));
    },
  );

  it('refuses what the client refuses', () => {
    expect(() => activitiesWith({ baseUrl: 'api.extend.ai' })).toThrow(TypeError);
    expect(() => activitiesWith({ statusTimeoutMs: 0 })).toThrow(RangeError);
  });
});

describe('submitParse', () => {
  it('sends file and configuration unchanged, and gives id and status', async () => {
    const file = { fileUrl: 'http://emulator.invalid/ok', fileName: 'a.pdf' };
    const config = { target: 'spatial' };
    const submitted = await runActivity(activities, 'submitParse', { file, config });
    expect(submitted).toEqual({ runId: emulator.runs.at(-1)?.id, status: 'PROCESSING', apiVersion });
    expect(emulator.requests.at(-1)?.bodyJson).toEqual({ file, config });
    await submit('ok');
    expect(emulator.requests.at(-1)?.bodyJson).toEqual({ file: { fileUrl: 'http://emulator.invalid/ok' } });
  });

  it('gives the state of a run that ended immediately, without secrets', async () => {
    expect(await submit('failing-at-once')).toMatchObject({
      status: 'FAILED',
      failureReason: 'cannot load https://h/***',
    });
  });

  it('ignores a cancellation, so that the run id becomes known', async () => {
    fault = naturalReply({ delayMs: 200 });
    const context = createContext();
    const before = emulator.requests.length;
    const file = { fileUrl: 'http://emulator.invalid/ok' };
    const submitted = runActivity(activities, 'submitParse', { file }, context);
    await emulator.waitFor(({ index }) => index === before);
    context.cancel();
    expect(await submitted).toEqual({ runId: emulator.runs.at(-1)?.id, status: 'PROCESSING', apiVersion });
  });
});

describe('getStatus', () => {
  it('polls once and gives any state', async () => {
    const runId = await runOf('ok');
    expect(await runActivity(activities, 'getStatus', { runId })).toEqual({
      status: 'PROCESSING',
      apiVersion,
      polls: 1,
    });
    expect(await runActivity(activities, 'getStatus', { runId }, createContext({ attempt: 3 }))).toEqual({
      status: 'PROCESSED',
      apiVersion,
      polls: 3,
    });
  });

  it('returns the end of a failed run, because the poll succeeded', async () => {
    const runId = await runOf('ok');
    fault = reportReply({ status: 'FAILED', failureReason: 'CORRUPT_FILE' });
    const failed = { status: 'FAILED', failureReason: 'CORRUPT_FILE', apiVersion, polls: 1 };
    expect(await runActivity(activities, 'getStatus', { runId })).toEqual(failed);
    const until = { ...resolveSchedule(), sinceMs: 0 };
    expect(await runActivity(activities, 'getStatus', { runId, until })).toEqual(failed);
    fault = reportReply({ status: 'CANCELLED', failureReason: null, as: 'parser_run' });
    expect(await runActivity(activities, 'getStatus', { runId, until })).toEqual({
      status: 'CANCELLED',
      apiVersion,
      polls: 1,
    });
  });

  it('sends no request in its first attempt if the input has a delay', async () => {
    const runId = await runOf('ok');
    const before = emulator.requests.length;
    const failure = await failureOf(activities, 'getStatus', { runId, delayMs: 1234 });
    expect(failure).toMatchObject({
      type: 'StillProcessing',
      nonRetryable: false,
      nextRetryDelay: 1234,
      category: ApplicationFailureCategory.BENIGN,
    });
    expect(emulator.requests).toHaveLength(before);
    expect(await runActivity(activities, 'getStatus', { runId, delayMs: 1234 }, createContext({ attempt: 2 }))).toEqual(
      {
        status: 'PROCESSING',
        apiVersion,
        polls: 1,
      },
    );
  });

  it('sends no request before the first poll is due, for any time that the attempt waited for a worker', async () => {
    const runId = await runOf('ok');
    const before = emulator.requests.length;
    const dueAtMs = Date.now() + 60_000;
    const failure = await failureOf(activities, 'getStatus', { runId, delayMs: 90_000, dueAtMs });
    expect(failure).toMatchObject({ type: 'StillProcessing', category: ApplicationFailureCategory.BENIGN });
    expect(failure.details).toEqual([{ runId, polls: 0, attempts: 1 }]);
    expect(failure.nextRetryDelay).toBeGreaterThan(0);
    expect(failure.nextRetryDelay).toBeLessThanOrEqual(60_000);
    expect(emulator.requests).toHaveLength(before);
  });

  it.each([
    ['a first attempt that waited until then', { attempt: 1, scheduledTimestampMs: 1 }, 1],
    ['the attempt that follows an early one', { attempt: 2, scheduledTimestampMs: 1 }, 1],
    ['one that follows a first attempt that has polled', { attempt: 2, heartbeatDetails: { firstHasPolled: true } }, 2],
    ['a first attempt that was scheduled later', { attempt: 1, scheduledTimestampMs: 9_000 }, 1],
    ['the attempt that follows such a one', { attempt: 2, scheduledTimestampMs: 9_000 }, 2],
  ])('polls when the first poll is due, and counts its polls: %s', async (_title, info, polls) => {
    const input = { runId: await runOf('ok'), delayMs: 4_000, dueAtMs: 5_000 };
    const context = createContext({ scheduledTimestampMs: 1, ...info });
    expect(await runActivity(activities, 'getStatus', input, context)).toEqual({
      status: 'PROCESSING',
      apiVersion,
      polls,
    });
  });

  it.each([
    ['by the clock of the worker', { attempt: 1, currentAttemptScheduledTimestampMs: 0 }, 40_000, 10_000],
    [
      "by the server's clock, where that is ahead",
      { attempt: 1, currentAttemptScheduledTimestampMs: 45_000 },
      1,
      5_000,
    ],
    ['immediately in a later attempt', { attempt: 2, currentAttemptScheduledTimestampMs: 0 }, 1, 0],
    ['immediately after that time', { attempt: 1, currentAttemptScheduledTimestampMs: 0 }, 51_000, 0],
  ])('waits for the first poll %s', (_title, info, nowMs, waitMs) => {
    expect(untilFirstPollMs({ delayMs: 90_000, dueAtMs: 50_000 }, info, nowMs)).toBe(waitMs);
  });

  it.each([
    [{ delayMs: 5 }, 3, 2],
    [{}, 3, 3],
  ])('waits by the schedule while the run has not ended: %j, attempt %d', async (how, attempt, polls) => {
    const schedule = resolveSchedule({ backoff: 'exponential', jitter: 0 });
    const info = { attempt, currentAttemptScheduledTimestampMs: 90_000 };
    const input = { runId: await runOf('never'), until: { ...schedule, sinceMs: 50_000 }, ...how };
    const failure = await failureOf(activities, 'getStatus', input, info);
    expect(failure).toMatchObject({
      type: 'StillProcessing',
      nonRetryable: false,
      nextRetryDelay: nextDelayMs(schedule, { elapsedMs: 40_000, polls, random: 0.5 }),
      category: ApplicationFailureCategory.BENIGN,
    });
    expect(failure.message).toBe(`${input.runId} is PROCESSING after ${polls} polls`);
  });

  it('counts the time from the beginning of the wait', async () => {
    const runId = await runOf('never');
    const until = { ...resolveSchedule({ jitter: 0 }), sinceMs: 1000 };
    const info = { attempt: 9, currentAttemptScheduledTimestampMs: 101_000 };
    expect(await failureOf(activities, 'getStatus', { runId, until }, info)).toMatchObject({ nextRetryDelay: 10_000 });
  });

  it('takes an unknown status for a run that has not ended, and shows no secret of it', async () => {
    const until = { ...resolveSchedule(), sinceMs: 0 };
    const failure = await failureOf(activities, 'getStatus', { runId: await runOf('queued'), until });
    expect(failure.type).toBe('StillProcessing');
    expect(failure.message).toMatch(/ is QUEUED https:\/\/h\/\?\*\*\* after 1 polls$/);
  });
});

describe('followDocuments', () => {
  it('sends no request in the first attempt after an answer, and its intervals grow from the time when the documents were first followed', async () => {
    const input = { ids: ['a', 'b'], wait: true, followedSinceMs: 1_000 };
    const info = { attempt: 1, scheduledTimestampMs: 101_000, currentAttemptScheduledTimestampMs: 101_000 };
    // This context has no connection to Temporal.
    const failure = await failureOf(activities, 'followDocuments', input, info);
    expect(failure).toMatchObject({ type: 'StillProcessing', category: ApplicationFailureCategory.BENIGN });
    // The delay is twice the root of a hundred seconds, plus or minus a tenth.
    expect(failure.nextRetryDelay).toBeGreaterThanOrEqual(18_000);
    expect(failure.nextRetryDelay).toBeLessThanOrEqual(22_000);
  });
});

describe('fetchResult', () => {
  it('gives the result of a finished run', async () => {
    const input = await fetchInput('done');
    expect(await runActivity(activities, 'fetchResult', input)).toEqual({
      runId: input.runId,
      apiVersion,
      fileId: emulator.runs.at(-1)?.fileId,
      pageCount: 1,
      processingTimeMs: 1200,
      credits: 2,
      output: { kind: 'inline', chunks: [chunk] },
    });
    expect(emulator.requests.at(-1)).toMatchObject({ operation: 'result', query: { responseType: 'json' } });
  });

  it('keeps the words with their positions on the page', async () => {
    const { output } = await runActivity(activities, 'fetchResult', await fetchInput('with-ocr'));
    expect(output).toEqual({ kind: 'inline', chunks: [chunk], ocr: { words: [{ content: 'Grüße' }] } });
  });

  it.each(['without-credits', 'null-credits'])('gives no credits if the API gives none: %s', async (script) => {
    const result = await runActivity(activities, 'fetchResult', await fetchInput(script));
    expect(result).not.toHaveProperty('credits');
    expect(result.output).toEqual({ kind: 'inline', chunks: [chunk] });
  });

  it('refuses a result above the limit, measured exactly over the whole workflow result', async () => {
    const input = await fetchInput('done');
    const result = await runActivity(activities, 'fetchResult', input);
    const bytes = Buffer.byteLength(JSON.stringify({ ...result, ...counters }));
    const small = (maxInlineBytes: number) => activitiesWith({ maxInlineBytes });
    expect(await runActivity(small(bytes + 1), 'fetchResult', input)).toEqual(result);
    expect(await runActivity(small(bytes), 'fetchResult', input)).toEqual(result);
    const failure = await failureOf(small(bytes - 1), 'fetchResult', input, { attempt: 2 });
    expect(failure).toMatchObject({
      type: 'ResultTooLarge',
      nonRetryable: true,
      details: [{ runId: input.runId, attempts: 2 }],
    });
    expect(failure.message).toContain(
      `the result has ${bytes} bytes, the limit of an inline result is ${bytes - 1} bytes`,
    );
    expect(failure.message).toContain("result: 'stored'");
    expect(failure.message).toContain('maxInlineBytes');
    expect(failure.message).toContain(input.runId);
  });

  it('refuses a result above the default limit', async () => {
    const runId = await runOf('huge?mb=2&reads=0');
    const failure = await failureOf(activities, 'fetchResult', { runId, noticedAtMs: 0, counters });
    expect(failure.message).toMatch(/^the result has 2\d{6} bytes, the limit of an inline result is 1500000 bytes: /);
  });

  it('refuses a huge body without holding it in memory', async () => {
    const runId = await runOf('huge?mb=20&reads=0');
    const failure = await failureOf(activities, 'fetchResult', { runId, noticedAtMs: 0, counters });
    expect(failure).toMatchObject({ type: 'ResultTooLarge', nonRetryable: true, details: [{ runId, attempts: 1 }] });
    expect(failure.message).toContain('the result has more than 12000000 bytes');
    const request = await emulator.waitFor((one) => one.runId === runId && one.outcome !== 'pending');
    expect(request).toMatchObject({ operation: 'result', outcome: 'abandoned' });
  });

  it.each([
    ['without-output', 'parserRun.chunks is missing'],
    ['back-to-processing', 'parserRun.status: expected "PROCESSED", got "PROCESSING"'],
    ['without-id', 'parserRun.id is missing or not usable'],
    ['odd-chunk', 'parserRun.chunks.0.content: expected string, got a number'],
  ])('is retried for two minutes if the output breaks the contract: %s', async (script, breach) => {
    const runId = await runOf(script);
    const at = async (currentAttemptScheduledTimestampMs: number) => {
      const input = { runId, noticedAtMs: 10_000, counters };
      return failureOf(activities, 'fetchResult', input, { attempt: 5, currentAttemptScheduledTimestampMs });
    };
    const failure = await at(129_999);
    expect(failure).toMatchObject({
      type: 'ContractViolation',
      nonRetryable: false,
      nextRetryDelay: 5000,
      details: [{ runId, attempts: 5 }],
    });
    expect(failure.message).toContain(`the finished run has no usable output: ${breach}`);
    expect(await at(130_000)).toMatchObject({ type: 'ContractViolation', nonRetryable: true });
  });

  it('gives the result as soon as the output is there', async () => {
    const input = await fetchInput('late-output');
    expect(await failureOf(activities, 'fetchResult', input)).toMatchObject({
      type: 'ContractViolation',
      nonRetryable: false,
    });
    expect(await runActivity(activities, 'fetchResult', input)).toMatchObject({ runId: input.runId, pageCount: 1 });
  });
});

describe('uploadFile', () => {
  it.each([
    [undefined, 'statement.txt'],
    ['other name.txt', 'other name.txt'],
  ])('uploads a source; name given: %s', async (fileName, expected) => {
    const path = join(directory, 'statement.txt');
    await writeFile(path, 'Opening balance');
    const source = pathToFileURL(path).href;
    const input = fileName === undefined ? { source } : { source, fileName };
    expect(await runActivity(activities, 'uploadFile', input)).toEqual({ fileId: emulator.files.at(-1)?.id });
    expect(emulator.files.at(-1)).toMatchObject({ name: expected, bytes: 15, uploaded: true });
  });

  it.each([
    ['HTML', htmlReply({ acted: true })],
    ['no file', httpReply({ status: 200, json: { success: true }, acted: true })],
    ['a file without an id', httpReply({ status: 200, json: { file: { name: 'a.txt' } }, acted: true })],
    ['an id that no request can name', httpReply({ status: 200, json: { id: '..' }, acted: true })],
  ])('gives up after three answers that cannot be read: %s', async (_title, reply) => {
    const path = join(directory, 'a.txt');
    await writeFile(path, 'text');
    const input = { source: pathToFileURL(path).href };
    fault = reply;
    for (const unreadableAnswers of [undefined, 0, 1]) {
      const info = { attempt: 7, ...(unreadableAnswers !== undefined && { heartbeatDetails: { unreadableAnswers } }) };
      const failure = await failureOf(activities, 'uploadFile', input, info);
      expect(failure).toMatchObject({ type: 'Unavailable', nonRetryable: false });
    }
    const info = { attempt: 7, heartbeatDetails: { unreadableAnswers: 2 } };
    const failure = await failureOf(activities, 'uploadFile', input, info);
    expect(failure).toMatchObject({ type: 'ContractViolation', nonRetryable: true, details: [{ attempts: 7 }] });
    expect(failure.message).toContain('3 uploads without a readable answer: unreadable answer to POST /files/upload');
  });

  it.each([
    ['in the envelope', { success: true, file: { id: 'file_own' } }],
    ['bare', { object: 'file', id: 'file_own' }],
  ])('reads the id from an answer %s', async (_title, json) => {
    await writeFile(join(directory, 'a.txt'), 'text');
    fault = httpReply({ status: 200, json });
    const input = { source: pathToFileURL(join(directory, 'a.txt')).href };
    expect(await runActivity(activities, 'uploadFile', input)).toEqual({ fileId: 'file_own' });
  });

  it.each(['file_live.KEYCANARY/9', `file_${encodeURIComponent('live.KEYCANARY/9')}`])(
    'fails finally for an id that repeats the API key, and does not show the id: %s',
    async (id) => {
      await writeFile(join(directory, 'a.txt'), 'text');
      fault = httpReply({ status: 200, json: { id } });
      const input = { source: pathToFileURL(join(directory, 'a.txt')).href };
      const own = activitiesWith({ apiKey: 'live.KEYCANARY/9' });
      const failure = await failureOf(own, 'uploadFile', input, { attempt: 3 });
      expect(failure).toMatchObject({ type: 'ContractViolation', nonRetryable: true, details: [{ attempts: 3 }] });
      expect(failure.message).toBe(
        'Extend accepted the upload, and the file cannot be used: the file id repeats the API key [attempt=3]',
      );
    },
  );

  it.each([
    ['file:///nowhere/a.pdf', "'/nowhere/a.pdf' is not a readable file in the directory of sources"],
    ['ftp://user:SECRET@h/a.pdf?SECRET', "no resolver for the scheme 'ftp:'"],
  ])('fails finally for a source %s, and nothing is sent', async (source, words) => {
    const before = emulator.requests.length;
    const failure = await failureOf(activities, 'uploadFile', { source }, { attempt: 3 });
    expect(failure).toMatchObject({ type: 'SourceUnavailable', nonRetryable: true, details: [{ attempts: 3 }] });
    expect(failure.message).toContain(words);
    expect(failure.message).toContain('[attempt=3]');
    expect(failure.message).not.toContain('SECRET');
    expect(emulator.requests).toHaveLength(before);
  });
});

describe('An id that is a dot segment', () => {
  it.each(['.', '..'])('is sent by no activity: %s', async (id) => {
    const before = emulator.requests.length;
    const stored = activitiesWith({ resultDirectory: directory });
    const failures = await Promise.all([
      failureOf(activities, 'getStatus', { runId: id }),
      failureOf(activities, 'fetchResult', { runId: id, noticedAtMs: 0, counters }),
      failureOf(stored, 'storeResult', { runId: id, noticedAtMs: 0 }),
      failureOf(activities, 'deleteRun', { runId: id }),
      failureOf(activities, 'deleteRun', { fileId: id }),
    ]);
    for (const failure of failures) {
      expect(failure).toMatchObject({ type: 'RequestRejected', nonRetryable: true });
      expect(failure.message).toContain("the id must not be '.' or '..'");
    }
    expect(emulator.requests).toHaveLength(before);
  });
});

describe('deleteRun', () => {
  it('deletes the run and the file, and accepts that both do not exist', async () => {
    const runId = await runOf('ok');
    await writeFile(join(directory, 'gone.txt'), 'x');
    const source = pathToFileURL(join(directory, 'gone.txt')).href;
    const { fileId } = await runActivity(activities, 'uploadFile', { source });
    const input = { runId, ...(fileId !== undefined && { fileId }) };
    const before = emulator.requests.length;
    await runActivity(activities, 'deleteRun', input);
    await runActivity(activities, 'deleteRun', input);
    const sent = emulator.requests.slice(before).map(({ operation, responseStatus }) => [operation, responseStatus]);
    expect(sent).toEqual([
      ['deleteRun', 200],
      ['deleteFile', 200],
      ['deleteRun', 404],
      ['deleteFile', 404],
    ]);
  });

  it('deletes only the given ids', async () => {
    const before = emulator.requests.length;
    await runActivity(activities, 'deleteRun', {});
    await runActivity(activities, 'deleteRun', { fileId: 'file_x' });
    expect(emulator.requests.slice(before)).toMatchObject([{ operation: 'deleteFile', fileId: 'file_x' }]);
  });
});

describe('a cancellation', () => {
  it.each(['getStatus', 'fetchResult', 'deleteRun', 'uploadFile'] as const)(
    'ends %s as a cancellation',
    async (name) => {
      await writeFile(join(directory, 'b.txt'), 'x');
      const source = pathToFileURL(join(directory, 'b.txt')).href;
      const input = { runId: await runOf('ok'), noticedAtMs: 0, counters, source };
      fault = hangReply();
      const context = createContext();
      const before = emulator.requests.length;
      const ended = runActivity(activities, name, input, context);
      await emulator.waitFor(({ index }) => index === before);
      context.cancel();
      await expect(ended).rejects.toBeInstanceOf(CancelledFailure);
    },
  );
});

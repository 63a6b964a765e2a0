import { describe, expect, it } from '@jest/globals';
import {
  hangReply,
  htmlReply,
  httpReply,
  rateLimitedReply,
  resetReply,
  truncatedReply,
  type Reply,
  type ScriptedDocument,
} from '../../testing';
import { ParseClient } from '../../client';
import { deadUrl } from '../support/free-port';
import { historyOf, timersOf } from './history';
import { allOf, failureOf, Scene } from './scene';

/** Answers after which it is unknown whether a run exists. The emulator creates a run each time. */
const AMBIGUOUS: Readonly<Record<string, Reply>> = {
  'a reset': resetReply({ acted: true }),
  'a 500': httpReply({ status: 500, json: { error: 'boom' }, acted: true }),
  'a 503 of a proxy': htmlReply({ status: 503, acted: true }),
  'a 408': httpReply({ status: 408, json: { error: 'timeout' }, acted: true }),
  'a timeout': hangReply({ acted: true }),
  'HTML with 200': htmlReply({ acted: true }),
  'a truncated 200': truncatedReply(),
  'truncated JSON with 200': truncatedReply({ how: 'json' }),
  'a 200 without an id': httpReply({ status: 200, json: { success: true }, acted: true }),
};

/** Answers that end the workflow at once. */
const FINAL: Readonly<Record<string, { reply: Reply; type: string; status: number; code?: string }>> = {
  'a 400': answer(400, { code: 'FILE_TYPE_NOT_SUPPORTED', message: 'no such type' }, 'RequestRejected'),
  'a 401': answer(401, { code: 'UNAUTHORIZED', message: 'bad key' }, 'Unauthorized'),
  'a 403': answer(403, { code: 'FORBIDDEN', message: 'not yours' }, 'Unauthorized'),
  'a 402': answer(402, { code: 'PAYMENT_REQUIRED', message: 'pay' }, 'OutOfCredits'),
  'a 403 with USAGE_BLOCKED': answer(403, { code: 'USAGE_BLOCKED', message: 'blocked' }, 'OutOfCredits'),
  'a 429 with OUT_OF_CREDITS': answer(429, { code: 'OUT_OF_CREDITS', message: 'none left' }, 'OutOfCredits'),
  'a 422': answer(422, { code: 'INVALID_CONFIG', message: 'no such option' }, 'RequestRejected'),
  'a 302': answer(302, undefined, 'RequestRejected'),
  'a 404 of a web server': answer(404, undefined, 'EndpointNotFound'),
  'a 410': answer(410, { code: 'ENDPOINT_REMOVED', message: 'gone' }, 'ApiVersionRemoved'),
};

function answer(status: number, body: { code: string; message: string } | undefined, type: string) {
  const headers = {
    'x-extend-request-id': 'req_decided',
    ...(status === 302 && { location: 'https://else.invalid/' }),
  };
  const reply = httpReply({ status, headers, ...(body ? { json: { error: body } } : {}) });
  return { reply, type, status, ...(body && { code: body.code }) };
}

const named = (rows: Readonly<Record<string, unknown>>) => Object.keys(rows);
const scriptName = (name: string) => name.replaceAll(' ', '-');

function scripts(): Record<string, ScriptedDocument> {
  const spoiled = Object.entries(AMBIGUOUS).map(([name, reply]) => [scriptName(name), { submit: [reply] }]);
  const refused = Object.entries(FINAL).map(([name, { reply }]) => [scriptName(name), { submit: [reply] }]);
  const waits: Record<string, Reply> = {
    seconds: rateLimitedReply({ retryAfter: 40 }),
    date: rateLimitedReply({ retryAfter: new Date(Date.now() + 200_000) }),
    absurd: rateLimitedReply({ retryAfter: 99_999_999 }),
    none: rateLimitedReply(),
    zero: rateLimitedReply({ retryAfter: 0 }),
    unreadable: rateLimitedReply({ retryAfter: '12abc' }),
  };
  const limited = Object.entries(waits).map(([name, reply]) => [name, { submit: [reply, reply] }]);
  const lost = { submit: Array.from({ length: 20 }, () => resetReply({ acted: true })) };
  const repeatable = { success: false, code: 'BUSY', message: 'later', retryable: true };
  const limitedByCode = httpReply({ status: 503, json: { code: 'RATE_LIMIT_EXCEEDED', message: 'slow down' } });
  const busy = { submit: [httpReply({ status: 409, json: repeatable }), limitedByCode] };
  const mixed = { submit: [rateLimitedReply(), resetReply({ acted: true }), rateLimitedReply()] };
  return { ...Object.fromEntries([...spoiled, ...refused, ...limited]), lost, busy, mixed };
}

describe('A submit', () => {
  // Without metadata, no lost run is found, and version 2026-02-09 does as 2025-04-21.
  const scene = new Scene({ scripts: scripts(), parse: { submitTimeoutMs: 3_000, runMetadata: false } });

  /** Bounds of the two waits after two answers 429, in milliseconds. */
  it.each([
    ['seconds', [40_000, 44_000], [40_000, 44_000]],
    ['date', [150_000, 220_000], [150_000, 220_000]],
    ['absurd', [300_000, 330_000], [300_000, 330_000]],
    ['none', [5_000, 5_500], [10_000, 11_000]],
    ['zero', [1_000, 1_100], [1_000, 1_100]],
    ['unreadable', [5_000, 5_500], [10_000, 11_000]],
  ])('waits at least as long as Extend requests: Retry-After %s', async (script, first, second) => {
    const { fileUrl, workflowId } = scene.document(script);
    const result = await scene.client.execute({ file: { fileUrl } }, { workflowId });
    const timers = timersOf(await historyOf(scene.temporal, workflowId)).filter(({ summary }) =>
      summary.startsWith('after: rejected'),
    );
    expect(timers.map(({ summary }) => summary)).toEqual(Array(2).fill('after: rejected submit (429)'));
    [first, second].forEach(([least = 0, most = 0], at) => {
      expect(timers[at]?.ms).toBeGreaterThanOrEqual(least);
      expect(timers[at]?.ms).toBeLessThanOrEqual(most);
    });
    expect(result.submits).toBe(1);
    expect(result.waitedMs).toBeGreaterThanOrEqual((first[0] ?? 0) + (second[0] ?? 0));
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 3, runs: 1 });
  });

  it('is repeated if Extend says that it was not accepted and may be repeated, and is not counted', async () => {
    const { fileUrl, workflowId } = scene.document('busy');
    const result = await scene.client.execute({ file: { fileUrl }, onAmbiguousSubmit: 'fail' }, { workflowId });
    expect(result.submits).toBe(1);
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 3, runs: 1 });
    const summaries = timersOf(await historyOf(scene.temporal, workflowId)).map(({ summary }) => summary);
    expect(summaries.slice(0, 2)).toEqual(['after: rejected submit (409)', 'after: rejected submit (503)']);
  });

  it.each(named(AMBIGUOUS))('that may have created a run is repeated and counted: %s', async (name) => {
    const document = scene.document(scriptName(name));
    const result = await scene.execute(document);
    expect(result.submits).toBe(2);
    expect(scene.countsOf(document)).toMatchObject({ submits: 2, runs: 2, results: 1 });
    const [timer] = timersOf(await historyOf(scene.temporal, document.workflowId));
    expect(timer?.summary).toMatch(/^after: ambiguous submit(?: \(\d{3}\))?$/);
    expect(timer?.ms).toBeGreaterThanOrEqual(5_000);
    expect(timer?.ms).toBeLessThanOrEqual(5_500);
  });

  // A submit without an answer takes real time: the test of the deadline has one with 'fail'.
  it.each(named(AMBIGUOUS).filter((name) => name !== 'a timeout'))(
    "that may have created a run is never repeated with 'fail': %s",
    async (name) => {
      const document = scene.document(scriptName(name));
      const failure = await failureOf(scene.execute(document, { onAmbiguousSubmit: 'fail' }));
      expect(failure).toMatchObject({ type: 'SubmitOutcomeUnknown', details: { runMayExist: true, submits: 1 } });
      expect(failure.details).not.toHaveProperty('runId');
      expect(scene.countsOf(document)).toMatchObject({ submits: 1, runs: 1, polls: 0 });
    },
  );

  it('is not repeated beyond maxSubmits, five by default', async () => {
    const { fileUrl, workflowId } = scene.document('lost');
    const unknown = await failureOf(scene.client.execute({ file: { fileUrl } }, { workflowId }));
    expect(unknown).toMatchObject({ type: 'SubmitOutcomeUnknown', details: { runMayExist: true, submits: 5 } });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 5, runs: 5 });
    const waits = timersOf(await historyOf(scene.temporal, workflowId));
    expect(waits).toHaveLength(4);
    for (const [at, leastMs] of [5_000, 15_000, 45_000, 135_000].entries()) {
      expect(waits[at]?.ms).toBeGreaterThanOrEqual(leastMs);
      expect(waits[at]?.ms).toBeLessThanOrEqual(leastMs * 1.1);
    }
  });

  it.each([1, 2])('is repeated up to maxSubmits: %i', async (maxSubmits) => {
    const { fileUrl } = scene.document('lost');
    const failure = await failureOf(scene.client.execute({ file: { fileUrl }, maxSubmits }));
    expect(failure).toMatchObject({ type: 'SubmitOutcomeUnknown', details: { submits: maxSubmits } });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: maxSubmits, runs: maxSubmits });
  });

  it('counts only if it may have created a run, not if it was certainly rejected', async () => {
    const { fileUrl } = scene.document('mixed');
    const result = await scene.client.execute({ file: { fileUrl } });
    expect(result.submits).toBe(2);
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 4, runs: 2 });
  });

  it.each(named(FINAL))('that Extend refuses ends the workflow at once: %s', async (name) => {
    const { fileUrl } = scene.document(scriptName(name));
    const failure = await failureOf(scene.client.execute({ file: { fileUrl } }));
    const { type, status, code } = FINAL[name] ?? { type: '', status: 0 };
    expect(failure.type).toBe(type);
    expect(failure.details).toMatchObject({ status, requestId: 'req_decided', submits: 0, ...(code && { code }) });
    expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(0);
    expect(failure.details.elapsedMs).toBeLessThan(30_000);
    expect(failure.details).not.toHaveProperty('runMayExist');
    expect(scene.countsOf({ fileUrl })).toEqual({ submits: 1, runs: 0, polls: 0, results: 0, deletes: 0 });
  });

  it('of a file that Extend does not know ends as FileNotFound', async () => {
    const before = scene.emulator.requests.length;
    const failure = await failureOf(scene.client.execute({ file: { fileId: 'file_unknown' } }));
    expect(failure).toMatchObject({ type: 'FileNotFound', details: { status: 404, submits: 0 } });
    expect(failure.details.requestId).toMatch(/^req_/);
    expect(scene.emulator.requests).toHaveLength(before + 1);
  });

  it('that no server receives is repeated until the deadline, and no run can exist', async () => {
    const { workflowId } = scene.document('ok');
    const worker = await scene.createWorker('no-server', { activities: { baseUrl: await deadUrl() } });
    const client = new ParseClient({ client: scene.temporal, taskQueue: 'no-server' });
    const input = {
      file: { fileUrl: 'https://example.com/a.pdf' },
      deadlineMs: 3_600_000,
      onAmbiguousSubmit: 'fail',
    } as const;
    const failure = await worker.runUntil(() => failureOf(client.execute(input, { workflowId })));
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 0 } });
    expect(failure.details).not.toHaveProperty('runMayExist');
    expect(failure.message).toContain('before a run was accepted; last failure:');
    expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(3_600_000);
    expect(failure.details.elapsedMs).toBeLessThan(3_630_000);
    const waits = timersOf(await historyOf(scene.temporal, workflowId)).map(({ ms }) => ms);
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThanOrEqual(330_000);
  });
});

describe('A submit by a worker without a result store', () => {
  const scene = new Scene({ server: 'shared-dev-server' });

  it('is refused before anything is sent if the result is to be stored', async () => {
    const document = scene.document('ok');
    const failure = await failureOf(scene.execute(document, { result: 'stored' }));
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', details: { submits: 0 } });
    expect(scene.countsOf(document)).toMatchObject({ submits: 0 });
  });
});

describe('A submit in flight at the deadline', () => {
  const scene = new Scene({ server: 'shared-dev-server' });
  /** Time to send a submit on a busy machine. The test takes as long, so it is no longer. */
  const deadlineMs = 6_000;

  it('ends with runMayExist, with both policies for ambiguous submits', async () => {
    await allOf(
      (['resubmit', 'fail'] as const).map(async (onAmbiguousSubmit) => {
        const document = scene.document('ok');
        const hold = scene.hold(document, 'submit');
        const failure = await failureOf(scene.execute(document, { deadlineMs, onAmbiguousSubmit }));
        expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 1, runMayExist: true } });
        // The time limit of the submit itself is a minute.
        expect(failure.details.elapsedMs).toBeLessThan(30_000);
        hold.release();
        expect(scene.countsOf(document)).toMatchObject({ submits: 1 });
      }),
    );
    expect((await scene.replayErrors()).filter(Boolean)).toEqual([]);
  });
});

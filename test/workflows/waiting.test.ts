import { describe, expect, it } from '@jest/globals';
import {
  dripReply,
  endlessReply,
  hangReply,
  htmlReply,
  httpReply,
  paddedReply,
  rateLimitedReply,
  resetReply,
  truncatedReply,
  wrongContentTypeReply,
  type Reply,
} from '../../testing';
import { until } from '../support/until';
import { activitiesOf, historyOf } from './history';
import { failureOf, Scene } from './scene';

/** Faults of polls that do no harm; each occurs twice in a row. */
const FAULTS: Readonly<Record<string, Reply>> = {
  'a reset': resetReply(),
  'a 500': httpReply({ status: 500, json: { error: 'boom' } }),
  'a 503 of a proxy': htmlReply({ status: 503 }),
  'a 408': httpReply({ status: 408, json: { error: 'timeout' } }),
  'a 429 with Retry-After': rateLimitedReply({ retryAfter: 7 }),
  'a 429 without': rateLimitedReply(),
  'a 429 that asks for no wait': rateLimitedReply({ retryAfter: 0 }),
  'no answer': hangReply(),
  'HTML with 200': htmlReply(),
  'an empty 200': httpReply({ status: 200, json: {} }),
  'a truncated 200': truncatedReply(),
  'truncated JSON': truncatedReply({ how: 'json' }),
  'a 404 soon after the submit': httpReply({ status: 404, json: { error: 'not found' } }),
};

/** Odd answers that are no fault: each is read as far as required. */
const ODD: Readonly<Record<string, Reply>> = {
  'a slow answer': dripReply({ pieceBytes: 40, everyMs: 5 }),
  'an answer that never ends': endlessReply({ everyMs: 20 }),
  'a large answer': paddedReply({ bytes: 3_000_000 }),
  'another content type': wrongContentTypeReply(),
};

const scriptName = (name: string) => name.replaceAll(' ', '-');
const unauthorized = (status: number) => httpReply({ status, json: { error: 'no such key' } });
const wrongAddress = htmlReply({ status: 404 });
const notFound = httpReply({ status: 404, json: { error: 'not found' } });

const SCRIPTS = {
  ...Object.fromEntries(Object.entries(FAULTS).map(([name, reply]) => [scriptName(name), { reads: [reply, reply] }])),
  ...Object.fromEntries(Object.entries(ODD).map(([name, reply]) => [scriptName(name), { reads: [reply] }])),
  'key-fixed': { reads: [unauthorized(401), unauthorized(403), unauthorized(401)] },
  'address-corrected': { reads: [wrongAddress, wrongAddress, wrongAddress] },
  'version-removed': { reads: [httpReply({ status: 410, json: { code: 'ENDPOINT_REMOVED', message: 'gone' } })] },
  'fetch-spoiled': { results: [resetReply(), unauthorized(401), wrongAddress, truncatedReply(), rateLimitedReply()] },
  lost: { reads: Array.from({ length: 1_000 }, () => notFound) },
  'no-credits': { reads: [httpReply({ status: 402, json: { error: { code: 'OUT_OF_CREDITS', message: 'none' } } })] },
  'many-faults': { reads: Array.from({ length: 60 }, () => resetReply()) },
  'late-fault': { processingReads: 40, reads: [...Array.from({ length: 30 }, natural), resetReply()] },
};

function natural(): Reply {
  return { kind: 'natural' };
}

const ENGINES = ['timer', 'retry'] as const;

const scene = new Scene({ scripts: SCRIPTS, parse: { statusTimeoutMs: 3_000 } });

describe.each(ENGINES)('A wait with the %s engine', (engine) => {
  const polling = { engine };

  it.each(Object.keys(FAULTS))('survives %s', async (name) => {
    const { fileUrl } = scene.document(scriptName(name));
    const result = await scene.client.execute({ file: { fileUrl }, polling });
    // A truncated answer is a usual answer that is damaged in transit, so the run has gone on.
    const polls = name.startsWith('a truncated') || name.startsWith('truncated') ? 3 : 4;
    expect(result).toMatchObject({ submits: 1, polls });
    expect(scene.countsOf({ fileUrl })).toEqual({ submits: 1, runs: 1, polls, results: 1, deletes: 0 });
    // No fault causes a tight loop: the first poll follows after 2 s, and at least two waits of a second follow.
    expect(result.waitedMs).toBeGreaterThan(name.includes('Retry-After') ? 15_000 : 3_900);
    expect(result.waitedMs).toBeLessThan(40_000);
  });

  it.each(Object.keys(ODD))('is not disturbed by %s', async (name) => {
    const { fileUrl } = scene.document(scriptName(name));
    const result = await scene.client.execute({ file: { fileUrl }, polling });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1, results: 1 });
    expect(result.polls).toBeLessThanOrEqual(3);
  });

  it('survives any number of faults', async () => {
    const { fileUrl } = scene.document('many-faults');
    const result = await scene.client.execute({ file: { fileUrl }, polling });
    expect(result).toMatchObject({ submits: 1, polls: 62 });
  });

  it('is as quick after a late fault as after an early fault', async () => {
    const { fileUrl } = scene.document('late-fault');
    const clean = scene.document('ok').fileUrl.replace('?', '?reads=40&');
    const startedAtMs = performance.now();
    const result = await scene.client.execute({ file: { fileUrl }, polling: { ...polling, jitter: 0 } });
    const realMs = performance.now() - startedAtMs;
    const undisturbed = await scene.client.execute({ file: { fileUrl: clean }, polling: { ...polling, jitter: 0 } });
    expect(result.polls).toBe(undisturbed.polls + 1);
    // The server skips only the waits; requests take real time.
    expect(result.waitedMs - undisturbed.waitedMs).toBeLessThan(35_000 + realMs);
  });

  it('goes on slowly while the key is refused, and succeeds once the key is fixed', async () => {
    const { fileUrl, workflowId } = scene.document('key-fixed');
    const handle = await scene.client.start(
      { file: { fileUrl }, polling: { ...polling, initialDelayMs: 0 } },
      { workflowId },
    );
    const pending = async () =>
      (await scene.temporal.workflow.getHandle(workflowId).describe()).raw.pendingActivities?.[0];
    await until(async () => (await pending())?.lastFailure?.applicationFailureInfo?.type === 'Unauthorized');
    expect((await pending())?.lastFailure?.message).toMatch(/401.*no such key.*runId=(parser_run|pr)_/);
    const result = await handle.result();
    expect(result).toMatchObject({ submits: 1, polls: 5 });
    expect(result.waitedMs).toBeGreaterThanOrEqual(30_000 + 60_000 + 120_000);
    expect(result.waitedMs).toBeLessThan(engine === 'timer' ? 240_000 : 600_000);
  });

  it('goes on slowly while the base URL is wrong, and succeeds once the base URL is fixed', async () => {
    const { fileUrl } = scene.document('address-corrected');
    const result = await scene.client.execute({ file: { fileUrl }, polling: { ...polling, initialDelayMs: 0 } });
    expect(result).toMatchObject({ submits: 1, polls: 5 });
    expect(result.waitedMs).toBeGreaterThanOrEqual(30_000 + 60_000 + 120_000);
  });

  it('reports a wrong base URL at the deadline', async () => {
    const { fileUrl } = scene.document('address-corrected');
    const failure = await failureOf(scene.client.execute({ file: { fileUrl }, polling, deadlineMs: 20_000 }));
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 1 } });
    expect(failure.message).toContain(
      `${scene.emulator.url} (EXTEND_BASE_URL) does not serve Extend's API in version ${scene.apiVersion} `,
    );
  });

  it('ends at once when the version of the API was removed', async () => {
    const { fileUrl } = scene.document('version-removed');
    const failure = await failureOf(scene.client.execute({ file: { fileUrl }, polling }));
    expect(failure).toMatchObject({ type: 'ApiVersionRemoved', details: { status: 410, code: 'ENDPOINT_REMOVED' } });
    expect(failure.message).toContain(`version ${scene.apiVersion}`);
  });

  it('ends when Extend does not know the run for longer than a minute', async () => {
    const document = scene.document('lost');
    const failure = await failureOf(scene.client.execute({ file: { fileUrl: document.fileUrl }, polling }));
    expect(failure).toMatchObject({ type: 'ParserRunNotFound', details: { status: 404, submits: 1 } });
    expect(failure.details.runId).toBe(scene.runOf(document).id);
    expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(60_000);
    expect(failure.details.elapsedMs).toBeLessThan(130_000);
    expect(failure.details.polls).toBe(scene.countsOf(document).polls);
  });

  it('ends at once when the account is out of credits', async () => {
    const document = scene.document('no-credits');
    const failure = await failureOf(scene.client.execute({ file: { fileUrl: document.fileUrl }, polling }));
    expect(failure).toMatchObject({
      type: 'OutOfCredits',
      details: { status: 402, code: 'OUT_OF_CREDITS', submits: 1 },
    });
    expect(failure.details.runId).toBe(scene.runOf(document).id);
    expect(scene.countsOf(document).polls).toBe(1);
  });
});

describe('Fetching', () => {
  it('survives faults', async () => {
    const { fileUrl, workflowId } = scene.document('fetch-spoiled');
    const result = await scene.client.execute({ file: { fileUrl } }, { workflowId });
    expect(result).toMatchObject({ submits: 1, pageCount: 1 });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1, results: 6 });
    const types = activitiesOf(await historyOf(scene.temporal, workflowId)).map(({ type }) => type);
    expect(types.filter((type) => type === 'fetchResult')).toHaveLength(1);
  });
});

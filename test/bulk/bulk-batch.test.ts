import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { BatchInput, DocumentOutcome } from '../../client';
import { httpReply, rateLimitedReply, resetReply, type EmulatorRequest, type Reply } from '../../testing';
import { idsOf, outcomesOf, positions } from '../batch/batches';
import { until } from '../support/until';
import { failureOf, Scene } from '../workflows/scene';
import { QUICK } from './bulk-batches';

const directory = mkdtempSync(join(tmpdir(), 'bulk-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const sources = join(directory, 'sources');
mkdirSync(sources);

/** Chooses the reply to a request in the current test. */
let fault: ((request: EmulatorRequest) => Reply | undefined) | undefined;
afterEach(() => (fault = undefined));

describe('A bulk batch', () => {
  const scene = new Scene({
    server: 'dev-server',
    apiVersion: '2026-02-09',
    parse: { resultDirectory: join(directory, 'results'), sourceDirectory: sources },
    faults: (request) => fault?.(request),
  });
  let batches = 0;

  /** Starts a batch of new documents under a new key. */
  async function start(list: readonly object[], options: object = {}) {
    batches += 1;
    const key = `bulk-${batches}`;
    const input = { documents: list, defaults: QUICK, submission: 'bulk', ...options } as unknown as BatchInput;
    const again = async (more: object = {}) => scene.client.startBatch({ ...input, ...more }, { idempotencyKey: key });
    return { key, again, handle: await again() };
  }

  /** Documents that no other test has. `script` of each is that of its position, or the last one. */
  function documents(count: number, ...scripts: readonly string[]) {
    const name = `b${batches + 1}`;
    return Array.from({ length: count }, (_, index) => {
      const script = scripts[Math.min(index, scripts.length - 1)] ?? 'ok?reads=1';
      return { file: { fileUrl: `http://emulator.invalid/${script}&n=${name}-${index}` } };
    });
  }

  const runsOf = (key: string) =>
    scene.emulator.runs.filter(({ fileUrl }) => fileUrl?.includes(`&n=b${key.slice('bulk-'.length)}-`));
  const requests = (operation: EmulatorRequest['operation'], since = 0) =>
    scene.emulator.requests.slice(since).filter((request) => request.operation === operation);
  const metadataOf = (outcomes: readonly DocumentOutcome[]) => outcomes.flatMap((one) => ('id' in one ? [one.id] : []));

  it('submits its documents in one request per configuration, and has the outcomes that single submits have', async () => {
    const since = scene.emulator.requests.length;
    const list = documents(24, 'failing?reads=1', 'ok?reads=1').map((document, index) => ({
      ...document,
      ...(index >= 12 && { config: { target: 'spatial' } }),
      ...(index === 1 && { metadata: { customer: 'C-1' } }),
    }));
    const { key, handle } = await start(list);
    const result = await handle.result();
    expect(result).toMatchObject({ total: 24, processed: 23, failed: 1, failures: { ParserRunFailed: 1 } });
    expect(requests('createBatch', since).map(({ bodyJson }) => (bodyJson as { config?: object }).config)).toEqual(
      expect.arrayContaining([undefined, { target: 'spatial' }]),
    );
    expect([requests('createBatch', since).length, requests('submit', since).length]).toEqual([2, 0]);
    expect(await handle.progress()).toEqual({
      total: 24,
      done: 24,
      failed: 1,
      inFlight: 0,
      failures: { ParserRunFailed: 1 },
    });
    const outcomes = await outcomesOf(handle);
    expect(idsOf(outcomes, 'processed')).toEqual(positions(24).slice(1));
    const good = outcomes.find((one) => 'id' in one && one.id === '2');
    expect(good).toMatchObject({
      status: 'processed',
      workflowId: `${key}/2`,
      hash: expect.stringMatching(/^[\da-f]{64}$/),
      result: {
        runId: expect.stringMatching(/^pr_/),
        apiVersion: '2026-02-09',
        submits: 1,
        pageCount: 1,
        metadata: { customer: 'C-1' },
        output: { kind: 'stored', uri: expect.stringMatching(/^file:/), chunkCount: 1 },
      },
      durationMs: expect.any(Number),
    });
    const bad = outcomes.find((one) => 'id' in one && one.id === '1');
    expect(bad).toMatchObject({
      status: 'failed',
      failure: { type: 'ParserRunFailed', details: { failureReason: 'CORRUPT_FILE', submits: 1 } },
    });
    const { result: parsed } = good as Extract<DocumentOutcome, { status: 'processed' }>;
    expect((await scene.client.readRun(parsed)).id).toBe(parsed.runId);
    const [run] = runsOf(key).filter(({ id }) => id === parsed.runId);
    expect(run?.metadata).toMatchObject({ temporal: { namespace: 'default', workflowId: `${key}/2`, submit: 1 } });
  });

  it('ends under a flood of events', async () => {
    const defaults = { polling: { initialDelayMs: 3_600_000 } };
    const { key, handle } = await start(documents(12, 'ok?reads=0'), { defaults });
    const { runId } = await scene.temporal.workflow.getHandle(key).describe();
    await until(() => runsOf(key).length === 12);
    const group = scene.temporal.workflow.getHandle(`${key}/group/${runId}/1`);
    let hasEnded = false;
    const result = handle.result().finally(() => (hasEnded = true));
    await until(async () => {
      await group.signal('runFinished').catch(() => undefined);
      return hasEnded;
    });
    expect(await result).toMatchObject({ processed: 12 });
  });

  it('parses documents that a bulk submit cannot carry one by one', async () => {
    const since = scene.emulator.requests.length;
    const runId = await scene.createRun({ fileUrl: `http://emulator.invalid/ok?reads=0&n=attached` });
    const list = [{ runId }, ...documents(12), { ...documents(13)[12], dataRetention: 'zero' }];
    const { handle } = await start(list);
    expect(await handle.result()).toMatchObject({ total: 14, processed: 14 });
    expect([requests('createBatch', since).length, requests('submit', since).length]).toEqual([1, 2]);
    expect(idsOf(await outcomesOf(handle), 'processed')).toEqual(positions(14));
  });

  it('adopts the runs of a submit whose answer was lost', async () => {
    let lost = 0;
    fault = ({ operation }) =>
      operation === 'createBatch' && (lost += 1) === 1 ? resetReply({ acted: true }) : undefined;
    const { key, handle } = await start(documents(12), { defaults: { ...QUICK, onAmbiguousSubmit: 'fail' } });
    expect(await handle.result()).toMatchObject({ processed: 12 });
    expect(runsOf(key)).toHaveLength(12);
    const outcomes = await outcomesOf(handle);
    expect(outcomes.every((one) => one.status === 'processed' && one.result.adopted === true)).toBe(true);
  });

  it.each([
    ['resubmit', { processed: 12, failures: {} }, 2],
    ['fail', { processed: 0, failures: { SubmitOutcomeUnknown: 12 } }, 1],
  ])('whose submit has no answer and no runs does what %s says', async (onAmbiguousSubmit, ended, submits) => {
    const since = scene.emulator.requests.length;
    let lost = 0;
    fault = ({ operation }) => (operation === 'createBatch' && (lost += 1) === 1 ? resetReply() : undefined);
    const { key, handle } = await start(documents(12), { defaults: { ...QUICK, reconcileMs: 0, onAmbiguousSubmit } });
    expect(await handle.result()).toMatchObject(ended);
    expect(requests('createBatch', since)).toHaveLength(submits);
    expect(runsOf(key)).toHaveLength(ended.processed);
    const outcomes = await outcomesOf(handle);
    expect(outcomes).toHaveLength(12);
    if (ended.processed > 0) expect(outcomes[0]).toMatchObject({ result: { submits: 2 } });
    else expect(outcomes[0]).toMatchObject({ failure: { details: { runMayExist: true, submits: 1 } } });
  });

  it('repeats a submit that was certainly rejected, and nothing else', async () => {
    let limited = 0;
    fault = ({ operation }) =>
      operation === 'createBatch' && (limited += 1) <= 2 ? rateLimitedReply({ retryAfter: 0 }) : undefined;
    const { key, handle } = await start(documents(12));
    expect(await handle.result()).toMatchObject({ processed: 12 });
    expect([limited, runsOf(key).length]).toEqual([3, 12]);
    expect((await outcomesOf(handle))[0]).toMatchObject({ result: { submits: 1 } });
  });

  it('fails only the document because of which Extend refuses a submit', async () => {
    const list = [...documents(25), { file: { fileId: 'file_missing' } }];
    const { key, handle } = await start(list);
    expect(await handle.result()).toMatchObject({ processed: 25, failures: { FileNotFound: 1 } });
    expect(runsOf(key)).toHaveLength(25);
    expect(idsOf(await outcomesOf(handle), 'failed')).toEqual(['26']);
  });

  it('fails all documents at once if Extend refuses the key', async () => {
    const since = scene.emulator.requests.length;
    const refused = { code: 'UNAUTHORIZED', message: 'bad key', retryable: false };
    fault = ({ operation }) => (operation === 'createBatch' ? httpReply({ status: 401, json: refused }) : undefined);
    const { handle } = await start(documents(12));
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { Unauthorized: 12 } });
    expect(requests('createBatch', since)).toHaveLength(1);
  });

  it('uploads sources once, and fails only the documents whose source does not exist', async () => {
    const since = scene.emulator.requests.length;
    const names = Array.from({ length: 12 }, (_, index) => `note-${index}.txt`);
    for (const name of names.slice(1)) writeFileSync(join(sources, name), `# ${name}\n`);
    let limited = 0;
    fault = ({ operation }) =>
      operation === 'createBatch' && (limited += 1) === 1 ? rateLimitedReply({ retryAfter: 0 }) : undefined;
    const list = names.map((name) => ({ file: { source: pathToFileURL(join(sources, name)).href } }));
    const { handle } = await start(list);
    expect(await handle.result()).toMatchObject({ processed: 11, failures: { SourceUnavailable: 1 } });
    expect([requests('upload', since).length, limited]).toEqual([11, 2]);
    expect(idsOf(await outcomesOf(handle), 'failed')).toEqual(['1']);
  });

  it('cancels the runs at Extend when it is cancelled, and submits the documents again when it is started again', async () => {
    const { key, handle, again } = await start(documents(12, 'ok?reads=0', 'never?reads=9999'));
    await until(async () => runsOf(key).length === 12);
    await handle.cancel();
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
    expect(runsOf(key).filter(({ status }) => status === 'CANCELLED').length).toBeGreaterThanOrEqual(11);
    const outcomes = await outcomesOf(handle);
    expect(outcomes).toHaveLength(12);
    expect(outcomes).toContainEqual(
      expect.objectContaining({ status: 'cancelled', id: '12', runId: expect.stringMatching(/^pr_/) }),
    );
    const running = await again();
    await until(async () => runsOf(key).length >= 23);
    await running.cancel();
    await failureOf(running.result());
    expect(runsOf(key).length).toBeLessThanOrEqual(24);
  });

  it('leaves its runs with onCancel abandon, and continues with them when it is started again', async () => {
    const { key, handle, again } = await start(documents(12, 'ok?reads=3'), {
      onCancel: 'abandon',
      defaults: { polling: { initialDelayMs: 3_600_000 } },
    });
    await until(async () => runsOf(key).length === 12);
    await handle.cancel();
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
    expect(idsOf(await outcomesOf(handle), 'left')).toEqual(positions(12));
    const second = await again({ defaults: QUICK });
    expect(await second.result()).toMatchObject({ total: 12, processed: 12 });
    expect(runsOf(key)).toHaveLength(12);
    expect(idsOf(await outcomesOf(second), 'processed')).toEqual(positions(12));
  });

  it('continues with the runs of a terminated execution, and never submits their documents twice', async () => {
    const { key, handle, again } = await start(documents(12, 'ok?reads=3'), {
      defaults: { polling: { initialDelayMs: 3_600_000 } },
    });
    await until(async () => runsOf(key).length === 12);
    await scene.temporal.workflow.getHandle(key).terminate();
    const before = await scene.temporal.workflow.getHandle(key).describe();
    const second = await again({ defaults: QUICK });
    expect(await second.result()).toMatchObject({ total: 12, processed: 12 });
    expect(runsOf(key)).toHaveLength(12);
    const group = await scene.temporal.workflow.getHandle(`${key}/group/${before.runId}/1`).describe();
    expect(group.status.name).toBe('TERMINATED');
    expect(await outcomesOf(second)).toHaveLength(12);
    expect(handle.workflowId).toBe(second.workflowId);
  });

  it('parses the failed documents once more with retryFailed, and no other one', async () => {
    const { key, handle, again } = await start(documents(12, 'failing?reads=0', 'ok?reads=0'));
    expect(await handle.result()).toMatchObject({ processed: 11, failed: 1 });
    const same = await again();
    expect(await same.result()).toMatchObject({ processed: 11, failed: 1 });
    expect(runsOf(key)).toHaveLength(12);
    const second = await again({ retryFailed: true });
    expect(await second.result()).toMatchObject({ total: 12, processed: 11, failed: 1 });
    expect(runsOf(key)).toHaveLength(13);
    expect(metadataOf(await outcomesOf(second)).sort()).toEqual(positions(12).sort());
  });

  it('polls at once when a signal tells that its runs have ended', async () => {
    const { key } = await start(documents(12, 'ok?reads=0'), { defaults: { polling: { initialDelayMs: 3_600_000 } } });
    await until(async () => runsOf(key).length === 12);
    const { runId } = await scene.temporal.workflow.getHandle(key).describe();
    await scene.client.getHandle(`${key}/group/${runId}/1`).runFinished();
    expect(await scene.client.getBatchHandle(key).result()).toMatchObject({ processed: 12 });
  });

  it('fails the documents that have not ended at their deadline, and delivers the others', async () => {
    const { handle } = await start(documents(12, 'never?reads=9999', 'ok?reads=0'), {
      defaults: { polling: { initialDelayMs: 0 }, deadlineMs: 4_000 },
    });
    expect(await handle.result()).toMatchObject({ processed: 11, failures: { ParseDeadlineExceeded: 1 } });
    const [failed] = (await outcomesOf(handle)).filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ id: '1', failure: { details: { runId: expect.stringMatching(/^pr_/) } } });
  });

  it('starts no group while it is paused, and keeps to its width', async () => {
    const never = documents(30, 'never?reads=9999');
    const { key, handle } = await start(never, { width: 10 });
    await until(async () => runsOf(key).length === 10);
    expect(await handle.progress()).toMatchObject({ total: 30, inFlight: 10 });
    await handle.pause();
    expect(await handle.setWidth(10_000)).toBe(10_000);
    await handle.resume();
    await until(async () => runsOf(key).length === 30);
    await expect(handle.setWidth(10_001)).rejects.toThrow();
    await handle.cancel();
    await failureOf(handle.result());
  });

  it('starts no further group after so many failures as it may have', async () => {
    const list = [...documents(12, 'failing?reads=0'), ...documents(24).slice(12)];
    const { key, handle } = await start(list, { width: 12, stopAfterFailures: 2 });
    expect(await handle.result()).toMatchObject({ total: 24, processed: 0, failures: { ParserRunFailed: 12 } });
    expect(runsOf(key)).toHaveLength(12);
  });

  it('gives each document the outcome that a single submit gives it', async () => {
    // Extend refuses a document of the last kind.
    const kinds = ['ok?reads=1', 'failing?reads=1', 'ok?reads=0', 'unknown?reads=1'];
    const list = Array.from({ length: 12 }, (_, index) => documents(12, kinds[index % kinds.length] ?? '')[index]);
    list[0] = { file: { fileUrl: 'http://127.0.0.1:9/missing.pdf' } };
    const bulk = await start(list as object[]);
    const each = await start(list as object[], { submission: 'each' });
    await Promise.all([bulk.handle.result(), each.handle.result()]);
    const [one, other] = await Promise.all([outcomesOf(bulk.handle), outcomesOf(each.handle)]);
    expect(one).toHaveLength(12);
    expect(JSON.stringify(one)).toContain('UNABLE_TO_DOWNLOAD_FILE');
    expect(new Set(one.map(comparable))).toEqual(new Set(other.map(comparable)));
  });

  it('deletes the documents from the store when it has ended', async () => {
    const { handle } = await start(documents(12, 'ok?reads=0'));
    const { outcomes } = await handle.result();
    const { readdirSync } = await import('node:fs');
    const group = join(new URL(outcomes.uri).pathname, '..', 'groups', '1');
    expect(readdirSync(group).filter((name) => name.endsWith('.jsonl'))).toEqual(['settings.jsonl']);
  });
});

/** Members that differ between any two parses. */
const DIFFERING = /^(workflowId|runId|fileId|uri|requestId|polls|durationMs|waitedMs|elapsedMs|hash|sha256|bytes)$/;

/** An outcome without what differs between any two parses: ids, times and places. */
function comparable(outcome: DocumentOutcome): unknown {
  const text = JSON.stringify(outcome, (name, value: unknown) => (DIFFERING.test(name) ? undefined : value));
  return JSON.parse(text.replace(/\b(pr|req)_[\w-]+/g, '$1').replace('/parse_runs/batch', '/parse_runs'));
}

describe('A worker of version 2025-04-21', () => {
  const scene = new Scene({
    server: 'dev-server',
    apiVersion: '2025-04-21',
    parse: { resultDirectory: join(directory, 'older') },
  });

  it('refuses a bulk batch by name, before anything is sent', async () => {
    const list = Array.from({ length: 12 }, (_, n) => ({ file: { fileUrl: `http://emulator.invalid/ok?n=${n}` } }));
    const handle = await scene.client.startBatch({ documents: list, submission: 'bulk' });
    const failure = await failureOf(handle.result());
    expect(failure.type).toBe('InvalidInput');
    expect(failure.message).toContain("submission 'bulk': version 2025-04-21 of Extend's API");
    expect(scene.emulator.requests).toEqual([]);
  });
});

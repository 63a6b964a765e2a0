/**
 * Risk tested here: only `parseDocument` is woken by an event. A document of a batch has a workflow of its own, and an
 * embedded parse is part of a workflow of the user. Polls by schedule are a minute away, so every end is told.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ParseResult } from '../../client';
import type { ApiVersion } from '../../contract/extend';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';
import { outcomesOf } from '../batch/batches';
import { SEARCH_ATTRIBUTES } from '../../contract';
import { callNew } from '../local/extend/api-call';
import { quietly } from '../support/quietly';
import { until } from '../support/until';
import { historyOf } from '../workflows/history';

quietly();

const KEYWORD = 2;
const POLLING = { expectWebhook: true } as const;
const SCRIPTS = {
  // Time for Temporal to index the run id as a search attribute.
  quick: { durationMs: 4_000 },
  broken: { durationMs: 4_000, status: 'FAILED', failureReason: 'CORRUPT_FILE' },
  first: { durationMs: 4_000 },
  second: { durationMs: 10_000 },
};

function start(apiVersion: ApiVersion): Promise<ParseTestEnvironment> {
  const workflowsPath = require.resolve('../workflows/fixtures/embedding-workflows');
  return createParseTestEnvironment({ webhooks: true, apiVersion, workflowsPath, scripts: SCRIPTS });
}

/** Registers the search attributes of this package. */
async function register({ temporal }: ParseTestEnvironment): Promise<void> {
  const names = ['RunId', 'Status', 'FileName', 'Batch'].map((name) => [`ExtendParse${name}`, KEYWORD] as const);
  await temporal.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(names),
  });
}

describe.each(['2026-02-09', '2025-04-21'] as const)('with version %s', (apiVersion) => {
  let parsing: ParseTestEnvironment;

  beforeAll(async () => {
    parsing = await start(apiVersion);
    if (apiVersion === '2025-04-21') await register(parsing);
  });
  afterAll(() => parsing.close());

  const signalsOf = async (workflowId: string) => {
    const events = await historyOf(parsing.temporal, workflowId);
    return events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
  };
  /** The requests for the state of a run, with or without its content. */
  const requestsFor = (runId: string) =>
    parsing.emulator.requests
      .filter((request) => request.runId === runId && request.method === 'GET')
      .map(({ operation }) => operation);

  it('each document of a batch is woken, and takes one poll', async () => {
    const batch = `batch-${randomUUID()}`;
    const scripts = ['quick', 'broken', 'quick'] as const;
    const documents = scripts.map((script) => ({ file: parsing.document(script) }));
    const input = { documents, defaults: { polling: POLLING } };
    const options = { idempotencyKey: batch, searchAttributes: apiVersion === '2025-04-21' };
    const handle = await parsing.client.startBatch(input, options);
    expect(await handle.result()).toMatchObject({ processed: 2, failed: 1, failures: { ParserRunFailed: 1 } });
    const outcomes = await outcomesOf(handle);
    expect(outcomes).toHaveLength(3);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ polls: 1, workflowId: expect.stringMatching(`^${batch}/`) });
      if ('workflowId' in outcome) expect(await signalsOf(outcome.workflowId)).toEqual(['runFinished']);
      if ('durationMs' in outcome) expect(outcome.durationMs).toBeLessThan(50_000);
    }
    expect(await signalsOf(batch)).toEqual([]);
  });

  it('an embedded parse is woken, and its result takes one request', async () => {
    const workflowId = `embedding-${randomUUID()}`;
    const { taskQueue } = parsing;
    const input = { file: parsing.document('quick'), polling: POLLING };
    const result: ParseResult =
      apiVersion === '2026-02-09'
        ? (await parsing.temporal.workflow.execute('importTold', { taskQueue, workflowId, args: [[input]] }))[0]
        : await parsing.temporal.workflow.execute('importFindable', { taskQueue, workflowId, args: [input] });
    expect(result).toMatchObject({ submits: 1, polls: 1, output: { kind: 'inline' } });
    expect(result.waitedMs).toBeLessThan(50_000);
    expect(await signalsOf(workflowId)).toEqual(['runFinished']);
    expect(requestsFor(result.runId)).toEqual(['result']);
  });
});

describe('two embedded parses in one workflow', () => {
  it('are woken each by its own event', async () => {
    await using parsing = await start('2026-02-09');
    const inputs = (['first', 'second'] as const).map((script) => ({
      file: parsing.document(script),
      polling: POLLING,
    }));
    const options = { taskQueue: parsing.taskQueue, workflowId: `embedding-${randomUUID()}`, args: [inputs] };
    const results: ParseResult[] = await parsing.temporal.workflow.execute('importTold', options);
    expect(results.map(({ polls }) => polls)).toEqual([1, 1]);
    for (const { waitedMs } of results) expect(waitedMs).toBeLessThan(50_000);
  });
});

describe('a bulk submit', () => {
  it('wakes the workflow that waits for its runs by one of them, and by the event of the batch run', async () => {
    await using parsing = await start('2026-02-09');
    await register(parsing);
    const group = `group-${randomUUID()}`;
    const temporal = { namespace: 'default', workflowId: 'batch/1', firstRunId: 'any', submit: 1 };
    const inputs = Array.from({ length: 20 }, (_, at) => ({
      file: { url: parsing.document('quick').fileUrl },
      metadata: { temporal: { ...temporal, wakes: at === 19 && group } },
    }));
    const { body } = await callNew(parsing.emulator, 'POST', '/parse_runs/batch', { inputs });
    const batchRunId: string = body.id;
    // Like a group that was started with search attributes, and then got the answer to its submit.
    await parsing.temporal.workflow.start('a-group', {
      taskQueue: 'nothing-polls-this',
      workflowId: group,
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.runId, value: batchRunId }],
    });
    const ends = () => parsing.emulator.webhookDeliveries.filter(({ outcome }) => outcome === 'delivered');
    await until(() => ends().length === 21);
    const events = await historyOf(parsing.temporal, group);
    const told = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
      signal == null ? [] : [JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString()).runId],
    );
    const last = parsing.emulator.runs.at(-1)?.id;
    expect(told.sort()).toEqual([batchRunId, last].sort());
  });
});

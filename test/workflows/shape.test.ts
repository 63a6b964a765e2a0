import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { type ParseClient, ParserRunFailedError } from '../../client';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';

/** Returns the names of a workflow's history events, for counting. */
async function eventsOf(client: Client, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).map((event) => String(event.eventType));
}

describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 10 }])('parseDocument with %o', (caching) => {
  let parsing: ParseTestEnvironment;
  let client: ParseClient;

  beforeAll(async () => {
    parsing = await createParseTestEnvironment({ ...caching, scripts: { five: { processingReads: 4 } } });
    client = parsing.client;
  });
  afterAll(() => parsing.close());

  const requestsOf = (url: string, operation: string) => {
    const run = parsing.emulator.runs.find(({ fileUrl }) => fileUrl === url);
    return parsing.emulator.requests.filter((request) => request.operation === operation && request.runId === run?.id);
  };

  it('submits once, polls until PROCESSED, fetches once', async () => {
    const fileUrl = 'http://emulator.invalid/five?n=shape';
    const result = await client.execute(
      { file: { fileUrl }, polling: { jitter: 0 } },
      { workflowId: `shape-${caching.maxCachedWorkflows}` },
    );
    expect(result).toMatchObject({ submits: 1, polls: 5, pageCount: 1, credits: 2, output: { kind: 'inline' } });
    expect(result.runId).toMatch(/^parser_run_/);
    expect(requestsOf(fileUrl, 'read')).toHaveLength(5);
    expect(requestsOf(fileUrl, 'result')).toHaveLength(1);
    const events = await eventsOf(parsing.temporal, `shape-${caching.maxCachedWorkflows}`);
    expect(events).toHaveLength(11 * 5 + 11);
  });

  it('ends with the failure reason when the run failed', async () => {
    const failed = client.execute({ file: { fileUrl: 'http://emulator.invalid/failing' } });
    await expect(failed).rejects.toMatchObject({ type: 'ParserRunFailed', failureReason: 'CORRUPT_FILE' });
    await expect(failed).rejects.toBeInstanceOf(ParserRunFailedError);
  });

  it('costs no event per poll with the retry engine', async () => {
    const fileUrl = 'http://emulator.invalid/five?n=retry';
    const workflowId = `retry-${caching.maxCachedWorkflows}`;
    const result = await client.execute({ file: { fileUrl }, polling: { engine: 'retry' } }, { workflowId });
    expect(result).toMatchObject({ submits: 1, polls: 5 });
    expect(await eventsOf(parsing.temporal, workflowId)).toHaveLength(17);
  });
});

describe('The history of a document', () => {
  let parsing: ParseTestEnvironment;
  beforeAll(async () => (parsing = await createParseTestEnvironment()));
  afterAll(() => parsing.close());

  it.each([1, 5, 20, 100])(
    'has 11 events per poll with the timer engine, and 17 in all with retry: %i polls',
    async (polls) => {
      const counts = { timer: 0, retry: 0 };
      for (const engine of ['timer', 'retry'] as const) {
        const workflowId = `${engine}-${polls}`;
        const fileUrl = `http://emulator.invalid/ok?n=${workflowId}&reads=${polls - 1}`;
        const result = await parsing.client.execute({ file: { fileUrl }, polling: { engine } }, { workflowId });
        expect(result.polls).toBe(polls);
        counts[engine] = (await eventsOf(parsing.temporal, workflowId)).length;
      }
      expect(counts).toEqual({ timer: 11 * polls + 11, retry: 17 });
    },
  );
});

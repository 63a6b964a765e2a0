/** Risks tested here: a workflow is not found by its attributes, or an attribute that is not registered blocks it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../../contract';
import { ParseClient, SearchAttributesNotRegisteredError } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { createParseWorker } from '../../worker';
import { startOwnDevServer } from '../support/servers';
import { quietly } from '../support/quietly';
import { until } from '../support/until';
import { bundledWorkflows } from '../workflows/bundled-workflows';
import { historyOf } from '../workflows/history';

const KEYWORD = 2;
const NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
const REGISTERING = `temporal operator search-attribute create --namespace default ${NAMES.map((name) => `--name ${name} --type Keyword`).join(' ')}`;
const taskQueue = 'search-attributes';
const polling = { initialDelayMs: 0, maxDelayMs: 10 };
const findable = { searchAttributes: true } as const;
const play = (script: string) => ({ file: { fileUrl: `http://emulator.invalid/${script}` }, polling });

let server: DevServer;
let env: TestWorkflowEnvironment;
let emulator: Emulator;
let parsing: ParseClient;
let directory: string;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  quietly();
  directory = mkdtempSync(join(tmpdir(), 'search-attributes-'));
  server = await startOwnDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 } });
  env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  emulator = await startEmulator({ scripts: { long: { processingReads: 4 } } });
  parsing = new ParseClient({ client: env.client, taskQueue });
  const worker = await createParseWorker({
    connection: env.nativeConnection,
    taskQueue,
    activities: { apiKey: 'k', baseUrl: emulator.url, resultDirectory: directory },
    worker: { workflowBundle: await bundledWorkflows(), maxCachedWorkflows: 0 },
  });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
  };
});
afterAll(async () => {
  await stopWorker();
  await env.teardown();
  await emulator.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

/** The attributes of a workflow by their names. */
async function attributesOf(workflowId: string): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await env.client.workflow.getHandle(workflowId).describe();
  const pairs = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  return Object.fromEntries(pairs.filter(([name]) => NAMES.includes(String(name))));
}

async function found(query: string): Promise<string[]> {
  const ids = new Set<string>();
  for await (const { workflowId } of env.client.workflow.list({ query })) ids.add(workflowId);
  return [...ids].sort();
}

async function upsertsOf(workflowId: string): Promise<number> {
  const events = await historyOf(env.client, workflowId);
  return events.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes).length;
}

describe('search attributes that are not registered', () => {
  it('make the start fail with the command that registers them, and nothing is started', async () => {
    const batch = { documents: [{ id: 'a', ...play('ok?reads=0') }] };
    for (const start of [
      () => parsing.start(play('ok?reads=0'), findable),
      () => parsing.startBatch(batch, findable),
    ]) {
      const error: unknown = await start().catch((refusal: unknown) => refusal);
      expect(error).toBeInstanceOf(SearchAttributesNotRegisteredError);
      expect((error as Error).message).toContain(REGISTERING);
      expect((error as Error).message).toMatch(/no mapping defined for search attribute ExtendParse/);
    }
    expect(emulator.requests).toEqual([]);
  });

  it('do not affect a workflow that does not ask for them', async () => {
    await expect(parsing.execute(play('ok?reads=0'))).resolves.toMatchObject({ submits: 1 });
  });

  it("do not replace Temporal's error about other search attributes", async () => {
    const own = { key: { name: 'Customer', type: 'KEYWORD' }, value: 'x' } as const;
    const start = parsing.start(play('ok?reads=0'), { workflow: { typedSearchAttributes: [own] } });
    await expect(start).rejects.not.toBeInstanceOf(SearchAttributesNotRegisteredError);
  });
});

describe('search attributes', () => {
  beforeAll(async () => {
    const searchAttributes = Object.fromEntries(NAMES.map((name) => [name, KEYWORD]));
    await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  });

  it('are updated with the run, also when the workflow continues as new', async () => {
    const input = { ...play('long?token=SECRET'), deadlineMs: 3_600_000 };
    const { runId } = await parsing.execute(input, { ...findable, workflowId: 'long' });
    expect(await attributesOf('long')).toEqual({
      ExtendParseRunId: runId,
      ExtendParseStatus: 'PROCESSED',
      ExtendParseFileName: 'long',
      ExtendParseBatch: '',
    });
    // The server lists a workflow some time after it has changed.
    await until(
      async () => (await found("WorkflowId = 'long' AND ExecutionStatus = 'ContinuedAsNew'")).join() === 'long',
    );
    await until(
      async () => (await found(`ExtendParseRunId = '${runId}' AND ExecutionStatus = 'Completed'`)).length === 1,
    );
  });

  it('show a failed run, with two events', async () => {
    await parsing.execute(play('failing?reads=0'), { ...findable, workflowId: 'failing' }).catch(() => undefined);
    expect(await attributesOf('failing')).toMatchObject({ ExtendParseStatus: 'FAILED' });
    expect(await upsertsOf('failing')).toBe(2);
  });

  it('cost nothing if the options do not ask for them, and only those asked for are set', async () => {
    await parsing.execute(play('ok?reads=0'), { workflowId: 'without' });
    expect(await attributesOf('without')).toEqual({});
    expect(await upsertsOf('without')).toBe(0);
    const one = { key: SEARCH_ATTRIBUTES.status, value: 'mine' };
    await parsing.execute(play('ok?reads=0'), { workflowId: 'one', workflow: { typedSearchAttributes: [one] } });
    expect(await attributesOf('one')).toEqual({ ExtendParseStatus: 'PROCESSED' });
  });

  it('are overridden by those of the caller', async () => {
    const batch = { key: SEARCH_ATTRIBUTES.batch, value: 'invoices of May' };
    await parsing.execute(play('ok?reads=0'), {
      ...findable,
      workflowId: 'labelled',
      workflow: { typedSearchAttributes: [batch] },
    });
    expect(await attributesOf('labelled')).toMatchObject({
      ExtendParseBatch: 'invoices of May',
      ExtendParseFileName: 'ok',
    });
  });

  it('find the documents of a batch', async () => {
    const documents = ['ok', 'failing'].map((script) => ({
      id: script,
      file: { fileUrl: `http://emulator.invalid/${script}?reads=0&b` },
    }));
    const handle = await parsing.startBatch({ documents, defaults: { polling } }, { ...findable, workflowId: 'batch' });
    await handle.result();
    await until(async () => (await found("ExtendParseBatch = 'batch' AND ExtendParseStatus = 'FAILED'")).length === 1);
    await until(
      async () => (await found("ExtendParseBatch = 'batch' AND WorkflowType = 'parseDocument'")).length === 2,
    );
  });

  it('of an attached run are there from the start', async () => {
    const { runId } = await parsing.execute(play('ok?reads=0&attached'));
    await parsing.execute({ runId, polling }, { ...findable, workflowId: 'attached' });
    expect(await attributesOf('attached')).toMatchObject({ ExtendParseRunId: runId, ExtendParseStatus: 'PROCESSED' });
    expect(await upsertsOf('attached')).toBe(1);
  });
});

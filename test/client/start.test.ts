import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { BatchInput, ParseInput } from '../../contract';
import { InvalidInputError, ParseCancelledError, ParseClient, type StartParseOptions } from '../../client';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';

const polling = { initialDelayMs: 0 };
const file = { fileUrl: 'http://emulator.invalid/ok?reads=0' };

let parsing: ParseTestEnvironment;
let client: ParseClient;

beforeAll(async () => {
  parsing = await createParseTestEnvironment({ server: 'dev-server' });
  client = new ParseClient({ client: parsing.temporal });
});
afterAll(() => parsing.close());

describe('ParseClient', () => {
  const describeWorkflow = (workflowId: string) => parsing.temporal.workflow.getHandle(workflowId).describe();

  it('starts on the task queue extend-parse under an id of its own', async () => {
    const handle = await client.start({ file, polling });
    expect(handle.workflowId).toMatch(/^extend-parse-[0-9a-f-]{36}$/);
    expect(await describeWorkflow(handle.workflowId)).toMatchObject({
      taskQueue: 'extend-parse',
      type: 'parseDocument',
    });
    await expect(handle.result()).resolves.toMatchObject({ submits: 1 });
  });

  it('refuses a retry policy, because each attempt would submit again', async () => {
    const workflow = { retry: { maximumAttempts: 2 } } as StartParseOptions['workflow'];
    await expect(client.start({ file, polling }, { ...(workflow && { workflow }) })).rejects.toThrow(
      'workflow.retry must be left out',
    );
  });

  it('starts one more workflow with each call', async () => {
    const [one, other] = await Promise.all([client.start({ file, polling }), client.start({ file, polling })]);
    expect(one.workflowId).not.toBe(other.workflowId);
    const [first, second] = await Promise.all([one.result(), other.result()]);
    expect(first.runId).not.toBe(second.runId);
  });

  it('starts on the given task queue', async () => {
    const elsewhere = new ParseClient({ client: parsing.temporal, taskQueue: 'no-worker-polls-this' });
    const handle = await elsewhere.start({ file });
    expect((await describeWorkflow(handle.workflowId)).taskQueue).toBe('no-worker-polls-this');
    await parsing.temporal.workflow.getHandle(handle.workflowId).terminate();
  });

  it('gives the result with its chunks', async () => {
    const result = await client.execute({ file, polling }, { workflowId: 'client-execute' });
    expect(result).toMatchObject({
      runId: expect.stringMatching(/^parser_run_/),
      pageCount: 1,
      output: { kind: 'inline', chunks: [{ object: 'chunk', content: expect.stringContaining('#') }] },
    });
    await expect(client.getHandle('client-execute').result()).resolves.toEqual(result);
  });

  it('refuses a second start under an id that is not an idempotency key', async () => {
    await client.execute({ file, polling }, { workflowId: 'mine' });
    const handle = await client.start({ file, polling: { initialDelayMs: 60_000 } }, { workflowId: 'mine' });
    await expect(client.start({ file }, { workflowId: 'mine' })).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
    await handle.cancel();
  });

  it.each<[string, object, StartParseOptions, RegExp]>([
    ['no document', {}, {}, /input must have 'file' or 'runId'/],
    ['a wrong URL', { file: { fileUrl: 'ftp://x/a' } }, {}, /file\.fileUrl must be an absolute http: or https: URL/],
    ['an unknown field', { file, colour: 'red' }, {}, /colour is not a known field/],
    ['a wrong number', { file, deadlineMs: -1 }, {}, /deadlineMs must be a whole number .*got -1/],
    ['an empty key', { file }, { idempotencyKey: ' ' }, /idempotencyKey must not be empty/],
    ['a key that is not a string', { file }, { idempotencyKey: 7 as never }, /idempotencyKey must be a string/],
    [
      'both key and id',
      { file },
      { idempotencyKey: 'k', workflowId: 'w' },
      /'idempotencyKey' or 'workflowId', not both/,
    ],
  ])('refuses %s before anything is started', async (what, input, options, message) => {
    const workflowId = `bad-${what}`;
    const started = client.start(input as ParseInput, 'idempotencyKey' in options ? options : { workflowId });
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.toBeInstanceOf(InvalidInputError);
    await expect(describeWorkflow(workflowId)).rejects.toThrow(WorkflowNotFoundError);
  });

  it('reports all problems of the input at once', async () => {
    const input = { file: { fileUrl: 'x' }, deadlineMs: 0, extra: 1 } as unknown as ParseInput;
    await expect(client.start(input)).rejects.toThrow(/fileUrl.*deadlineMs|deadlineMs.*fileUrl/);
  });

  it("passes on Temporal's other start options, and keeps the caller's memo", async () => {
    const options = { memo: { order: 7 }, staticSummary: 'invoice 7', workflowExecutionTimeout: 3_600_000 };
    await client.execute({ file, polling }, { workflowId: 'with-options', workflow: options });
    const described = await describeWorkflow('with-options');
    expect(described.memo).toMatchObject({ order: 7 });
    expect(await described.staticSummary()).toBe('invoice 7');
    const { events } = await parsing.temporal.workflow.getHandle('with-options').fetchHistory();
    const seconds = events?.[0]?.workflowExecutionStartedEventAttributes?.workflowExecutionTimeout?.seconds;
    expect(Number(seconds)).toBe(3_600);
  });

  it('shows the name of the file redacted', async () => {
    const fileName = 'a\u001b[2J\u202eb sk_live_SECRET.pdf';
    await client.execute({ file: { ...file, fileName }, polling }, { workflowId: 'odd-name' });
    expect(await (await describeWorkflow('odd-name')).staticSummary()).toBe('parse a [2Jb sk_***.pdf');
  });
});

describe('A batch', () => {
  it.each<[BatchInput, string]>([
    [{ documents: [{ file }, { runId: 'pr_1' }] }, 'parse 2 documents'],
    [{ documents: [{ file }] }, 'parse 1 document'],
    [{ manifest: 'file:///data/november.jsonl?sig=1' }, 'parse november.jsonl'],
  ])('has a summary in the UI of Temporal: %j', async (batch, summary) => {
    const elsewhere = new ParseClient({ client: parsing.temporal, taskQueue: 'no-worker-polls-this' });
    const { workflowId } = await elsewhere.startBatch(batch);
    const handle = parsing.temporal.workflow.getHandle(workflowId);
    expect(await (await handle.describe()).staticSummary()).toBe(summary);
    await handle.terminate();
  });
});

describe('ParseHandle', () => {
  it('of an unknown workflow fails at its first call', async () => {
    const handle = parsing.client.getHandle('never-started');
    await expect(handle.result()).rejects.toThrow(WorkflowNotFoundError);
    await expect(handle.progress()).rejects.toThrow(WorkflowNotFoundError);
    await expect(handle.cancel()).rejects.toThrow(WorkflowNotFoundError);
    await expect(handle.runFinished()).rejects.toThrow(WorkflowNotFoundError);
  });

  it('cancels a running workflow, and an ended one without an error', async () => {
    const handle = await parsing.client.start({ file: { fileUrl: 'http://emulator.invalid/never' } });
    await handle.cancel();
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ParseCancelledError);
    expect(error).toMatchObject({ type: 'Cancelled', workflowId: handle.workflowId });
    await expect(handle.cancel()).resolves.toBeUndefined();
  });

  it('accepts runFinished after the end of the workflow', async () => {
    const handle = await parsing.client.start({
      file: { fileUrl: 'http://emulator.invalid/ok?reads=0&n=late' },
      polling,
    });
    await handle.result();
    await expect(handle.runFinished()).resolves.toBeUndefined();
  });

  it('returns the progress of a workflow whose input was refused', async () => {
    const handle = await parsing.temporal.workflow.start('parseDocument', {
      taskQueue: parsing.taskQueue,
      workflowId: 'refused',
      args: [{ file: {} }],
    });
    await handle.result().catch(() => undefined);
    const progress = await parsing.client.getHandle('refused').progress();
    expect(progress).toMatchObject({ phase: 'ended', submits: 0 });
    expect(progress.lastFailure).toMatch(/^invalid input: file must/);
  });

  it('wakes a waiting workflow with runFinished', async () => {
    const fileUrl = 'http://emulator.invalid/ok?reads=0&n=wake';
    const handle = await parsing.client.start({ file: { fileUrl }, polling: { initialDelayMs: 600_000 } });
    await parsing.emulator.waitFor(({ operation }) => operation === 'submit');
    await handle.runFinished({ runId: 'parser_run_of_the_webhook' });
    await expect(handle.result()).resolves.toMatchObject({ submits: 1, polls: 1 });
  });

  it('returns the progress while the workflow waits and after its end', async () => {
    const input = { file: { fileUrl: 'http://emulator.invalid/ok?reads=0' }, polling: { initialDelayMs: 600_000 } };
    const handle = await parsing.client.start(input);
    const before = Date.now();
    expect(await handle.progress()).toMatchObject({ submits: expect.any(Number), polls: 0 });
    await handle.runFinished();
    const result = await handle.result();
    const progress = await handle.progress();
    expect(progress).toMatchObject({
      phase: 'ended',
      runId: result.runId,
      status: 'PROCESSED',
      submits: 1,
      polls: 1,
    });
    expect(Math.abs(progress.startedAtMs - before)).toBeLessThan(60_000);
    expect(progress.deadlineAtMs - progress.startedAtMs).toBe(24 * 3_600_000);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DocumentInput } from '../../contract';
import { IdempotencyKeyReusedError, type ParseClient } from '../../client';
import {
  createParseTestEnvironment,
  hangReply,
  resetReply,
  type EmulatorRequest,
  type ParseTestEnvironment,
} from '../../testing';

const polling = { initialDelayMs: 0 };
const play = (script: string, more: Partial<DocumentInput> = {}): DocumentInput => ({
  file: { fileUrl: `http://emulator.invalid/${script}` },
  polling,
  ...more,
});

describe('idempotencyKey', () => {
  let parsing: ParseTestEnvironment;
  let client: ParseClient;
  /** A document whose submit gets no answer before the deadline. */
  const unheard = play('unheard?n=fail', { onAmbiguousSubmit: 'fail', deadlineMs: 8_000 });
  let overdue: Promise<unknown>;

  beforeAll(async () => {
    parsing = await createParseTestEnvironment({
      server: 'dev-server',
      scripts: { lost: { submit: [resetReply({ acted: true })] }, unheard: { submit: [hangReply({ acted: true })] } },
    });
    client = parsing.client;
    await client.execute(play('ok?reads=0&n=first'));
    // The other tests do not wait for the deadline.
    overdue = client.execute(unheard, { idempotencyKey: 'overdue' });
    overdue.catch(() => undefined);
  });
  afterAll(() => parsing.close());

  const submitsOf = ({ file }: DocumentInput) => {
    const isOurs = ({ operation, bodyJson }: EmulatorRequest) =>
      operation === 'submit' &&
      (bodyJson as { file?: unknown }).file !== undefined &&
      JSON.stringify((bodyJson as { file?: unknown }).file) === JSON.stringify(file);
    return parsing.emulator.requests.filter(isOurs).length;
  };

  it('becomes the workflow id', async () => {
    const handle = await client.start(play('ok?reads=0&n=id'), { idempotencyKey: 'invoice-1' });
    expect(handle.workflowId).toBe('invoice-1');
    await handle.result();
  });

  it('returns the workflow while it runs', async () => {
    const input = play('never?n=running');
    const one = await client.start(input, { idempotencyKey: 'running' });
    const other = await client.start(input, { idempotencyKey: 'running' });
    await one.cancel();
    await expect(other.result()).rejects.toMatchObject({ type: 'Cancelled' });
    expect(submitsOf(input)).toBeLessThanOrEqual(1);
  });

  it('returns the workflow after a success', async () => {
    const input = play('ok?reads=0&n=success');
    const first = await client.execute(input, { idempotencyKey: 'success' });
    const second = await client.execute(input, { idempotencyKey: 'success' });
    expect(second).toEqual(first);
    expect(submitsOf(input)).toBe(1);
  });

  it('starts again after a failure', async () => {
    const input = play('failing?reads=0&n=failure');
    const ends = [];
    for (let turn = 0; turn < 2; turn += 1) {
      ends.push(await client.execute(input, { idempotencyKey: 'failure' }).catch((error: unknown) => error));
    }
    expect(ends).toEqual([
      expect.objectContaining({ type: 'ParserRunFailed' }),
      expect.objectContaining({ type: 'ParserRunFailed' }),
    ]);
    const [first, second] = ends as { runId: string }[];
    expect(second?.runId).not.toBe(first?.runId);
    expect(submitsOf(input)).toBe(2);
  });

  it('starts again after a cancellation', async () => {
    const input = play('ok?reads=0&n=cancelled', { polling: { initialDelayMs: 600_000 } });
    const first = await client.start(input, { idempotencyKey: 'cancelled' });
    await first.cancel();
    await expect(first.result()).rejects.toMatchObject({ type: 'Cancelled' });
    await expect(client.execute({ ...input, polling }, { idempotencyKey: 'cancelled' })).resolves.toBeDefined();
  });

  it('starts again after a termination', async () => {
    const input = play('ok?reads=0&n=terminated', { polling: { initialDelayMs: 600_000 } });
    const first = await client.start(input, { idempotencyKey: 'terminated' });
    await parsing.temporal.workflow.getHandle('terminated').terminate();
    await expect(first.result()).rejects.toMatchObject({ type: 'Terminated' });
    await expect(client.execute({ ...input, polling }, { idempotencyKey: 'terminated' })).resolves.toBeDefined();
  });

  it('does not start again after SubmitOutcomeUnknown', async () => {
    const input = play('lost?n=unknown', { onAmbiguousSubmit: 'fail' });
    for (let turn = 0; turn < 2; turn += 1) {
      const ended = client.execute(input, { idempotencyKey: 'unknown' });
      await expect(ended).rejects.toMatchObject({ type: 'SubmitOutcomeUnknown', details: { runMayExist: true } });
    }
    expect(submitsOf(input)).toBe(1);
  });

  it('returns one workflow to concurrent starts', async () => {
    const input = play('ok?reads=0&n=at-once');
    const results = await Promise.all(
      Array.from({ length: 8 }, () => client.execute(input, { idempotencyKey: 'at-once' })),
    );
    expect(new Set(results.map(({ runId }) => runId)).size).toBe(1);
    expect(submitsOf(input)).toBe(1);
  });

  it('returns one workflow to concurrent starts after a failure', async () => {
    const input = play('never?n=again');
    const failed = client.execute({ ...input, deadlineMs: 1 }, { idempotencyKey: 'again' });
    await expect(failed).rejects.toMatchObject({ type: 'ParseDeadlineExceeded' });
    const handles = await Promise.all(
      Array.from({ length: 4 }, () => client.start(input, { idempotencyKey: 'again' })),
    );
    await handles[0]?.cancel();
    const ends = await Promise.allSettled(handles.map((handle) => handle.result()));
    expect(ends.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    expect(submitsOf(input)).toBeLessThanOrEqual(1);
  });

  it('is refused for another document or configuration, whether the first one runs or has ended', async () => {
    const options = { idempotencyKey: 'reused' };
    const running = await client.start(play('ok?reads=0&n=reused', { polling: { initialDelayMs: 600_000 } }), options);
    await expect(client.start(play('ok?reads=0&n=another'), options)).rejects.toThrow(IdempotencyKeyReusedError);
    await running.cancel();
    await running.result().catch(() => undefined);
    await expect(client.start(play('ok?reads=0&n=another'), options)).rejects.toMatchObject({
      workflowId: 'reused',
      message: expect.stringContaining("'reused'"),
    });
    const spatial = play('ok?reads=0&n=reused', { config: { target: 'spatial' } });
    await expect(client.start(spatial, options)).rejects.toThrow(IdempotencyKeyReusedError);
    await expect(client.start({ runId: 'parser_run_1' }, options)).rejects.toThrow(IdempotencyKeyReusedError);
    expect(submitsOf(play('ok?reads=0&n=another'))).toBe(0);
  });

  it('is refused if a workflow that was started otherwise has that id', async () => {
    const foreign = await parsing.temporal.workflow.start('parseDocument', {
      workflowId: 'foreign',
      taskQueue: parsing.taskQueue,
      args: [play('ok?reads=0&n=foreign')],
    });
    await expect(client.start(play('ok?reads=0&n=foreign'), { idempotencyKey: 'foreign' })).rejects.toThrow(
      IdempotencyKeyReusedError,
    );
    await foreign.result();
  });

  it('returns the workflow for a fresh presigned URL of the same document', async () => {
    const signed = (signature: number) =>
      play(`ok?reads=0&n=signed&X-Amz-Date=${signature}&X-Amz-Signature=${signature}`);
    const first = await client.execute(signed(1), { idempotencyKey: 'signed' });
    await expect(client.execute(signed(2), { idempotencyKey: 'signed' })).resolves.toEqual(first);
    expect(submitsOf(signed(2))).toBe(0);
  });

  it("does not start again after a deadline that left a submit without an answer, if the submit is 'fail'", async () => {
    await expect(overdue).rejects.toMatchObject({ details: { runMayExist: true } });
    const again = client.execute(unheard, { idempotencyKey: 'overdue' });
    await expect(again).rejects.toMatchObject({ details: { runMayExist: true } });
    expect(submitsOf(unheard)).toBe(1);
    await expect(
      client.execute({ ...unheard, onAmbiguousSubmit: 'resubmit', deadlineMs: 60_000 }, { idempotencyKey: 'overdue' }),
    ).resolves.toMatchObject({ submits: 2 });
    expect(submitsOf(unheard)).toBe(2);
  });
});

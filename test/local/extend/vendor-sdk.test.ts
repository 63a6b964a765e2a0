/** The vendor's SDK as the referee: it drives the emulator through every call of version 2026-02-09 that this package uses. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Extend, ExtendClient } from 'extend-ai';
import { httpReply, rateLimitedReply, startEmulator, type Emulator, type Reply } from '../../../local/extend';

let emulator: Emulator;
let vendor: ExtendClient;
let fault: Reply | undefined;

beforeAll(async () => {
  emulator = await startEmulator({ faults: () => fault, scripts: { locked: { password: 'open sesame' } } });
  vendor = new ExtendClient({ token: 'any', baseUrl: emulator.url, maxRetries: 0 });
});
afterAll(() => emulator.close());

const script = (name: string) => ({ url: `http://emulator.invalid/${name}` });

async function processed(id: string): Promise<Extend.ParseRun> {
  for (;;) {
    const run = await vendor.parseRuns.retrieve(id);
    if (run.status !== 'PENDING' && run.status !== 'PROCESSING') return run;
  }
}

describe("the vendor's SDK", () => {
  it('creates a run, and reads it with its content', async () => {
    const metadata = { order: 7, 'extend:usage_tags': ['team-a', 'x_1'] };
    const created = await vendor.parseRuns.create({ file: { ...script('ok?n=1'), name: 'a.pdf' }, metadata });
    expect(created).toMatchObject({
      object: 'parse_run',
      id: expect.stringMatching(/^pr_[\w-]{21}$/),
      batchId: null,
      file: { object: 'file', id: expect.stringMatching(/^file_/), name: 'a.pdf', type: null, parentFileId: null },
      status: 'PROCESSING',
      failureReason: null,
      failureMessage: null,
      metadata,
      output: null,
      outputUrl: null,
      metrics: null,
      usage: null,
    });
    const run = await processed(created.id);
    expect(run).toMatchObject({
      status: 'PROCESSED',
      metadata,
      output: { chunks: [{ object: 'chunk', type: 'page', content: expect.stringContaining('# Statement') }] },
      outputUrl: null,
      metrics: { pageCount: 1, processingTimeMs: expect.any(Number) },
      usage: { credits: 2, totalCredits: 2, breakdown: [{ credits: 2 }] },
    });
  });

  it('reads a run with the URL of its content, which needs no key', async () => {
    const { id } = await vendor.parseRuns.create({ file: script('ok?n=2') });
    const inline = await processed(id);
    const run = await vendor.parseRuns.retrieve(id, { responseType: 'url' });
    expect(run).toMatchObject({ status: 'PROCESSED', output: null, outputUrl: expect.stringContaining(emulator.url) });
    const answer = await fetch(run.outputUrl ?? '');
    expect(await answer.json()).toEqual(inline.output);
  });

  it('polls a run to its end by its own helper', async () => {
    const run = await vendor.parseRuns.createAndPoll({ file: script('ok?n=5') });
    expect(run).toMatchObject({ status: 'PROCESSED', output: { chunks: [{}] } });
    const failed = await vendor.parseRuns.createAndPoll({ file: script('failing?reads=0') });
    expect(failed).toMatchObject({
      status: 'FAILED',
      failureReason: 'CORRUPT_FILE',
      failureMessage: 'The file appears to be corrupted or malformed',
      output: null,
    });
  });

  it('parses at once', async () => {
    const run = await vendor.parse({ file: script('ok?n=3') });
    expect(run).toMatchObject({ object: 'parse_run', status: 'PROCESSED', output: { chunks: [{}] } });
  });

  it('opens a document by its password', async () => {
    const url = 'http://emulator.invalid/locked';
    const opened = await vendor.parseRuns.create({ file: { url, settings: { password: 'open sesame' } } });
    expect((await processed(opened.id)).status).toBe('PROCESSED');
    const shut = await vendor.parseRuns.create({ file: { url, settings: { password: 'wrong' } } });
    expect(await processed(shut.id)).toMatchObject({ status: 'FAILED', failureReason: 'PASSWORD_PROTECTED_FILE' });
  });

  it('cancels a run that is processing, and no other', async () => {
    const { id } = await vendor.parseRuns.create({ file: script('never') });
    expect(await vendor.parseRuns.cancel(id)).toMatchObject({ id, status: 'CANCELLED' });
    expect(await vendor.parseRuns.retrieve(id)).toMatchObject({ status: 'CANCELLED', output: null });
    await expect(vendor.parseRuns.cancel(id)).rejects.toBeInstanceOf(Extend.BadRequestError);
    await expect(vendor.parseRuns.cancel('pr_unknown')).rejects.toBeInstanceOf(Extend.NotFoundError);
  });

  it('deletes a run', async () => {
    const { id } = await vendor.parseRuns.create({ file: script('ok?n=4') });
    expect(await vendor.parseRuns.delete(id)).toEqual({ id });
    await expect(vendor.parseRuns.retrieve(id)).rejects.toBeInstanceOf(Extend.NotFoundError);
  });

  it('uploads, lists, reads and deletes files, and parses one', async () => {
    const file = new File(['# Title'], 'note.md');
    const uploaded = await vendor.files.upload(file, {});
    expect(uploaded).toMatchObject({ object: 'file', name: 'note.md', presignedUrl: null });
    expect((await vendor.files.list()).data).toContainEqual(expect.objectContaining({ id: uploaded.id }));
    const { presignedUrl } = await vendor.files.retrieve(uploaded.id);
    expect(await (await fetch(presignedUrl ?? '')).text()).toBe('# Title');
    const run = await vendor.parseRuns.create({ file: { id: uploaded.id } });
    expect(run.file).toMatchObject({ id: uploaded.id, name: 'note.md' });
    expect(await vendor.files.delete(uploaded.id)).toEqual({ id: uploaded.id });
    await expect(vendor.files.retrieve(uploaded.id)).rejects.toBeInstanceOf(Extend.NotFoundError);
  });

  it('creates a batch, and follows it and its runs', async () => {
    const batch = await vendor.parseRuns.createBatch({
      inputs: [
        { file: script('ok?batch=1'), metadata: { line: 1 } },
        { file: script('failing?batch=2') },
        { file: { url: `${emulator.url}/nothing-here` } },
      ],
      priority: 10,
    });
    expect(batch).toMatchObject({
      object: 'batch_run',
      id: expect.stringMatching(/^bpr_/),
      status: 'PENDING',
      runCount: 3,
    });
    const { data } = await vendor.parseRuns.list({ batchId: batch.id });
    expect(data.map((run) => run.metadata?.['line'])).toContain(1);
    while ((await vendor.batchRuns.get(batch.id)).status !== 'PROCESSED') await pause(5);
    const runs = (await vendor.parseRuns.list({ batchId: batch.id })).data;
    expect(runs.map(({ status }) => status).sort()).toEqual(['FAILED', 'FAILED', 'PROCESSED']);
    expect(runs.find(({ file }) => file === null)).toMatchObject({ failureReason: 'UNABLE_TO_DOWNLOAD_FILE' });
    await expect(vendor.batchRuns.get('bpr_unknown')).rejects.toBeInstanceOf(Extend.NotFoundError);
  });
});

describe("the vendor's errors", () => {
  afterAll(() => (fault = undefined));

  it.each([
    [400, Extend.BadRequestError],
    [401, Extend.UnauthorizedError],
    [402, Extend.PaymentRequiredError],
    [403, Extend.ForbiddenError],
    [404, Extend.NotFoundError],
    [422, Extend.UnprocessableEntityError],
    [500, Extend.InternalServerError],
  ])('%d', async (status, type) => {
    fault = httpReply({ status, json: { code: 'SOME_CODE', message: 'why', retryable: false, requestId: 'req_1' } });
    await expect(vendor.parseRuns.create({ file: script('ok') })).rejects.toBeInstanceOf(type);
  });

  it('429', async () => {
    fault = rateLimitedReply();
    await expect(vendor.parseRuns.retrieve('pr_1')).rejects.toBeInstanceOf(Extend.TooManyRequestsError);
  });
});

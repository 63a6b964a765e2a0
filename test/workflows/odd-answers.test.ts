/** The risk that these tests cover: because of the shape of an answer, an accepted run is paid for twice, or its end is never noticed. */
import type { IncomingMessage } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ParseClient } from '../../client';
import { nested, RUN, runText } from '../activities/odd-runs';
import { startOddServer, type OddServer } from '../http/odd-server';
import { failureOf, Scene } from './scene';

const wrapped = (run: string) => `{"success":true,"parserRun":${run}}`;
const running = JSON.stringify({ object: 'parser_run_status', id: RUN.id, status: 'PROCESSING' });
const submitted = { submit: running, status: wrapped(runText()), result: wrapped(runText()), upload: '{}' };

/** Extend's answers: every request of one kind gets the same answer. */
let answers = submitted;
let server: OddServer;
beforeEach(() => {
  answers = submitted;
});
afterAll(() => server.close());

function answerTo({ method, url = '' }: IncomingMessage): string {
  if (method === 'POST') return url === '/files/upload' ? answers.upload : answers.submit;
  return url.endsWith('responseType=url') ? answers.status : answers.result;
}

describe('A document with odd answers', () => {
  let directory = '';
  const scene = new Scene(async () => {
    directory = await mkdtemp(join(tmpdir(), 'odd-answers-'));
    await writeFile(join(directory, 'a.txt'), 'text');
    server = await startOddServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(request));
    });
    return { parse: { baseUrl: server.url, resultDirectory: directory, sourceDirectory: directory } };
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const file = { fileUrl: 'https://example.com/a.pdf' };
  /** Parses a document, and counts its requests. */
  async function counted<T>(ending: () => Promise<T>) {
    const from = server.requests.length;
    const end = await ending();
    const requests = server.requests.slice(from);
    const count = (start: string) => requests.filter((request) => request.startsWith(start)).length;
    return { end, submits: count('POST /parse'), uploads: count('POST /files'), reads: count('GET') };
  }

  it.each([
    ['in the envelope', wrapped(running)],
    ['in the envelope without status', wrapped(`{"id":"${RUN.id}"}`)],
    ['bare without status', `{"object":"parser_run_status","id":"${RUN.id}"}`],
    ['behind a byte order mark', `\ufeff${running}`],
  ])('is submitted once if the answer to the submit is %s', async (_title, submit) => {
    answers = { ...submitted, submit };
    const { end, submits, reads } = await counted(() => scene.client.execute({ file, onAmbiguousSubmit: 'fail' }));
    expect(end).toMatchObject({ runId: RUN.id, submits: 1, polls: 1, pageCount: 1 });
    expect([submits, reads]).toEqual([1, 2]);
  });

  it.each([
    ['timer', runText()],
    ['retry', runText()],
    ['timer', `\ufeff${wrapped(runText())}`],
  ] as const)('is polled once if the status is bare, with the %s engine', async (engine, status) => {
    answers = { ...submitted, status, result: status };
    const { end, reads } = await counted(() => scene.client.execute({ file, polling: { engine } }));
    expect(end).toMatchObject({ polls: 1, output: { kind: 'inline', chunks: RUN.chunks } });
    expect(reads).toBe(2);
  });

  it.each(['inline', 'stored'] as const)(
    'has its paid result, even if members that the package does not need are odd: %s',
    async (result) => {
      const chunks = [{ content: 'a', metadata: { pageRange: null }, blocks: [{ content: null }], future: 'FUTURE' }];
      const text = runText({ fileId: null, metrics: null, usage: { credits: 'two' }, chunks });
      answers = { ...submitted, result: wrapped(text.replace('"FUTURE"', nested(15_000))) };
      const { end, reads } = await counted(() => scene.client.execute({ file, result }));
      expect(Object.keys(end).sort()).toEqual(['apiVersion', 'output', 'polls', 'runId', 'submits', 'waitedMs']);
      // On version 2026-02-09 a stored result is looked for by its URL first.
      expect(reads).toBe(result === 'stored' && scene.apiVersion === '2026-02-09' ? 3 : 2);
      const read = [];
      const reader = new ParseClient({ client: scene.temporal, resultDirectory: directory });
      for await (const chunk of reader.readChunks(end)) read.push(chunk);
      expect(read).toEqual([{ content: 'a', metadata: {}, blocks: [{}], future: JSON.parse(nested(100)) }]);
    },
  );

  it('has a short reason if the reason is nested too deeply', async () => {
    answers = { ...submitted, status: `{"id":"${RUN.id}","status":"FAILED","failureReason":${nested(15_000)}}` };
    const failure = await failureOf(scene.client.execute({ file }));
    expect(failure).toMatchObject({ type: 'ParserRunFailed', details: { polls: 1 } });
    expect(failure.message).toContain('a reason with more than 100 levels');
  });

  it.each([
    ['resubmit', '..'],
    ['fail', '..'],
    ['resubmit', 'r\n[ERROR] FORGED\u001b[31m\u202e'],
  ] as const)('is not submitted again where its id is not usable: %s, %j', async (onAmbiguousSubmit, id) => {
    answers = { ...submitted, submit: JSON.stringify({ id, status: 'PROCESSING' }) };
    const ending = () => failureOf(scene.client.execute({ file, onAmbiguousSubmit }));
    const { end, submits, reads } = await counted(ending);
    expect(end).toMatchObject({ type: 'ContractViolation', details: { runMayExist: true } });
    expect([submits, reads]).toEqual([1, 0]);
  });

  it.each(['.', '..', 'r\n[ERROR]', 'r\u202e'])('attaches to no run whose id is not usable: %j', async (runId) => {
    const workflow = () => scene.temporal.workflow.execute('parseDocument', attach(runId));
    const before = server.requests.length;
    expect(await failureOf(scene.client.execute({ runId }))).toMatchObject({ type: 'InvalidInput' });
    await expect(workflow()).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
    expect(server.requests).toHaveLength(before);
  });

  const attach = (runId: string) => ({
    args: [{ runId }],
    taskQueue: scene.parsing.taskQueue,
    workflowId: `attach-${encodeURIComponent(runId)}`,
  });

  it.each([
    ['{"success":true,"file":{"id":"file_1"}}', 1],
    ['{"object":"file","id":"file_1"}', 1],
    ['\ufeff{"id":"file_1"}', 1],
  ])('is uploaded once if the answer to the upload is %s', async (upload, times) => {
    answers = { ...submitted, upload };
    const source = pathToFileURL(join(directory, 'a.txt')).href;
    const { uploads, submits } = await counted(() => scene.client.execute({ file: { source } }));
    expect([uploads, submits]).toEqual([times, 1]);
  });

  it('is uploaded three times at most if no answer names the file', async () => {
    answers = { ...submitted, upload: '{"success":true}' };
    const source = pathToFileURL(join(directory, 'a.txt')).href;
    const { end, uploads, submits } = await counted(() => failureOf(scene.client.execute({ file: { source } })));
    expect(end).toMatchObject({ type: 'ContractViolation' });
    expect([uploads, submits]).toEqual([3, 0]);
  });
});

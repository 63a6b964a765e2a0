/**
 * Tests of your own pipeline, on a real Temporal server that skips time and an emulator of Extend that plays documents.
 *
 *     npm run example 05
 */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createParseTestEnvironment, httpReply, type ParseTestEnvironment } from 'temporal-extend-parse/testing';
import type { countPages, PipelineActivities, publishDocument } from './workflows';

Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the outcome of the tests

const published: string[] = [];
const returned: string[] = [];
const activities: PipelineActivities = {
  publish: async (markdown) => void published.push(markdown),
  askForBetterScan: async (reason) => void returned.push(reason),
};

let parsing: ParseTestEnvironment;
beforeAll(async () => {
  parsing = await createParseTestEnvironment({
    workflowsPath: require.resolve('./workflows'),
    activities,
    scripts: {
      letter: { pageCount: 3 },
      'no-credits': { submit: [httpReply({ status: 402, json: { message: 'no credits' } })] },
    },
  });
}, 60_000);
afterAll(() => parsing.close());
beforeEach(() => {
  published.length = returned.length = 0;
});

const publish = (script: string) =>
  parsing.temporal.workflow.execute<typeof publishDocument>('publishDocument', {
    args: [parsing.document(script).fileUrl],
    taskQueue: parsing.taskQueue,
    workflowId: `publish-${script}`,
  });

it('publishes all pages of a document', async () => {
  expect(await publish('letter')).toBe('published');
  expect(published).toEqual([expect.stringMatching(/^# .*^# .*^# /ms)]);
});

it.each(['slow', 'rate-limited'])('publishes a document that is %s, once', async (script) => {
  const before = parsing.emulator.runs.length;
  expect(await publish(script)).toBe('published');
  expect(published).toHaveLength(1);
  expect(parsing.emulator.runs).toHaveLength(before + 1);
});

it('returns a document that cannot be read, with the reason', async () => {
  expect(await publish('failing')).toBe('returned');
  expect(returned).toEqual([expect.stringContaining('CORRUPT_FILE')]);
});

it.each([
  ['huge', 'ResultTooLarge'],
  ['no-credits', 'OutOfCredits'],
])('gives up on a document that is %s', async (script, type) => {
  await expect(publish(script)).rejects.toMatchObject({ cause: { type } });
  expect(published).toEqual([]);
});

it('parses documents in child workflows, and learns why one of them failed', async () => {
  const count = (workflowId: string, ...scripts: string[]) =>
    parsing.temporal.workflow.execute<typeof countPages>('countPages', {
      args: [scripts.map((script) => parsing.document(script).fileUrl), parsing.taskQueue],
      taskQueue: parsing.taskQueue,
      workflowId,
    });
  expect(await count('count', 'letter', 'slow', 'ok')).toBe(5);
  const failure = { type: 'ParserRunFailed', message: expect.stringContaining('CORRUPT_FILE') };
  await expect(count('count-failing', 'failing')).rejects.toMatchObject({ cause: { cause: failure } });
});

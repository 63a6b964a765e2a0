import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ParseInput } from '../../contract';
import { isParseError, type ParseClient, type ParseErrorType, type StartParseOptions } from '../../client';
import * as errors from '../../client';
import { createParseTestEnvironment, httpReply, resetReply, type ParseTestEnvironment } from '../../testing';

const play = (script: string) => ({ file: { fileUrl: `http://emulator.invalid/${script}` } });
const refused = (status: number, json: object = { error: 'no' }) => ({ submit: [httpReply({ status, json })] });

/** A document that causes each failure type, and the members that the details must have. */
const ENDINGS: [ParseErrorType, ParseInput, object][] = [
  [
    'ParserRunFailed',
    play('failing'),
    { runId: expect.stringMatching(/^parser_run_/), status: 'FAILED', failureReason: 'CORRUPT_FILE', submits: 1 },
  ],
  ['ParseDeadlineExceeded', { ...play('never'), deadlineMs: 60_000 }, { runId: expect.any(String), submits: 1 }],
  ['SubmitOutcomeUnknown', { ...play('lost'), onAmbiguousSubmit: 'fail' }, { submits: 1, runMayExist: true }],
  ['Unauthorized', play('unauthorized'), { status: 401, submits: 0 }],
  ['OutOfCredits', play('broke'), { status: 402, submits: 0 }],
  ['RequestRejected', play('rejected'), { status: 400, code: 'INVALID_CONFIG', requestId: expect.any(String) }],
  ['FileNotFound', { file: { fileId: 'file_unknown' } }, { status: 404, submits: 0 }],
  ['ParserRunNotFound', { runId: 'parser_run_unknown' }, { runId: 'parser_run_unknown', status: 404, submits: 0 }],
  ['SourceUnavailable', { file: { source: 'file:///etc/hostname' } }, { submits: 0 }],
  ['ResultTooLarge', play('huge'), { runId: expect.any(String), submits: 1 }],
  ['ContractViolation', play('odd'), { runId: expect.any(String), submits: 1 }],
];

describe('the error of a parse that', () => {
  let parsing: ParseTestEnvironment;
  let client: ParseClient;

  beforeAll(async () => {
    parsing = await createParseTestEnvironment({
      scripts: {
        lost: { submit: [resetReply({ acted: true })] },
        unauthorized: refused(401),
        broke: refused(402),
        rejected: refused(400, { code: 'INVALID_CONFIG', message: 'no', requestId: 'req_1' }),
        odd: { run: { chunks: 'none' } },
      },
    });
    client = parsing.client;
  });
  afterAll(() => parsing.close());

  const errorOf = async (input: ParseInput, options?: StartParseOptions): Promise<unknown> =>
    client.execute(input, options).then(
      () => 'it succeeded',
      (error: unknown) => error,
    );

  it.each(ENDINGS)('ended as %s has the class, the run and the details', async (type, input, details) => {
    const error = await errorOf(input, { workflowId: `ends-${type}` });
    expect(error).toBeInstanceOf((errors as unknown as Record<string, new () => Error>)[`${type}Error`]);
    expect(isParseError(error, type)).toBe(true);
    expect(error).toMatchObject({ type, workflowId: `ends-${type}`, details, cause: expect.any(Error) });
    expect((error as errors.ParseError).message).not.toBe('');
  });

  it('was given bad input by another client is an InvalidInputError', async () => {
    const handle = await parsing.temporal.workflow.start('parseDocument', {
      workflowId: 'bad-input',
      taskQueue: parsing.taskQueue,
      args: [{ file: { fileUrl: 'nowhere' } }],
    });
    await expect(client.getHandle(handle.workflowId).result()).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('file.fileUrl'),
    });
  });

  it('was terminated says so', async () => {
    const terminated = await client.start(play('never'));
    await parsing.temporal.workflow.getHandle(terminated.workflowId).terminate('for a test');
    await expect(terminated.result()).rejects.toMatchObject({ type: 'Terminated' });
  });

  it("passed the workflow's own time limit says so", async () => {
    const timedOut = errorOf(play('never'), { workflow: { workflowRunTimeout: 1_500 } });
    await expect(timedOut).resolves.toMatchObject({ type: 'TimedOut' });
  });
});

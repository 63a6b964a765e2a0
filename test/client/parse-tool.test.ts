/** Risks tested here: a model makes the tool parse and bill any URL, or one document many times; a failure ends the agent. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createParseTool, type ParseToolOptions } from '../../client';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';

let environment: ParseTestEnvironment;
beforeAll(async () => {
  environment = await createParseTestEnvironment();
});
afterAll(() => environment.close());

const toolOf = (options: Partial<ParseToolOptions> = {}) =>
  createParseTool({
    parsing: environment.client,
    accepts: ({ hostname }) => hostname === 'emulator.invalid',
    ...options,
  });

describe('The tool for a model', () => {
  it('returns the markdown, and parses a document once', async () => {
    const { fileUrl } = environment.document('ok');
    const { execute } = toolOf();
    const answer = await execute({ fileUrl });
    expect(answer).toEqual({ markdown: expect.stringMatching(/^# /), pageCount: 1 });
    expect(await execute({ fileUrl })).toEqual(answer);
    expect(environment.emulator.runs.filter((run) => run.fileUrl === fileUrl)).toHaveLength(1);
  });

  it('returns the failure of a parse as a value', async () => {
    const answer = await toolOf().execute(environment.document('failing'));
    expect(answer).toEqual({ error: expect.stringMatching(/^ParserRunFailed: .*CORRUPT_FILE/) });
  });

  it.each([
    ['of another host', 'https://internal.example/secret.pdf', 'this URL is not permitted'],
    ['that is no URL', 'invoice.pdf', 'fileUrl is not an absolute URL'],
    [
      'of another scheme',
      'ftp://emulator.invalid/ok',
      expect.stringMatching(/^InvalidInput: .*must be an absolute http/),
    ],
  ])('parses no document %s', async (_what, fileUrl, error) => {
    const before = environment.emulator.requests.length;
    expect(await toolOf().execute({ fileUrl })).toEqual({ error });
    expect(environment.emulator.requests).toHaveLength(before);
  });

  it('cuts off markdown that is too long, and says so', async () => {
    const fileUrl = `${environment.document('ok').fileUrl}&cut`;
    const answer = await toolOf({ maxCharacters: 10 }).execute({ fileUrl });
    expect(answer).toMatchObject({
      markdown: expect.stringMatching(/^[^]{10}\n\n\(\d+ further characters are left out\)\n$/),
    });
    expect(() => toolOf({ maxCharacters: 0 })).toThrow(RangeError);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeErrorBody, isExtendError } from '../../../contract/extend';
import { createRedactor, keySecrets } from '../../../privacy';

const decode = (body: unknown) => decodeErrorBody(JSON.stringify(body));

describe('decodeErrorBody', () => {
  it.each([
    [
      'the general shape',
      { success: false, error: 'File not found' },
      { message: 'File not found', isExtendError: true },
    ],
    [
      'the shape of uploads',
      { success: false, error: 'Too big', code: 'FILE_SIZE_TOO_LARGE' },
      { code: 'FILE_SIZE_TOO_LARGE', message: 'Too big', isExtendError: true },
    ],
    [
      'the shape of 422',
      { code: 'INVALID_CONFIG_OPTIONS', message: 'section needs markdown', requestId: 'req_1', retryable: false },
      {
        code: 'INVALID_CONFIG_OPTIONS',
        message: 'section needs markdown',
        requestId: 'req_1',
        isExtendError: true,
      },
    ],
    [
      'a code in place of the text',
      { success: false, error: 'ENDPOINT_REMOVED' },
      { code: 'ENDPOINT_REMOVED', message: 'ENDPOINT_REMOVED', isExtendError: true },
    ],
    ['errors by field', { errors: { file: ['is required'] } }, { message: '{"errors":{"file":["is required"]}}' }],
    [
      'another shape',
      { problems: [{ loc: ['file'], msg: 'x' }] },
      { message: '{"problems":[{"loc":["file"],"msg":"x"}]}' },
    ],
    ['the shape of 422 with a code alone', { code: 'OCR_ERROR' }, { code: 'OCR_ERROR' }],
    ['the shape of 422 with a message alone', { message: 'no' }, { message: 'no' }],
    ['the shape of 429', { error: 'Rate limit exceeded' }, { message: 'Rate limit exceeded', isExtendError: true }],
    [
      'an error that is an object',
      { error: { code: 'USAGE_BLOCKED', message: 'blocked', retryable: false, requestId: 'req_2' } },
      { code: 'USAGE_BLOCKED', message: 'blocked', requestId: 'req_2', isExtendError: true },
    ],
    [
      'an error object with the request id beside it',
      { requestId: 'req_3', error: { message: 'blocked' } },
      { message: 'blocked', requestId: 'req_3' },
    ],
    ['a message and an error', { message: 'long', error: 'short' }, { message: 'long', isExtendError: true }],
    ['a JSON string', 'just words', { message: 'just words' }],
    ['null for everything', { code: null, message: null, error: null, requestId: null }, {}],
    ['members of wrong types', { code: 7, message: 8, error: false, requestId: {} }, {}],
    ['a list of messages', { message: ['a is wrong', 'b is wrong'] }, { message: 'a is wrong; b is wrong' }],
    ['a list inside an error', { error: { message: ['a', 'b'] } }, { message: 'a; b' }],
    ['a list of errors', { errors: [{ message: 'no file' }, { message: 'no key' }] }, { message: 'no file; no key' }],
    ['a list of texts', { errors: ['no file'] }, { message: 'no file' }],
    ['the code of a listed error', { errors: [{ code: 'X', message: 'y' }] }, { code: 'X', message: 'y' }],
    [
      'the issues of a schema library',
      {
        error: { issues: [{ code: 'invalid_type', path: ['file', 'fileUrl'], message: 'Required' }], name: 'ZodError' },
      },
      { code: 'invalid_type', message: 'file.fileUrl: Required' },
    ],
    ['issues without an error', { issues: [{ path: [], message: 'Required' }] }, { message: 'Required' }],
    ['a problem of RFC 9457', { title: 'Not Found', detail: 'no such page', status: 404 }, { message: 'no such page' }],
    ['an empty list', { message: [], errors: [], error: {} }, {}],
    ['more errors than are repeated', { errors: ['1', '2', '3', '4', '5', '6'] }, { message: '1; 2; 3; 4; 5; …' }],
    [
      'a retryable error',
      { code: 'X', message: 'y', retryable: true },
      { code: 'X', message: 'y', retryable: true, isExtendError: true },
    ],
    [
      'a retryable error in an envelope',
      { error: { code: 'X', retryable: true } },
      { code: 'X', retryable: true, isExtendError: true },
    ],
    ['a retryable flag of the wrong type', { message: 'y', retryable: 'true' }, { message: 'y' }],
    ['empty strings', { code: '', message: '', requestId: '' }, {}],
    ['an empty object', {}, {}],
    ['null', null, {}],
    ['an array', [{ code: 'X', message: 'y' }], { message: 'y' }],
    ['a number', 500, {}],
  ])('reads %s', (_name, body, expected) => {
    expect(decode(body)).toEqual(expected);
  });

  it.each([
    [
      'an HTML page with a title',
      '<html><head><title>502 Bad Gateway</title></head><body>x</body></html>',
      '502 Bad Gateway',
    ],
    [
      'an HTML page without a title',
      '<html><body><h1>Something\n went</h1> <p>wrong</p></body></html>',
      'Something went wrong',
    ],
    ['an HTML page with an empty title', '<title></title><h1>wrong</h1>', 'wrong'],
    ['plain text', '  upstream connect error\r\n', 'upstream connect error'],
    ['JSON that is cut off', '{"error":"Rate lim', '{"error":"Rate lim'],
  ])('uses the words of %s as the message', (_name, text, message) => {
    expect(decodeErrorBody(text)).toEqual({ message });
  });

  it.each(['', '   \n', '<html></html>', '""'])('finds nothing in %j', (text) => {
    expect(decodeErrorBody(text)).toEqual({});
  });

  it('redacts every text', () => {
    const secret = 'https://u:p@host/x?sig=secret and sk_live_secret';
    const { code, message, requestId } = decode({ code: secret, message: secret, requestId: secret });
    expect([code, message, requestId].join()).not.toMatch(/secret|u:p/);
    expect(decodeErrorBody(`<p>${secret}</p>`).message).not.toMatch(/secret/);
  });

  it.each([
    ['over two lines', (key: string) => `${key.slice(0, 20)}\r\n${key.slice(20)}`],
    ['over two lines with blanks', (key: string) => `${key.slice(0, 20)} \n    ${key.slice(20)}`],
    ['split by a tag', (key: string) => `${key.slice(0, 20)}<wbr>${key.slice(20)}`],
    ['split by tags near its beginning', (key: string) => `${key.slice(0, 4)}</i>\n<i>${key.slice(4)}`],
    ['in angle brackets', (key: string) => `<${key}>`],
  ])('hides a key of a text body that is %s', (_title, write) => {
    const key = 'live.KEYCANARY.0123456789abcdefghijXYZ';
    const redactor = createRedactor(() => keySecrets(key));
    const filters = { toSafe: redactor.text, hideValues: redactor.values };
    const page = `<p>Invalid key ${write(key)} sent</p>`;
    for (const body of [page, JSON.stringify(page), `<title>Invalid key ${write(key)} sent</title>`, `<p>${page}`]) {
      const { message } = decodeErrorBody(body, filters);
      expect(message?.replaceAll(/[<>]/g, '')).toMatch(/^Invalid key (\*\*\* )?sent$/);
    }
    expect(decodeErrorBody(JSON.stringify({ error: page }), filters).message).not.toMatch(/CANARY|0123|XYZ/);
  });

  it('cuts a long text', () => {
    expect(decode({ error: 'x'.repeat(5000) }).message).toHaveLength(501);
  });

  it('needs little time for a page of angle brackets', () => {
    const startedAt = performance.now();
    decodeErrorBody('<'.repeat(200_000));
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('never throws, and gives only texts that are not empty', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        const { retryable, isExtendError: _, ...texts } = decodeErrorBody(text);
        expect([undefined, true]).toContain(retryable);
        for (const value of Object.values(texts)) {
          expect(typeof value).toBe('string');
          expect(value).not.toBe('');
        }
      }),
    );
  });

  it('gives only the known members, for any error object', () => {
    const member = fc.oneof(fc.jsonValue(), fc.string());
    const shape = fc.record({ code: member, message: member, error: member, requestId: member }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(shape, fc.record({ error: shape })), (body) => {
        expect(['code', 'message', 'requestId', 'isExtendError']).toEqual(
          expect.arrayContaining(Object.keys(decode(body))),
        );
      }),
    );
  });
});

/** Shapes from Extend's documentation, and shapes of other servers. */
describe('isExtendError', () => {
  it.each([
    [{ success: false, error: 'File not found' }],
    [{ success: false }],
    [{ error: 'Rate limit exceeded' }],
    [{ success: false, error: 'Too big', code: 'FILE_SIZE_TOO_LARGE' }],
    [{ code: 'OCR_ERROR', message: 'x', requestId: 'req_1', retryable: true }],
    [{ error: { code: 'X', message: 'y', retryable: false, requestId: 'req_1' } }],
    [{ success: false, error: 'x', warning: 'no version', more: 1 }],
  ])('recognises %j', (body) => {
    expect(isExtendError(body)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'Not Found'],
    ['a number', 404],
    ['a list', [{ error: 'x' }]],
    ['an empty object', {}],
    ["a gateway's answer", { message: 'Not Found' }],
    ["a framework's answer", { statusCode: 404, message: 'Cannot POST /v1/parse/async', error: 'Not Found' }],
    ["another framework's answer", { timestamp: 'now', status: 404, error: 'Not Found', path: '/v1/parse/async' }],
    ['a problem of RFC 9457', { type: 'about:blank', title: 'Not Found', status: 404 }],
    ['a detail', { detail: 'Not Found' }],
    ['a list of errors', { errors: [{ message: 'Not Found' }] }],
    ['members of wrong types', { success: 'false', error: 404, code: 5, message: [] }],
    ['a code without a message', { code: 'NOT_FOUND' }],
    ['an empty error', { error: {} }],
    ['a success', { success: true, parserRun: {} }],
  ])('does not recognise %s', (_title, body) => {
    expect(isExtendError(body)).toBe(false);
  });
});

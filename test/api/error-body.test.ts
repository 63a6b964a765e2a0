import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeErrorBody } from '../../api';

const decode = (body: unknown) => decodeErrorBody(JSON.stringify(body));

describe('decodeErrorBody', () => {
  it.each([
    ['the general shape', { success: false, error: 'File not found' }, { message: 'File not found' }],
    [
      'the shape of uploads',
      { success: false, error: 'Too big', code: 'FILE_SIZE_TOO_LARGE' },
      { code: 'FILE_SIZE_TOO_LARGE', message: 'Too big' },
    ],
    [
      'the shape of 422',
      { code: 'INVALID_CONFIG_OPTIONS', message: 'section needs markdown', requestId: 'req_1', retryable: false },
      { code: 'INVALID_CONFIG_OPTIONS', message: 'section needs markdown', requestId: 'req_1' },
    ],
    ['the shape of 422 with a code alone', { code: 'OCR_ERROR' }, { code: 'OCR_ERROR' }],
    ['the shape of 422 with a message alone', { message: 'no' }, { message: 'no' }],
    ['the shape of 429', { error: 'Rate limit exceeded' }, { message: 'Rate limit exceeded' }],
    [
      'an error that is an object',
      { error: { code: 'USAGE_BLOCKED', message: 'blocked', retryable: false, requestId: 'req_2' } },
      { code: 'USAGE_BLOCKED', message: 'blocked', requestId: 'req_2' },
    ],
    [
      'an error object with the request id beside it',
      { requestId: 'req_3', error: { message: 'blocked' } },
      { message: 'blocked', requestId: 'req_3' },
    ],
    ['a message and an error', { message: 'long', error: 'short' }, { message: 'long' }],
    ['a JSON string', 'just words', { message: 'just words' }],
    ['null for everything', { code: null, message: null, error: null, requestId: null }, {}],
    ['members of wrong types', { code: 7, message: ['x'], error: false, requestId: {} }, {}],
    ['empty strings', { code: '', message: '', requestId: '' }, {}],
    ['an empty object', {}, {}],
    ['null', null, {}],
    ['an array', [{ code: 'X', message: 'y' }], {}],
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
  ])('takes the words of %s as the message', (_name, text, message) => {
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

  it('cuts what is long', () => {
    expect(decode({ error: 'x'.repeat(5000) }).message).toHaveLength(501);
  });

  it('takes little time for a page of angle brackets', () => {
    const startedAt = performance.now();
    decodeErrorBody('<'.repeat(200_000));
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('never throws, and gives nothing but non-empty texts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        for (const value of Object.values(decodeErrorBody(text))) {
          expect(typeof value).toBe('string');
          expect(value).not.toBe('');
        }
      }),
    );
  });

  it('gives only the known members, whatever the error object holds', () => {
    const member = fc.oneof(fc.jsonValue(), fc.string());
    const shape = fc.record({ code: member, message: member, error: member, requestId: member }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(shape, fc.record({ error: shape })), (body) => {
        expect(['code', 'message', 'requestId']).toEqual(expect.arrayContaining(Object.keys(decode(body))));
      }),
    );
  });
});

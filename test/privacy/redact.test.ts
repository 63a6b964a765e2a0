import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../../privacy';

describe('redact', () => {
  it.each([
    ['a query', 'GET https://h.example/a/b.pdf?X-Amz-Signature=abc', 'GET https://h.example/a/b.pdf?***'],
    ['a fragment', 'https://h.example/a#token', 'https://h.example/a?***'],
    ['a query directly after the host', 'https://h.example?a=1', 'https://h.example?***'],
    ['credentials', 'https://user:pass@h.example/a', 'https://***@h.example/a'],
    ['credentials that hold an @', 'https://user:p@ss@h.example/a', 'https://***@h.example/a'],
    ['credentials that hold quotes', `https://user:p'a"s@h.example/a`, 'https://***@h.example/a'],
    ['other schemes', 's3+https://k:v@h/a?b ftp://x/y#z', 's3+https://***@h/a?*** ftp://x/y?***'],
    ['an apostrophe in a query', "https://h/a?name=UTF-8''x.pdf&sig=abc", 'https://h/a?***'],
    ['a quote in a query', 'https://h/a?q="x"&sig=abc', 'https://h/a?***'],
    ['angle brackets in a query', 'https://h/a?q=<x>&sig=abc', 'https://h/a?***'],
    [
      'several URLs',
      'https://a/b?c=1 and http://d:e@f/g#h, https://i/j',
      'https://a/b?*** and http://***@f/g?*** https://i/j',
    ],
    ['a bearer token', 'authorization: Bearer abc.def-ghi', 'authorization: Bearer ***'],
    ['a bearer token in other letters', 'BEARER   abc', 'Bearer ***'],
    ['an API key', 'key sk_live_0123abcXYZ rejected', 'key sk_*** rejected'],
    ['a webhook secret', '(wss_0123-abc)', '(wss_***)'],
    ['a key of another vendor', 'key sk-proj-0123abc rejected', 'key sk-*** rejected'],
    ['a key of AWS', 'AKIAIOSFODNN7EXAMPLE is unknown', 'AKIA*** is unknown'],
    ['a basic token', 'authorization: Basic dXNlcjpwYXNz', 'authorization: Basic ***'],
    ['a token by its name', 'refused token=abc, access_token=def', 'refused token=***, access_token=***'],
    ['a password by its name', "'apiPassword=hunter2'", "'apiPassword=***'"],
    ['a session id of a path', 'GET /a;jsessionid=0123/b', 'GET /a;jsessionid=***/b'],
    ['credentials without a scheme', '//user:pass@h.example/a', '//***@h.example/a'],
    ['credentials in a JSON string', String.raw`https:\/\/user:pass@h\/a`, String.raw`https://***@h\/a`],
    ['encoded credentials', 'https%3A%2F%2Fuser%3Apass%40h%2Fa', 'https%3A%2F%2F***@h%2Fa'],
    ['a query of a path', 'GET /a/b.pdf?X-Amz-Signature=abc failed', 'GET /a/b.pdf?*** failed'],
    ['an encoded query', 'https%3A%2F%2Fh%2Fa%3FX-Amz-Signature%3Dabc', 'https%3A%2F%2Fh%2Fa?***'],
    ['an encoded query of a plain URL', 'https://h/a%3Fsig=abc', 'https://h/a?***'],
    ['a query in a JSON string', String.raw`https:\/\/h\/a?sig=abc`, String.raw`https:\/\/h\/a?***`],
    ['a query that holds a URL', '/a?url=https://h/b#c', '/a?***'],
    ['a key after an underscore', 'extend_sk_0123abc', 'extend_sk_***'],
  ])('takes out %s', (_name, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'risk_level is high',
    'disk_full',
    'is this so? yes #1',
    'me@example.com',
    'https://h.example/a/b.pdf',
    'sk_ab',
    'this needs Basic authentication',
    'what? 1 = 2',
    'a token: expired',
    'application/pdf, 1/2, N/A',
  ])('does not change %j', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('cuts a text only if it is longer than 500 characters', () => {
    expect(redact('x'.repeat(500))).toBe('x'.repeat(500));
    expect(redact('x'.repeat(501))).toBe(`${'x'.repeat(500)}…`);
  });

  it('takes secrets out before it cuts', () => {
    expect(redact(`${'x'.repeat(480)} https://u:secret@h/`)).not.toContain('secret');
    expect(redact(`${'x'.repeat(480)} https://h/?secret`)).not.toContain('secret');
  });

  it.each([
    'a.',
    '://',
    '//',
    'Bearer ',
    'Basic ',
    'sk_',
    'http://a@',
    '?',
    '%3F',
    '%2F%2F',
    'token=',
    '&#x2F;',
    '%25',
  ])('needs time in proportion to the length: %j', (part) => {
    const hostile = part.repeat(1_000_000);
    const harmless = 'word '.repeat(1_000_000);
    // Both texts are cut to the same length first. A search from each `://` to the end would be several hundred times
    // slower.
    expect(fastest(() => redact(hostile))).toBeLessThan(50 * fastest(() => redact(harmless)));
  });

  it.each([
    ['line breaks', 'a\r\n2026-01-01 [INFO] forged', 'a 2026-01-01 [INFO] forged'],
    ['escape sequences', 'a\u001b]0;TITLE\u0007\u001b[2Jb', 'a ]0;TITLE [2Jb'],
    ['characters of C1', 'a\u009b31mb', 'a 31mb'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029c', 'a b c'],
    ['characters that change the direction', 'a\u202egnp.exe\u2066b\u2069\u200e\u200f\u061c', 'agnp.exeb'],
    ['a key with such a character in it', 'sk_\u202eabcdefgh', 'sk_***'],
    ['a token behind a line break', 'Bearer\nabcdef', 'Bearer ***'],
  ])('removes %s', (_name, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('leaves no control or bidirectional character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(redact(text)).not.toMatch(/[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u);
      }),
    );
  });

  it('removes the query and credentials of a URL at any position', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{8}$/).map((word) => `SECRET${word}`);
    const url = fc.webUrl({ withQueryParameters: false, withFragments: false });
    const around = fc.string().map((text) => text.replaceAll('SECRET', ''));
    fc.assert(
      fc.property(
        around,
        url,
        secret,
        fc.constantFrom('?', '#', '?a=b#', '?a&b='),
        around,
        (before, plain, word, mark, after) => {
          expect(redact(`${before} ${plain}${mark}${word} ${after}`)).not.toContain(word);
          const withCredentials = plain.replace('://', `://user:${word}@`);
          expect(redact(`${before}${withCredentials}${after}`)).not.toContain(word);
        },
      ),
    );
  });

  it('changes nothing when it is applied again', () => {
    const text = fc.array(fc.constantFrom('https://', 'a', '/', '?', '#', '@', ' ', 'Bearer ', 'sk_abcd', '"', '***'));
    fc.assert(
      fc.property(text, (parts) => {
        const once = redact(parts.join(''));
        expect(redact(once)).toBe(once);
      }),
    );
  });
});

/** Gives the shortest of several durations, in milliseconds. On a busy machine the others are not meaningful. */
function fastest(work: () => void): number {
  return Math.min(
    ...Array.from({ length: 30 }, () => {
      const startedAt = performance.now();
      work();
      return performance.now() - startedAt;
    }),
  );
}

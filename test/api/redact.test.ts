import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../../api';

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
  ])('leaves %j alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('cuts after 500 characters, and only above', () => {
    expect(redact('x'.repeat(500))).toBe('x'.repeat(500));
    expect(redact('x'.repeat(501))).toBe(`${'x'.repeat(500)}…`);
  });

  it('takes secrets out before it cuts', () => {
    expect(redact(`${'x'.repeat(480)} https://u:secret@h/`)).not.toContain('secret');
    expect(redact(`${'x'.repeat(480)} https://h/?secret`)).not.toContain('secret');
  });

  it('takes little time for long and hostile texts', () => {
    const startedAt = performance.now();
    for (const part of ['a.', '://', 'Bearer ', 'sk_', 'http://a@', '?']) redact(part.repeat(1_000_000));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('never leaves a query or credentials of a URL, wherever it stands', () => {
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

  it('changes nothing when it is done again', () => {
    const text = fc.array(fc.constantFrom('https://', 'a', '/', '?', '#', '@', ' ', 'Bearer ', 'sk_abcd', '"', '***'));
    fc.assert(
      fc.property(text, (parts) => {
        const once = redact(parts.join(''));
        expect(redact(once)).toBe(once);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from '../../../contract/extend';

/** A time ten seconds before the date of the examples in RFC 9110. */
const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 27);

describe('parseRetryAfter', () => {
  it('limits the wait to five minutes', () => {
    expect(MAX_RETRY_AFTER_MS).toBe(300_000);
  });

  it.each([
    ['0', 0],
    ['1', 1000],
    ['007', 7000],
    [' 30\t', 30_000],
    ['300', 300_000],
    ['301', 300_000],
    ['86400', 300_000],
    ['9'.repeat(400), 300_000],
  ])('reads seconds: %j is %d ms', (header, expected) => {
    expect(parseRetryAfter(header, NOW_MS)).toBe(expected);
  });

  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads the date %j',
    (header) => {
      expect(parseRetryAfter(header, NOW_MS)).toBe(10_000);
    },
  );

  it('gives no wait for a date in the past, and the longest wait for a distant date', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', NOW_MS + 60_000)).toBe(0);
    expect(parseRetryAfter('Sun, 06 Nov 2094 08:49:37 GMT', NOW_MS)).toBe(300_000);
  });

  it.each([
    ...[
      null,
      undefined,
      '',
      '  ',
      '-1',
      '+1',
      '1.5',
      '1e3',
      '12abc',
      '0x10',
      '1 2',
      '1,000',
      '10s',
      'NaN',
      'Infinity',
      '١٢',
    ],
    ...['tomorrow', '1994-11-06T08:49:37Z', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Nov 1994 08:49:37 CET'],
    ...['Sun, 6 Nov 1994 08:49:37 GMT', 'Sun, 99 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 25:49:37 GMT', 'Nov 6 1994'],
  ])('treats %j as absent', (header) => {
    expect(parseRetryAfter(header, NOW_MS)).toBeUndefined();
  });

  it('reads digits, and gives only whole milliseconds up to the limit', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.stringMatching(/^[\d eE.x+-]+$/),
          fc.date().map((date) => `${date.getTime()}`),
        ),
        (header) => {
          const waitMs = parseRetryAfter(header, NOW_MS);
          expect(waitMs !== undefined).toBe(/^\d+$/.test(header.trim()));
          if (waitMs !== undefined) {
            expect(Number.isInteger(waitMs)).toBe(true);
            expect(waitMs).toBeGreaterThanOrEqual(0);
            expect(waitMs).toBeLessThanOrEqual(MAX_RETRY_AFTER_MS);
          }
        },
      ),
    );
  });

  it('reads any date in the format of HTTP', () => {
    const date = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: 0, max: 4e12 }), (at, nowMs) => {
        const toMs = Math.floor(at.getTime() / 1000) * 1000;
        const expected = Math.min(Math.max(toMs - nowMs, 0), MAX_RETRY_AFTER_MS);
        expect(parseRetryAfter(at.toUTCString(), nowMs)).toBe(expected);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { classifyApiError, FAILURES, isFailureType, type RequestPurpose } from '../../contract';
import { ParseApiError, type ParseApiErrorFacts } from '../../contract/extend';

const PURPOSES = ['submit', 'read', 'upload', 'delete'] as const satisfies readonly RequestPurpose[];
const classify = (facts: ParseApiErrorFacts, purpose: RequestPurpose) =>
  classifyApiError(new ParseApiError('no usable answer', facts), purpose);
const row = (facts: ParseApiErrorFacts) => PURPOSES.map((purpose) => classify(facts, purpose));
const everywhere = (type: string) => PURPOSES.map(() => type);

const REJECTED = ['RequestRejected', 'RequestRejected', 'UploadRejected', 'RequestRejected'];
const UNKNOWN_WHETHER = ['SubmitOutcomeUnknown', 'Unavailable', 'Unavailable', 'Unavailable'];

describe('classifyApiError (submit, read, upload, delete)', () => {
  it('takes a connection that never came about for unavailable', () => {
    expect(row({ kind: 'notReceived' })).toEqual(everywhere('Unavailable'));
  });

  it.each(['noAnswer', 'unreadable'] as const)('takes %s for a submit with an unknown outcome', (kind) => {
    expect(row({ kind })).toEqual(UNKNOWN_WHETHER);
    expect(row({ kind, status: 200 })).toEqual(UNKNOWN_WHETHER);
  });

  it.each([
    ...[300, 301, 302, 303, 304, 307, 308].map((status) => [status, REJECTED] as const),
    ...[400, 405, 406, 409, 410, 411, 413, 415, 418, 422, 425, 428, 431, 451].map(
      (status) => [status, REJECTED] as const,
    ),
    [401, everywhere('Unauthorized')] as const,
    [402, everywhere('OutOfCredits')] as const,
    [403, everywhere('Unauthorized')] as const,
    [408, UNKNOWN_WHETHER] as const,
    [429, everywhere('RateLimited')] as const,
    ...[500, 501, 502, 503, 504, 520, 529, 599].map((status) => [status, UNKNOWN_WHETHER] as const),
  ])('classifies status %d', (status, expected) => {
    expect(row({ kind: 'status', status })).toEqual(expected);
  });

  it.each(['USAGE_BLOCKED', 'OUT_OF_CREDITS'])('takes the code %s for missing credits, whatever the status', (code) => {
    for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 503]) {
      expect(row({ kind: 'status', status, code })).toEqual(everywhere('OutOfCredits'));
    }
  });

  it('tells an unknown file or run from a path that is not served by the shape of the body', () => {
    const notFound = ['FileNotFound', 'ParserRunNotFound', 'UploadRejected', 'RequestRejected'];
    expect(row({ kind: 'status', status: 404, isExtendError: true })).toEqual(notFound);
    expect(row({ kind: 'status', status: 404 })).toEqual(everywhere('EndpointNotFound'));
    expect(row({ kind: 'status', status: 404, code: 'X' })).toEqual(everywhere('EndpointNotFound'));
  });

  it.each([404, 410])('takes ENDPOINT_REMOVED with %d for a version that is no longer served', (status) => {
    const removed = { kind: 'status', status, code: 'ENDPOINT_REMOVED' } as const;
    expect(row(removed)).toEqual(everywhere('ApiVersionRemoved'));
    expect(row({ ...removed, isExtendError: true })).toEqual(everywhere('ApiVersionRemoved'));
    expect(row({ ...removed, status: 400 })).toEqual(REJECTED);
  });

  it('takes RATE_LIMIT_EXCEEDED for too many requests, whatever the status', () => {
    for (const status of [400, 403, 404, 409, 422, 429, 500, 503]) {
      expect(row({ kind: 'status', status, code: 'RATE_LIMIT_EXCEEDED' })).toEqual(everywhere('RateLimited'));
    }
  });

  it('repeats a 4xx that says that it may be repeated', () => {
    for (const status of [400, 401, 403, 404, 409, 410, 422, 425]) {
      expect(row({ kind: 'status', status, retryable: true })).toEqual(everywhere('Unavailable'));
    }
    expect(row({ kind: 'status', status: 402, retryable: true })).toEqual(everywhere('OutOfCredits'));
    expect(row({ kind: 'status', status: 302, retryable: true })).toEqual(REJECTED);
  });

  it.each([408, 500, 503])('leaves a submit ambiguous that was answered %d, whatever the body says', (status) => {
    expect(row({ kind: 'status', status, retryable: true })).toEqual(UNKNOWN_WHETHER);
  });

  it.each(['UNAUTHORIZED', 'OCR_ERROR', 'usage_blocked', ''])(
    'goes by the status with any other code, as %j',
    (code) => {
      expect(row({ kind: 'status', status: 400, code })).toEqual(REJECTED);
    },
  );
});

describe('the failure table', () => {
  it('is closed: these types, and no others', () => {
    const typesThat = (end: string) =>
      Object.entries(FAILURES).flatMap(([type, { ends }]) => (ends === end ? [type] : []));
    expect(typesThat('final').sort()).toEqual(
      [
        ...[
          'ApiVersionRemoved',
          'ContractViolation',
          'EndpointNotFound',
          'FileNotFound',
          'InvalidInput',
          'OutOfCredits',
          'ParseDeadlineExceeded',
          'ParserRunFailed',
        ],
        ...['ParserRunNotFound', 'RequestRejected', 'ResultStoreFailed', 'ResultTooLarge', 'SourceUnavailable'],
        ...['SubmitOutcomeUnknown', 'Unauthorized', 'UploadRejected'],
      ].sort(),
    );
    expect(typesThat('retried').sort()).toEqual(['RateLimited', 'StillProcessing', 'Unavailable']);
  });

  it('has a row for whatever a request can end as', () => {
    const kinds = ['notReceived', 'noAnswer', 'unreadable', 'status'] as const;
    for (const kind of kinds)
      for (let status = 100; status < 600; status += 1)
        for (const purpose of PURPOSES) expect(FAILURES).toHaveProperty(classify({ kind, status }, purpose));
  });

  it('says a sentence about each meaning and remedy', () => {
    for (const { meaning, remedy } of Object.values(FAILURES)) {
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
  });

  it.each([
    ['ParserRunFailed', true],
    ['RateLimited', false],
    ['StillProcessing', false],
    ['TimeoutFailure', false],
    ['toString', false],
    ['__proto__', false],
    ['', false],
    [undefined, false],
    [null, false],
  ])('says whether %j can end a workflow', (type, expected) => {
    expect(isFailureType(type)).toBe(expected);
  });
});

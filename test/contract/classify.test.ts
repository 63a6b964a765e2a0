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
  it('gives Unavailable if no connection was made', () => {
    expect(row({ kind: 'notReceived' })).toEqual(everywhere('Unavailable'));
  });

  it.each(['noAnswer', 'unreadable'] as const)('gives SubmitOutcomeUnknown for a submit with %s', (kind) => {
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

  it.each(['USAGE_BLOCKED', 'OUT_OF_CREDITS'])('gives OutOfCredits for the code %s with any status', (code) => {
    for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 503]) {
      expect(row({ kind: 'status', status, code })).toEqual(everywhere('OutOfCredits'));
    }
  });

  it('distinguishes an unknown file or run from a path that is not served, by the shape of the body', () => {
    const notFound = ['FileNotFound', 'ParserRunNotFound', 'UploadRejected', 'RequestRejected'];
    expect(row({ kind: 'status', status: 404, isExtendError: true })).toEqual(notFound);
    expect(row({ kind: 'status', status: 404 })).toEqual(everywhere('EndpointNotFound'));
    expect(row({ kind: 'status', status: 404, code: 'X' })).toEqual(everywhere('EndpointNotFound'));
  });

  it.each([404, 410])('gives ApiVersionRemoved for ENDPOINT_REMOVED with %d', (status) => {
    const removed = { kind: 'status', status, code: 'ENDPOINT_REMOVED' } as const;
    expect(row(removed)).toEqual(everywhere('ApiVersionRemoved'));
    expect(row({ ...removed, isExtendError: true })).toEqual(everywhere('ApiVersionRemoved'));
    expect(row({ ...removed, status: 400 })).toEqual(REJECTED);
  });

  it('gives RateLimited for RATE_LIMIT_EXCEEDED with any status', () => {
    for (const status of [400, 403, 404, 409, 422, 429, 500, 503]) {
      expect(row({ kind: 'status', status, code: 'RATE_LIMIT_EXCEEDED' })).toEqual(everywhere('RateLimited'));
    }
  });

  it('gives a retried type for a 4xx that is marked as retryable', () => {
    for (const status of [400, 401, 403, 404, 409, 410, 422, 425]) {
      expect(row({ kind: 'status', status, retryable: true })).toEqual(everywhere('Unavailable'));
    }
    expect(row({ kind: 'status', status: 402, retryable: true })).toEqual(everywhere('OutOfCredits'));
    expect(row({ kind: 'status', status: 302, retryable: true })).toEqual(REJECTED);
  });

  it.each([408, 500, 503])('treats a submit with status %d as ambiguous, with any body', (status) => {
    expect(row({ kind: 'status', status, retryable: true })).toEqual(UNKNOWN_WHETHER);
  });

  it.each(['UNAUTHORIZED', 'OCR_ERROR', 'usage_blocked', ''])('uses the status with any other code, as %j', (code) => {
    expect(row({ kind: 'status', status: 400, code })).toEqual(REJECTED);
  });
});

describe('the failure table', () => {
  it('has exactly these types', () => {
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
    expect(typesThat('retried').sort()).toEqual(['RateLimited', 'RunNotListed', 'StillProcessing', 'Unavailable']);
  });

  it('has a row for every type with which a request can end', () => {
    const kinds = ['notReceived', 'noAnswer', 'unreadable', 'status'] as const;
    for (const kind of kinds)
      for (let status = 100; status < 600; status += 1)
        for (const purpose of PURPOSES) expect(FAILURES).toHaveProperty(classify({ kind, status }, purpose));
  });

  it('has a sentence for each meaning and remedy', () => {
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
  ])('tells if %j can end a workflow', (type, expected) => {
    expect(isFailureType(type)).toBe(expected);
  });
});

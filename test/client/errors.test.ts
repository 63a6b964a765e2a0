import { describe, expect, it, jest } from '@jest/globals';
import { FAILURES, type FailureType } from '../../contract';
import * as client from '../../client';
import { createParseError } from '../../client/errors';

const finalTypes = Object.entries(FAILURES).flatMap(([type, { ends }]) =>
  ends === 'final' ? [type as FailureType] : [],
);

describe('createParseError', () => {
  it.each([...finalTypes, 'Cancelled' as const])('has a class of its own for %s', (type) => {
    const error = createParseError(type, 'words', { workflowId: 'w', details: { runId: 'r' } });
    const name = type === 'Cancelled' ? 'ParseCancelledError' : `${type}Error`;
    const Class = (client as unknown as Record<string, new (...args: never[]) => Error>)[name];
    expect(Class).toBeDefined();
    expect(error.constructor).toBe(Class);
    expect(error).toBeInstanceOf(client.ParseError);
    expect(error).toMatchObject({ type, message: 'words', workflowId: 'w', runId: 'r', details: { runId: 'r' } });
    expect(String(error)).toContain(type);
  });

  it('gives the failure reason of a failed run', () => {
    const error = createParseError('ParserRunFailed', 'x', {
      workflowId: 'w',
      details: { failureReason: 'CORRUPT_FILE' },
    });
    expect((error as client.ParserRunFailedError).failureReason).toBe('CORRUPT_FILE');
  });

  it.each(['Terminated', 'TimedOut', 'Unexpected'] as const)('has the base class for %s', (type) => {
    expect(createParseError(type, 'x', { workflowId: 'w' }).constructor).toBe(client.ParseError);
  });
});

describe('isParseError', () => {
  it('accepts the errors of another copy of this package, unlike instanceof', () => {
    let another: unknown;
    jest.isolateModules(() => {
      const copy = jest.requireActual<{ createParseError: typeof createParseError }>('../../client/errors');
      another = copy.createParseError('OutOfCredits', 'x', { workflowId: 'w' });
    });
    expect(another).not.toBeInstanceOf(client.ParseError);
    expect(client.isParseError(another)).toBe(true);
    expect(client.isParseError(another, 'OutOfCredits')).toBe(true);
    expect(client.isParseError(another, 'Unauthorized')).toBe(false);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'ParserRunFailed'],
    ['a plain error', new Error('x')],
    ['an error with a type but no workflow', Object.assign(new Error('x'), { type: 'OutOfCredits' })],
    ['another error with both', Object.assign(new Error('x'), { type: 'Other', workflowId: 'w' })],
    ['an object that is not an error', { name: 'OutOfCreditsError', type: 'OutOfCredits', workflowId: 'w' }],
    ['a reused key', new client.IdempotencyKeyReusedError('w')],
  ])('does not take %s for one', (_what, value) => {
    expect(client.isParseError(value)).toBe(false);
  });
});

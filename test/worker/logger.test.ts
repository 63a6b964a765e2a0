import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { LogEntry } from '@temporalio/worker';
import { formatEntry } from '../../worker/logger';

const entry = (meta: LogEntry['meta'] = {}): LogEntry => ({
  level: 'WARN',
  message: 'Activity failed',
  timestampNanos: 1_795_000_000_123_000_000n,
  meta,
});
const rejected = ApplicationFailure.nonRetryable('Extend answered 400\nto POST', 'RequestRejected');

describe('a log line', () => {
  it('shows a documented failure without a stack trace, also one that Temporal has wrapped', () => {
    const expected = '2026-11-18T11:06:40.123Z [WARN] Activity failed: RequestRejected: Extend answered 400 to POST';
    expect(formatEntry(entry({ error: rejected }), 'text')).toBe(expected);
    const wrapped = new Error('Activity task failed', { cause: rejected });
    expect(formatEntry(entry({ error: wrapped, attempt: 2 }), 'text')).toBe(`${expected} { attempt: 2 }`);
  });

  it('shows a cancellation without a stack trace', () => {
    expect(formatEntry(entry({ error: new CancelledFailure('CANCELLED') }), 'text')).toMatch(
      /Activity failed: cancelled: CANCELLED$/,
    );
  });

  it('shows a failure that a workflow has thrown without a stack trace', () => {
    const cloned = Object.assign(new Error('Extend ended the run'), { stack: rejected.stack });
    expect(formatEntry(entry({ error: cloned }), 'text')).toMatch(/: ApplicationFailure: Extend ended the run$/);
    const typed = Object.assign(new Error('Extend ended the run'), { stack: 'ParserRunFailed: Extend ended the run' });
    expect(formatEntry(entry({ error: typed }), 'text')).toMatch(/ failed: ParserRunFailed: Extend ended the run$/);
  });

  it('shows the stack trace of every other error', () => {
    const text = formatEntry(entry({ error: new TypeError('x is not a function') }), 'text');
    expect(text).toMatch(/: TypeError: x is not a function\nTypeError: x is not a function\n +at /);
    expect(formatEntry(entry({ error: 'a word' }), 'text')).toMatch(/: error: 'a word'$/);
  });

  it.each(['text', 'json'] as const)('has no token of the activity in %s', (format) => {
    const line = formatEntry(entry({ taskToken: 'CiQwMWEy', activityId: '1' }), format);
    expect(line).toContain('activityId');
    expect(line).not.toContain('CiQ');
  });

  it('is one JSON object with the facts of the line', () => {
    const line = formatEntry(entry({ error: rejected, taskQueue: 'q', tokenNanos: 5n }), 'json');
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      time: '2026-11-18T11:06:40.123Z',
      level: 'WARN',
      message: 'Activity failed',
      taskQueue: 'q',
      tokenNanos: '5',
      error: { type: 'RequestRejected', message: 'Extend answered 400 to POST' },
    });
    const { error } = JSON.parse(formatEntry(entry({ error: new Error('odd') }), 'json'));
    expect(error).toEqual({ type: 'Error', message: 'odd', stack: expect.stringContaining('at ') });
  });
});

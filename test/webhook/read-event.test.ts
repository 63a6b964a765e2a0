/** Risk tested here: an event leads to a wrong workflow, or an odd one ends the receiver. */
import { describe, expect, it } from '@jest/globals';
import { readEvent, type RunEvent } from '../../webhook/read-event';

const read = (value: unknown) => readEvent(Buffer.from(JSON.stringify(value)));
const temporal = { namespace: 'n', workflowId: 'w', firstRunId: 'f', submit: 1 };
const event = (payload: unknown, more: object = {}) => ({
  eventId: 'event_1',
  eventType: 'parse_run.processed',
  payload,
  ...more,
});

describe('an event', () => {
  it('names the run, and the workflow of the metadata', () => {
    expect(read(event({ id: 'pr_1', status: 'FAILED', metadata: { temporal, other: 1 } }))).toEqual({
      eventType: 'parse_run.processed',
      eventId: 'event_1',
      runId: 'pr_1',
      workflow: { namespace: 'n', workflowId: 'w' },
    });
  });

  it('of version 2025-04-21 names the run', () => {
    const payload = { object: 'parser_run_status', id: 'parser_run_1', status: 'PROCESSED' };
    expect(read(event(payload, { eventType: 'parser_run.failed', eventId: 7 }))).toEqual({
      eventType: 'parser_run.failed',
      runId: 'parser_run_1',
    });
  });

  it('with a signed URL needs the URL only without an id', () => {
    const data = 'https://files.test/payload';
    expect(read(event({ object: 'signed_data_url', id: 'pr_1', data, metadata: { temporal } }))).toEqual({
      eventType: 'parse_run.processed',
      eventId: 'event_1',
      runId: 'pr_1',
      workflow: { namespace: 'n', workflowId: 'w' },
    });
    expect(read(event({ data }))).toMatchObject({ payloadUrl: data });
  });

  it.each([
    { namespace: 'n', workflowId: 'w', firstRunId: 'f' },
    { ...temporal, submit: 0 },
    { ...temporal, submit: '1' },
    { ...temporal, namespace: '' },
    { ...temporal, workflowId: ['w'] },
    { ...temporal, workflowId: 'w'.repeat(1001) },
    { ...temporal, workflowId: 'w\ud800' },
    { ...temporal, namespace: 'n\0' },
    'w',
    [],
    null,
  ])('with metadata that this package does not write names no workflow: %j', (odd) => {
    expect(read(event({ id: 'pr_1', metadata: { temporal: odd } }))).not.toHaveProperty('workflow');
  });

  it.each(['batch_parse_run.processed', 'batch_parse_run.failed'])(
    'of a batch run names the batch run: %s',
    (eventType) => {
      const payload = { object: 'batch_run', id: 'bpr_1', status: 'PROCESSED', runCount: 2 };
      expect(read(event(payload, { eventType }))).toEqual({ eventType, eventId: 'event_1', runId: 'bpr_1' });
    },
  );

  it.each([
    ['another workflow', 'the-group', 'the-group'],
    ['no workflow', false, undefined],
    ['no workflow, in an odd way', 1, undefined],
  ])('of a run that was submitted with many names %s for its end', (_, wakes, workflowId) => {
    const { workflow } = read(event({ id: 'pr_1', metadata: { temporal: { ...temporal, wakes } } })) as RunEvent;
    expect(workflow).toEqual({ namespace: 'n', workflowId });
  });

  it('has no member that a name in it could add to other objects', () => {
    const text =
      '{"eventType":"parse_run.processed","__proto__":{"eventId":"x"},"payload":{"__proto__":{"id":"pr_1"}}}';
    expect(readEvent(Buffer.from(text))).toEqual({ otherType: 'parse_run.processed' });
    expect(({} as { eventId?: string }).eventId).toBeUndefined();
  });

  it.each([
    [event({ id: 'pr_1' }, { eventType: 'parse_run.begun' }), 'parse_run.begun'],
    [event({ id: 'pr_1' }, { eventType: undefined }), undefined],
    [event(undefined), 'parse_run.processed'],
    [event({ id: '' }), 'parse_run.processed'],
    [event({ id: 'x'.repeat(1001) }), 'parse_run.processed'],
    [17, undefined],
    [null, undefined],
  ])('that no workflow waits for is another one: %j', (value, otherType) => {
    expect(read(value)).toEqual({ otherType });
  });

  it.each(['', 'no', '{"a":', '"\xff"'])('that is not JSON is none: %j', (text) => {
    expect(readEvent(Buffer.from(text, 'latin1'))).toBeUndefined();
  });

  it('with deep nesting is read', () => {
    expect(readEvent(Buffer.from('['.repeat(400_000) + ']'.repeat(400_000)))).toEqual({ otherType: undefined });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createParseActivities } from '../../activities';
import { htmlReply, httpReply, resetReply, startEmulator, type Emulator, type Reply } from '../../local/extend';
import { createContext, failureOf, runActivity } from './run-activity';

const NEW = '2026-02-09';
const OLD = '2025-04-21';
const errorReply = (status: number, facts: object = {}) =>
  httpReply({ status, json: { code: 'ANY', message: 'no', retryable: false, ...facts } });

let emulator: Emulator;
/** The answer to each cancellation. */
let fault: Reply | undefined;

beforeAll(async () => {
  const faults = ({ operation }: { readonly operation: string }) => (operation === 'cancelRun' ? fault : undefined);
  emulator = await startEmulator({ faults, scripts: { done: { processingReads: 0 } } });
});
beforeEach(() => {
  fault = undefined;
});
afterAll(() => emulator.close());

const activitiesOf = (apiVersion: typeof OLD | typeof NEW) =>
  createParseActivities({ apiKey: 'test', baseUrl: emulator.url, apiVersion });

async function submitted(apiVersion: typeof OLD | typeof NEW, script = 'never'): Promise<string> {
  const file = { fileUrl: `http://emulator.invalid/${script}?n=${emulator.runs.length}` };
  return (await runActivity(activitiesOf(apiVersion), 'submitParse', { file })).runId;
}

const statusOf = (runId: string) => emulator.runs.find(({ id }) => id === runId)?.status;
const cancelsOf = (runId: string) =>
  emulator.requests.filter((request) => request.runId === runId && request.operation === 'cancelRun').length;

describe('cancelRun', () => {
  // The version of the run decides, not that of the worker.
  it.each([OLD, NEW] as const)('cancels a run of version 2026-02-09, with a worker of version %s', async (version) => {
    const runId = await submitted(NEW);
    const answer = await runActivity(activitiesOf(version), 'cancelRun', { runId, apiVersion: NEW });
    expect([answer, statusOf(runId), cancelsOf(runId)]).toEqual([{ status: 'CANCELLED' }, 'CANCELLED', 1]);
  });

  it.each([
    [NEW, OLD],
    [NEW, undefined],
    [OLD, 'worker'],
  ] as const)('of a worker of version %s sends nothing for a run of version %s', async (version, apiVersion) => {
    const runId = await submitted(OLD);
    const logged: string[] = [];
    const context = createContext({}, ({ message }) => logged.push(message));
    const input = { runId, ...(apiVersion && { apiVersion }) };
    expect(await runActivity(activitiesOf(version), 'cancelRun', input, context)).toEqual({});
    expect([statusOf(runId), cancelsOf(runId)]).toEqual(['PROCESSING', 0]);
    expect(logged).toEqual([`the run goes on: version ${OLD} of Extend's API cannot cancel`]);
  });

  it('tells how a run has ended that Extend refuses to cancel', async () => {
    const runId = await submitted(NEW, 'done');
    await runActivity(activitiesOf(NEW), 'getStatus', { runId, apiVersion: NEW });
    const answer = await runActivity(activitiesOf(NEW), 'cancelRun', { runId, apiVersion: NEW });
    expect([answer, cancelsOf(runId)]).toEqual([{ status: 'PROCESSED' }, 1]);
  });

  it.each([400, 404, 409, 422])('takes every refusal for that, whatever its status: %i', async (status) => {
    fault = errorReply(status);
    const runId = await submitted(NEW, 'done');
    const answer = await runActivity(activitiesOf(NEW), 'cancelRun', { runId, apiVersion: NEW });
    expect([answer, cancelsOf(runId)]).toEqual([{ status: 'PROCESSED' }, 1]);
  });

  it('knows no status of a run that Extend does not know', async () => {
    expect(await runActivity(activitiesOf(NEW), 'cancelRun', { runId: 'pr_gone', apiVersion: NEW })).toEqual({});
  });

  it.each<[string, Reply, string, boolean]>([
    ['no answer', resetReply(), 'Unavailable', false],
    ['503', htmlReply({ status: 503 }), 'Unavailable', false],
    ['a refusal that may be repeated', errorReply(409, { retryable: true }), 'Unavailable', false],
    ['429', errorReply(429), 'RateLimited', false],
    ['401', errorReply(401), 'Unauthorized', true],
    ['410', errorReply(410, { code: 'ENDPOINT_REMOVED' }), 'ApiVersionRemoved', true],
    ['404 of another server', htmlReply({ status: 404 }), 'EndpointNotFound', true],
  ])('fails after %s', async (_, reply, type, nonRetryable) => {
    fault = reply;
    const runId = await submitted(NEW);
    const failure = await failureOf(activitiesOf(NEW), 'cancelRun', { runId, apiVersion: NEW });
    expect(failure).toMatchObject({ type, nonRetryable, details: [{ runId }] });
    expect(statusOf(runId)).toBe('PROCESSING');
  });
});

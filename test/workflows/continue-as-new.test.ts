import { describe, expect, it } from '@jest/globals';
import type { ParseClient, ParseHandle } from '../../client';
import type { ApiVersion } from '../../contract/extend';
import { rateLimitedReply, resetReply, type EmulatorRequest } from '../../testing';
import { ContinuingScene, versionOf } from './continuing-scene';
import { activitiesOf, historiesOf, type HistoryEvent } from './history';
import { allOf, CACHING, failureOf, Hold } from './scene';

/** Number of events at which the server suggests a new execution. */
const SUGGESTED_AT = 40;
/** Waits as short as the clock of this server allows: a second. */
const QUICK = { jitter: 0, initialDelayMs: 0, maxDelayMs: 10 } as const;
/** Time for one poll on a busy machine after the history has reached its length. The test takes as long, so it is no longer. */
const DEADLINE_MS = 20_000;
const HOUR_MS = 3_600_000;
const LIMITED = rateLimitedReply({ retryAfter: 0 });
const SCRIPTS = {
  long: { processingReads: 8 },
  refused: { submit: [resetReply({ acted: true }), ...Array.from({ length: 6 }, () => LIMITED)] },
  woken: { processingReads: 2 },
};

describe('Continuing as new', () => {
  const scene = new ContinuingScene({ suggestedAt: SUGGESTED_AT, emulator: { scripts: SCRIPTS, faults: passHolds } });
  const holds: Hold[] = [];

  async function passHolds(request: EmulatorRequest): Promise<undefined> {
    for (const hold of holds) await hold.pass(request);
    return undefined;
  }

  /** Tests the wait, the submits, the deadline and a wake-up at the same time, because this server runs on the real clock. */
  it('carries the document through several executions to the same end, with and without cached workflows', async () => {
    const parts = [waiting, submitting, overdue, woken];
    await allOf(CACHING.flatMap((caching) => parts.map((part) => part(placeOf(caching.maxCachedWorkflows)))));
  });

  interface Place {
    readonly apiVersion: ApiVersion;
    readonly client: ParseClient;
    /** Returns the URL of a scripted document, and the id of its workflow. */
    readonly document: (script: string) => { readonly fileUrl: string; readonly workflowId: string };
  }

  function placeOf(cached: number): Place {
    return {
      apiVersion: versionOf(cached),
      client: scene.clientOf(cached),
      document: (script) => ({
        fileUrl: `http://emulator.invalid/${script}?n=${cached}`,
        workflowId: `${script}-${cached}`,
      }),
    };
  }

  async function waiting({ apiVersion, client, document }: Place): Promise<void> {
    const { fileUrl, workflowId } = document('long');
    const parse = () => client.execute({ file: { fileUrl }, polling: QUICK }, { idempotencyKey: workflowId });
    const result = await parse();
    expect(result).toMatchObject({ apiVersion, submits: 1, polls: 9 });
    expect(await parse()).toEqual(result);
    expect(requestsOf(fileUrl, 'read').map((request) => request.apiVersion)).toEqual(Array(9).fill(apiVersion));
    expect(runsBilled(fileUrl)).toBe(1);
    const { currentDetails = '' } = await scene.env.client.workflow
      .getHandle(workflowId)
      .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('document: long');
    const runs = await historiesOf(scene.env.client, workflowId);
    // Every execution carries the version, so that a worker of another version can go on.
    const told = runs.flatMap(activitiesOf).filter(({ type }) => type === 'getStatus' || type === 'fetchResult');
    expect(told.map(({ input }) => (input as { apiVersion?: string }).apiVersion)).toEqual(told.map(() => apiVersion));
    expect(runs.length).toBeGreaterThanOrEqual(3);
    for (const run of runs) expect(run.length).toBeLessThan(SUGGESTED_AT + 20);
    const times = runs.map(startedAtMs);
    expect(result.waitedMs).toBeGreaterThan((times.at(-1) ?? 0) - (times[0] ?? 0));
  }

  async function submitting({ client, document }: Place): Promise<void> {
    const { fileUrl, workflowId } = document('refused');
    // Without a look: it would find the run of the lost answer, and the list would advance the scripted runs of the other parts.
    const input = { file: { fileUrl }, polling: QUICK, reconcileMs: 0 };
    const result = await client.execute(input, { workflowId });
    expect(result).toMatchObject({ submits: 2, polls: 2 });
    expect(requestsOf(fileUrl, 'submit')).toHaveLength(8);
    expect(runsBilled(fileUrl)).toBe(2);
    expect((await historiesOf(scene.env.client, workflowId)).length).toBeGreaterThanOrEqual(2);
  }

  async function overdue({ client, document }: Place): Promise<void> {
    const { fileUrl, workflowId } = document('never');
    const handle = await client.start({ file: { fileUrl }, polling: QUICK, deadlineMs: DEADLINE_MS }, { workflowId });
    // The polls alone might not make the history long enough for a new execution before the deadline.
    await flood(handle);
    const failure = await failureOf(handle.result());
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 1, status: 'PROCESSING' } });
    expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(DEADLINE_MS);
    // The deadline may end the last poll before its answer, and such a poll does not count.
    const polls = requestsOf(fileUrl, 'read').length + requestsOf(fileUrl, 'result').length;
    expect([polls - 1, polls]).toContain(failure.details.polls);
    const [first, second] = (await historiesOf(scene.env.client, workflowId)).map(startedAtMs);
    const progress = await handle.progress();
    expect(progress.deadlineAtMs - progress.startedAtMs).toBe(DEADLINE_MS);
    // The deadline is the deadline of the first execution.
    expect(progress.startedAtMs).toBeGreaterThanOrEqual(first ?? Number.NaN);
    expect(progress.startedAtMs).toBeLessThan(second ?? Number.NaN);
  }

  /** Makes the history long enough for a new execution. */
  async function flood(handle: ParseHandle): Promise<void> {
    await Promise.all(Array.from({ length: SUGGESTED_AT }, () => handle.runFinished()));
  }

  async function woken({ client, document }: Place): Promise<void> {
    const { fileUrl, workflowId } = document('woken');
    const hourly = { ...QUICK, scaleMs: 1e9, maxDelayMs: HOUR_MS };
    // The poll after a signal asks for the content too.
    const isRead = (request: EmulatorRequest) =>
      (request.operation === 'read' || request.operation === 'result') && isAbout(fileUrl, request);
    const handle = await client.start({ file: { fileUrl }, polling: hourly }, { workflowId });
    await scene.emulator.waitFor((request) => isRead(request) && request.outcome === 'answered');
    const hold = new Hold(isRead);
    holds.push(hold);
    await handle.runFinished();
    await hold.arrived;
    // During the poll, enough signals for a new execution arrive. No poll has followed them, so the workflow carries them over.
    await flood(handle);
    hold.release();
    const result = await handle.result();
    expect(result.waitedMs).toBeLessThan(HOUR_MS / 2);
    expect(scene.emulator.requests.filter(isRead)).toHaveLength(3);
    expect((await historiesOf(scene.env.client, workflowId)).length).toBeGreaterThanOrEqual(2);
  }

  function isAbout(fileUrl: string, { runId, ...request }: EmulatorRequest): boolean {
    if (runId === undefined) return request.fileUrl === fileUrl;
    return scene.emulator.runs.some((run) => run.id === runId && run.fileUrl === fileUrl);
  }

  const requestsOf = (fileUrl: string, operation: string) =>
    scene.emulator.requests.filter((request) => request.operation === operation && isAbout(fileUrl, request));
  const runsBilled = (fileUrl: string) => scene.emulator.runs.filter((run) => run.fileUrl === fileUrl).length;
});

function startedAtMs([first]: HistoryEvent[]): number {
  const { seconds, nanos } = first?.eventTime ?? {};
  return Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1e6);
}

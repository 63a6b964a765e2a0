/** Risk tested here: the run of a lost answer is not found in the list, or a run of others is taken for it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { createParseActivities } from '../../activities';
import { httpReply, startEmulator, type Emulator, type EmulatorOptions } from '../../local/extend';
import { createRun } from '../local/extend/api-call';
import { createContext, failureOf, runActivity } from './run-activity';

/** The identity of a submit of the workflow that the test context invents. */
const IDENTITY = { firstRunId: 'first', submit: 1 };
const TEMPORAL = { namespace: 'test', workflowId: 'test', ...IDENTITY };
const URL = 'http://emulator.invalid/never';

let emulator: Emulator;
afterEach(() => emulator.close());

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await startEmulator({ ...options });
}

/** Creates a run, with metadata of this package if they are given. */
const createNamedRun = (temporal?: object) => createRun(emulator, URL, temporal && { metadata: { temporal } });

const activitiesOf = (apiVersion: '2025-04-21' | '2026-02-09' = '2026-02-09', apiKey = 'test') =>
  createParseActivities({ apiKey, baseUrl: emulator.url, apiVersion });
const lostSince = (ageMs = 1_000) => ({ ...IDENTITY, atMs: Date.now() - ageMs });
const contextNow = () => createContext({ currentAttemptScheduledTimestampMs: Date.now() });
const look = (lost: object = {}, runIds?: readonly string[]) =>
  runActivity(
    activitiesOf(),
    'findRun',
    { lost: [{ ...lostSince(), ...lost }], ...(runIds && { runIds }) },
    contextNow(),
  );

describe('findRun', () => {
  it.each<[string, EmulatorOptions['runList']]>([
    ['the newest runs first', {}],
    ['the oldest runs first', { order: 'oldestFirst' }],
    ['pages of the size of the documented parameter', { sizeParameter: 'maxPageSize' }],
    ['small pages', { maxSize: 2 }],
  ])('finds the run in a list with %s, and names a second one after it', async (_, runList = {}) => {
    await start({ runList });
    const ids: string[] = [];
    for (const temporal of [undefined, TEMPORAL, { ...TEMPORAL, submit: 2 }, TEMPORAL, undefined]) {
      ids.push(await createNamedRun(temporal));
      // The list gives the time of creation in milliseconds.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { runs } = await look();
    expect(runs.map(({ runId }) => runId)).toEqual([ids[1], ids[3]]);
    expect(runs[0]).toMatchObject({ apiVersion: '2026-02-09', submit: 1 });
  });

  it('takes no run that is older than the submit', async () => {
    await start();
    await createNamedRun(TEMPORAL);
    // The submit is ten minutes in the future, more than the clocks may differ.
    expect(await look({ atMs: Date.now() + 600_000 })).toEqual({ canLook: true, runs: [] });
  });

  it('finds a run although its attempt has waited for a worker for long', async () => {
    await start();
    const runId = await createNamedRun(TEMPORAL);
    // The run is a second younger than the submit, and the attempt was scheduled six minutes ago.
    const context = createContext({ currentAttemptScheduledTimestampMs: Date.now() - 360_000 });
    const lost = [{ ...IDENTITY, atMs: Date.now() - 1_000 }];
    expect((await runActivity(activitiesOf(), 'findRun', { lost }, context)).runs).toMatchObject([{ runId }]);
  });

  it('looks in the version of the submit, whatever the version of the worker', async () => {
    await start();
    const runId = await createNamedRun(TEMPORAL);
    const lost = [{ ...lostSince(), apiVersion: '2026-02-09' as const }];
    const found = await runActivity(activitiesOf('2025-04-21'), 'findRun', { lost }, contextNow());
    expect(found).toMatchObject({ canLook: true, runs: [{ runId }] });
    const unknown = await runActivity(activitiesOf('2025-04-21'), 'findRun', { lost: [lostSince()] }, contextNow());
    expect(unknown).toEqual({ canLook: false, runs: [] });
  });

  it('goes on to the list when a named run cannot be read', async () => {
    await start({
      faults: ({ runId }) => (runId === 'pr_bad' ? httpReply({ status: 400, json: { message: 'no id' } }) : undefined),
    });
    const runId = await createNamedRun(TEMPORAL);
    expect((await look({}, ['pr_bad', 'pr_unknown'])).runs).toMatchObject([{ runId }]);
  });

  it('leaves out a run whose id repeats the API key', async () => {
    await start();
    const runId = await createNamedRun(TEMPORAL);
    const failure = await failureOf(
      activitiesOf('2026-02-09', runId),
      'findRun',
      { lost: [lostSince()], wait: true },
      { currentAttemptScheduledTimestampMs: Date.now() },
    );
    expect(failure).toMatchObject({ type: 'RunNotListed', nonRetryable: false });
  });
});

/** Risk tested here: an answer of Extend is lost, and the document is billed twice, or never found again. */
import { describe, expect, it } from '@jest/globals';
import { ParseCancelledError } from '../../client';
import { httpReply, naturalReply, resetReply } from '../../testing';
import { createRun } from '../local/extend/api-call';
import { until } from '../support/until';
import { activitiesOf, historyOf } from './history';
import { failureOf, Scene, type TestDocument } from './scene';

/** The run was created, and its answer is lost. */
const LOST_AFTER = resetReply({ acted: true });
/** The request is lost: no run was created. */
const LOST_BEFORE = resetReply({ acted: false });
const QUICK = { polling: { initialDelayMs: 0, maxDelayMs: 10 } } as const;

function createScene(options: ConstructorParameters<typeof Scene>[0] = {}) {
  return new Scene({
    apiVersion: '2026-02-09',
    scripts: {
      after: { submit: [LOST_AFTER], processingReads: 1 },
      before: { submit: [LOST_BEFORE], processingReads: 1 },
      twice: { submit: [LOST_AFTER, LOST_AFTER], processingReads: 1 },
      held: { submit: [LOST_AFTER] },
      ok: { processingReads: 1 },
    },
    ...options,
  });
}

const looksOf = (scene: Scene) => scene.emulator.requests.filter(({ operation }) => operation === 'listRuns').length;
const callsOf = async (scene: Scene, { workflowId }: TestDocument) =>
  activitiesOf(await historyOf(scene.temporal, workflowId)).map(({ type }) => type);

describe('A submit whose answer is lost', () => {
  const scene = createScene();

  it('costs nothing if no answer is lost', async () => {
    const document = scene.document('ok');
    const result = await scene.execute(document, QUICK);
    expect(result).toMatchObject({ submits: 1 });
    expect(result).not.toHaveProperty('adopted');
    expect(result).not.toHaveProperty('metadata');
    expect(looksOf(scene)).toBe(0);
    expect(await callsOf(scene, document)).not.toContain('findRun');
    const [namespace, workflowId] = ['default', document.workflowId];
    const { runId: firstRunId } = await scene.temporal.workflow.getHandle(workflowId).describe();
    const [{ metadata }] = scene.runsOf(document) as unknown as [{ metadata: unknown }];
    expect(metadata).toEqual({ temporal: { namespace, workflowId, firstRunId, submit: 1 } });
  });

  it.each(['resubmit', 'fail'] as const)("is found in the list of runs, with '%s'", async (onAmbiguousSubmit) => {
    const document = scene.document('after');
    const metadata = { invoice: 7 };
    const result = await scene.execute(document, { ...QUICK, onAmbiguousSubmit, metadata });
    expect(result).toMatchObject({ runId: scene.runOf(document).id, submits: 1, adopted: true, metadata });
    expect(scene.runsOf(document)).toHaveLength(1);
  });

  it('is submitted again if no run is listed within the look time', async () => {
    const document = scene.document('before');
    const result = await scene.execute(document, { ...QUICK, reconcileMs: 10_000 });
    expect(result).toMatchObject({ runId: scene.runOf(document).id, submits: 2 });
    expect(result).not.toHaveProperty('adopted');
  });

  it("is not submitted again with 'fail'", async () => {
    const document = scene.document('before');
    const failed = scene.execute(document, { ...QUICK, reconcileMs: 10_000, onAmbiguousSubmit: 'fail' });
    expect(await failureOf(failed)).toMatchObject({
      type: 'SubmitOutcomeUnknown',
      details: { submits: 1, runMayExist: true },
    });
    expect(scene.runsOf(document)).toHaveLength(0);
  });

  it('is not looked for with reconcileMs 0', async () => {
    const document = scene.document('after');
    const result = await scene.execute(document, { ...QUICK, reconcileMs: 0 });
    expect(result).toMatchObject({ submits: 2 });
    expect(scene.runsOf(document)).toHaveLength(2);
    expect(await callsOf(scene, document)).not.toContain('findRun');
  });

  it('is not mistaken for a run with forged metadata', async () => {
    const document = scene.document('before');
    const { workflowId } = document;
    for (const forged of [
      { namespace: 'default', workflowId, firstRunId: 'another', submit: 1 },
      { namespace: 'another', workflowId, firstRunId: 'another', submit: 1 },
      { workflowId },
      'text',
    ]) {
      await createForgedRun(scene, document, { temporal: forged });
    }
    const forgedRuns = scene.runsOf(document).map(({ id }) => id);
    const result = await scene.execute(document, { ...QUICK, reconcileMs: 10_000 });
    expect(result).toMatchObject({ submits: 2 });
    expect(forgedRuns).not.toContain(result.runId);
    expect(result).not.toHaveProperty('otherRuns');
  });

  it('replays', async () => {
    for (const error of await scene.replayErrors()) expect(error).toBeUndefined();
  });
});

describe('A run that is listed late', () => {
  const scene = createScene({ emulator: { runList: { lagAnswers: 3 } } });

  it('is found within the look time', async () => {
    const document = scene.document('after');
    expect(await scene.execute(document, QUICK)).toMatchObject({ submits: 1, adopted: true });
    expect(scene.runsOf(document)).toHaveLength(1);
  });
});

describe('A run that is listed shortly before the end of the look time', () => {
  // Two looks come after 0 and 2 s. The next one in the row would come after 6 s.
  const scene = createScene({ emulator: { runList: { lagAnswers: 2 } } });

  it('is found by a last look', async () => {
    const document = scene.document('after');
    const result = await scene.execute(document, { ...QUICK, reconcileMs: 3_500 });
    expect(result).toMatchObject({ submits: 1, adopted: true });
    expect(scene.runsOf(document)).toHaveLength(1);
  });
});

describe('A run that is listed after the look time', () => {
  // Three looks fit into the look time, and a fourth one follows at the end of the document.
  const scene = createScene({ emulator: { runList: { lagAnswers: 3 } } });

  it('is billed, and named in the result', async () => {
    const document = scene.document('after');
    const result = await scene.execute(document, { ...QUICK, reconcileMs: 3_500 });
    const runs = scene.runsOf(document).map(({ id }) => id);
    expect(runs).toHaveLength(2);
    expect(result).toMatchObject({ submits: 2, otherRuns: runs.filter((id) => id !== result.runId) });
    expect(result).not.toHaveProperty('adopted');
  });
});

describe('A cancellation during the look', () => {
  const scene = createScene({ server: 'shared-dev-server', emulator: { runList: { lagAnswers: 1_000 } } });

  it('ends the document at once', async () => {
    const document = scene.document('after');
    const handle = await scene.start(document, { ...QUICK, reconcileMs: 600_000 });
    await scene.emulator.waitFor(({ operation }) => operation === 'listRuns');
    await handle.cancel();
    await expect(handle.result()).rejects.toBeInstanceOf(ParseCancelledError);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, runs: 1 });
  });
});

describe('A list that Extend cannot give within the look time', () => {
  let refusals = 8;
  const outage = httpReply({ status: 503, json: { message: 'out of order' } });
  const faults = ({ operation }: { readonly operation: string }) =>
    operation === 'listRuns' && refusals-- > 0 ? outage : undefined;
  const scene = createScene({ faults });

  it('delays the decision, and the run is adopted', async () => {
    const document = scene.document('after');
    const result = await scene.execute(document, { ...QUICK, reconcileMs: 3_500 });
    expect(result).toMatchObject({ submits: 1, adopted: true });
    expect(refusals).toBeLessThanOrEqual(0);
    expect(scene.runsOf(document)).toHaveLength(1);
  });
});

describe('A second run', () => {
  const scene = createScene({
    emulator: { runList: { lagAnswers: 2 } },
    parse: { maxInlineBytes: 20_000 },
    scripts: { large: { submit: [LOST_AFTER], processingReads: 1, resultBytes: 100_000 } },
  });

  it('is named in a failure too', async () => {
    const document = scene.document('large');
    const failure = await failureOf(scene.execute(document, { ...QUICK, reconcileMs: 1 }));
    const [lost, own] = scene.runsOf(document).map(({ id }) => id);
    const details = { runId: own, submits: 2, otherRuns: [lost] };
    expect(failure).toMatchObject({ type: 'ResultTooLarge', details });
  });
});

describe('An execution of a cron schedule', () => {
  const scene = createScene({
    server: 'shared-dev-server',
    scripts: { tick: { submit: [naturalReply(), LOST_BEFORE] } },
  });

  it('never adopts the run of an earlier one', async () => {
    const { fileUrl, workflowId } = scene.document('tick');
    const input = { file: { fileUrl }, ...QUICK, reconcileMs: 2_000 };
    await scene.client.start(input, { workflowId, workflow: { cronSchedule: '@every 1s' } });
    await scene.seen({ fileUrl, workflowId }, 'submit', 3);
    await until(() => Promise.resolve(scene.runsOf({ fileUrl }).length >= 2));
    await scene.temporal.workflow.getHandle(workflowId).terminate();
    const named = scene.runsOf({ fileUrl }).map(({ metadata }) => metadata?.['temporal']);
    expect(named).toMatchObject([{ submit: 1 }, { submit: 2 }]);
    const [first, second] = named as { firstRunId: string }[];
    expect(first?.firstRunId).not.toBe(second?.firstRunId);
  });
});

describe('Without metadata of this package', () => {
  const scene = createScene({ parse: { runMetadata: false } });

  it('nothing is sent and nothing is looked for', async () => {
    const document = scene.document('after');
    const result = await scene.execute(document, { ...QUICK, metadata: { mine: 1 } });
    expect(result).toMatchObject({ submits: 2, metadata: { mine: 1 } });
    expect(looksOf(scene)).toBe(0);
    for (const { metadata } of scene.runsOf(document) as unknown as { metadata: unknown }[]) {
      expect(metadata).toEqual({ mine: 1 });
    }
  });
});

describe('On version 2025-04-21', () => {
  const scene = createScene({ apiVersion: '2025-04-21' });

  it('nothing is looked for', async () => {
    const document = scene.document('after');
    expect(await scene.execute(document, QUICK)).toMatchObject({ submits: 2 });
    expect(await callsOf(scene, document)).not.toContain('findRun');
  });
});

async function createForgedRun({ emulator }: Scene, { fileUrl }: TestDocument, metadata: object): Promise<void> {
  await createRun(emulator, fileUrl.replace('before', 'ok'), { metadata });
}

describe('A signal that names the run of a submit without an answer', () => {
  // Without the signal the run would never be found.
  const scene = createScene({ emulator: { runList: { lagAnswers: 1_000 } }, server: 'shared-dev-server' });

  it('makes the workflow read that run and take it over', async () => {
    const document = scene.document('after');
    const handle = await scene.start(document, { ...QUICK, reconcileMs: 600_000, onAmbiguousSubmit: 'fail' });
    await scene.emulator.waitFor(({ operation }) => operation === 'listRuns');
    await createForgedRun(scene, document, { temporal: { namespace: 'default', workflowId: document.workflowId } });
    const [own, forged] = scene.runsOf(document).map(({ id }) => id);
    await handle.runFinished({ runId: forged ?? '' });
    await handle.runFinished({ runId: own ?? '' });
    expect(await handle.result()).toMatchObject({ runId: own, submits: 1, adopted: true });
  });

  it('is kept if it arrives before the submit has failed', async () => {
    const document = scene.document('held');
    const hold = scene.hold(document, 'submit');
    const handle = await scene.start(document, { ...QUICK, reconcileMs: 600_000, onAmbiguousSubmit: 'fail' });
    await hold.arrived;
    await handle.runFinished({ runId: 'pr_unknown' });
    hold.release();
    await scene.emulator.waitFor(({ operation, runId }) => operation === 'read' && runId === 'pr_unknown');
    await handle.cancel();
  });
});

describe('A forged signal during the look for a run that a genuine one has named', () => {
  /** Run ids of the signals that come during the next requests. */
  let ids: string[] = [];
  let signal: (runId: string) => Promise<void>;
  const scene = new Scene({
    apiVersion: '2026-02-09',
    server: 'shared-dev-server',
    scripts: { after: { submit: [LOST_AFTER], processingReads: 1 } },
    emulator: { runList: { lagAnswers: 1_000 } },
    // The workflow has handled the signal before the request is answered.
    faults: async ({ operation }) => {
      const runId = operation === 'listRuns' || operation === 'read' ? ids.shift() : undefined;
      if (runId !== undefined) await signal(runId);
      return undefined;
    },
  });

  it('does not end that look', async () => {
    const document = scene.document('after');
    const handle = scene.client.getHandle(document.workflowId);
    signal = async (runId) => {
      await handle.runFinished({ runId: runId === 'own' ? scene.runOf(document).id : runId });
      await handle.progress();
    };
    ids = ['own', 'pr_forged_1', 'pr_forged_2', 'pr_forged_3'];
    const input = { ...QUICK, reconcileMs: 8_000, onAmbiguousSubmit: 'fail' } as const;
    const result = await scene.execute(document, input);
    expect(result).toMatchObject({ runId: scene.runOf(document).id, submits: 1, adopted: true });
    expect(await scene.replayErrors()).toEqual([undefined]);
  });
});

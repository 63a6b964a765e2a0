/**
 * Risk tested here: in some order of starts, cancellations, terminations, deadlines and store faults a run is billed that
 * nothing reports, or a document that may be submitted once is submitted again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ParseClient, type BatchHandle, type DocumentOutcome } from '../../client';
import { API_VERSIONS } from '../../contract/extend';
import { createFileStore, type ResultStore } from '../../storage';
import { hangReply, naturalReply, resetReply, type ScriptedDocument } from '../../testing';
import { createRandom, type SeededRandom } from '../soak/seeded-random';
import { Scene } from '../workflows/scene';
import { outcomesOf } from '../batch/batches';

const directory = mkdtempSync(join(tmpdir(), 'restart-sequences-'));
afterAll(() => rmSync(directory, { recursive: true }));
const files = createFileStore({ directory });

/** Sequences that run side by side, each with a batch of its own, and the starts of each before the last one. */
const SEQUENCES = 6;
const STARTS = 3;
/** Deadline within which every document can end, in milliseconds. A submit without an answer ends with it. */
const LONG_MS = 8_000;

const SCRIPTS: Readonly<Record<string, ScriptedDocument>> = {
  ok: { processingReads: 1 },
  slow: { processingReads: 4 },
  failing: { status: 'FAILED', processingReads: 0 },
  lostAfter: { submit: [resetReply({ acted: true })], processingReads: 1 },
  lostBefore: { submit: [resetReply()], processingReads: 1 },
  late: { submit: [naturalReply({ delayMs: 3_000 })], processingReads: 1 },
  unanswered: { submit: [hangReply({ acted: true })], processingReads: 0 },
};
/** Scripts whose runs never fail, so that one submit is enough for each. */
const ONCE = ['ok', 'slow', 'lostAfter', 'lostBefore', 'late', 'unanswered'];

/** One start of a batch, and how it is ended. */
interface Start {
  readonly end: 'result' | 'cancel' | 'terminate' | 'terminateDocuments';
  /** Time until the end is requested, in milliseconds. */
  readonly afterMs: number;
  readonly deadlineMs: number;
  readonly retryFailed: boolean;
}

const LAST: Start = { end: 'result', afterMs: 0, deadlineMs: LONG_MS, retryFailed: true };

function drawStart(random: SeededRandom): Start {
  const end = random.weighted<Start['end']>([
    [2, 'result'],
    [1, 'cancel'],
    [1, 'terminate'],
    [2, 'terminateDocuments'],
  ]);
  const deadlineMs = random.chance(0.5) ? 1_500 : LONG_MS;
  return { end, afterMs: random.whole(0, 2_000), deadlineMs, retryFailed: random.chance(0.7) };
}

describe.each(API_VERSIONS)('On version %s', (apiVersion) => {
  let isBroken = false;
  const resultStore: ResultStore = {
    ...files,
    write: (name, content, options) => {
      const isRun = name.startsWith('parser_run_') || name.startsWith('pr_');
      return isBroken && isRun ? Promise.reject(new Error('broken')) : files.write(name, content, options);
    },
  };
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion,
    parse: { resultStore },
    scripts: SCRIPTS,
  });

  it('every run is reported, and no document is submitted twice that may be submitted once', async () => {
    const client = new ParseClient({ client: scene.temporal, taskQueue: scene.parsing.taskQueue, resultStore });
    const batches = Array.from({ length: SEQUENCES }, (_, at) => new SequenceBatch(scene, client, at));
    for (let start = 0; start < STARTS; start += 1) {
      // The store is broken for all of them in every second start.
      isBroken = start % 2 === 1;
      await Promise.all(batches.map((batch) => batch.start(drawStart(batch.random))));
    }
    isBroken = false;
    for (const outcomes of await Promise.all(batches.map((batch) => batch.start(LAST).then(outcomesOf)))) {
      expect(outcomes.map(({ status }) => status).filter((status) => status === 'cancelled')).toEqual([]);
    }
    for (const batch of batches) await batch.check();
  });
});

/** The batch of one sequence: it has a document of each script in each mode. */
class SequenceBatch {
  readonly random: SeededRandom;
  readonly #key: string;
  readonly #documents: readonly { readonly id: string; readonly script: string; readonly fileUrl: string }[];
  #last: BatchHandle | undefined;

  constructor(
    private readonly scene: Scene,
    private readonly client: ParseClient,
    sequence: number,
  ) {
    this.random = createRandom(`sequence ${sequence}`);
    this.#key = scene.document('ok').workflowId;
    this.#documents = Object.keys(SCRIPTS).flatMap((script) =>
      (['resubmit', 'fail'] as const).map((mode) => {
        return { id: `${script}-${mode}`, script, fileUrl: scene.document(script).fileUrl };
      }),
    );
  }

  async start({ end, afterMs, deadlineMs, retryFailed }: Start): Promise<BatchHandle> {
    const options = { polling: { initialDelayMs: 0, maxDelayMs: 10 }, reconcileMs: 1_000, deadlineMs } as const;
    const documents = this.#documents.map(({ id, fileUrl }) => {
      const onAmbiguousSubmit = id.endsWith('-fail') ? 'fail' : 'resubmit';
      return { id, file: { fileUrl }, onAmbiguousSubmit, ...options } as const;
    });
    const handle = await this.client.startBatch({ documents, retryFailed }, { idempotencyKey: this.#key });
    this.#last = handle;
    if (end !== 'result') {
      await sleep(afterMs);
      if (end === 'cancel') await handle.cancel();
      else await this.#terminate(end === 'terminateDocuments');
    }
    await handle.result().catch(() => undefined);
    return handle;
  }

  async #terminate(documentsToo: boolean): Promise<void> {
    const { workflow } = this.scene.temporal;
    const ids = documentsToo ? this.#documents.map(({ id }) => `${this.#key}/${id}`) : [];
    for (const id of [this.#key, ...ids]) {
      // A workflow that has ended, or was not started yet, cannot be terminated.
      await workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
    }
  }

  /** Compares what Extend billed with what the last outcomes report. */
  async check(): Promise<void> {
    const outcomes = new Map<string, DocumentOutcome>();
    for (const outcome of this.#last ? await outcomesOf(this.#last) : []) {
      if ('id' in outcome) outcomes.set(outcome.id, outcome);
    }
    for (const { id, script, fileUrl } of this.#documents) {
      const { runs, submits } = this.scene.countsOf({ fileUrl });
      const what = { batch: this.#key, id, runs };
      const reported = submitsOf(outcomes.get(id));
      expect({ ...what, isReported: runs <= reported, reported }).toEqual({ ...what, isReported: true, reported });
      if (id.endsWith('-fail') && ONCE.includes(script)) expect({ ...what, submits }).toEqual({ ...what, submits: 1 });
    }
  }
}

function submitsOf(outcome: DocumentOutcome | undefined): number {
  if (outcome?.status === 'processed') return outcome.result.submits;
  return outcome?.status === 'failed' ? (outcome.failure.details.submits ?? 0) : 0;
}

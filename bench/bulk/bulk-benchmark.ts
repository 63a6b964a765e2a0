import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { BatchInput } from '../../client';
import { billableActions } from '../cost/billable-actions';
import type { HistoryEvent } from '../cost/history';
import type { Benchmark, Claim, Table } from '../report/benchmark';
import { startStage, type Stage } from '../servers/stage';
import type { WorkerChild } from '../servers/worker-child';

const SIZES = { full: [200, 2_000], quick: [20, 60] };
const POLLS = 5;
const MAX_CACHED_WORKFLOWS = 2_000;
const MAX_EVENTS = 4_096;
/** Documents of the batch of single submits whose histories are counted. The documents are alike. */
const SAMPLED = 50;
/** Schedule of Extend's usual pace: the polls of the batches follow it, and those of single documents too. */
const POLLING = { initialDelayMs: 500, scaleMs: 1_000, jitter: 0 };
/** A child workflow costs an Action more than a workflow that a client starts. */
const ACTIONS_PER_CHILD_START = 1;
const GOALS = { statusRequests: 0.2, actions: 0.2, events: 0.3 };
/** Limit of the heap of a worker with bulk submits, so that its peak shows the memory that it needs. */
const HEAP_MB = 160;
/** Growth of the worker's peak from the smaller batch to the larger one that counts as none. */
const SAME_MEMORY = 1.15;

type Submission = NonNullable<BatchInput['submission']>;

/** The figures of one form of submits with one number of documents. */
interface Measurement {
  readonly submission: Submission;
  readonly documents: number;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly submits: number;
  /** Requests for the state of a run or of a batch, and for pages of the list. */
  readonly statusRequests: number;
  /** All requests to Extend, those for the results too. */
  readonly requests: number;
  readonly actions: number;
  readonly events: number;
  readonly longestEvents: number;
}

/** Compares a batch of bulk submits with a batch of single submits. */
export const bulkBenchmark: Benchmark = {
  name: 'bulk',
  run: async ({ quick, say }) => {
    const measurements: Measurement[] = [];
    await using stage = await startStage();
    for (const documents of SIZES[quick ? 'quick' : 'full']) {
      for (const submission of ['each', 'bulk'] as const) {
        const measurement = await measure(stage, submission, documents);
        say(`${documents} documents, ${submission}: ${measurement.seconds.toFixed(1)} s`);
        measurements.push(measurement);
      }
    }
    return { tables: [bulkTable(measurements)], claims: bulkClaims(measurements, quick), plots: [] };
  },
};

async function measure(stage: Stage, submission: Submission, documents: number): Promise<Measurement> {
  const resultDirectory = await mkdtemp(join(tmpdir(), 'bench-bulk-'));
  try {
    const heapMb = submission === 'bulk' ? HEAP_MB : undefined;
    await using worker = await stage.startWorker({ resultDirectory, apiVersion: '2026-02-09', heapMb });
    const taskQueue = `${submission}-${documents}`;
    const before = stage.requestCounts();
    const seconds = await parse({ stage, worker, taskQueue, documents, submission });
    const counts = Object.entries(stage.requestCounts());
    const since = new Map(counts.map(([operation, count]) => [operation, count - (before[operation] ?? 0)]));
    const cpuMs = await worker.cpuMs();
    const peakMb = (await worker.peakBytes()) / 1e6;
    await worker.stop();
    const sum = (...operations: string[]) => operations.reduce((total, name) => total + (since.get(name) ?? 0), 0);
    const polls = sum('getBatch', 'listRuns', 'read');
    // A bulk batch asks for the URL of each result once. For single submits the last poll does that.
    const statusRequests = submission === 'bulk' ? polls - documents : polls;
    const submits = sum('submit', 'createBatch');
    const requests = sum(...since.keys());
    const costs = await costsOf(stage.temporal, { taskQueue, documents, submission });
    return { submission, documents, seconds, cpuMs, peakMb, submits, statusRequests, requests, ...costs };
  } finally {
    await rm(resultDirectory, { recursive: true, force: true });
  }
}

interface Task {
  readonly stage: Stage;
  readonly worker: WorkerChild;
  readonly taskQueue: string;
  readonly documents: number;
  readonly submission: Submission;
}

/** Parses the documents as one batch, and returns the time in seconds. */
async function parse({ stage, worker, taskQueue, documents, submission }: Task): Promise<number> {
  const list = Array.from({ length: documents }, (_, index) => ({
    file: { fileUrl: `http://emulator.invalid/ok?n=${taskQueue}-${index}&reads=${POLLS - 1}` },
  }));
  const defaults = { polling: POLLING };
  const input: BatchInput = { documents: list, defaults, submission, width: submission === 'each' ? 200 : 2_000 };
  const handle = await stage.parseClient(taskQueue).startBatch(input, { workflowId: taskQueue });
  await worker.start(taskQueue, MAX_CACHED_WORKFLOWS);
  await worker.watchMemory();
  const startedAtMs = performance.now();
  await handle.result();
  return (performance.now() - startedAtMs) / 1000;
}

/** Counts the Actions and events of a batch and of its children. */
async function costsOf(
  temporal: Client,
  { taskQueue, documents, submission }: Pick<Task, 'taskQueue' | 'documents' | 'submission'>,
): Promise<Pick<Measurement, 'actions' | 'events' | 'longestEvents'>> {
  const batch = await historiesOf(temporal, taskQueue);
  const children = batch.flat().flatMap((event) => {
    const execution = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
    return execution?.workflowId ? [execution.workflowId] : [];
  });
  const counted = submission === 'each' ? children.slice(0, SAMPLED) : children;
  const histories: HistoryEvent[][] = [];
  for (const workflowId of counted) histories.push(...(await historiesOf(temporal, workflowId)));
  const scale = submission === 'each' ? documents / counted.length : 1;
  const sum = (of: (events: HistoryEvent[]) => number, all: HistoryEvent[][]) =>
    all.reduce((total, events) => total + of(events), 0);
  const actionsOf = (all: HistoryEvent[][]) => sum(billableActions, all);
  const lengthOf = (all: HistoryEvent[][]) => sum((events) => events.length, all);
  return {
    actions: actionsOf(batch) + actionsOf(histories) * scale + children.length * ACTIONS_PER_CHILD_START,
    events: lengthOf(batch) + lengthOf(histories) * scale,
    longestEvents: Math.max(...[...batch, ...histories].map((events) => events.length)),
  };
}

async function historiesOf(temporal: Client, workflowId: string): Promise<HistoryEvent[][]> {
  const histories: HistoryEvent[][] = [];
  let { runId } = await temporal.workflow.getHandle(workflowId).describe();
  while (runId !== '') {
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push(events ?? []);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  }
  return histories;
}

function bulkTable(measurements: readonly Measurement[]): Table {
  return {
    title: `A batch of single submits and one of bulk submits, ${POLLS} polls each`,
    columns: [
      'documents',
      'POSTs',
      'status requests per document',
      'all requests per document',
      'Actions per document',
      'events per document',
      'longest history, events',
      'worker CPU per document, ms',
      'documents/s',
      'worker peak, MB',
    ],
    rows: measurements.map((one) => [
      `${one.documents}, ${one.submission}`,
      one.submits,
      (one.statusRequests / one.documents).toFixed(3),
      (one.requests / one.documents).toFixed(3),
      (one.actions / one.documents).toFixed(3),
      (one.events / one.documents).toFixed(3),
      one.longestEvents,
      (one.cpuMs / one.documents).toFixed(1),
      (one.documents / one.seconds).toFixed(1),
      one.peakMb.toFixed(0),
    ]),
  };
}

function bulkClaims(measurements: readonly Measurement[], quick: boolean): readonly Claim[] {
  const bulk = measurements.filter(({ submission }) => submission === 'bulk');
  const last = bulk.at(-1);
  if (last === undefined) return [];
  const { documents, statusRequests, actions, events } = last;
  const [requestsEach, actionsEach, eventsEach] = [statusRequests, actions, events].map((count) => count / documents);
  const longest = bulk.map(({ longestEvents }) => longestEvents);
  const figures = [requestsEach, actionsEach, eventsEach].map((figure = 0) => figure.toFixed(3)).join(', ');
  const holds =
    (requestsEach ?? 0) <= GOALS.statusRequests &&
    (actionsEach ?? 0) <= GOALS.actions &&
    (eventsEach ?? 0) <= GOALS.events;
  return [
    {
      sentence: `With bulk submits, ${documents} documents need at most ${GOALS.statusRequests} status requests, ${GOALS.actions} Actions and ${GOALS.events} events each.`,
      // A small group has few documents to share its events among.
      holds: quick || holds,
      measured: figures,
    },
    {
      sentence: `No history of a bulk batch has more than ${MAX_EVENTS} events.`,
      holds: longest.every((count) => count < MAX_EVENTS),
      measured: longest.join(', '),
    },
    {
      sentence: `With bulk submits, the worker's memory does not grow from ${bulk[0]?.documents} to ${documents} documents.`,
      holds: last.peakMb <= (bulk[0]?.peakMb ?? 0) * SAME_MEMORY,
      measured: bulk.map(({ peakMb }) => `${peakMb.toFixed(0)} MB`).join(', '),
    },
  ];
}

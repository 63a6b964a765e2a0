import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { BatchHandle } from '../../client';
import { historyBytes } from '../cost/history';
import type { Claim, Benchmark, Plot, Table } from '../report/benchmark';
import { startStage, type Stage } from '../servers/stage';
import type { WorkerChild } from '../servers/worker-child';

const SIZES = { full: [200, 2_000], quick: [20, 60] };
const LARGEST = 100_000;
const POLLS = 5;
const WIDTH = 200;
const MAX_CACHED_WORKFLOWS = 2_000;
const MAX_EVENTS = 4_096;
const POLLING = { initialDelayMs: 0, maxDelayMs: 1, jitter: 0 };

/** The figures of one way with one number of documents. */
interface Measurement {
  readonly way: 'batch' | 'single workflows';
  readonly documents: number;
  readonly documentsPerSecond: number;
  readonly peakMb: number;
  /** Of a batch: its workflow executions, its longest history in events and bytes, and the events of all histories. */
  readonly executions?: number;
  readonly longestEvents?: number;
  readonly longestBytes?: number;
  readonly events?: number;
}

/** Compares a batch with the same number of single `parseDocument` workflows, and computes the needs of the largest batch. */
export const batchBenchmark: Benchmark = {
  name: 'batch',
  run: async ({ quick, say }) => {
    const measurements: Measurement[] = [];
    await using stage = await startStage();
    for (const documents of SIZES[quick ? 'quick' : 'full']) {
      for (const way of ['single workflows', 'batch'] as const) {
        const measurement = await measure(stage, way, documents);
        say(`${documents} documents, ${way}: ${measurement.documentsPerSecond.toFixed(1)} documents/s`);
        measurements.push(measurement);
      }
    }
    return { tables: [batchTable(measurements)], claims: batchClaims(measurements), plots: [batchPlot(measurements)] };
  },
};

/** Measures one way in a worker process of its own, so that the memory is that of this way only. */
async function measure(stage: Stage, way: Measurement['way'], documents: number): Promise<Measurement> {
  const resultDirectory = await mkdtemp(join(tmpdir(), 'bench-batch-'));
  try {
    await using worker = await stage.startWorker({ resultDirectory });
    const taskQueue = `batch-${way.replace(' ', '-')}-${documents}`;
    const seconds = await (way === 'batch' ? parseBatch : parseSingly)({ stage, worker, taskQueue, documents });
    const peakMb = (await worker.peakBytes()) / 1e6;
    await worker.stop();
    const histories = way === 'batch' ? await historiesOf(stage.temporal, taskQueue) : {};
    return { way, documents, documentsPerSecond: documents / seconds, peakMb, ...histories };
  } finally {
    await rm(resultDirectory, { recursive: true, force: true });
  }
}

interface Task {
  readonly stage: Stage;
  readonly worker: WorkerChild;
  readonly taskQueue: string;
  readonly documents: number;
}

const fileOf = (taskQueue: string, index: number) => ({
  fileUrl: `http://emulator.invalid/ok?n=${taskQueue}-${index}&reads=${POLLS - 1}`,
});

async function parseBatch({ stage, worker, taskQueue, documents }: Task): Promise<number> {
  const list = Array.from({ length: documents }, (_, index) => ({ file: fileOf(taskQueue, index) }));
  const input = { documents: list, defaults: { polling: POLLING }, width: WIDTH };
  const handle: BatchHandle = await stage.parseClient(taskQueue).startBatch(input, { workflowId: taskQueue });
  return timed(worker, taskQueue, () => handle.result());
}

/** Parses as many documents at a time as the batch does. */
async function parseSingly({ stage, worker, taskQueue, documents }: Task): Promise<number> {
  const client = stage.parseClient(taskQueue);
  const next = Array.from({ length: documents }, (_, index) => index).values();
  const work = async () => {
    for (const index of next) {
      const input = { file: fileOf(taskQueue, index), polling: POLLING, result: 'stored' } as const;
      await client.execute(input, { workflowId: `${taskQueue}-${index}` });
    }
  };
  return timed(worker, taskQueue, () => Promise.all(Array.from({ length: WIDTH }, work)));
}

async function timed(worker: WorkerChild, taskQueue: string, act: () => Promise<unknown>): Promise<number> {
  await worker.start(taskQueue, MAX_CACHED_WORKFLOWS);
  await worker.watchMemory();
  const startedAtMs = performance.now();
  await act();
  return (performance.now() - startedAtMs) / 1000;
}

async function historiesOf(temporal: Client, workflowId: string) {
  const histories: { readonly events: number; readonly bytes: number }[] = [];
  let { runId } = await temporal.workflow.getHandle(workflowId).describe();
  while (runId !== '') {
    const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push({ events: history.events?.length ?? 0, bytes: historyBytes(history) });
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  }
  return {
    executions: histories.length,
    longestEvents: Math.max(...histories.map(({ events }) => events)),
    longestBytes: Math.max(...histories.map(({ bytes }) => bytes)),
    events: histories.reduce((sum, { events }) => sum + events, 0),
  };
}

function batchTable(measurements: readonly Measurement[]): Table {
  const rows = measurements.map((one) => [
    `${one.documents}, ${one.way}`,
    one.documentsPerSecond.toFixed(1),
    one.peakMb.toFixed(0),
    one.executions ?? '',
    one.longestEvents ?? '',
    one.longestBytes === undefined ? '' : (one.longestBytes / 1000).toFixed(0),
    one.events === undefined ? '' : (one.events / one.documents).toFixed(1),
  ]);
  return {
    title: `A batch of width ${WIDTH} and as many single workflows at a time, ${POLLS} polls each; last row computed`,
    columns: [
      'documents',
      'documents/s',
      'worker peak, MB',
      'workflow executions of the batch',
      'longest history, events',
      'kB',
      'events of the batch per document',
    ],
    rows: [...rows, computedRow(measurements)],
  };
}

/** Computes the figures of the largest batch from those of the largest measured batch. */
function computedRow(measurements: readonly Measurement[]): (string | number)[] {
  const {
    documents,
    documentsPerSecond,
    peakMb,
    executions = 1,
    longestEvents = 0,
    longestBytes = 0,
    events = 0,
  } = measurements.at(-1) ?? ({} as Measurement);
  const perDocument = events / documents;
  const hours = LARGEST / documentsPerSecond / 3600;
  return [
    `${LARGEST}, batch (computed, ${hours.toFixed(1)} h)`,
    documentsPerSecond.toFixed(1),
    peakMb.toFixed(0),
    Math.ceil((LARGEST * executions) / documents),
    longestEvents,
    (longestBytes / 1000).toFixed(0),
    perDocument.toFixed(1),
  ];
}

function batchClaims(measurements: readonly Measurement[]): readonly Claim[] {
  const batches = measurements.filter(({ way }) => way === 'batch');
  const longest = batches.map(({ longestEvents = 0 }) => longestEvents);
  return [
    {
      sentence: `No workflow execution of a batch has more than ${MAX_EVENTS} events, for any number of documents.`,
      holds: longest.every((events) => events < MAX_EVENTS),
      measured: longest.join(', '),
    },
  ];
}

function batchPlot(measurements: readonly Measurement[]): Plot {
  return {
    name: 'batch',
    spec: {
      title: `Documents per second, ${WIDTH} at a time`,
      width: 480,
      height: 160,
      data: { values: [...measurements] },
      mark: 'bar',
      encoding: {
        y: { field: 'documents', type: 'ordinal', title: 'documents' },
        yOffset: { field: 'way' },
        x: { field: 'documentsPerSecond', type: 'quantitative', title: 'documents per second' },
        color: { field: 'way', type: 'nominal', title: null, scale: { range: ['#0b6e4f', '#b5651d'] } },
      },
    },
  };
}

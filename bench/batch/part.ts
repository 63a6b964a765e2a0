import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { BatchHandle } from '../../client';
import { historyBytes } from '../cost/history';
import type { Claim, Part, Plot, Table } from '../report/part';
import { setStage, type Stage } from '../servers/stage';
import type { WorkerChild } from '../servers/worker-child';

const SIZES = { full: [200, 2_000], quick: [20, 60] };
const LARGEST = 100_000;
const READS = 5;
const WIDTH = 200;
const MAX_CACHED_WORKFLOWS = 2_000;
const MAX_EVENTS = 4_096;
const POLLING = { initialDelayMs: 0, maxDelayMs: 1, jitter: 0 };

/** So many documents in one way. */
interface Measurement {
  readonly way: 'batch' | 'single runs';
  readonly documents: number;
  readonly documentsPerSecond: number;
  readonly peakMb: number;
  /** Of a batch: its runs, the longest history among them in events and bytes, and the events of all. */
  readonly runs?: number;
  readonly longestEvents?: number;
  readonly longestBytes?: number;
  readonly events?: number;
}

/** A batch beside as many `parseDocument` workflows of their own, and how what it needs grows. */
export const batchPart: Part = {
  name: 'batch',
  run: async ({ quick, say }) => {
    const measurements: Measurement[] = [];
    await using stage = await setStage();
    for (const documents of SIZES[quick ? 'quick' : 'full']) {
      for (const way of ['single runs', 'batch'] as const) {
        const measurement = await measure(stage, way, documents);
        say(`${documents} documents, ${way}: ${measurement.documentsPerSecond.toFixed(1)} documents/s`);
        measurements.push(measurement);
      }
    }
    return { tables: [batchTable(measurements)], claims: batchClaims(measurements), plots: [batchPlot(measurements)] };
  },
};

/** Each in a worker process of its own, so that its memory is its alone. */
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
  fileUrl: `http://emulator.invalid/ok?n=${taskQueue}-${index}&reads=${READS - 1}`,
});

async function parseBatch({ stage, worker, taskQueue, documents }: Task): Promise<number> {
  const list = Array.from({ length: documents }, (_, index) => ({ file: fileOf(taskQueue, index) }));
  const input = { documents: list, defaults: { polling: POLLING }, width: WIDTH };
  const handle: BatchHandle = await stage.parseClient(taskQueue).startBatch(input, { workflowId: taskQueue });
  return timed(worker, taskQueue, () => handle.result());
}

/** As many at a time as the batch has. */
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
    runs: histories.length,
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
    one.runs ?? '',
    one.longestEvents ?? '',
    one.longestBytes === undefined ? '' : (one.longestBytes / 1000).toFixed(0),
    one.events === undefined ? '' : (one.events / one.documents).toFixed(1),
  ]);
  return {
    title: `A batch of width ${WIDTH} beside as many single runs at a time, ${READS} reads each; last row computed`,
    columns: ['', 'documents/s', 'worker peak, MB', 'runs', 'longest history, events', 'kB', 'events per document'],
    rows: [...rows, computedRow(measurements)],
  };
}

/** What the largest batch would need if it went on as the largest one that was measured. */
function computedRow(measurements: readonly Measurement[]): (string | number)[] {
  const {
    documents,
    documentsPerSecond,
    peakMb,
    runs = 1,
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
    Math.ceil((LARGEST * runs) / documents),
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
      sentence: `No run of a batch has more than ${MAX_EVENTS} events, whatever the number of documents.`,
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

import type { Client, WorkflowHandle } from '@temporalio/client';
import type { sleepLoop } from '../loop/sleep-loop';
import type { Claim, Benchmark, Plot, Table } from '../report/benchmark';
import { median, spread } from '../report/statistics';
import { inBatches } from '../servers/in-batches';
import { startStage, type Stage } from '../servers/stage';
import type { WorkerChild } from '../servers/worker-child';

const WAYS = ['hand-written loop', 'engine timer', 'engine retry'] as const;
type Way = (typeof WAYS)[number];

/** The figures of one way in one round. */
interface Measurement {
  readonly way: Way;
  readonly round: number;
  readonly documentsPerSecond: number;
  readonly workerCpuMs: number;
  readonly serverCpuMs: number;
  /** Of worker and server together. */
  readonly cpuMs: number;
}

/** The figures of a {@link Measurement}. Processor time is that of a document. */
type Figure = Exclude<keyof Measurement, 'way' | 'round'>;

/** Documents at a time: enough to keep server and worker busy, so that no timer delays them. */
const DOCUMENTS = { full: 300, quick: 40 };
const ROUNDS = { full: 5, quick: 1 };
const POLLS = 5;
/** The shortest possible wait between polls. The server turns it into one second at most. */
const SLEEP_MS = 1;
const MAX_CACHED_WORKFLOWS = 2_000;
/** Highest processor time in comparison with the loop. Documents per second depend more on what else the machine does. */
const MOST_CPU = { 'engine timer': 1, 'engine retry': 0.55 };

/**
 * Compares documents per second, and processor time of worker and server, with the hand-written loop, at the same number of
 * polls.
 */
export const throughputBenchmark: Benchmark = {
  name: 'throughput',
  run: async ({ quick, say }) => {
    const size = quick ? 'quick' : 'full';
    const measurements: Measurement[] = [];
    await using stage = await startStage();
    await using worker = await stage.startWorker();
    for (const way of WAYS) await measure(stage, worker, { way, round: 0, documents: DOCUMENTS.quick });
    for (let round = 1; round <= ROUNDS[size]; round += 1) {
      // Each round begins with another way, because the server's database grows.
      for (const index of WAYS.keys()) {
        const way = WAYS[(index + round) % WAYS.length] ?? WAYS[0];
        const measurement = await measure(stage, worker, { way, round, documents: DOCUMENTS[size] });
        const { documentsPerSecond, cpuMs } = measurement;
        say(`round ${round}, ${way}: ${documentsPerSecond.toFixed(1)} documents/s, ${cpuMs.toFixed(0)} ms of CPU each`);
        measurements.push(measurement);
      }
    }
    const title = `Throughput: ${DOCUMENTS[size]} documents at once, ${POLLS} polls each, medians of ${ROUNDS[size]} rounds`;
    return {
      tables: [throughputTable(title, measurements)],
      claims: throughputClaims(measurements),
      plots: [throughputPlot(measurements)],
    };
  },
};

interface Task {
  readonly way: Way;
  readonly round: number;
  readonly documents: number;
}

/** Starts all documents before the worker, and measures the time that the worker needs for them. */
async function measure(stage: Stage, worker: WorkerChild, { way, round, documents }: Task): Promise<Measurement> {
  const taskQueue = `throughput-${way.replaceAll(' ', '-')}-${round}`;
  const handles = await inBatches(documents, (index) => startInWay(stage, way, taskQueue, index));
  const serverBeforeMs = await stage.serverCpuMs();
  const startedAtMs = Date.now();
  await worker.start(taskQueue, MAX_CACHED_WORKFLOWS);
  await stage.untilRequests('result', documents);
  await inBatches(documents, async (index) => handles[index]?.result());
  const workerCpuMs = (await worker.cpuMs()) / documents;
  const serverCpuMs = ((await stage.serverCpuMs()) - serverBeforeMs) / documents;
  const ends = await inBatches(documents, async (index) => handles[index]?.describe());
  await worker.stop();
  const endedAtMs = Math.max(...ends.map((end) => end?.closeTime?.getTime() ?? Number.NaN));
  return {
    way,
    round,
    documentsPerSecond: (documents * 1000) / (endedAtMs - startedAtMs),
    workerCpuMs,
    serverCpuMs,
    cpuMs: workerCpuMs + serverCpuMs,
  };
}

async function startInWay(stage: Stage, way: Way, taskQueue: string, index: number): Promise<WorkflowHandle> {
  const fileUrl = `http://emulator.invalid/ok?n=${taskQueue}-${index}&reads=${POLLS - 1}`;
  const workflowId = `${taskQueue}-${index}`;
  if (way === 'hand-written loop') return startLoop(stage.temporal, { taskQueue, workflowId, fileUrl });
  const engine = way === 'engine timer' ? 'timer' : 'retry';
  const polling = { engine, initialDelayMs: 0, maxDelayMs: SLEEP_MS, jitter: 0 } as const;
  await stage.parseClient(taskQueue).start({ file: { fileUrl }, polling }, { workflowId });
  return stage.temporal.workflow.getHandle(workflowId);
}

async function startLoop(
  temporal: Client,
  { fileUrl, ...options }: { readonly taskQueue: string; readonly workflowId: string; readonly fileUrl: string },
): Promise<WorkflowHandle> {
  const args: Parameters<typeof sleepLoop> = [{ fileUrl, sleepMs: SLEEP_MS }];
  return temporal.workflow.start<typeof sleepLoop>('sleepLoop', { ...options, args });
}

/** Ratios to the loop of the same round, because a temporary load of the machine affects both. */
function ratiosOf(measurements: readonly Measurement[], way: Way, figure: Figure) {
  return measurements
    .filter((one) => one.way === way)
    .map((one) => {
      const loop = measurements.find(({ way: other, round }) => other === WAYS[0] && round === one.round);
      return one[figure] / (loop?.[figure] ?? Number.NaN);
    });
}

function throughputTable(title: string, measurements: readonly Measurement[]): Table {
  const of = (way: Way, figure: Figure, digits: number) =>
    spread(
      measurements.filter((one) => one.way === way).map((one) => one[figure]),
      digits,
    );
  const cpu = 'CPU per document, ms';
  return {
    title: `${title} (lowest to highest)`,
    columns: ['', 'documents/s', `${cpu}: worker`, `${cpu}: server`, `${cpu}: both`, 'ratio to the loop'],
    rows: WAYS.map((way) => [
      way,
      of(way, 'documentsPerSecond', 1),
      of(way, 'workerCpuMs', 1),
      of(way, 'serverCpuMs', 1),
      of(way, 'cpuMs', 1),
      spread(ratiosOf(measurements, way, 'cpuMs'), 2),
    ]),
  };
}

function throughputClaims(measurements: readonly Measurement[]): readonly Claim[] {
  return (['engine timer', 'engine retry'] as const).map((way) => {
    const ratio = median(ratiosOf(measurements, way, 'cpuMs'));
    return {
      sentence: `The ${way} takes at most ${MOST_CPU[way]} of the processor time of the hand-written loop.`,
      holds: ratio <= MOST_CPU[way],
      measured: ratio.toFixed(2),
    };
  });
}

function throughputPlot(measurements: readonly Measurement[]): Plot {
  const y = { field: 'way', type: 'nominal', title: null, sort: [...WAYS] } as const;
  const x = { field: 'documentsPerSecond', type: 'quantitative', title: 'documents per second' } as const;
  const color = {
    field: 'way',
    type: 'nominal',
    legend: null,
    sort: [...WAYS],
    scale: { range: ['#b5651d', '#0b6e4f', '#3aa17e'] },
  } as const;
  return {
    name: 'throughput',
    spec: {
      title: { text: `Documents per second, ${POLLS} polls each`, subtitle: 'Bars: medians; points: rounds' },
      width: 480,
      height: 140,
      data: { values: [...measurements] },
      layer: [
        { mark: { type: 'bar', opacity: 0.85 }, encoding: { y, x: { ...x, aggregate: 'median' }, color } },
        { mark: { type: 'point', color: 'black', filled: true, size: 18 }, encoding: { y, x } },
      ],
    },
  };
}

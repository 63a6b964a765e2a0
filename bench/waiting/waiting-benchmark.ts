import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Table } from '../report/benchmark';
import { spread } from '../report/statistics';
import { inBatches } from '../servers/in-batches';
import { startStage, type Stage } from '../servers/stage';

const WAYS = ['workflow that only sleeps', 'engine timer', 'engine retry'] as const;
type Way = (typeof WAYS)[number];

/** The memory of one worker per waiting document. */
interface Measurement {
  readonly way: Way;
  readonly kilobytesPerDocument: number;
}

const DOCUMENTS = { full: 2_000, quick: 100 };
const ROUNDS = { full: 2, quick: 1 };
/** Documents that start before the measurement. The memory that they load is not part of the cost of a waiting document. */
const WARM_UP = 50;
const HOUR_MS = 3_600_000;
const BYTES_PER_KILOBYTE = 1_000;
const CHECK_AGAIN_MS = 100;
/** Large enough that all workflows stay in memory. */
const MAX_CACHED_WORKFLOWS = 10_000;

/** Compares the worker's memory per waiting document with a workflow that only sleeps. */
export const waitingBenchmark: Benchmark = {
  name: 'waiting',
  run: async ({ quick, say }) => {
    const size = quick ? 'quick' : 'full';
    const measurements: Measurement[] = [];
    for (let round = 1; round <= ROUNDS[size]; round += 1) {
      await using stage = await startStage();
      for (const way of WAYS) {
        const kilobytesPerDocument = (await measure(stage, way, DOCUMENTS[size])) / BYTES_PER_KILOBYTE;
        say(`round ${round}, ${way}: ${kilobytesPerDocument.toFixed(0)} kB`);
        measurements.push({ way, kilobytesPerDocument });
      }
    }
    const title = `Waiting: worker memory per document while ${DOCUMENTS[size]} wait, ${ROUNDS[size]} rounds`;
    return { tables: [memoryTable(title, measurements)], claims: [], plots: [] };
  },
};

/** Measures the resident bytes of a fresh worker process per document in its memory. */
async function measure(stage: Stage, way: Way, documents: number): Promise<number> {
  const taskQueue = `waiting-${way.replaceAll(' ', '-')}`;
  await using worker = await stage.startWorker();
  await worker.start(taskQueue, MAX_CACHED_WORKFLOWS);
  await startWaiting(stage, { way, taskQueue, from: 0, to: WARM_UP });
  const before = await worker.rssBytes();
  await startWaiting(stage, { way, taskQueue, from: WARM_UP, to: WARM_UP + documents });
  const after = await worker.rssBytes();
  await worker.stop();
  return (after - before) / documents;
}

interface Range {
  readonly way: Way;
  readonly taskQueue: string;
  readonly from: number;
  readonly to: number;
}

/** Starts documents, and resolves when each waits: its first poll is done, and the next one is due in an hour. */
async function startWaiting(stage: Stage, { way, taskQueue, from, to }: Range): Promise<void> {
  const ids = await inBatches(to - from, async (index) => {
    const workflowId = `${taskQueue}-${from + index}`;
    if (way === 'workflow that only sleeps') {
      await stage.temporal.workflow.start('bareSleep', { taskQueue, workflowId, args: [HOUR_MS] });
    } else {
      const fileUrl = `http://emulator.invalid/never?n=${workflowId}`;
      const engine = way === 'engine timer' ? 'timer' : 'retry';
      const polling = { engine, initialDelayMs: 0, scaleMs: HOUR_MS, maxDelayMs: HOUR_MS } as const;
      await stage.parseClient(taskQueue).start({ file: { fileUrl }, polling }, { workflowId });
    }
    return workflowId;
  });
  await inBatches(ids.length, (index) => untilWaiting(stage, way, ids[index] ?? ''));
}

async function untilWaiting({ temporal }: Stage, way: Way, workflowId: string): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowId);
  for (; ; await sleep(CHECK_AGAIN_MS)) {
    if (way === 'engine retry') {
      const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
      if (pending?.activityType?.name === 'getStatus' && (pending.attempt ?? 0) > 1) return;
    } else {
      const { events } = await handle.fetchHistory();
      if (events?.at(-1)?.timerStartedEventAttributes) return;
    }
  }
}

function memoryTable(title: string, measurements: readonly Measurement[]): Table {
  return {
    title: `${title} (lowest to highest)`,
    columns: ['', 'kB per document'],
    rows: WAYS.map((way) => [
      way,
      spread(
        measurements.filter((one) => one.way === way).map(({ kilobytesPerDocument }) => kilobytesPerDocument),
        0,
      ),
    ]),
  };
}

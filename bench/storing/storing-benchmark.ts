import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tsToMs } from '@temporalio/common/lib/time';
import type { HistoryEvent } from '../cost/history';
import type { Claim, Benchmark, Plot, Table } from '../report/benchmark';
import { spread } from '../report/statistics';
import { startStage, type Stage } from '../servers/stage';

const WAYS = ['fetch piped to a file', 'storeResult'] as const;
type Way = (typeof WAYS)[number];

/** The figures of one way to store, with one size, in one round. */
interface Measurement {
  readonly way: Way;
  readonly megabytes: number;
  readonly seconds: number;
  /** Peak memory above the idle memory of the process. */
  readonly peakMegabytes: number;
}

const SIZES = { full: [3, 30, 300], quick: [3] };
const ROUNDS = { full: 3, quick: 1 };
/** A page of a real document has about 25 kB with its blocks. */
const PAGES_PER_MEGABYTE = 40;
const BYTES_PER_MEGABYTE = 1_000_000;
const MAX_PEAK_MEGABYTES = 134;
const MS_PER_SECOND = 1_000;

/** Compares `storeResult` with `fetch` piped to a file, by peak memory and seconds. */
export const storingBenchmark: Benchmark = {
  name: 'storing',
  run: async ({ quick, say }) => {
    const size = quick ? 'quick' : 'full';
    const measurements: Measurement[] = [];
    await using stage = await startStage();
    for (let round = 1; round <= ROUNDS[size]; round += 1) {
      for (const megabytes of SIZES[size]) {
        for (const way of WAYS) {
          const measurement = await measure(stage, { way, megabytes, round });
          say(`round ${round}, ${megabytes} MB, ${way}: ${measurement.seconds.toFixed(2)} s`);
          measurements.push(measurement);
        }
      }
    }
    const title = `Storing: seconds, and peak memory above idle, medians of ${ROUNDS[size]} rounds`;
    return {
      tables: [storingTable(title, measurements)],
      claims: storingClaims(measurements),
      plots: [memoryPlot(measurements)],
    };
  },
};

interface Task {
  readonly way: Way;
  readonly megabytes: number;
  readonly round: number;
}

/** Stores one result in a fresh process, because a process does not return memory that it has used once. */
async function measure(stage: Stage, { way, megabytes, round }: Task): Promise<Measurement> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-storing-'));
  try {
    await using worker = await stage.startWorker({ resultDirectory: directory });
    const taskQueue = `storing-${megabytes}-${round}`;
    await worker.start(taskQueue, 1);
    const runId = await stage.submit(
      `http://emulator.invalid/huge?mb=${megabytes}&pages=${megabytes * PAGES_PER_MEGABYTE}&reads=0`,
    );
    const idleBytes = await worker.watchMemory();
    const path = join(directory, `${runId}.json`);
    const ms = way === 'storeResult' ? await store(stage, taskQueue, runId) : await worker.fetchToFile(runId, path);
    const peakMegabytes = ((await worker.peakBytes()) - idleBytes) / BYTES_PER_MEGABYTE;
    const { size } = await stat(path);
    if (size < megabytes * BYTES_PER_MEGABYTE) throw new Error(`${path} has only ${size} bytes`);
    await worker.stop();
    return { way, megabytes, seconds: ms / MS_PER_SECOND, peakMegabytes };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Stores a run and returns how long the activity took, in milliseconds: from its start to its end in the history. */
async function store(stage: Stage, taskQueue: string, runId: string): Promise<number> {
  const workflowId = `store-${runId}`;
  await stage.parseClient(taskQueue).execute({ runId, result: 'stored' }, { workflowId });
  const { events } = await stage.temporal.workflow.getHandle(workflowId).fetchHistory();
  const started = events?.findLast((event) => event.activityTaskStartedEventAttributes);
  const completed = events?.findLast((event) => event.activityTaskCompletedEventAttributes);
  return timeMs(completed) - timeMs(started);
}

function timeMs(event: HistoryEvent | undefined): number {
  return tsToMs(event?.eventTime);
}

function storingTable(title: string, measurements: readonly Measurement[]): Table {
  const sizes = [...new Set(measurements.map(({ megabytes }) => megabytes))];
  const row = (megabytes: number, way: Way) => {
    const those = measurements.filter((one) => one.megabytes === megabytes && one.way === way);
    const ofSeconds = those.map(({ seconds }) => seconds);
    const ofPeak = those.map(({ peakMegabytes }) => peakMegabytes);
    return [`${megabytes} MB, ${way}`, spread(ofSeconds, 2), spread(ofPeak, 0)];
  };
  return {
    title: `${title} (lowest to highest)`,
    columns: ['', 'seconds', 'peak memory above idle, MB'],
    rows: sizes.flatMap((megabytes) => WAYS.map((way) => row(megabytes, way))),
  };
}

function storingClaims(measurements: readonly Measurement[]): readonly Claim[] {
  const most = Math.max(...measurements.filter(({ way }) => way === 'storeResult').map((one) => one.peakMegabytes));
  return [
    {
      sentence: `However large the result, storing it needs less than ${MAX_PEAK_MEGABYTES} MB (128 MiB) above idle.`,
      holds: most < MAX_PEAK_MEGABYTES,
      measured: `${most.toFixed(0)} MB at most`,
    },
  ];
}

function memoryPlot(measurements: readonly Measurement[]): Plot {
  return {
    name: 'storing',
    spec: {
      title: { text: 'Peak memory above idle while a result is stored', subtitle: 'Points: rounds' },
      width: 480,
      height: 260,
      data: { values: [...measurements] },
      mark: { type: 'point', filled: true, size: 50 },
      encoding: {
        x: { field: 'megabytes', type: 'quantitative', title: 'size of the result, MB', scale: { type: 'log' } },
        y: { field: 'peakMegabytes', type: 'quantitative', title: 'MB above idle' },
        color: { field: 'way', type: 'nominal', title: null, scale: { range: ['#b5651d', '#0b6e4f'] } },
      },
    },
  };
}

import { setMaxListeners } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { API_VERSIONS, DEFAULT_API_VERSION, type ApiVersion } from '../../contract/extend';
import { startEmulator, type Emulator, type EmulatorRequest, type EmulatorRun } from '../../local/extend';
import { startDevServer } from '../../local/temporal';
import type { DocumentRecord, Ledgers, Reported } from './compare-ledgers';
import { followDocument } from './follow-document';
import { createForeignRuns, FOREIGN_DOCUMENT, FOREIGN_SCRIPT, isForeign } from './foreign-runs';
import { Interruptions } from './interruptions';
import { WORKERS, type SoakPlan } from './plan';
import type { PlannedDocument } from './planned-document';
import { startLastingWorker } from './lasting-worker';

/** Settings of {@link runSoak}. */
export interface SoakOptions {
  /** The documents and the faults. */
  readonly plan: SoakPlan;
  /** Path of the `temporal` executable. */
  readonly executable: string;
  /** Path of the built command. */
  readonly command: string;
  /** Directory for the workers' logs; created if it does not exist. */
  readonly logDirectory: string;
  /** Version of Extend's API in which the workers submit; `both`: one worker in each. @default the worker's default */
  readonly apiVersion?: ApiVersion | 'both';
  /** Time limit from the first start, in milliseconds. A document that has not ended by then is lost. */
  readonly limitMs: number;
  /** Called every few seconds. @default not called */
  readonly onProgress?: (progress: SoakProgress) => void;
  /** Ends the soak early. */
  readonly signal?: AbortSignal;
}

/** The counts so far. */
export interface SoakProgress {
  readonly elapsedMs: number;
  readonly started: number;
  readonly ended: number;
  readonly runsBilled: number;
  readonly interruptions: Interruptions['counts'];
  /** Number of times that a worker ended by itself. */
  readonly workersOwnEnds: number;
}

/** The ledgers and the last counts of a soak. */
export interface SoakOutcome extends SoakProgress {
  readonly ledgers: Ledgers;
}

const PROGRESS_MS = 5_000;
const READY_TIMEOUT_MS = 60_000;
/** Time from the last look of a document until its end is seen, in milliseconds, also if a process is killed meanwhile. */
const LAST_LOOK_MS = 30_000;

interface Course {
  startedAtMs?: number;
  endedAtMs?: number;
  reported?: Reported;
}

/**
 * Runs a soak with a Temporal server on a SQLite file and two worker processes. The emulator is in this process, so that
 * its ledger outlives the workers. It resolves when every document has ended or the time limit has passed, and all
 * processes are closed.
 *
 * @throws Error if a server or a worker does not start.
 */
export async function runSoak(options: SoakOptions): Promise<SoakOutcome> {
  const { plan, executable, command, logDirectory } = options;
  await mkdir(logDirectory, { recursive: true });
  const interruptions = new Interruptions();
  const scripts = Object.fromEntries(plan.documents.map(({ scriptName, script }) => [scriptName, script]));
  await using emulator = await startEmulator({
    scripts: { ...scripts, [FOREIGN_SCRIPT]: FOREIGN_DOCUMENT },
    faults: interruptions.faults,
  });
  await using server = await startDevServer({ executable });
  const env = { TEMPORAL_ADDRESS: server.address, EXTEND_API_KEY: 'test', EXTEND_BASE_URL: emulator.url };
  const workers = Array.from({ length: WORKERS }, (_, at) =>
    startLastingWorker({
      command,
      env: { ...env, EXTEND_API_VERSION: versionOf(options, at) },
      logPath: join(logDirectory, `worker-${at + 1}.log`),
    }),
  );
  const connection = Connection.lazy({ address: server.address });
  try {
    await Promise.all(workers.map(({ ready }) => withinMs(READY_TIMEOUT_MS, ready, 'a worker does not poll')));
    const client = new Client({ connection });
    return await underLoad({ ...options, client, emulator, interruptions, interrupted: { server, workers } });
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
    await connection.close();
  }
}

function versionOf({ apiVersion = DEFAULT_API_VERSION }: SoakOptions, worker: number): ApiVersion {
  return apiVersion === 'both' ? (API_VERSIONS[worker % API_VERSIONS.length] ?? DEFAULT_API_VERSION) : apiVersion;
}

interface Running extends SoakOptions {
  readonly client: Client;
  readonly emulator: Emulator;
  readonly interruptions: Interruptions;
  readonly interrupted: Parameters<Interruptions['perform']>[1];
}

async function underLoad(running: Running): Promise<SoakOutcome> {
  const { plan, client, interruptions, interrupted, limitMs, onProgress = () => undefined } = running;
  const beganAtMs = Date.now();
  const courses = new Map<PlannedDocument, Course>(plan.documents.map((document) => [document, {}]));
  const stop = new AbortController();
  const { signal } = stop;
  setMaxListeners(0, signal);
  const onStop = () => stop.abort();
  const limit = setTimeout(onStop, limitMs);
  running.signal?.addEventListener('abort', onStop);
  if (running.signal?.aborted) onStop();
  const progress = () => progressOf(running, courses, beganAtMs);
  const ticking = setInterval(() => onProgress(progress()), PROGRESS_MS);
  const performing = Promise.all([
    interruptions.perform(plan.interruptions, interrupted, signal),
    createForeignRuns(plan.foreignRuns, running.emulator, signal),
  ]);
  // An error ends the soak. The `await` below throws it.
  performing.catch(onStop);
  try {
    const following = [...courses].map(([document, course]) => follow(document, course, client, signal));
    await Promise.all(following);
    onStop();
    await performing;
  } finally {
    clearTimeout(limit);
    clearInterval(ticking);
  }
  return { ...progress(), ledgers: readLedgers(running, courses) };
}

async function follow(document: PlannedDocument, course: Course, client: Client, signal: AbortSignal): Promise<void> {
  await sleep(document.startAtMs, undefined, { signal }).catch(() => undefined);
  const firstTryAtMs = Date.now();
  const onStarted = () => (course.startedAtMs = firstTryAtMs);
  const reported = await followDocument({ client, document, signal, onStarted });
  if (reported === undefined) return;
  course.endedAtMs = Date.now();
  course.reported = reported;
}

function progressOf(running: Running, courses: ReadonlyMap<unknown, Course>, beganAtMs: number): SoakProgress {
  const { emulator, interruptions, interrupted } = running;
  const all = [...courses.values()];
  return {
    elapsedMs: Date.now() - beganAtMs,
    started: all.filter(({ startedAtMs }) => startedAtMs !== undefined).length,
    ended: all.filter(({ reported }) => reported !== undefined).length,
    runsBilled: emulator.runs.filter((run) => !isForeign(run)).length,
    interruptions: { ...interruptions.counts },
    workersOwnEnds: interrupted.workers.reduce((sum, { ownEnds }) => sum + ownEnds, 0),
  };
}

function readLedgers({ emulator, interruptions }: Running, courses: ReadonlyMap<PlannedDocument, Course>): Ledgers {
  const { requests } = emulator;
  const runs = emulator.runs.filter((run) => !isForeign(run));
  const submits = requests.filter(({ operation, responseStatus }) => operation === 'submit' && responseStatus !== 429);
  const otherVersions = otherVersionsByRun(runs, requests);
  const documents = [...courses].map(([planned, { startedAtMs, endedAtMs, reported }]): DocumentRecord => {
    const own = runs.filter(({ fileUrl }) => fileUrl === planned.fileUrl);
    return {
      planned,
      wasStarted: startedAtMs !== undefined,
      wasInterrupted: interruptions.within(startedAtMs ?? 0, endedAtMs ?? Date.now()),
      runIds: own.map(({ id }) => id),
      listedRunIds: own
        .filter(({ createdAtMs }) => createdAtMs + planned.listLagMs + LAST_LOOK_MS < (endedAtMs ?? 0))
        .map(({ id }) => id),
      runVersions: own.map(({ apiVersion }) => apiVersion),
      otherVersions: own.reduce((sum, { id }) => sum + (otherVersions.get(id) ?? 0), 0),
      posts: submits.filter(({ script }) => script === planned.scriptName).length,
      ...(reported !== undefined && { reported }),
    };
  });
  const known = new Set(documents.flatMap(({ runIds }) => runIds));
  return { documents, strayRunIds: runs.map(({ id }) => id).filter((id) => !known.has(id)) };
}

/** The number of requests for each run that name another version of the API than its submit. A download names none. */
function otherVersionsByRun(runs: readonly EmulatorRun[], requests: readonly EmulatorRequest[]): Map<string, number> {
  const versions = new Map(runs.map(({ id, apiVersion }) => [id, apiVersion]));
  const counts = new Map<string, number>();
  for (const { runId, operation, apiVersion } of requests) {
    if (runId === undefined || operation === 'content' || versions.get(runId) === apiVersion) continue;
    counts.set(runId, (counts.get(runId) ?? 0) + 1);
  }
  return counts;
}

async function withinMs<T>(limitMs: number, work: Promise<T>, problem: string): Promise<T> {
  const limit = new AbortController();
  const late = sleep(limitMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`${problem} after ${limitMs} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    limit.abort();
  }
}

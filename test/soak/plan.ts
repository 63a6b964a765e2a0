import type { Losses, Patience } from './faults';
import { planForeignRuns, type ForeignRun } from './foreign-runs';
import { planDocument, type Engine, type Mode, type PlannedDocument } from './planned-document';
import { createRandom } from './seeded-random';

/** A fault of a process or of Extend. Times are in milliseconds from the beginning of the load. */
export type Interruption = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly worker: number }
  | { readonly kind: 'restart'; readonly signal: 'SIGKILL' | 'SIGTERM' }
  /** Extend answers each request with 503. */
  | { readonly kind: 'outage'; readonly forMs: number }
);

/** Settings of {@link planSoak}. */
export interface PlanOptions {
  /** Any text. The same seed and settings give the same plan. */
  readonly seed: string;
  /** Number of documents. */
  readonly documents: number;
  /** `onAmbiguousSubmit` of the documents; `both`: drawn per document. */
  readonly mode: Mode | 'both';
  /** `polling.engine` of the documents; `both`: drawn per document. */
  readonly engine: Engine | 'both';
  /** The time that a fault may cost. @default 'thorough' */
  readonly patience?: Patience;
  /** Share of the answers to submits that are lost. @default 'some' */
  readonly losses?: Losses;
  /** Longest time until a run is listed, in milliseconds. @default 0 */
  readonly maxListLagMs?: number;
  /** Number of runs that others create in the same workspace, with equal names or forged metadata. @default 0 */
  readonly foreignRuns?: number;
  /** Number of kills of a worker by SIGKILL. @default one per 20 documents */
  readonly kills?: number;
  /** Number of restarts of the Temporal server. @default 2 */
  readonly restarts?: number;
  /** Number of outages of Extend, of some seconds each. @default 1, or 0 for fewer than 50 documents */
  readonly outages?: number;
}

/** The documents and the faults of a soak. */
export interface SoakPlan {
  readonly documents: readonly PlannedDocument[];
  /** In order of time. */
  readonly interruptions: readonly Interruption[];
  /** In order of time. */
  readonly foreignRuns: readonly ForeignRun[];
}

/** Number of worker processes in a soak. */
export const WORKERS = 2;

const LOAD_MS_PER_DOCUMENT = { quick: 150, thorough: 400 };
/** With many losses a document is in flight for a minute, so fewer of them are started in that time. */
const LOAD_FACTOR = { some: 1, many: 2 };
const DOCUMENTS_PER_KILL = 20;
/** Least number of documents for an outage. In a shorter load it would affect nearly every document. */
const OUTAGE_FROM_DOCUMENTS = 50;

/** Plans a soak. Pure. */
export function planSoak(options: PlanOptions): SoakPlan {
  const { documents, seed, mode, engine, patience = 'thorough', foreignRuns = 0 } = options;
  const { losses = 'some', maxListLagMs = 0 } = options;
  const loadMs = documents * LOAD_MS_PER_DOCUMENT[patience] * LOAD_FACTOR[losses];
  const numbers = Array.from({ length: documents }, (_, at) => at + 1);
  return {
    documents: numbers.map((number) =>
      planDocument({ seed, number, mode, engine, patience, loadMs, losses, maxListLagMs }),
    ),
    interruptions: planInterruptions(options, loadMs).sort((one, other) => one.atMs - other.atMs),
    foreignRuns: planForeignRuns({ seed, count: foreignRuns, loadMs }),
  };
}

function planInterruptions(options: PlanOptions, loadMs: number): Interruption[] {
  const { documents, seed, kills = Math.ceil(documents / DOCUMENTS_PER_KILL), restarts = 2 } = options;
  const { outages = documents < OUTAGE_FROM_DOCUMENTS ? 0 : 1 } = options;
  const random = createRandom(`${seed}/interruptions`);
  // Some kills come after the last start, when all documents wait for their runs.
  const killing = list(kills, (): Interruption => {
    return { kind: 'kill', atMs: random.whole(0, loadMs * 1.2), worker: random.whole(0, WORKERS - 1) };
  });
  // Each equal part of the load has one restart, so that two restarts never overlap.
  const restarting = list(restarts, (at): Interruption => {
    const atMs = Math.round(((at + 0.2 + 0.6 * random.next()) * loadMs) / restarts);
    return { kind: 'restart', atMs, signal: random.chance(0.5) ? 'SIGKILL' : 'SIGTERM' };
  });
  const failing = list(outages, (): Interruption => {
    return { kind: 'outage', atMs: random.whole(0, loadMs), forMs: random.whole(1_000, 3_000) };
  });
  return [...killing, ...restarting, ...failing];
}

function list<T>(length: number, make: (at: number) => T): T[] {
  return Array.from({ length }, (_, at) => make(at));
}

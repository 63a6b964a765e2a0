import type { Patience } from './faults';
import { planDocument, type Engine, type Mode, type PlannedDocument } from './planned-document';
import { createRandom } from './seeded-random';

/** What happens to the processes, in milliseconds from the beginning of the load. */
export type Interruption = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly worker: number }
  | { readonly kind: 'restart'; readonly signal: 'SIGKILL' | 'SIGTERM' }
  /** Extend answers everything with 503. */
  | { readonly kind: 'outage'; readonly forMs: number }
);

/** Settings of {@link planSoak}. */
export interface PlanOptions {
  /** Any text: the same seed and settings give the same plan. */
  readonly seed: string;
  /** How many documents. */
  readonly documents: number;
  /** What documents do after a submit without an answer. */
  readonly mode: Mode | 'both';
  /** By which of Temporal's means documents wait. */
  readonly engine: Engine | 'both';
  /** How much time a fault may cost. @default 'thorough' */
  readonly patience?: Patience;
  /** Workers killed by SIGKILL. @default one per 20 documents */
  readonly kills?: number;
  /** Restarts of the Temporal server. @default 2 */
  readonly restarts?: number;
  /** Times at which Extend is out of order for some seconds. @default 1, or 0 for fewer than 50 documents */
  readonly outages?: number;
}

/** All that happens in a soak. */
export interface SoakPlan {
  readonly documents: readonly PlannedDocument[];
  /** In order of time. */
  readonly interruptions: readonly Interruption[];
}

/** Worker processes of a soak. */
export const WORKERS = 2;

const LOAD_MS_PER_DOCUMENT = { quick: 150, thorough: 400 };
const DOCUMENTS_PER_KILL = 20;
/** An outage in a short load would hit nearly every document. */
const OUTAGE_FROM_DOCUMENTS = 50;

/** Plans a soak. Pure. */
export function planSoak(options: PlanOptions): SoakPlan {
  const { documents, seed, mode, engine, patience = 'thorough' } = options;
  const loadMs = documents * LOAD_MS_PER_DOCUMENT[patience];
  const numbers = Array.from({ length: documents }, (_, at) => at + 1);
  return {
    documents: numbers.map((number) => planDocument({ seed, number, mode, engine, patience, loadMs })),
    interruptions: planInterruptions(options, loadMs).sort((one, other) => one.atMs - other.atMs),
  };
}

function planInterruptions(options: PlanOptions, loadMs: number): Interruption[] {
  const { documents, seed, kills = Math.ceil(documents / DOCUMENTS_PER_KILL), restarts = 2 } = options;
  const { outages = documents < OUTAGE_FROM_DOCUMENTS ? 0 : 1 } = options;
  const random = createRandom(`${seed}/interruptions`);
  // Some come after the last start, when documents are only waited for.
  const killing = list(kills, (): Interruption => {
    return { kind: 'kill', atMs: random.whole(0, loadMs * 1.2), worker: random.whole(0, WORKERS - 1) };
  });
  // One per equal part of the load, so that two never meet.
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

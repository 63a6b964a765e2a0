import type { DocumentInput, FailureType } from '../../contract';
import type { Chunk } from '../../contract/extend';
import type { ScriptedDocument } from '../../local/extend';
import { choosePollFaults, chooseSubmitFaults, type Losses, type Patience, type SubmitFaults } from './faults';
import { createRandom, type SeededRandom } from './seeded-random';

/** `onAmbiguousSubmit` of a document. */
export type Mode = 'resubmit' | 'fail';
/** `polling.engine` of a document. */
export type Engine = 'timer' | 'retry';

/** The end of a document if no interruption affects it. */
export type PlannedEnd =
  | { readonly kind: 'result' }
  | { readonly kind: 'failure'; readonly type: FailureType; readonly failureReason?: string };

/** One document of the soak, with its faults and its expected end. */
export interface PlannedDocument {
  /** Number of the document, from 1. */
  readonly number: number;
  readonly workflowId: string;
  readonly mode: Mode;
  /** Time of its start, in milliseconds from the beginning of the load. */
  readonly startAtMs: number;
  readonly input: DocumentInput;
  readonly fileUrl: string;
  readonly scriptName: string;
  readonly script: ScriptedDocument;
  /** The contents of its chunks. No other document has the same. */
  readonly texts: readonly string[];
  readonly end: PlannedEnd;
  /** The end if the workflow finds the run of a submit whose answer was lost. Only version 2026-02-09 can. */
  readonly endIfAdopted: PlannedEnd;
  /** Time until its runs are listed, in milliseconds. */
  readonly listLagMs: number;
  /** `true`: its runs are listed so early that the run of a lost answer must be found. */
  readonly hasOneRun: boolean;
}

/** Settings of {@link planDocument}. */
export interface DocumentPlanOptions {
  /** The seed of the plan: any text. */
  readonly seed: string;
  /** Number of the document, from 1. */
  readonly number: number;
  /** The mode, or `both` to draw one. */
  readonly mode: Mode | 'both';
  /** The engine, or `both` to draw one. */
  readonly engine: Engine | 'both';
  /** The time that a fault may cost. */
  readonly patience: Patience;
  /** Length of the period in which all documents are started, in milliseconds. */
  readonly loadMs: number;
  /** Share of the answers to submits that are lost. @default 'some' */
  readonly losses?: Losses;
  /** Longest time until a run is listed, in milliseconds; each document draws its own. @default 0 */
  readonly maxListLagMs?: number;
}

type Fate = 'result' | 'failed' | 'cancelled' | 'overdue';

const FAILURE_REASONS = ['CORRUPT_FILE', 'PASSWORD_PROTECTED_FILE', 'INTERNAL_ERROR: parser gave up'] as const;
const POLLING = { initialDelayMs: 200, maxDelayMs: 2_000 };
/** Time for which the run of a lost answer is looked for, in milliseconds. */
const RECONCILE_MS: Record<Losses, number> = { some: 5_000, many: 60_000 };
/** Time that outages and killed processes may take from a look, in milliseconds. */
const LOST_LOOK_MS = 20_000;
const OVERDUE_AFTER_MS = { quick: 4_000, thorough: 15_000 };

/** Plans one document. The plan depends on the seed and the number of the document, and not on other documents. */
export function planDocument(options: DocumentPlanOptions): PlannedDocument {
  const { seed, number, patience, losses = 'some', maxListLagMs = 0 } = options;
  const random = createRandom(`${seed}/document ${number}`);
  const mode = options.mode === 'both' ? either(random, 'resubmit', 'fail') : options.mode;
  const engine = options.engine === 'both' ? either(random, 'timer', 'retry') : options.engine;
  const startAtMs = random.whole(0, options.loadMs);
  const submit = chooseSubmitFaults(random, patience, losses);
  const fate = submit.refusedAs === undefined ? chooseFate(random, submit) : 'result';
  const pages = random.whole(1, 3);
  const texts = Array.from(
    { length: pages },
    (_, at) => `Document ${number} of seed ${seed}, page ${at + 1}/${pages}.`,
  );
  const scriptName = `document-${number}`;
  const listLagMs = maxListLagMs === 0 ? 0 : random.whole(0, maxListLagMs);
  const script = { ...planScript({ random, patience, submit, fate, texts }), listLagMs };
  const fileUrl = `http://emulator.invalid/${scriptName}`;
  return {
    number,
    workflowId: `soak-${number}`,
    mode,
    startAtMs,
    input: {
      file: { fileUrl },
      polling: { ...POLLING, engine },
      onAmbiguousSubmit: mode,
      reconcileMs: RECONCILE_MS[losses],
      ...(fate === 'overdue' && { deadlineMs: OVERDUE_AFTER_MS[patience] }),
      ...(random.chance(0.25) && { deleteRun: either(random, 'afterSuccess', 'always') }),
    },
    fileUrl,
    scriptName,
    script,
    texts,
    end: planEnd({ mode, submit, fate, script }),
    endIfAdopted: planEnd({ mode: 'resubmit', submit, fate, script }),
    listLagMs,
    // The deadline of an overdue document cuts the look.
    hasOneRun: fate !== 'overdue' && listLagMs + LOST_LOOK_MS <= RECONCILE_MS[losses],
  };
}

/** Draws the end. An overdue document has no fault at its submit, because waits between submits exceed its short deadline. */
function chooseFate(random: SeededRandom, { isAmbiguous }: SubmitFaults): Fate {
  return random.weighted<Fate>([
    [86, 'result'],
    [8, 'failed'],
    [3, 'cancelled'],
    [isAmbiguous ? 0 : 3, 'overdue'],
  ]);
}

function planScript(options: {
  readonly random: SeededRandom;
  readonly patience: Patience;
  readonly submit: SubmitFaults;
  readonly fate: Fate;
  readonly texts: readonly string[];
}): ScriptedDocument {
  const { random, patience, submit, fate, texts } = options;
  const script: ScriptedDocument = {
    submit: submit.replies,
    reads: choosePollFaults(random, patience, 'reads'),
    results: choosePollFaults(random, patience, 'results'),
    deletes: choosePollFaults(random, 'quick', 'results'),
    processingReads: fate === 'overdue' ? Number.POSITIVE_INFINITY : random.whole(0, 6),
    chunks: texts.map(toChunk),
    ...(random.chance(0.2) && { run: { usage: null, novelty: { kind: 'unheard of' } } }),
  };
  if (fate === 'result') return { ...script, ...lateOutput(random), ...endsAtOnce(random, 'PROCESSED') };
  if (fate === 'cancelled') return { ...script, status: 'CANCELLED' };
  if (fate === 'overdue') return script;
  const failureReason = random.weighted(FAILURE_REASONS.map((reason) => [1, reason] as const));
  const failedAs = either(random, 'parser_run_status', 'parser_run');
  return { ...script, status: 'FAILED', failureReason, failedAs, ...endsAtOnce(random, 'FAILED') };
}

function planEnd(options: {
  readonly mode: Mode;
  readonly submit: SubmitFaults;
  readonly fate: Fate;
  readonly script: ScriptedDocument;
}): PlannedEnd {
  const { mode, submit, fate, script } = options;
  if (submit.refusedAs !== undefined) return { kind: 'failure', type: submit.refusedAs };
  if (submit.isAmbiguous && mode === 'fail') return { kind: 'failure', type: 'SubmitOutcomeUnknown' };
  if (fate === 'result') return { kind: 'result' };
  if (fate === 'overdue') return { kind: 'failure', type: 'ParseDeadlineExceeded' };
  const { failureReason } = script;
  return { kind: 'failure', type: 'ParserRunFailed', ...(typeof failureReason === 'string' && { failureReason }) };
}

function lateOutput(random: SeededRandom): ScriptedDocument {
  if (random.chance(0.06)) return { resultsWithoutOutput: 1 };
  return random.chance(0.04) ? { resultsBackToProcessing: 1 } : {};
}

function endsAtOnce(random: SeededRandom, submitStatus: string): ScriptedDocument {
  return random.chance(0.08) ? { submitStatus } : {};
}

function toChunk(content: string, at: number): Chunk {
  const page = { start: at + 1, end: at + 1 };
  const block = { object: 'block', id: `${at}`, type: 'hologram', content, details: null, polygon: null } as const;
  return { object: 'chunk', type: 'page', content, metadata: { pageRange: page }, blocks: [block] };
}

function either<A, B>(random: SeededRandom, first: A, second: B): A | B {
  return random.chance(0.5) ? first : second;
}

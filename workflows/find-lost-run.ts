import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { FoundRun, FoundRuns } from '../activities/types';
import type { LostSubmit } from '../contract';
import { defined } from '../json';
import { unwrapActivityFailure } from './failures';
import { countAdoptedRun, countDuplicateRuns } from './metrics';
import type { ParseContext } from './open-parse';
import type { AcceptedRun, ParseState } from './parse-state';
import { untilWoken } from './wake';

/**
 * Time limit of the look after which the document may be submitted again, in milliseconds. While Extend cannot give the
 * list of its runs, nothing is known, so the look is worth a wait.
 */
const DECIDING_LOOK_MS = 600_000;
/** Time limit of a look that a signal causes, in milliseconds. Another one follows anyhow. */
const EARLY_LOOK_MS = 30_000;
/** Time limit of the look at the end of a document, in milliseconds. */
const END_LOOK_MS = 30_000;

type LookContext = Pick<ParseContext, 'settings' | 'calls' | 'clock' | 'journal' | 'wake'>;

/**
 * Looks for the run of a submit without a readable answer, at growing intervals. It costs nothing if no answer was lost.
 * A signal causes one look at once, at most one in 5 s. No further signal ends that look, so that a flood of signals
 * cannot prevent it.
 *
 * @param forMs time of the look, in milliseconds. If it is over already, the workflow looks once
 * @returns the run, which the document adopts; `undefined` if none was found
 */
export async function adoptLostRun(context: LookContext, forMs: number): Promise<AcceptedRun | undefined> {
  const { clock, journal, wake } = context;
  const endsAtMs = Date.now() + forMs;
  for (;;) {
    const lost = findable(journal.state);
    if (lost.length === 0 || clock.remainingMs === 0) return undefined;
    const leftMs = Math.max(Math.min(endsAtMs - Date.now(), clock.remainingMs), 0);
    const isEarly = wake.isPending;
    const restMs = isEarly ? Math.min(wake.restMs(Date.now()), leftMs) : 0;
    if (restMs > 0) {
      await sleep(restMs, { summary: 'until the next look' });
      continue;
    }
    const found =
      isEarly || leftMs === 0 ? await lookOnce(context, lost, leftMs) : await lookUntilWoken(context, lost, leftMs);
    if (found === undefined) continue;
    const [run, ...others] = found.runs;
    if (run !== undefined) return adopt(context, run, others);
    if (!found.canLook || leftMs === 0) return undefined;
    if (!isEarly) await pauseUntilLastLook(context, endsAtMs);
  }
}

/** Looks once, first for the runs that signals have named. Without time left, the look decides. */
async function lookOnce(context: LookContext, lost: readonly LostSubmit[], leftMs: number): Promise<FoundRuns> {
  const { clock, wake } = context;
  const { named } = wake;
  wake.consume(Date.now());
  wake.forgetNamed();
  const withinMs = leftMs === 0 ? DECIDING_LOOK_MS : Math.min(leftMs, EARLY_LOOK_MS);
  return look(context, { lost, named, wait: false, withinMs: Math.min(withinMs, clock.remainingMs) });
}

/** Looks at growing intervals. @returns `undefined` if a signal has ended the look, since it may name the run */
async function lookUntilWoken(
  context: LookContext,
  lost: readonly LostSubmit[],
  withinMs: number,
): Promise<FoundRuns | undefined> {
  return untilWoken(context.wake, () => look(context, { lost, named: [], wait: true, withinMs }));
}

/**
 * Temporal gives up as soon as the next pause does not fit into the time, and Extend may have refused the list once. One
 * look follows at the end of the time.
 */
async function pauseUntilLastLook({ clock, wake }: LookContext, endsAtMs: number): Promise<void> {
  const pauseMs = Math.min(endsAtMs - Date.now(), clock.remainingMs);
  if (pauseMs > 0) await untilWoken(wake, () => sleep(pauseMs, { summary: 'until the last look' }));
}

/** Only version 2026-02-09 lists runs. */
function findable({ lost = [] }: ParseState): readonly LostSubmit[] {
  return lost.filter(({ apiVersion }) => apiVersion !== '2025-04-21');
}

/**
 * Looks once more for other runs of a document that was submitted again, so that each charge has an id. After this look
 * no other one follows.
 */
export async function noteOtherRuns(context: LookContext): Promise<void> {
  const { journal } = context;
  const lost = findable(journal.state);
  if (lost.length === 0) return;
  const found = await look(context, { lost, named: [], wait: false, withinMs: END_LOOK_MS });
  journal.note({ lost: [] });
  const { run, otherRuns = [] } = journal.state;
  const ids = found.runs.map(({ runId }) => runId);
  const known = new Set([run?.runId, ...otherRuns]);
  noteOthers(
    context,
    ids.filter((id) => !known.has(id)),
  );
}

function adopt({ journal }: Pick<LookContext, 'journal'>, found: FoundRun, others: readonly FoundRun[]): AcceptedRun {
  const { runId, status, apiVersion, failureReason, failureMessage, submit } = found;
  const { lost: before = [], earlierSubmits = 0 } = journal.state;
  const isEarlier = submit <= earlierSubmits ? true : undefined;
  const told = defined({ apiVersion, failureReason, failureMessage, isEarlier });
  const run: AcceptedRun = { runId, status, ...told, acceptedAtMs: Date.now() };
  const lost = before.filter((one) => one.submit !== submit);
  journal.enter({ phase: 'waiting', run }, { lost, adopted: true, rejections: 0 });
  countAdoptedRun();
  log.info('found in the list of runs, and adopted', journal.logAttributes);
  noteOthers(
    { journal },
    others.map((other) => other.runId),
  );
  return run;
}

function noteOthers({ journal }: Pick<LookContext, 'journal'>, ids: readonly string[]): void {
  if (ids.length === 0) return;
  journal.note({ otherRuns: [...(journal.state.otherRuns ?? []), ...ids] });
  countDuplicateRuns(ids.length);
  log.warn(`${ids.length} more runs of this document exist at Extend`, { ...journal.logAttributes, otherRuns: ids });
}

/** The facts of one look. */
interface Look {
  readonly lost: readonly LostSubmit[];
  /** Run ids that signals have named. */
  readonly named: readonly string[];
  readonly wait: boolean;
  readonly withinMs: number;
}

/** One call of the activity. After a failure no run is found, and the document goes on. */
async function look(context: LookContext, { lost, named, wait, withinMs }: Look): Promise<FoundRuns> {
  const { settings, calls, journal } = context;
  const isRetained = !('dataRetention' in settings.subject && settings.subject.dataRetention === 'zero');
  try {
    // Without retention Extend may delete a run with the answer that tells its end. A list of runs ends none.
    const runIds = isRetained && named.length > 0 ? named : undefined;
    return await calls.look(withinMs).findRun({ lost, wait, ...defined({ runIds }) });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { type, message, details } = unwrapActivityFailure(error);
    if (type !== 'RunNotListed') journal.noteFailure(message, details);
    return { canLook: true, runs: [] };
  }
}

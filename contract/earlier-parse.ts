import type { ApiVersion, RunStatus } from './extend';
import { isRefusedSubmit } from './failures';
import type { RunVersion } from './run-version';
import { defined, isPlainObject } from '../json';

/** Identity of a submit: together with namespace and workflow id it names the submit in the run's metadata. */
export interface SubmitIdentity {
  /**
   * Run id of the first workflow execution. For an execution of a cron schedule, of a retry policy or that embeds the
   * parse: its own run id.
   */
  readonly firstRunId: string;
  /** Number of the submit, counted from 1. It counts over all starts under the workflow id. */
  readonly submit: number;
}

/** A submit without a readable answer: a run may exist. */
export interface LostSubmit extends SubmitIdentity {
  /** Time when the workflow made the submit, epoch milliseconds. */
  readonly atMs: number;
  /** Version of the API of the submit. Absent if it is unknown. */
  readonly apiVersion?: ApiVersion;
}

/** An earlier start of the same document, as far as another start must know it. A wire shape: workflows take it as input. */
export interface EarlierParse {
  /** Submits that may have created a run. */
  readonly submits: number;
  /** The last run, if it can still deliver. */
  readonly run?: EarlierRun;
  /** Submits whose run is not known. */
  readonly lost?: readonly LostSubmit[];
  /** `true`: there was such a submit, and nothing more is known about it. */
  readonly runMayExist?: true;
  /** Id of the last run, also if it cannot deliver. */
  readonly lastRunId?: string;
}

/** A run that an earlier start has submitted. */
export interface EarlierRun {
  readonly runId: string;
  readonly apiVersion?: RunVersion;
  /** Time at which Extend accepted it, epoch milliseconds. */
  readonly acceptedAtMs?: number;
}

/** One event of a workflow's history that tells something about the runs of its document. */
export type ParseEvent =
  /** The start, with the arguments of `parseDocument`. */
  | { readonly kind: 'started'; readonly args: readonly unknown[]; readonly firstRunId: string }
  | {
      readonly kind: 'scheduled';
      readonly activity: string;
      readonly key: string;
      readonly atMs: number;
      readonly input: unknown;
    }
  | { readonly kind: 'completed'; readonly key: string; readonly atMs: number; readonly result: unknown }
  /** `type` is absent for a timeout; `details` are those of the failure. */
  | {
      readonly kind: 'failed';
      readonly key: string;
      readonly type?: string;
      readonly details?: unknown;
      readonly neverStarted?: boolean;
    };

/**
 * Reads what another start must know out of the events of a `parseDocument` execution that has ended in any way, by a
 * termination too. Pure.
 */
export function toEarlierParse(events: readonly ParseEvent[]): EarlierParse {
  const reader = new EarlierReader();
  for (const event of events) reader.take(event);
  return reader.end();
}

/** A scheduled activity that has not ended. */
type Scheduled = Extract<ParseEvent, { kind: 'scheduled' }>;

class EarlierReader {
  readonly #open = new Map<string, Scheduled>();
  #firstRunId = '';
  #submits = 0;
  #run: EarlierRun | undefined;
  #lastRunId: string | undefined;
  #lost: readonly LostSubmit[] = [];
  #runMayExist: true | undefined;

  take(event: ParseEvent): void {
    if (event.kind === 'started') return this.#takeStart(event);
    if (event.kind === 'scheduled') return void this.#open.set(event.key, event);
    const scheduled = this.#open.get(event.key);
    if (scheduled === undefined) return;
    this.#open.delete(event.key);
    if (event.kind === 'completed') this.#takeResult(scheduled, event);
    else if (scheduled.activity === 'submitParse' && mayHaveRun(event)) this.#lose(scheduled, event.details);
  }

  end(): EarlierParse {
    // A submit in flight at the end of the workflow may create a run later.
    for (const scheduled of this.#open.values()) if (scheduled.activity === 'submitParse') this.#lose(scheduled);
    const lost = this.#lost.length > 0 ? this.#lost : undefined;
    const known = { run: this.#run, lost, lastRunId: this.#lastRunId, runMayExist: this.#runMayExist };
    return { submits: this.#submits, ...defined(known) };
  }

  #takeStart({ args, firstRunId }: Extract<ParseEvent, { kind: 'started' }>): void {
    this.#firstRunId = firstRunId;
    const [, carried, earlier] = args.map((arg) => (isPlainObject(arg) ? arg : {}));
    const { submits, runId, apiVersion, acceptedAtMs, lost } = carried ?? {};
    const run = { runId, apiVersion, acceptedAtMs } as unknown as EarlierRun;
    const before = earlier as Partial<EarlierParse> | undefined;
    this.#submits = typeof submits === 'number' ? submits : (before?.submits ?? 0);
    this.#run = typeof runId === 'string' ? run : before?.run;
    this.#lastRunId = this.#run?.runId ?? before?.lastRunId;
    this.#lost = (lost as readonly LostSubmit[] | undefined) ?? before?.lost ?? [];
    this.#runMayExist = [carried, earlier].some((facts) => facts?.['runMayExist'] === true) ? true : undefined;
  }

  #takeResult({ activity, input }: Scheduled, { atMs, result }: Extract<ParseEvent, { kind: 'completed' }>): void {
    const answer = isPlainObject(result) ? result : {};
    if (activity === 'submitParse') this.#accept(answer, atMs);
    if (activity === 'getStatus' || activity === 'cancelRun') this.#noteStatus(answer['status'] as RunStatus);
    if (activity === 'findRun') this.#adopt(answer, atMs);
    if (activity === 'deleteRun' && isPlainObject(input) && input['runId'] === this.#run?.runId) this.#run = undefined;
  }

  #accept({ runId, apiVersion, status }: Readonly<Record<string, unknown>>, atMs: number): void {
    this.#submits += 1;
    this.#run = defined({ runId, apiVersion, acceptedAtMs: atMs }) as unknown as EarlierRun;
    this.#lastRunId = this.#run.runId;
    this.#noteStatus(status as RunStatus);
  }

  #noteStatus(status: RunStatus | undefined): void {
    if (status === 'FAILED' || status === 'CANCELLED') this.#run = undefined;
  }

  #adopt({ runs }: Readonly<Record<string, unknown>>, atMs: number): void {
    const [found] = (Array.isArray(runs) ? runs : []) as (
      { runId?: string; apiVersion?: ApiVersion; submit?: number } | undefined
    )[];
    if (found?.runId === undefined || this.#run !== undefined) return;
    this.#run = defined({ runId: found.runId, apiVersion: found.apiVersion, acceptedAtMs: atMs });
    this.#lastRunId = found.runId;
    this.#lost = this.#lost.filter(({ submit }) => submit !== found.submit);
  }

  #lose({ atMs, input }: Scheduled, details?: unknown): void {
    this.#submits += 1;
    const apiVersion = isPlainObject(details) ? (details['apiVersion'] as ApiVersion | undefined) : undefined;
    const { firstRunId, submit } = (
      isPlainObject(input) && isPlainObject(input['identity']) ? input['identity'] : {}
    ) as Partial<SubmitIdentity>;
    const identity = { firstRunId: firstRunId ?? this.#firstRunId, submit: submit ?? this.#submits };
    this.#lost = [...this.#lost, { ...identity, atMs, ...defined({ apiVersion }) }];
  }
}

function mayHaveRun({ type, details, neverStarted }: Extract<ParseEvent, { kind: 'failed' }>): boolean {
  if (isPlainObject(details) && details['runMayExist'] === true) return true;
  return neverStarted !== true && !isRefusedSubmit(type);
}

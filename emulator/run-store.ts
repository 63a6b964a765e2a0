import type { ParseConfig } from '../api/contract';
import { RefusedRequest } from './answer';
import { createId } from './ids';
import type { EmulatorRun } from './ledger';
import type { Reply } from './reply';
import type { RunProgress } from './run-progress';
import type { ScriptCall } from './scripted-document';

/** Credits per page, by engine. */
const CREDITS_PER_PAGE = { parse_performance: 2, parse_light: 0.3 };

/** A run and all that is known about it. */
export interface Run {
  readonly id: string;
  readonly fileId: string;
  readonly fileUrl?: string;
  readonly config: ParseConfig;
  readonly progress: RunProgress;
  readonly call?: ScriptCall;
  readonly createdAtMs: number;
  deleted: boolean;
}

/** The lists of a script that are consumed per run. */
type RunList = 'reads' | 'results' | 'deletes';

/** The runs of one emulator, and how far each scripted list is used up. */
export class RunStore {
  readonly #runs = new Map<string, Run>();
  readonly #used = new Map<string, number>();

  /** Creates a run: from here on it is billed. */
  create(run: Omit<Run, 'id' | 'createdAtMs' | 'deleted'>): Run {
    const created = { ...run, id: createId('parser_run_'), createdAtMs: Date.now(), deleted: false };
    this.#runs.set(created.id, created);
    return created;
  }

  /** The run of that id, deleted or not. */
  find(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  /** @throws RefusedRequest 404 for a run that never was or was deleted. */
  get(id: string): Run {
    const run = this.#runs.get(id);
    if (run === undefined || run.deleted) throw new RefusedRequest(404, `Parser run not found: ${id}`);
    return run;
  }

  /** The next scripted answer to a submit of that URL. */
  takeSubmitReply(call: ScriptCall): Reply | undefined {
    return this.#take(`submit ${call.fileUrl}`, call.script.submit);
  }

  /** The next scripted answer about that run. */
  takeRunReply(run: Run, list: RunList): Reply | undefined {
    return this.#take(`${list} ${run.id}`, run.call?.script[list]);
  }

  /** Every run, in order of creation. */
  list(): readonly EmulatorRun[] {
    return [...this.#runs.values()].map(toEmulatorRun);
  }

  #take(key: string, list: readonly Reply[] | undefined): Reply | undefined {
    if (list === undefined) return undefined;
    const used = this.#used.get(key) ?? 0;
    if (used >= list.length) return undefined;
    this.#used.set(key, used + 1);
    return list[used];
  }
}

/** What a run of that many pages costs, in credits. */
export function creditsFor(config: ParseConfig, pageCount: number): number {
  const perPage = config.engine === 'parse_light' ? CREDITS_PER_PAGE.parse_light : CREDITS_PER_PAGE.parse_performance;
  return Math.round(perPage * pageCount * 10) / 10;
}

function toEmulatorRun(run: Run): EmulatorRun {
  const { status, failureReason, output } = run.progress.current();
  return {
    id: run.id,
    fileId: run.fileId,
    ...(run.fileUrl === undefined ? {} : { fileUrl: run.fileUrl }),
    ...(run.call === undefined ? {} : { script: run.call.name }),
    status,
    ...(typeof failureReason === 'string' ? { failureReason } : {}),
    credits: status === 'PROCESSED' && output !== undefined ? creditsFor(run.config, output.pageCount) : 0,
    deleted: run.deleted,
    createdAtMs: run.createdAtMs,
  };
}

import type { ParseConfig } from '../../contract/extend/parse-api';
import { RefusedRequest } from './answer';
import { createId } from './ids';
import type { KeptObjects } from './kept-objects';
import type { EmulatorRun } from './ledger';
import type { Reply } from './reply';
import type { RunProgress } from './run-progress';
import type { ScriptCall } from './scripted-document';

/** Credits per page, by engine. */
const CREDITS_PER_PAGE = { parse_performance: 2, parse_light: 0.3 };

/** The facts of a run that a submit gives. They are plain data, so that they can outlive the emulator. */
export interface RunOrder {
  readonly fileId: string;
  /** Absent for a run of a stored file. */
  readonly fileUrl?: string;
  readonly fileName?: string;
  readonly config: ParseConfig;
}

/** The facts of a run, as they are kept. */
interface RunFacts extends RunOrder {
  readonly id: string;
  readonly createdAtMs: number;
  readonly deleted: boolean;
}

/** A run and all that is known about it. */
export interface Run extends RunOrder {
  readonly id: string;
  readonly progress: RunProgress;
  readonly call?: ScriptCall;
  readonly createdAtMs: number;
  deleted: boolean;
}

/** A run that begins: played from a script, or really parsed. */
export type BegunRun = Pick<Run, 'progress' | 'call'>;

/** The lists of a script that are consumed per run. */
type RunList = 'reads' | 'results' | 'deletes';

/** Settings of {@link RunStore}. */
export interface RunStoreOptions {
  /** Begins a run: a new one, or one of an earlier emulator from the start. */
  readonly begin: (order: RunOrder) => BegunRun;
  /** Store in which runs outlive the emulator. @default none */
  readonly kept?: KeptObjects;
}

/** The runs of one emulator, and how far each scripted list is used up. */
export class RunStore {
  readonly #runs = new Map<string, Run>();
  readonly #used = new Map<string, number>();
  readonly #begin: (order: RunOrder) => BegunRun;
  readonly #kept: KeptObjects | undefined;

  constructor({ begin, kept }: RunStoreOptions) {
    this.#begin = begin;
    this.#kept = kept;
  }

  /** Creates a run: from here on it is billed. */
  create(order: RunOrder): Run {
    const begun = this.#begin(order);
    const created = { ...order, ...begun, id: createId('parser_run_'), createdAtMs: Date.now(), deleted: false };
    this.#kept?.write(created.id, toFacts(created));
    this.#runs.set(created.id, created);
    return created;
  }

  /** The run of that id, deleted or not. One of an earlier emulator begins again when it is first asked for, if it exists still. */
  find(id: string): Run | undefined {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    const facts = this.#kept?.read(id) as RunFacts | undefined;
    if (facts === undefined || facts.deleted) return undefined;
    const begun = { ...facts, ...this.#begin(facts) };
    this.#runs.set(id, begun);
    return begun;
  }

  /** @throws RefusedRequest 404 for a run that never was or was deleted. */
  get(id: string): Run {
    const run = this.find(id);
    if (run === undefined || run.deleted) throw new RefusedRequest(404, `Parser run not found: ${id}`);
    return run;
  }

  /** Deletes a run; it stays in the list. @throws RefusedRequest 404 as {@link get} */
  delete(id: string): Run {
    const run = this.get(id);
    run.deleted = true;
    this.#kept?.write(id, toFacts(run));
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

function toFacts({ id, fileId, fileUrl, fileName, config, createdAtMs, deleted }: Run): RunFacts {
  const url = fileUrl === undefined ? {} : { fileUrl };
  const name = fileName === undefined ? {} : { fileName };
  return { id, fileId, ...url, ...name, config, createdAtMs, deleted };
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

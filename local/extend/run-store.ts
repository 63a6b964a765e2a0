import type { ParseConfig } from '../../contract/extend/parse-api';
import { defined } from '../../json';
import type { NamedScript } from './find-script';
import { createId } from './ids';
import type { KeptObjects } from './kept-objects';
import type { EmulatorRun } from './ledger';
import { RefusedRequest } from './refused-request';
import type { Reply } from './reply';
import type { RunProgress } from './run-progress';

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

/** The facts of a run, as they are kept on disk. */
interface RunFacts extends RunOrder {
  readonly id: string;
  readonly createdAtMs: number;
  readonly deleted: boolean;
}

/** A run and all that is known about it. */
export interface Run extends RunOrder {
  readonly id: string;
  readonly progress: RunProgress;
  /** Script that the run plays; absent for a run that is really parsed. */
  readonly script?: NamedScript;
  readonly createdAtMs: number;
  deleted: boolean;
}

/** The lists of a script that are used up per run. */
export type RunList = 'reads' | 'results' | 'deletes';

/** Settings of {@link RunStore}. */
export interface RunStoreOptions {
  /** Begins a run from the start. */
  readonly begin: (order: RunOrder, script: NamedScript | undefined) => RunProgress;
  /** Finds the script that the URL of an earlier emulator's run names. */
  readonly findScript: (fileUrl: string) => NamedScript | undefined;
  /** Store in which runs outlive the emulator. @default none */
  readonly kept?: KeptObjects;
}

/** The runs of one emulator, and the number of entries that are used up of each scripted list. */
export class RunStore {
  readonly #runs = new Map<string, Run>();
  readonly #used = new Map<string, number>();
  readonly #options: RunStoreOptions;

  constructor(options: RunStoreOptions) {
    this.#options = options;
  }

  /** Creates a run, and begins it. From here on the API would bill it. */
  create(order: RunOrder, script: NamedScript | undefined): Run {
    const progress = this.#options.begin(order, script);
    const facts = { ...order, id: createId('parser_run_'), createdAtMs: Date.now(), deleted: false };
    const created = { ...facts, progress, ...defined({ script }) };
    this.#options.kept?.write(created.id, toFacts(created));
    this.#runs.set(created.id, created);
    return created;
  }

  /**
   * Returns the run of that id, deleted or not. A run of an earlier emulator begins again when it is first asked for,
   * unless it was deleted.
   *
   * @throws RefusedRequest 400 or 404 if the run of an earlier emulator cannot begin again.
   */
  find(id: string): Run | undefined {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    const facts = this.#options.kept?.read(id) as RunFacts | undefined;
    if (facts === undefined || facts.deleted) return undefined;
    const script = facts.fileUrl === undefined ? undefined : this.#options.findScript(facts.fileUrl);
    const begun = { ...facts, progress: this.#options.begin(facts, script), ...defined({ script }) };
    this.#runs.set(id, begun);
    return begun;
  }

  /** Returns the run of that id. @throws RefusedRequest 404 if it never existed or was deleted, and as {@link find}. */
  get(id: string): Run {
    return existingRun(this.find(id), id);
  }

  /** Deletes a run; it stays in the list. */
  delete(run: Run): void {
    run.deleted = true;
    this.#options.kept?.write(run.id, toFacts(run));
  }

  /** Takes the next scripted reply to a submit of the script's URL; `undefined` if there is none left. */
  takeSubmitReply({ fileUrl, document }: NamedScript): Reply | undefined {
    return this.#take(`submit ${fileUrl}`, document.submit);
  }

  /** Takes the next scripted reply to a request for that run; `undefined` if there is none left. */
  takeRunReply(run: Run, list: RunList): Reply | undefined {
    return this.#take(`${list} ${run.id}`, run.script?.document[list]);
  }

  /** Returns every run, in order of creation. */
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

/** Returns the run. @throws RefusedRequest 404 if there is none, or if it was deleted. */
export function existingRun(run: Run | undefined, id: string): Run {
  if (run === undefined || run.deleted) throw new RefusedRequest(404, `Parser run not found: ${id}`);
  return run;
}

/** Returns the price of a run of that many pages, in credits. */
export function creditsFor(config: ParseConfig, pageCount: number): number {
  const perPage = config.engine === 'parse_light' ? CREDITS_PER_PAGE.parse_light : CREDITS_PER_PAGE.parse_performance;
  return Math.round(perPage * pageCount * 10) / 10;
}

function toFacts({ id, fileId, fileUrl, fileName, config, createdAtMs, deleted }: Run): RunFacts {
  return { id, fileId, ...defined({ fileUrl, fileName }), config, createdAtMs, deleted };
}

function toEmulatorRun({ id, fileId, fileUrl, script, progress, config, deleted, createdAtMs }: Run): EmulatorRun {
  const { status, failureReason, output } = progress.current();
  return {
    id,
    fileId,
    ...defined({ fileUrl, script: script?.name }),
    status,
    ...defined({ failureReason: failureReason ?? undefined }),
    credits: status === 'PROCESSED' && output !== undefined ? creditsFor(config, output.pageCount) : 0,
    deleted,
    createdAtMs,
  };
}

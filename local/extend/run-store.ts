import type { ApiVersion, ParseConfig } from '../../contract/extend/parse-api';
import { defined } from '../../json';
import { creditsFor } from './credits';
import type { NamedScript } from './find-script';
import { createId, type IdPrefix } from './ids';
import type { KeptObjects } from './kept-objects';
import type { EmulatorRun } from './ledger';
import { RefusedRequest, unlessRefused } from './refused-request';
import type { Reply } from './reply';
import type { RunProgress } from './run-progress';

/** The facts of a run that a submit gives. They are plain data, so that they can outlive the emulator. */
export interface RunOrder {
  /** Version of the API that the submit spoke. Any version may ask for the run. */
  readonly apiVersion: ApiVersion;
  /** Caller that may see the run: a workspace, and a key if the emulator knows its keys. */
  readonly owner: string;
  readonly fileId: string;
  /** Absent for a run of a stored file. */
  readonly fileUrl?: string;
  readonly fileName?: string;
  readonly config: ParseConfig;
  /** Metadata that every answer about the run repeats. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Batch that created the run. */
  readonly batchId?: string;
  /** `true` if the run must not be retained. */
  readonly isZeroRetention?: true;
  /** Password of the document. It is not kept on disk. */
  readonly password?: string;
}

/** Runs that were created by one request. Plain data. */
export interface Batch {
  readonly id: string;
  /** Owner of the runs. */
  readonly owner: string;
  readonly runIds: readonly string[];
  readonly createdAtMs: number;
}

/** A run to create, and the script that it plays, if there is one. */
export interface OrderedRun {
  readonly order: RunOrder;
  readonly script: NamedScript | undefined;
}

/** The facts of a run, as they are kept on disk. */
interface RunFacts extends Omit<RunOrder, 'password' | 'owner'> {
  /** Absent if an emulator of an earlier version kept the run. */
  readonly owner?: string;
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
  /** Number of lists of runs that lacked this run because of their lag. */
  answersWithout: number;
}

/** The lists of a script that are used up per run. */
export type RunList = 'reads' | 'results' | 'downloads' | 'cancels' | 'deletes';

/** Beginning of a run's id. */
const PREFIXES = { '2025-04-21': 'parser_run_', '2026-02-09': 'pr_' } as const satisfies Record<ApiVersion, IdPrefix>;

/** Settings of {@link RunStore}. */
export interface RunStoreOptions {
  /** Begins a run from the start. */
  readonly begin: (order: RunOrder, script: NamedScript | undefined) => RunProgress;
  /** Finds the script that the URL of an earlier emulator's run names. */
  readonly findScript: (fileUrl: string) => NamedScript | undefined;
  /** Called with each new run. */
  readonly onCreated: (run: Run) => void;
  /** Called with each new batch, after its runs were created. */
  readonly onBatchCreated: (batch: Batch, runs: readonly Run[]) => void;
  /** Store in which runs outlive the emulator. @default none */
  readonly kept?: KeptObjects;
}

/** The runs of one emulator, and the number of entries that are used up of each scripted list. */
export class RunStore {
  readonly #runs = new Map<string, Run>();
  readonly #batches = new Map<string, Batch>();
  readonly #used = new Map<string, number>();
  readonly #options: RunStoreOptions;

  constructor(options: RunStoreOptions) {
    this.#options = options;
  }

  /** Creates a run, and begins it. From here on the API would bill it. */
  create(order: RunOrder, script: NamedScript | undefined): Run {
    const progress = this.#options.begin(order, script);
    const facts = { ...order, id: createId(PREFIXES[order.apiVersion]), createdAtMs: Date.now(), deleted: false };
    const created = { ...facts, progress, ...defined({ script }), answersWithout: 0 };
    this.#options.kept?.write(created.id, toFacts(created));
    this.#runs.set(created.id, created);
    this.#options.onCreated(created);
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
    const order = { ...facts, owner: facts.owner ?? '' };
    const begun = { ...order, progress: this.#options.begin(order, script), ...defined({ script }), answersWithout: 0 };
    this.#runs.set(id, begun);
    return begun;
  }

  /** Returns the run of that id. @throws RefusedRequest 404 if it never existed or was deleted, and as {@link find}. */
  get(id: string): Run {
    return existingRun(this.find(id), id);
  }

  /** Creates the runs of one batch, in order. */
  createBatch(ordered: readonly OrderedRun[], owner: string): Batch {
    const id = createId('bpr_');
    const runs = ordered.map(({ order, script }) => this.create({ ...order, batchId: id }, script));
    const batch = { id, owner, runIds: runs.map((run) => run.id), createdAtMs: Date.now() };
    this.#options.kept?.write(id, batch);
    this.#batches.set(id, batch);
    this.#options.onBatchCreated(batch, runs);
    return batch;
  }

  /** Returns the owner's batch of that id. @throws RefusedRequest 404 if it never existed. */
  getBatch(id: string, owner: string): Batch {
    const batch = this.#batches.get(id) ?? (this.#options.kept?.read(id) as Batch | undefined);
    if ((batch?.owner ?? '') !== owner || batch === undefined)
      throw new RefusedRequest(404, `Batch run not found: ${id}`);
    return batch;
  }

  /** Returns the owner's runs that exist, those of earlier emulators included, in order of creation. */
  existing(owner: string): Run[] {
    for (const id of this.#options.kept?.ids(Object.values(PREFIXES)) ?? []) unlessRefused(() => this.find(id));
    return [...this.#runs.values()]
      .filter((run) => !run.deleted && run.owner === owner)
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
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

function toFacts(run: Run): RunFacts {
  const { id, apiVersion, owner, fileId, fileUrl, fileName, config, metadata, batchId, isZeroRetention } = run;
  const given = defined({ fileUrl, fileName, metadata, batchId, isZeroRetention });
  return { id, apiVersion, owner, fileId, ...given, config, createdAtMs: run.createdAtMs, deleted: run.deleted };
}

function toEmulatorRun({ progress, config, script, ...run }: Run): EmulatorRun {
  const { id, apiVersion, fileId, fileUrl, metadata, batchId, deleted, createdAtMs } = run;
  const { status, failureReason, output } = progress.current();
  return {
    id,
    apiVersion,
    fileId,
    ...defined({ fileUrl, script: script?.name, metadata, batchId }),
    status,
    ...defined({ failureReason: failureReason ?? undefined }),
    credits: status === 'PROCESSED' && output !== undefined ? creditsFor(config, output.pageCount) : 0,
    deleted,
    createdAtMs,
  };
}

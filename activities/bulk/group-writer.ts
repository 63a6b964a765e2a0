import { isAttachInput, MAX_GROUP_DOCUMENTS, resolveInput, utf8Bytes, widthOf, type BatchInput } from '../../contract';
import { defined } from '../../json';
import type { BatchStore } from '../batch/batch-store';
import type { PageWriter } from '../batch/page-writer';
import type { BatchLocation, PageDocument } from '../types';
import type { Claims } from './earlier-groups';
import {
  CLAIMS_NAME,
  documentsName,
  documentsUris,
  entryName,
  settingsName,
  SINGLES_NAME,
  type GroupDocument,
  type GroupSettings,
} from './group-objects';
import type { LedgerEntry } from './ledger';

/**
 * Fewer documents of one configuration are parsed one by one, because a group of them saves nothing. The limit also bounds
 * the number of groups.
 */
const MIN_GROUP_DOCUMENTS = 10;
/** Limit of the request of a group, in bytes of UTF-8 JSON. Extend's own limit is not documented. */
const MAX_GROUP_BYTES = 3_000_000;
/** Part of the request for each document beside its members: the metadata of this package. In bytes. */
const OWN_METADATA_BYTES = 600;
/** Part of the request for the URL that a resolver makes, in bytes. */
const RESOLVED_URL_BYTES = 2_000;
/** Limit of the documents that wait in memory for their groups to fill, in bytes. */
const MAX_BUFFERED_BYTES = 32_000_000;

/** Settings of {@link GroupWriter}. */
export interface GroupWriterOptions {
  /** Store of the groups. */
  readonly store: BatchStore;
  /** Location of the objects of the batch. */
  readonly location: BatchLocation;
  /** Input of the batch. */
  readonly batch: BatchInput;
  /** Takes the documents that are parsed one by one. */
  readonly pages: PageWriter;
  /** The facts that earlier executions of the batch have left. */
  readonly claims: Claims;
}

/** A group that is filled. */
interface FillingGroup {
  readonly key: string;
  readonly settings: GroupSettings;
  readonly documents: PageDocument[];
  bytes: number;
}

/**
 * Writes the documents of a bulk batch to the store, in groups of one configuration. A group is numbered from 1. Documents
 * that a bulk submit cannot carry, or of which there are too few, go to the pages instead.
 */
export class GroupWriter {
  readonly #options: GroupWriterOptions;
  readonly #filling = new Map<string, FillingGroup>();
  readonly #maxDocuments: number;
  readonly #singles: string[] = [];
  readonly #sizes: number[] = [];
  #bufferedBytes = 0;

  constructor(options: GroupWriterOptions) {
    this.#options = options;
    this.#maxDocuments = Math.min(MAX_GROUP_DOCUMENTS, widthOf(options.batch));
  }

  /** Numbers of documents of the groups that are written. */
  get sizes(): readonly number[] {
    return this.#sizes;
  }

  /** Adds a document. A group that is full is written. */
  async add(document: PageDocument): Promise<void> {
    const { input } = document;
    const { batch } = this.#options;
    if (!this.#isGroupable(document)) return this.#addSingle(document);
    const settings = settingsOf(document, batch.retryFailed === true);
    const key = JSON.stringify(settings);
    const bytes = bytesOf(input);
    const before = this.#filling.get(key);
    if (before !== undefined && this.#isFull(before, bytes)) await this.#write(before);
    const group = this.#filling.get(key) ?? this.#open(key, settings);
    group.documents.push(document);
    group.bytes += bytes;
    this.#bufferedBytes += bytes;
    if (this.#bufferedBytes > MAX_BUFFERED_BYTES) await this.#write(this.#largest);
  }

  /** Writes the documents that are in no group yet. */
  async flush(): Promise<void> {
    for (const group of [...this.#filling.values()]) await this.#write(group);
    await this.#options.pages.flush();
    const { claims } = this.#options;
    const singles = [...new Set([...claims.singles, ...this.#singles])];
    if (singles.length > 0) await this.#put(SINGLES_NAME, singles);
    if (claims.left.length > 0) await this.#put<LedgerEntry>(CLAIMS_NAME, claims.left);
  }

  /** Deletes the documents that are written. */
  async removeAll(): Promise<void> {
    const { store, location, pages } = this.#options;
    await pages.removeAll();
    await store.remove(documentsUris(location, this.#sizes.length));
  }

  get #largest(): FillingGroup {
    const groups = [...this.#filling.values()];
    return groups.reduce((largest, group) => (group.bytes > largest.bytes ? group : largest));
  }

  /**
   * A run that exists is followed alone, unless the ledger tells its batch. A document that was parsed alone before may
   * have a workflow of its own.
   */
  #isGroupable(document: PageDocument): boolean {
    const { claims } = this.#options;
    const { id, earlier } = document;
    if (!canBeGrouped(document) || claims.wasSingle(id)) return false;
    return earlier?.run === undefined || claims.covers(document);
  }

  async #addSingle(document: PageDocument): Promise<void> {
    this.#singles.push(document.id);
    await this.#options.pages.add(document);
  }

  #open(key: string, settings: GroupSettings): FillingGroup {
    const group = { key, settings, documents: [], bytes: utf8Bytes(key) };
    this.#bufferedBytes += group.bytes;
    this.#filling.set(key, group);
    return group;
  }

  #isFull({ documents, bytes }: FillingGroup, more: number): boolean {
    return documents.length >= this.#maxDocuments || bytes + more > MAX_GROUP_BYTES;
  }

  /** Writes a group. Its ledger is written first, so that no submit can come before it. */
  async #write(group: FillingGroup): Promise<void> {
    const { documents } = group;
    this.#bufferedBytes -= group.bytes;
    this.#filling.delete(group.key);
    const entries = this.#options.claims.entriesOf(documents);
    if (documents.length < MIN_GROUP_DOCUMENTS && entries.length === 0) {
      for (const document of documents) await this.#addSingle(document);
      return;
    }
    const number = this.#sizes.length + 1;
    for (const [index, entry] of entries.entries()) await this.#put<LedgerEntry>(entryName(number, index + 1), [entry]);
    await this.#put<GroupSettings>(settingsName(number), [group.settings]);
    await this.#put(
      documentsName(number),
      documents.map((document) => toGroupDocument(document, this.#options.claims)),
    );
    this.#sizes.push(documents.length);
  }

  async #put<T>(name: string, values: readonly T[]): Promise<void> {
    const { store, location } = this.#options;
    await store.write(`${location.directory}/${name}`, values);
  }
}

/** A run that exists is not submitted, and a bulk submit has no field for the retention. */
function canBeGrouped({ input }: PageDocument): boolean {
  return !isAttachInput(input) && input.dataRetention === undefined;
}

function settingsOf({ input }: PageDocument, retryFailed: boolean): GroupSettings {
  const { subject, polling, deadlineMs, deleteRun, onCancel } = resolveInput(input);
  if ('runId' in subject) throw new Error('a run that exists is not submitted');
  const { config, onAmbiguousSubmit, maxSubmits, reconcileMs } = subject;
  return {
    ...defined({ config, onCancel }),
    onAmbiguousSubmit,
    maxSubmits,
    reconcileMs,
    deadlineMs,
    deleteRun,
    schedule: polling.schedule,
    retryFailed,
  };
}

function toGroupDocument(document: PageDocument, claims: Claims): GroupDocument {
  const { id, input, hash = '', earlier } = document;
  if (isAttachInput(input)) throw new Error('a run that exists is not submitted');
  const { file, metadata } = input;
  const earlierSubmits = claims.covers(document) ? undefined : earlier?.submits;
  return { id, file, hash, ...defined({ metadata, earlierSubmits }) };
}

function bytesOf(input: PageDocument['input']): number {
  if (isAttachInput(input)) return 0;
  const { file, metadata } = input;
  const url = 'source' in file ? RESOLVED_URL_BYTES : 0;
  return utf8Bytes(JSON.stringify({ file, metadata })) + url + OWN_METADATA_BYTES;
}

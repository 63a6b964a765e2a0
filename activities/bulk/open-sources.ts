import { ApplicationFailure } from '@temporalio/common';
import { isFailureType, type FailureDetails } from '../../contract';
import { cancellationSignal } from '@temporalio/activity';
import type { SubmittedFile } from '../../contract/extend';
import { defined, errorMessage } from '../../json';
import type { ExtendClient } from '../../http';
import type { SourceResolver } from '../../storage';
import { closeSource, openSource } from '../open-source';
import { openInTime } from '../submit-parse';
import { finalFailure, toApplicationFailure } from '../to-application-failure';
import { checkFileId } from '../upload-file';
import type { GroupDocument } from './group-objects';
import { inLanes } from './lanes';
import type { OpenGroup, StandingDocument } from './open-group';
import { BULK_VERSION } from './bulk-version';

/** Sources that are opened or uploaded at a time. */
const SOURCES_AT_ONCE = 4;

/** The parts of a worker that open sources. */
export interface SourceParts {
  readonly extend: ExtendClient;
  /** Resolver that opens a source by its name. */
  readonly sources: SourceResolver;
}

/** Failures of single documents after which the others go on. */
export class Postponed {
  readonly #ids = new Set<string>();
  #first: unknown;

  /** Leaves a document to the next attempt. */
  note(id: string, failure: unknown): void {
    this.#ids.add(id);
    this.#first ??= failure;
  }

  /** Tells if a document is left to the next attempt. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** @throws the first failure, if a document is left to the next attempt */
  throwIfAny(): void {
    if (this.#ids.size > 0) throw this.#first;
  }
}

/**
 * Uploads the sources whose resolver gives a content, a few at a time. What an attempt has uploaded is in the log, so the
 * next attempt does not upload it again. A document whose source cannot be opened fails, and the others go on.
 */
export async function uploadSources(group: OpenGroup, parts: SourceParts, postponed: Postponed): Promise<void> {
  const open = group
    .standing('toSubmit')
    .filter(({ document: { id, file } }) => 'source' in file && !group.log.wasOpened(id));
  await inLanes(open, SOURCES_AT_ONCE, (one) =>
    withDocument(group, one, postponed, async () => {
      const { id } = one.document;
      const fileId = await upload(one.document, parts);
      await group.log.add(fileId === undefined ? { kind: 'url', id } : { kind: 'file', id, fileId });
    }),
  );
  await group.log.flush();
}

/** Uploads a source. @returns the id of the file; undefined if the resolver gives a URL */
async function upload({ file }: GroupDocument, { extend, sources }: SourceParts): Promise<string | undefined> {
  if (!('source' in file)) return undefined;
  const signal = cancellationSignal();
  const opened = await openSource(file.source, { sources, extend, signal });
  if ('fileUrl' in opened) return undefined;
  try {
    const named = { content: opened.content, fileName: file.fileName ?? opened.fileName };
    const { fileId } = await extend.version(BULK_VERSION).uploadFile(named, { signal });
    checkFileId(fileId, extend);
    return fileId;
  } catch (error) {
    throw toApplicationFailure(error, { purpose: 'upload' });
  } finally {
    await closeSource(opened);
  }
}

/** A document with the file that the request names. */
export interface NamedDocument {
  readonly one: StandingDocument<'toSubmit'>;
  readonly file: SubmittedFile;
}

/** Gives the files of a request. The resolvers make the URLs of their sources now, immediately before the submit. */
export async function nameFiles(
  group: OpenGroup,
  documents: readonly StandingDocument<'toSubmit'>[],
  parts: SourceParts,
  postponed: Postponed,
): Promise<NamedDocument[]> {
  const named = new Map<string, NamedDocument>();
  await inLanes(documents, SOURCES_AT_ONCE, (one) =>
    withDocument(group, one, postponed, async () => {
      const { id } = one.document;
      named.set(id, { one, file: await nameFile(one.document, group.log.fileOf(id), parts) });
    }),
  );
  return documents.flatMap(({ document }) => named.get(document.id) ?? []);
}

async function nameFile(
  { file }: GroupDocument,
  fileId: string | undefined,
  parts: SourceParts,
): Promise<SubmittedFile> {
  if (fileId !== undefined) return { fileId };
  if (!('source' in file)) return file;
  const opened = await openInTime(file.source, parts);
  if (!('fileUrl' in opened)) {
    await closeSource(opened);
    throw finalFailure('SourceUnavailable', 'the resolver gave a URL first, and gave a content now', {});
  }
  return {
    fileUrl: opened.fileUrl,
    ...defined({ fileName: file.fileName ?? opened.fileName, password: opened.password }),
  };
}

/** Works on one document. A final failure is its outcome, and another failure leaves it to the next attempt. */
export async function withDocument(
  group: OpenGroup,
  one: StandingDocument<'toSubmit'>,
  postponed: Postponed,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    cancellationSignal().throwIfAborted();
    if (!(error instanceof ApplicationFailure)) throw error;
    const { type, nonRetryable, details } = error;
    if (nonRetryable !== true || !isFailureType(type)) return postponed.note(one.document.id, error);
    const known = (details?.[0] ?? {}) as FailureDetails;
    await group.fail(one, { type, message: errorMessage(error), details: known });
  }
}

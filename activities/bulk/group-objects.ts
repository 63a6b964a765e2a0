import type { DocumentFile, DocumentToSubmit, ParseSettings, PollSchedule } from '../../contract';
import type { RunMetadata } from '../../contract/extend';
import type { BatchStore } from '../batch/batch-store';
import { finalFailure } from '../to-application-failure';
import type { BatchLocation, GroupReference } from '../types';

/** Settings that all documents of a group share. Its member names are those of the stored JSON. */
export interface GroupSettings
  extends
    Omit<DocumentToSubmit, 'file' | 'metadata' | 'dataRetention' | 'versionedFields'>,
    Pick<ParseSettings, 'deadlineMs' | 'deleteRun' | 'onCancel'> {
  /** Schedule of the polls. */
  readonly schedule: PollSchedule;
  /** `true`: a run of an earlier start of the batch that failed is submitted again. */
  readonly retryFailed: boolean;
}

/** A document of a group. Its member names are those of the stored JSON. */
export interface GroupDocument {
  readonly id: string;
  readonly file: DocumentFile;
  readonly metadata?: RunMetadata;
  /** Hash of the document and its configuration. */
  readonly hash: string;
  /** Submits of earlier starts that the ledger does not have. @default 0 */
  readonly earlierSubmits?: number;
}

/** Name of the list of the documents that are parsed one by one, relative to the location of the execution. */
export const SINGLES_NAME = 'singles.jsonl';

/** Name of the mark that another start of the batch has adopted the documents, relative to the location of the execution. */
export const CLOSED_NAME = 'closed.jsonl';

/** Name of the submits of documents that are in no group, relative to the location of the execution. */
export const CLAIMS_NAME = 'claims.jsonl';

/** Name of the settings of a group, relative to the location of the execution. */
export const settingsName = (group: number): string => `groups/${group}/settings.jsonl`;

/** Name of the documents of a group, relative to the location of the execution. */
export const documentsName = (group: number): string => `groups/${group}/documents.jsonl`;

/** Name of a part of the log of a group, relative to the location of the execution. */
export const partName = (group: number, part: string): string => `groups/${group}/log/${part}.jsonl`;

/** Name of an entry of the ledger of a group, relative to the location of the execution. */
export const entryName = (group: number, submit: number): string => `groups/${group}/submits/${submit}.jsonl`;

/** URIs of the objects that hold the documents of the first `count` groups. */
export function documentsUris({ uri }: BatchLocation, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${uri}/${documentsName(index + 1)}`);
}

/** Reads the settings of a group. @throws ApplicationFailure `ResultStoreFailed`, final, if there are none */
export async function readSettings(store: BatchStore, { place, group }: GroupReference): Promise<GroupSettings> {
  const [settings] = (await store.readIfThere(`${place.uri}/${settingsName(group)}`)) ?? [];
  if (settings === undefined) throw missing(`settings of group ${group}`);
  return settings as GroupSettings;
}

/** Reads the documents of a group. @throws ApplicationFailure `ResultStoreFailed`, final, if they are not there */
export async function readDocuments(store: BatchStore, { place, group }: GroupReference): Promise<GroupDocument[]> {
  const documents = await store.readIfThere(`${place.uri}/${documentsName(group)}`);
  if (documents === undefined) throw missing(`documents of group ${group}`);
  return documents as GroupDocument[];
}

function missing(what: string): Error {
  return finalFailure('ResultStoreFailed', `the result store does not have the ${what} any more`, {});
}

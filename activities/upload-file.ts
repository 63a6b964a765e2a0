import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ParseApiError } from '../contract/extend';
import type { ExtendClient } from '../http';
import type { SourceResolver } from '../storage';
import { defined } from '../json';
import { withHeartbeat } from './heartbeat';
import { closeSource, openSource } from './open-source';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';
import { checkVersionedFields, PASSWORD_FIELD } from './version-of';

/**
 * Number of uploads without a readable answer after which the failure is final. Each of these uploads may have created
 * a file.
 */
const MAX_UNREADABLE_ANSWERS = 3;

/** Heartbeat details for the next attempt. Only unreadable answers count toward the limit. */
interface EarlierUploads {
  readonly unreadableAnswers: number;
}

/** Settings of {@link createUploadFile}. */
export interface UploadFileOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** Resolver that opens a source by its name. */
  readonly sources: SourceResolver;
}

/**
 * Builds the activity that opens a source and uploads it to Extend. If the resolver gives a URL, the activity uploads
 * nothing and gives no file id, because the submit makes a new URL. Another attempt creates another file, which only
 * uses storage.
 *
 * @returns an activity that fails with one of these types:
 *  - `SourceUnavailable`: no such scheme, no such file, or a file outside of the directory of sources; final.
 *  - `UploadRejected`, `Unauthorized`, `OutOfCredits`, `EndpointNotFound`, `ApiVersionRemoved`: final.
 *  - `ContractViolation`: three uploads were answered with success, and no answer had the file's id; or the file id
 *    repeats the API key; final.
 *  - `InvalidInput`: the worker's version of the API cannot carry a field of the document; final.
 *  - `RateLimited`, `Unavailable`: retried.
 */
export function createUploadFile({ extend, sources }: UploadFileOptions): ParseActivities['uploadFile'] {
  return async function uploadFile({ source, fileName, versionedFields = [] }) {
    checkVersionedFields(versionedFields, extend.apiVersion);
    const signal = cancellationSignal();
    const opened = await withHeartbeat(openSource(source, { sources, extend, signal }), earlierUploads());
    if ('fileUrl' in opened) {
      if (opened.password !== undefined) checkVersionedFields([PASSWORD_FIELD], extend.apiVersion);
      return {};
    }
    try {
      const file = { content: opened.content, fileName: fileName ?? opened.fileName };
      const { fileId } = await withHeartbeat(
        extend.version(extend.apiVersion).uploadFile(file, { signal }),
        earlierUploads(),
      );
      checkFileId(fileId, extend);
      return { fileId };
    } catch (error) {
      if (error instanceof ParseApiError && error.kind === 'unreadable') countUnreadable(error);
      throw toApplicationFailure(error, { purpose: 'upload' });
    } finally {
      await closeSource(opened);
    }
  };
}

/**
 * Checks a file id, because the history contains it.
 *
 * @throws ApplicationFailure `ContractViolation`, final, if the id repeats the key
 */
export function checkFileId(fileId: string, { redactor }: ExtendClient): void {
  if (!redactor.holdsSecret(fileId)) return;
  const message = 'Extend accepted the upload, and the file cannot be used: the file id repeats the API key';
  throw finalFailure('ContractViolation', message, { attempts: activityInfo().attempt });
}

/** Counts an answer that could not be read. @throws ApplicationFailure `ContractViolation`, final, at the third */
function countUnreadable({ message, requestId }: ParseApiError): void {
  const unreadableAnswers = earlierUploads().unreadableAnswers + 1;
  heartbeat({ unreadableAnswers } satisfies EarlierUploads);
  if (unreadableAnswers < MAX_UNREADABLE_ANSWERS) return;
  const details = { ...defined({ requestId }), attempts: activityInfo().attempt };
  throw finalFailure(
    'ContractViolation',
    `${unreadableAnswers} uploads without a readable answer: ${message}`,
    details,
  );
}

function earlierUploads(): EarlierUploads {
  const { unreadableAnswers = 0 } = (activityInfo().heartbeatDetails ?? {}) as Partial<EarlierUploads>;
  return { unreadableAnswers };
}

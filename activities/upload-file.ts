import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ParseApiError } from '../contract/extend';
import type { ExtendClient } from '../http';
import type { SourceResolver } from '../storage';
import { withHeartbeat } from './heartbeat';
import { closeSource, openSource } from './open-source';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';

/** Uploads whose answers could not be read before the activity gives up: each of them may have made a file. */
const MAX_UNREADABLE_ANSWERS = 3;

/** State that one attempt leaves for the next: only unreadable answers count against the limit. */
interface EarlierAttempts {
  readonly unreadableAnswers: number;
}

/** Settings of {@link createUploadFile}. */
export interface UploadFileOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** What opens a source by its name. */
  readonly sources: SourceResolver;
}

/**
 * Builds the activity that opens a source and uploads it to Extend. A source that is a URL is not uploaded, and gives no
 * file id: the submit makes the URL anew. A repeat makes another file, which is harmless but for storage.
 *
 * @returns An activity that fails with one of these types:
 *  - `SourceUnavailable`: no such scheme, no such file, or a file outside of the directory of sources; final.
 *  - `UploadRejected`, `Unauthorized`, `OutOfCredits`, `EndpointNotFound`, `ApiVersionRemoved`: final.
 *  - `ContractViolation`: three uploads were answered with success, and no answer had the file's id; or the id repeats
 *    the API key; final.
 *  - `RateLimited`, `Unavailable`: retried.
 */
export function createUploadFile({ extend, sources }: UploadFileOptions): ParseActivities['uploadFile'] {
  return async function uploadFile({ source, fileName }) {
    const signal = cancellationSignal();
    const opened = await withHeartbeat(openSource(source, { sources, extend, signal }), earlierAttempts());
    if ('fileUrl' in opened) return {};
    try {
      const file = { content: opened.content, fileName: fileName ?? opened.fileName };
      const { fileId } = await withHeartbeat(extend.uploadFile(file, { signal }), earlierAttempts());
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

/** A file id goes into the history. @throws ApplicationFailure `ContractViolation`, final, for an id that repeats the key */
function checkFileId(fileId: string, { redactor }: ExtendClient): void {
  if (!redactor.holdsSecret(fileId)) return;
  const message = 'Extend accepted the upload, and the file cannot be used: the file id repeats the API key';
  throw finalFailure('ContractViolation', message, { attempts: activityInfo().attempt });
}

/** Counts an answer that could not be read. @throws ApplicationFailure `ContractViolation`, final, at the third */
function countUnreadable({ message, requestId }: ParseApiError): void {
  const unreadableAnswers = earlierAttempts().unreadableAnswers + 1;
  heartbeat({ unreadableAnswers } satisfies EarlierAttempts);
  if (unreadableAnswers < MAX_UNREADABLE_ANSWERS) return;
  const details = { ...(requestId !== undefined && { requestId }), attempts: activityInfo().attempt };
  throw finalFailure(
    'ContractViolation',
    `${unreadableAnswers} uploads without a readable answer: ${message}`,
    details,
  );
}

function earlierAttempts(): EarlierAttempts {
  const { unreadableAnswers = 0 } = (activityInfo().heartbeatDetails ?? {}) as Partial<EarlierAttempts>;
  return { unreadableAnswers };
}

import { cancellationSignal } from '@temporalio/activity';
import type { ExtendClient } from '../http';
import type { SourceResolver } from '../storage';
import { withHeartbeat } from './heartbeat';
import { openSource } from './open-source';
import { toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';

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
 *  - `RateLimited`, `Unavailable`: retried.
 */
export function createUploadFile({ extend, sources }: UploadFileOptions): ParseActivities['uploadFile'] {
  return async function uploadFile({ source, fileName }) {
    const signal = cancellationSignal();
    const opened = await withHeartbeat(openSource(source, { sources, extend, signal }));
    if ('fileUrl' in opened) return {};
    try {
      const file = { content: opened.content, fileName: fileName ?? opened.fileName };
      return await withHeartbeat(extend.uploadFile(file, { signal }));
    } catch (error) {
      throw toApplicationFailure(error, { purpose: 'upload' });
    }
  };
}

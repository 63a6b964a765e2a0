import { classifyApiError } from '../contract';
import { ParseApiError, type RunState } from '../contract/extend';

type ReadState = (runId: string, responseType: 'url' | 'json', signal?: AbortSignal) => Promise<RunState>;
type StateReader = (runId: string, options?: { readonly signal?: AbortSignal }) => Promise<RunState>;

/**
 * Status reads ask for `responseType=url`, so that a finished run's content need not come with its status. The API's
 * documents are vague about it, so an API that refuses the parameter is asked without it from then on.
 */
export function createStateReader(read: ReadState): StateReader {
  let responseType: 'url' | 'json' = 'url';
  return async (runId, { signal } = {}) => {
    try {
      return await read(runId, responseType, signal);
    } catch (error) {
      if (!isParameterRefused(error) || responseType === 'json') throw error;
      const state = await read(runId, 'json', signal);
      responseType = 'json';
      return state;
    }
  };
}

/** Says that Extend refused the request as it is. A 4xx that means "later", such as a rate limit, does not. */
function isParameterRefused(error: unknown): boolean {
  if (!(error instanceof ParseApiError) || (error.status !== 400 && error.status !== 422)) return false;
  return classifyApiError(error, 'read') === 'RequestRejected';
}

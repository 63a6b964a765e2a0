import { classifyApiError } from '../contract';
import { ParseApiError, type RunState } from '../contract/extend';

type SendPoll = (runId: string, responseType: 'url' | 'json', signal?: AbortSignal) => Promise<RunState>;
type Poller = (runId: string, options?: { readonly signal?: AbortSignal }) => Promise<RunState>;

/**
 * Builds the function that polls a run. It asks for `responseType=url`, so that Extend does not send the content of a
 * finished run with its status.
 *
 * One call may send two requests. Extend's documentation is vague about the parameter. If Extend refuses the request as
 * it is, the function sends a second one with `responseType=json`. If the second request succeeds, all later calls send
 * `responseType=json` only.
 */
export function createPoller(send: SendPoll): Poller {
  let responseType: 'url' | 'json' = 'url';
  return async (runId, { signal } = {}) => {
    try {
      return await send(runId, responseType, signal);
    } catch (error) {
      if (!isParameterRefused(error) || responseType === 'json') throw error;
      const state = await send(runId, 'json', signal);
      responseType = 'json';
      return state;
    }
  };
}

/**
 * Tells if Extend refused the parameter `responseType`, with the request as it is. A 4xx that asks to try later, such as
 * a rate limit, is no refusal.
 */
export function isParameterRefused(error: unknown): boolean {
  if (!(error instanceof ParseApiError) || (error.status !== 400 && error.status !== 422)) return false;
  return classifyApiError(error, 'read') === 'RequestRejected';
}

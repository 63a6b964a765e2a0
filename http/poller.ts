import { classifyApiError } from '../contract';
import { ParseApiError } from '../contract/extend';

/** Form in which an answer has the content of a finished run: a URL or the content itself. */
export type ResponseType = 'url' | 'json';

type SendPoll<T> = (responseType: ResponseType) => Promise<T>;

/**
 * Builds the function that polls a run. It asks for `responseType=url`, so that Extend does not send the content of a
 * finished run with its status.
 *
 * One call may send two requests. Extend's documentation is vague about the parameter. If Extend refuses the request as
 * it is, the function sends a second one with `responseType=json`. If the second request succeeds, all later calls send
 * `responseType=json` only.
 */
export function createPoller(): <T>(send: SendPoll<T>) => Promise<T> {
  let responseType: ResponseType = 'url';
  return async (send) => {
    try {
      return await send(responseType);
    } catch (error) {
      if (!isParameterRefused(error) || responseType === 'json') throw error;
      const answer = await send('json');
      responseType = 'json';
      return answer;
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

import type { BodyRoom } from './body-room';
import { readBody } from './read-body';
import { parseJson, readPayload, type RunEvent } from './read-event';

/**
 * Fetches the payload of an event that has nothing but a signed URL. The URL stands in a signed body, so it comes from
 * Extend. The function sends one plain GET without any header of authorization, follows no redirect, and reads at most
 * 1 MB.
 *
 * @returns the run id and the workflow; `undefined` if the payload has no run id
 * @throws Error if the URL may not be fetched or does not answer with the payload. The message does not contain the URL.
 */
export async function fetchPayload(
  url: string,
  options: { readonly signal: AbortSignal; readonly room: BodyRoom },
): Promise<Pick<RunEvent, 'runId' | 'workflow'> | undefined> {
  if (!isFetchable(url)) throw new Error('the URL of the payload is not an https: URL');
  const response = await fetch(url, { redirect: 'error', signal: options.signal });
  const body = await readBody(response, options);
  if (typeof body === 'string') throw new Error(`the payload could not be read: ${body}`);
  options.room.free(body.byteLength);
  if (!response.ok) throw new Error(`the URL of the payload answered with ${response.status}`);
  // The message of the parser would show a part of the payload.
  const json = parseJson(body);
  if (json === undefined) throw new Error('the payload is not JSON');
  return readPayload(json.value);
}

/** Tells if a URL may be fetched: https, or an address of this machine, as the emulator has. */
function isFetchable(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
}

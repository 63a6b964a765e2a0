import { defined } from '../json';
import type { BodyRoom } from './body-room';
import { readBody } from './read-body';
import { parseJson, readPayload, type RunEvent } from './read-event';

/** Settings of {@link fetchPayload}. */
export interface FetchPayloadOptions {
  /** Ends the request. */
  readonly signal: AbortSignal;
  /** Room of all bodies together. */
  readonly room: BodyRoom;
  /** Tells if the payload may be fetched from this URL. */
  readonly mayFetch: (url: URL) => boolean;
}

/** A payload as far as a signal needs it, or the reason for which no request will ever bring it. */
export type FetchedPayload = Pick<RunEvent, 'runId' | 'workflow'> | { readonly problem: string };

/**
 * Fetches the payload of an event that has nothing but a signed URL. The URL stands in a signed body, so it comes from
 * Extend. The function sends one plain GET without any header of authorization, follows no redirect, and reads at most
 * 1 MB.
 *
 * @returns no run id if the payload has none. A problem never contains the URL.
 * @throws Error if the same request may bring the payload later. Its message does not contain the URL.
 */
export async function fetchPayload(address: string, options: FetchPayloadOptions): Promise<FetchedPayload> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !options.mayFetch(url)) return { problem: 'the URL of the payload may not be fetched' };
  const response = await fetch(url, { redirect: 'manual', signal: options.signal });
  const body = await readBody(response, options);
  if (body === 'tooLarge') return { problem: 'the payload is larger than 1 MB' };
  if (typeof body === 'string') throw new Error(`the payload could not be read: ${body}`);
  options.room.free(body.byteLength);
  if (!response.ok) return refused(response.status);
  // The message of the parser would show a part of the payload.
  const json = parseJson(body);
  if (json === undefined) return { problem: 'the payload is not JSON' };
  const { runId, workflow } = readPayload(json.value) ?? {};
  return defined({ runId, workflow });
}

/** An expired URL never brings its payload. @throws Error for a status after which the same request may succeed */
function refused(status: number): FetchedPayload {
  const problem = `the URL of the payload answered with ${status}`;
  if (status >= 500 || status === 408 || status === 429) throw new Error(problem);
  return { problem };
}

import { isHttpUrl } from '../contract/extend';
import { cutDeeperThan, isPlainObject, MAX_LEVELS } from '../json';
import { urlSecrets } from '../privacy';
import { isParameterRefused } from './poller';
import { BodyTooLargeError } from './read-body';
import type { Sender } from './sender';
import { readJson, readRequest } from './shared-calls';

/** Members of a run of version 2026-02-09, as an answer has them. */
export type RunMembers = Readonly<Record<string, unknown>>;

/** Run whose members are known, and the signal that ends the streaming. */
export interface KnownRun {
  readonly runId: string;
  /** Members of the answer that names the URL of the output. */
  readonly members: RunMembers;
  readonly signal: AbortSignal | undefined;
}

/** Tells if an answer names the URL of the run's output. */
export function namesOutput({ outputUrl }: RunMembers): boolean {
  return isHttpUrl(outputUrl);
}

/**
 * Streams a finished run of version 2026-02-09 as one JSON text. The function requests the run with the URL of its
 * output, and continues as {@link streamNamedOutput}.
 *
 * @throws ParseApiError from the iteration. No error contains the URL.
 */
export async function* streamWithOutput(
  sender: Sender,
  runId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const request = { ...readRequest('parse_runs', runId, 'url'), operation: 'streamRun', signal } as const;
  const members = await sender
    .send({ ...request, timeoutMs: sender.timeouts.statusMs }, (answer) => readJson(answer))
    .then(toMembers, unlessOnlyRefused);
  yield* streamNamedOutput(sender, { runId, members, signal });
}

/**
 * Streams a finished run whose members are known. The function downloads the output without the API key, and joins it
 * with the members. If the members name no URL, or if the download does not begin, because a firewall refuses its host
 * for example, the function requests the run with its content.
 *
 * @throws ParseApiError from the iteration. No error contains the URL.
 */
export async function* streamNamedOutput(
  sender: Sender,
  { runId, members, signal }: KnownRun,
): AsyncGenerator<Uint8Array, void> {
  const { outputUrl, output: _, ...others } = members;
  const download = isHttpUrl(outputUrl) ? downloadOutput(sender, runId, outputUrl, signal) : undefined;
  const first = download && (await firstPart(download, signal));
  if (download === undefined || first === undefined) {
    const request = { ...readRequest('parse_runs', runId, 'json'), operation: 'streamRun', signal } as const;
    yield* sender.sendForParts({ ...request, timeoutMs: sender.timeouts.fetchMs });
    return;
  }
  const encoder = new TextEncoder();
  // The members follow the output: of two members with the same name the last one counts.
  yield encoder.encode('{"output":');
  yield first;
  yield* download;
  const rest = JSON.stringify(cutDeeperThan({ ...others, outputUrl: null }, MAX_LEVELS));
  yield encoder.encode(`,${rest.slice(1)}`);
}

/** Gives the first part of a download. @returns undefined if the download fails before its first part, or is empty */
async function firstPart(
  download: AsyncGenerator<Uint8Array, void>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    const { value } = await download.next();
    return value && value.length > 0 ? value : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function downloadOutput(
  { sendForParts, timeouts }: Sender,
  runId: string,
  outputUrl: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  return withoutMark(
    sendForParts({
      operation: 'downloadOutput',
      method: 'GET',
      path: `the output of ${runId}`,
      externalUrl: outputUrl,
      secrets: urlSecrets(outputUrl),
      timeoutMs: timeouts.fetchMs,
      signal,
    }),
  );
}

/** Gives the members of an answer; none if it is not an object. */
export function toMembers(body: unknown): RunMembers {
  return isPlainObject(body) ? body : {};
}

/**
 * Replaces two errors by an empty answer, so that the caller requests the run with its content: Extend refused the
 * parameter, or the answer is too large, because it has the content in place of a URL.
 */
function unlessOnlyRefused(error: unknown): RunMembers {
  if (isParameterRefused(error) || error instanceof BodyTooLargeError) return {};
  throw error;
}

/** Byte order mark. A JSON text may begin with one, but a part of a JSON text may not. */
const MARK = [0xef, 0xbb, 0xbf];

async function* withoutMark(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let start = new Uint8Array();
  let isStart = true;
  for await (const part of parts) {
    if (!isStart) {
      yield part;
      continue;
    }
    start = new Uint8Array([...start, ...part]);
    if (start.length < MARK.length) continue;
    isStart = false;
    yield MARK.every((byte, at) => start[at] === byte) ? start.subarray(MARK.length) : start;
  }
  if (isStart) yield start;
}

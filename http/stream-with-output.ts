import { isHttpUrl } from '../contract/extend';
import { cutDeeperThan, isPlainObject, MAX_LEVELS } from '../json';
import { urlSecrets } from '../privacy';
import { isParameterRefused } from './poller';
import { BodyTooLargeError } from './read-body';
import type { Sender } from './sender';
import { readJson, readRequest } from './shared-calls';

/**
 * Streams a finished run of version 2026-02-09 as one JSON text. The function requests the run with the URL of its
 * output, downloads the output without the API key, and joins both. If the answer has no such URL, the function requests
 * the run with its content.
 *
 * @throws ParseApiError from the iteration. No error contains the URL.
 */
export async function* streamWithOutput(
  sender: Sender,
  runId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const { statusMs, fetchMs } = sender.timeouts;
  const common = { operation: 'streamRun', signal } as const;
  const named = { ...readRequest('parse_runs', runId, 'url'), ...common, timeoutMs: statusMs };
  const {
    outputUrl,
    output: _,
    ...facts
  } = await sender.send(named, (answer) => readJson(answer)).then(toObject, unlessOnlyRefused);
  if (!isHttpUrl(outputUrl)) {
    yield* sender.sendForParts({ ...readRequest('parse_runs', runId, 'json'), ...common, timeoutMs: fetchMs });
    return;
  }
  const encoder = new TextEncoder();
  const members = { ...facts, outputUrl: null };
  yield encoder.encode(`${JSON.stringify(cutDeeperThan(members, MAX_LEVELS)).slice(0, -1)},"output":`);
  yield* withoutMark(
    sender.sendForParts({
      ...common,
      operation: 'downloadOutput',
      method: 'GET',
      path: `the output of ${runId}`,
      externalUrl: outputUrl,
      secrets: urlSecrets(outputUrl),
      timeoutMs: fetchMs,
    }),
  );
  yield encoder.encode('}');
}

function toObject(body: unknown): Record<string, unknown> {
  return isPlainObject(body) ? body : {};
}

/**
 * Replaces two errors by an empty answer, so that the caller requests the run with its content: Extend refused the
 * parameter, or the answer is too large, because it has the content in place of a URL.
 */
function unlessOnlyRefused(error: unknown): Record<string, unknown> {
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

/** The activities of the hand-written loop. Each makes one `fetch` and checks only the status code. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const HEADERS = {
  authorization: 'Bearer bench',
  'x-extend-api-version': '2025-04-21',
  'content-type': 'application/json',
};

function baseUrl(): string {
  const url = process.env['BENCH_EXTEND_URL'];
  if (url === undefined) throw new Error('BENCH_EXTEND_URL must be set');
  return url;
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${baseUrl()}${path}`, { headers: HEADERS, ...init });
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  return response;
}

async function call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const response = await send(path, init);
  return (await response.json()) as Record<string, unknown>;
}

/** Submits a document and returns the run id. */
export async function loopSubmit(fileUrl: string): Promise<string> {
  const body = JSON.stringify({ file: { fileUrl } });
  const { id } = await call('/parse/async', { method: 'POST', body });
  return id as string;
}

/** Polls the run and returns its status. */
export async function loopGetStatus(runId: string): Promise<string> {
  const { parserRun } = await call(`/parser_runs/${runId}?responseType=url`);
  return (parserRun as { status: string }).status;
}

/** Fetches the content of the run. */
export async function loopFetch(runId: string): Promise<unknown> {
  const { parserRun } = await call(`/parser_runs/${runId}?responseType=json`);
  const { chunks, metrics } = parserRun as { chunks: unknown; metrics: unknown };
  return { runId, chunks, metrics };
}

/** Pipes the content into a file, which is the lowest possible cost of storing it. */
export async function loopFetchToFile(runId: string, path: string): Promise<void> {
  const { body } = await send(`/parser_runs/${runId}?responseType=json`);
  if (body === null) throw new Error('the answer has no body');
  await pipeline(body, createWriteStream(path));
}

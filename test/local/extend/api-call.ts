import { defined } from '../../../json';
import type { Emulator } from '../../../local/extend';
import { until } from '../../support/until';

/** Headers that the API requires. */
export const API_HEADERS = { authorization: 'Bearer sk_test', 'x-extend-api-version': '2025-04-21' };

/** An answer with its JSON body. The body has no type, because the tests check its members. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** Makes one call with the headers of version 2025-04-21. */
export async function call(
  emulator: Emulator,
  method: string,
  path: string,
  json?: unknown,
  init: RequestInit = {},
): Promise<ApiAnswer> {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const type = body === undefined ? undefined : 'application/json';
  const headers = { ...API_HEADERS, ...defined({ 'content-type': type }) };
  const response = await fetch(emulator.url + path, { method, headers, ...defined({ body }), ...init });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Makes one call with the headers of version 2026-02-09. A body that is not JSON is given as text. */
export async function callNew(emulator: Emulator, method: string, path: string, json?: unknown): Promise<ApiAnswer> {
  const headers = { ...API_HEADERS, 'x-extend-api-version': '2026-02-09', 'content-type': 'application/json' };
  const body = json === undefined ? undefined : JSON.stringify(json);
  const response = await fetch(emulator.url + path, { method, headers, ...defined({ body }) });
  const isJson = response.headers.get('content-type')?.includes('json');
  return {
    status: response.status,
    headers: response.headers,
    body: await (isJson ? response.json() : response.text()),
  };
}

/** Creates a run of version 2026-02-09, and returns its id. */
export async function createRun(emulator: Emulator, url: string, fields: object = {}): Promise<string> {
  const { status, body } = await callNew(emulator, 'POST', '/parse_runs', { file: { url }, ...fields });
  if (status !== 200) throw new Error(`create answered ${status} ${JSON.stringify(body)}`);
  return body.id;
}

/** Submits a URL, and returns the run's id. */
export async function submitUrl(emulator: Emulator, fileUrl: string, config?: unknown): Promise<string> {
  const { status, body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl }, config });
  if (status !== 200) throw new Error(`submit answered ${status} ${JSON.stringify(body)}`);
  return body.id;
}

/** Uploads bytes under a name. */
export async function upload(emulator: Emulator, bytes: Uint8Array, name: string): Promise<ApiAnswer> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(bytes)]), name);
  return call(emulator, 'POST', '/files/upload', undefined, { body: form });
}

/** Polls a run `count` times, and returns the statuses of the answers. */
export async function pollStates(emulator: Emulator, runId: string, count: number): Promise<string[]> {
  const states: string[] = [];
  for (let poll = 0; poll < count; poll += 1) {
    const { status, body } = await call(emulator, 'GET', `/parser_runs/${runId}?responseType=url`);
    states.push(status === 200 ? body.parserRun.status : String(status));
  }
  return states;
}

/** Requests a run until it is no longer PROCESSING, and returns the run object. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function finishedRun(emulator: Emulator, runId: string): Promise<any> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  let run: any;
  const isFinished = async () => {
    run = (await call(emulator, 'GET', `/parser_runs/${runId}`)).body.parserRun;
    return run.status !== 'PROCESSING';
  };
  await until(isFinished, { pauseMs: 20 });
  return run;
}

/** Uploads bytes, parses them, and returns the run object. */
export async function parseBytes(
  emulator: Emulator,
  bytes: Uint8Array,
  name: string,
  config?: unknown,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<any> {
  const uploaded = await upload(emulator, bytes, name);
  if (uploaded.status !== 200) throw new Error(`upload answered ${uploaded.status} ${JSON.stringify(uploaded.body)}`);
  const { body } = await call(emulator, 'POST', '/parse/async', { file: { fileId: uploaded.body.file.id }, config });
  return finishedRun(emulator, body.id);
}

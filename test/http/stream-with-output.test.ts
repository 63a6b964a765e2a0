/** Risks tested here: a stored result of version 2026-02-09 is wrong or lost, or its presigned URL or the key leaks. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { classifyApiError } from '../../contract';
import { CollectedRun, decodeRun, ParseApiError } from '../../contract/extend';
import { createExtendClient, type EndedRequest } from '../../http';
import { FINISHED_PARSE_RUN } from '../contract/extend/finished-parse-run';
import { sendJson, startOddServer, type OddServer } from './odd-server';

const LIMIT_MS = 1_000;
const { output: OUTPUT, ...FACTS } = FINISHED_PARSE_RUN;
const OUTPUT_TEXT = JSON.stringify(OUTPUT);
/** Path and query of the presigned URL. No error may repeat a part of them. */
const PRESIGNED = '/bucket-CANARY1/out.json?X-Amz-Credential=AKIACANARY2%2Fus&X-Amz-Signature=c0ffeeCANARY3c0ffee';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

let extendServer: OddServer;
let files: OddServer;
let outputUrl: string;
/** Answer of Extend to `responseType=url` and to `responseType=json`, and of the file server. */
let url: Answer;
let json: Answer;
let download: Answer;
let downloadHeaders: IncomingHttpHeaders[];
let ended: EndedRequest[];

beforeAll(async () => {
  extendServer = await startOddServer((request, response) =>
    (request.url?.endsWith('responseType=url') ? url : json)(request, response),
  );
  files = await startOddServer((request, response) => {
    downloadHeaders.push(request.headers);
    return download(request, response);
  });
  outputUrl = `${files.url.replace('127.0.0.1', 'localhost')}${PRESIGNED}`;
});
beforeEach(() => {
  downloadHeaders = [];
  ended = [];
  url = (_, response) => sendJson(response, { ...FACTS, output: null, outputUrl });
  json = (_, response) => sendJson(response, FINISHED_PARSE_RUN);
  download = (_, response) => response.end(OUTPUT_TEXT);
});
afterAll(async () => {
  await extendServer.close();
  await files.close();
});

async function streamed(options: { readonly signal?: AbortSignal } = {}): Promise<string> {
  const limits = { statusTimeoutMs: LIMIT_MS, fetchTimeoutMs: LIMIT_MS };
  const client = createExtendClient({ apiKey: 'sk_KEYCANARY', baseUrl: extendServer.url, ...limits }, (request) =>
    ended.push(request),
  );
  let text = '';
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const part of client.version('2026-02-09').streamRun('pr_1', options)) {
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

/** Gives the run in the stream, and checks that all its readers accept it. */
async function streamedRun() {
  const text = await streamed();
  const collected = new CollectedRun();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 997) collected.write(bytes.subarray(at, at + 997));
  collected.end();
  const run = decodeRun(JSON.parse(text));
  expect(collected.decode()).toEqual(run);
  return run;
}

async function failureOf(work: Promise<unknown>): Promise<ParseApiError> {
  const error: unknown = await work.then(
    () => new Error('no failure'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ParseApiError)) throw error;
  const shown = inspect(error, { depth: 10 }) + inspect(error.cause, { depth: 10 });
  const base64 = ['', ' ', '  '].map((before) => Buffer.from(`${before}CANARY`).toString('base64').slice(4, 8));
  for (const leak of ['CANARY', ...base64]) expect(shown.toLowerCase()).not.toContain(leak.toLowerCase());
  return error;
}

const EXPECTED = decodeRun(FINISHED_PARSE_RUN);
const BY_URL = ['streamRun ok', 'downloadOutput ok'];
const reported = () => ended.map(({ operation, outcome }) => `${operation} ${outcome}`);

describe('a run whose answer has the URL of its output', () => {
  it('is the run with that output, downloaded without the key and without a header of Extend', async () => {
    expect(await streamedRun()).toEqual(EXPECTED);
    expect(reported()).toEqual(BY_URL);
    expect(downloadHeaders).toHaveLength(1);
    const [headers = {}] = downloadHeaders;
    expect(Object.keys(headers)).not.toContain('authorization');
    expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual([]);
    expect(inspect(headers)).not.toContain('KEYCANARY');
    expect(files.requests.at(-1)).toBe(`GET ${PRESIGNED}`);
  });

  it('does not contain the URL', async () => {
    expect(await streamed()).not.toMatch(/CANARY/);
  });

  it.each<readonly [string, Answer]>([
    ['begins with a byte order mark', (_, response) => response.end(`\ufeff${OUTPUT_TEXT}`)],
    [
      'begins with a byte order mark in pieces',
      async (_, response) => {
        for (const byte of Buffer.from(`\ufeff${OUTPUT_TEXT}`).subarray(0, 20)) {
          await new Promise<void>((sent) => response.write(Buffer.of(byte), () => sent()));
        }
        response.end(Buffer.from(`\ufeff${OUTPUT_TEXT}`).subarray(20));
      },
    ],
    ['is compressed', (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(OUTPUT_TEXT))],
    ['has another type', (_, response) => response.setHeader('content-type', 'binary/octet-stream').end(OUTPUT_TEXT)],
    ['has blanks around it', (_, response) => response.end(` \n${OUTPUT_TEXT}\n `)],
    [
      'is at another host',
      (request, response) =>
        request.url === '/moved'
          ? response.end(OUTPUT_TEXT)
          : response.writeHead(307, { location: `${files.url}/moved` }).end(),
    ],
  ])('is complete if the download %s', async (_title, answer) => {
    download = answer;
    expect(await streamedRun()).toEqual(EXPECTED);
    for (const headers of downloadHeaders) expect(headers).not.toHaveProperty('authorization');
  });

  it('is refused later if the download is shorter than a byte order mark', async () => {
    download = (_, response) => response.end('7');
    expect(JSON.parse(await streamed())).toMatchObject({ id: FACTS.id, output: 7 });
  });

  it('is valid JSON if the answer has no other member', async () => {
    url = (_, response) => sendJson(response, { outputUrl });
    expect(JSON.parse(await streamed())).toMatchObject({ output: OUTPUT });
  });
});

describe('a run whose answer has no usable URL is asked for with its content', () => {
  const large = { ...FACTS, output: { ...OUTPUT, future: 'x'.repeat(1_100_000) } };
  const status =
    (code: number, body: object): Answer =>
    (_, response) =>
      response.writeHead(code).end(JSON.stringify(body));
  const refusal = { code: 'INVALID_REQUEST', message: 'responseType?', retryable: false };

  it.each<readonly [string, Answer, object?]>([
    ['null', (_, response) => sendJson(response, { ...FACTS, output: null, outputUrl: null })],
    ['its content instead', (_, response) => sendJson(response, FINISHED_PARSE_RUN)],
    ['its content of more than 1 MB instead', (_, response) => sendJson(response, large), large],
    ['an envelope', (_, response) => sendJson(response, { success: true, parserRun: { ...FACTS, outputUrl } })],
    ['another scheme', (_, response) => sendJson(response, { ...FACTS, outputUrl: 's3://CANARY/a' })],
    ['a path', (_, response) => sendJson(response, { ...FACTS, outputUrl: '/CANARY' })],
    ['a number', (_, response) => sendJson(response, { ...FACTS, outputUrl: 7 })],
    ['a refusal with 400', status(400, refusal)],
    ['a refusal with 422', status(422, refusal)],
  ])('%s', async (_title, answer, run = FINISHED_PARSE_RUN) => {
    url = answer;
    json = (_, response) => sendJson(response, run);
    const before = extendServer.requests.length;
    expect(await streamedRun()).toEqual(decodeRun(run));
    const sent = ['GET /parse_runs/pr_1?responseType=url', 'GET /parse_runs/pr_1?responseType=json'];
    expect(extendServer.requests.slice(before)).toEqual(sent);
    expect(downloadHeaders).toEqual([]);
  });

  it.each([
    [401, {}],
    [404, { code: 'NOT_FOUND', message: 'no' }],
    [429, {}],
    [500, {}],
    [400, { ...refusal, retryable: true }],
  ])('but not after the failure %d %j', async (code, body) => {
    url = status(code, body);
    expect(await failureOf(streamed())).toMatchObject({ kind: 'status', status: code });
    expect(reported()).toEqual([`streamRun ${code}`]);
  });
});

describe('a download that does not begin is replaced by the run with its content', () => {
  const echo = () =>
    `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><StringToSign>${outputUrl} ${encodeURIComponent(outputUrl)} ${Buffer.from(outputUrl).toString('base64')}</StringToSign><HostId>CANARY4</HostId></Error>`;

  it.each([304, 400, 401, 402, 403, 404, 410, 416, 500, 503])('with status %d', async (status) => {
    download = (_, response) => response.writeHead(status, { 'x-extend-request-id': 'CANARY5' }).end(echo());
    expect(await streamedRun()).toEqual(decodeRun(FINISHED_PARSE_RUN));
    expect(reported()).toEqual(['streamRun ok', `downloadOutput ${status}`, 'streamRun ok']);
  });

  it.each<readonly [string, Answer]>([
    ['reset', (_, response) => response.destroy()],
    ['empty', (_, response) => response.end()],
    ['without an answer', () => undefined],
    ['redirected without end', (_, response) => response.writeHead(302, { location: outputUrl }).end()],
    [
      'redirected to a port without a server',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/CANARY' }).end(),
    ],
    ['redirected to another scheme', (_, response) => response.writeHead(302, { location: 'ftp://CANARY/a' }).end()],
    [
      'redirected to a URL that is none',
      (_, response) => response.writeHead(302, { location: 'http://CANARY:x/' }).end(),
    ],
    ['compressed wrongly', (_, response) => response.setHeader('content-encoding', 'gzip').end(OUTPUT_TEXT)],
  ])('by an answer that is %s', async (_title, answer) => {
    download = answer;
    expect(await streamedRun()).toEqual(decodeRun(FINISHED_PARSE_RUN));
    expect(reported().at(-1)).toBe('streamRun ok');
  });

  it('by a URL with a user name and a password', async () => {
    outputUrl = outputUrl.replace('//', '//CANARY6:CANARY7@');
    try {
      expect(await streamedRun()).toEqual(decodeRun(FINISHED_PARSE_RUN));
    } finally {
      outputUrl = outputUrl.replace('CANARY6:CANARY7@', '');
    }
  });
});

describe('a download that ends too early', () => {
  it.each<readonly [string, Answer]>([
    [
      'cut off',
      (_, response) =>
        response.writeHead(200, { 'content-length': 9_000 }).write(OUTPUT_TEXT.slice(0, 200), () => response.destroy()),
    ],
    ['without an end', (_, response) => response.writeHead(200).write(OUTPUT_TEXT)],
  ])('by an answer that is %s is tried again with a new URL', async (_title, answer) => {
    download = answer;
    const error = await failureOf(streamed());
    expect(classifyApiError(error, 'read')).toBe('Unavailable');
    expect(error.message).toContain('GET the output of pr_1');
  });

  it('ends with the reason of the signal', async () => {
    const abort = new AbortController();
    download = () => abort.abort('enough');
    await expect(streamed({ signal: abort.signal })).rejects.toBe('enough');
    expect(reported()).toEqual(['streamRun ok', 'downloadOutput aborted']);
  });
});

describe('members that a download adds behind the output', () => {
  it('do not replace those of the run', async () => {
    download = (_, response) => response.end(`${OUTPUT_TEXT},"id":"pr_other","status":"FAILED"`);
    expect(await streamedRun()).toMatchObject({ id: FINISHED_PARSE_RUN.id, status: 'PROCESSED' });
  });
});

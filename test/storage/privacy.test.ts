/** Risk tested here: a text that must not leave the worker is in a history, a log or an error. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { ParseClient, ParseError, type ParseInput, type StoredOutput } from '../../client';
import { createFileStore, type ResultStore, type SourceResolver } from '../../storage';
import {
  createParseTestEnvironment,
  httpReply,
  resetReply,
  truncatedReply,
  type EmulatorRequest,
  type ParseTestEnvironment,
  type Reply,
} from '../../testing';
import { until } from '../support/until';
import { createEncryptionCodec } from './encryption-codec';

const TEXT = 'PLANTED-TEXT of the document';
const API_KEY = 'sk_PLANTED-KEY-1234567890';
const URL_OF_SOURCE = 'http://emulator.invalid/private-PLANTED-PATH?reads=1&X-Amz-Signature=PLANTED-SIGNATURE';

const directory = mkdtempSync(join(tmpdir(), 'privacy-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const logs: string[] = [];
Runtime.install({
  logger: new DefaultLogger('DEBUG', ({ level, message, meta }) =>
    logs.push(inspect([level, message, meta], { depth: 9 })),
  ),
  telemetryOptions: { logging: { forward: {}, filter: { core: 'DEBUG', other: 'INFO' } } },
});

const chunk = {
  object: 'chunk',
  type: 'page',
  content: TEXT,
  metadata: { pageRange: { start: 1, end: 1 } },
  blocks: [],
} as const;
const scripts = { 'private-PLANTED-PATH': { chunks: [chunk] }, text: { chunks: [chunk] } };

const signed: SourceResolver = async () => ({ fileUrl: URL_OF_SOURCE });
const files = createFileStore({ directory });
/** A store that fails once per object, with everything that it knows in the message. */
const gossiping: ResultStore = {
  ...files,
  async write(name, content, options) {
    if (failed.has(name)) return files.write(name, content, options);
    failed.add(name);
    throw new Error(`cannot write to https://store/x?sig=PLANTED-SIGNATURE with Bearer ${API_KEY}`);
  },
};
const failed = new Set<string>();

/** Makes each kind of request about a document fail once. The answer repeats everything in the request. */
const spoiled = new Set<string>();
let refuses = false;
function faults({ operation, bodyJson, headers, index }: EmulatorRequest): Reply | undefined {
  const url = operation === 'submit' ? URL_OF_SOURCE : 'https://elsewhere/x?sig=PLANTED-SIGNATURE';
  const echo = `cannot do ${url} ${JSON.stringify(bodyJson)} ${JSON.stringify(headers)}`;
  if (refuses && operation === 'submit') return httpReply({ status: 400, json: { success: false, error: echo } });
  if (spoiled.has(operation)) return undefined;
  spoiled.add(operation);
  if (operation === 'result') return truncatedReply({ how: 'json' });
  if (operation === 'submit') return index % 2 ? resetReply({ acted: true }) : httpReply({ status: 503, text: echo });
  return httpReply({ status: 500, json: { code: 'X', message: echo, requestId: echo } });
}

let parsing: ParseTestEnvironment;
beforeAll(async () => {
  writeFileSync(join(directory, 'report-2031.md'), `# Report\n\n${TEXT}\n`);
  parsing = await createParseTestEnvironment({
    scripts,
    faults,
    parse: { apiKey: API_KEY, sources: { signed }, sourceDirectory: directory, resultStore: gossiping },
  });
});
afterAll(() => parsing.close());

/** Finds the planted texts, each with the text next to it. */
function leaksIn(text: string, pattern = /PLANTED|emulator\.invalid/): string[] {
  return [...text.matchAll(new RegExp(`.{0,80}(?:${pattern.source}).{0,40}`, 'g'))].map(([found]) => found);
}

/** Gives a complete history as the server holds it, so that every text in it and in its payloads can be found. */
async function historyOf({ temporal }: ParseTestEnvironment, workflowId: string): Promise<string> {
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  return Buffer.from(proto.api.history.v1.History.encode(history).finish()).toString('latin1');
}

async function parse(input: ParseInput, workflowId: string, client = parsing.client) {
  spoiled.clear();
  const from = logs.length;
  const handle = await client.start(input, { workflowId });
  const end: unknown = await handle.result().catch((error: unknown) => error);
  const progress = await handle.progress();
  // Temporal's logger holds lines back for 100 ms or more and writes them in order, so this line is the last one.
  const isLastLine = (line: string) => /'Workflow (completed|failed)'/.test(line) && line.includes(`'${workflowId}'`);
  await until(() => logs.slice(from).some(isLastLine));
  return {
    end,
    history: await historyOf(parsing, workflowId),
    texts: [inspect([end, progress], { depth: 9 }), ...logs.slice(from)].join('\n'),
  };
}

const fileSource = () => pathToFileURL(join(directory, 'report-2031.md')).href;

describe('With stored results and sources', () => {
  it.each([
    ['a URL of a resolver', () => 'signed:invoices/7'],
    ['an upload of a file', fileSource],
  ])('no text, URL or key is in the history, the logs or the errors: %s', async (title, source) => {
    const input = { file: { source: source() }, result: 'stored', deleteRun: 'always' } as const;
    const { end, history, texts } = await parse(input, title);
    const { output } = end as { output: StoredOutput };
    expect(readFileSync(fileURLToPath(output.uri), 'utf8')).toContain(TEXT);
    // Every event that could leak a text has happened.
    expect([...spoiled].sort()).toEqual(expect.arrayContaining(['deleteRun', 'read', 'result', 'submit']));
    expect(history).toContain(source());
    expect(leaksIn(history)).toEqual([]);
    expect(texts).toContain('cannot write to https://store/x?***');
    expect(leaksIn(texts)).toEqual([]);
  });

  it('an error of a refusal that repeats the URL does not show the URL', async () => {
    refuses = true;
    const { end, history, texts } = await parse({ file: { source: 'signed:a' }, result: 'stored' }, 'refused');
    refuses = false;
    expect(end).toBeInstanceOf(ParseError);
    expect(end).toMatchObject({ type: 'RequestRejected', message: expect.stringContaining('cannot do ***') });
    expect(leaksIn(history)).toEqual([]);
    expect(leaksIn(texts)).toEqual([]);
  });

  it('the search finds a planted text', async () => {
    const { history } = await parse({ file: { fileUrl: 'http://emulator.invalid/text' } }, 'inline');
    expect(leaksIn(history, /PLANTED/)).not.toEqual([]);
    expect(leaksIn(history, /emulator\.invalid/)).not.toEqual([]);
  });
});

describe('With a payload codec on client and worker', () => {
  const dataConverter = {
    payloadCodecs: [createEncryptionCodec(randomBytes(32))],
    failureConverterPath: require.resolve('./failure-converter'),
  };
  let encrypted: ParseTestEnvironment;
  let client: ParseClient;
  beforeAll(async () => {
    encrypted = await createParseTestEnvironment({
      parse: { sourceDirectory: directory, resultDirectory: directory },
      worker: { dataConverter },
    });
    const { connection, options } = encrypted.temporal;
    client = new ParseClient({
      client: new Client({ connection, namespace: options.namespace, dataConverter }),
      resultDirectory: directory,
    });
  });
  afterAll(() => encrypted.close());

  it('the file name is not in the history, and the parse works', async () => {
    const input = { file: { source: fileSource() }, result: 'stored', polling: { initialDelayMs: 0 } } as const;
    const result = await client.execute(input, { idempotencyKey: 'encrypted' });
    expect((await client.readRun(result)).chunks[0]?.content).toContain(TEXT);
    expect(await client.execute(input, { idempotencyKey: 'encrypted' })).toEqual(result);
    expect(await client.getHandle('encrypted').progress()).toMatchObject({ phase: 'ended', runId: result.runId });
    const history = await historyOf(encrypted, 'encrypted');
    expect(leaksIn(history, /report-2031|PLANTED|parser_run_|\.md/)).toEqual([]);
  });

  it('the client gets typed failures, and their messages are not in the history', async () => {
    const gone = client.execute({ file: { source: `${fileSource()}.gone` } }, { workflowId: 'encrypted-failure' });
    await expect(gone).rejects.toMatchObject({ type: 'SourceUnavailable', message: expect.stringContaining('.gone') });
    const history = await historyOf(encrypted, 'encrypted-failure');
    expect(history).toContain('SourceUnavailable');
    expect(leaksIn(history, /report-2031|ENOENT/)).toEqual([]);
  });
});

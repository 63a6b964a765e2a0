/**
 * Risk tested here: an answer of Extend, or an error of a resolver, repeats a secret in some shape, and the
 * secret is in the history, in an error, in the current details or in the log of the worker.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { temporal as proto } from '@temporalio/proto';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createParseActivities, type ParseActivities } from '../../activities';
import { readWorkerConfiguration } from '../../worker';
import { SourceError, type SourceResolver } from '../../storage';
import {
  createParseTestEnvironment,
  httpReply,
  reportReply,
  resetReply,
  type EmulatorRequest,
  type ParseTestEnvironment,
  type Reply,
} from '../../testing';
import { createContext, runActivity } from '../activities/run-activity';

const KEY = 'live.KEYCANARY+bbb/77';
const NEW_KEY = 'next.KEYCANARY+ccc/88';
const URL_OF_SOURCE =
  'https://files.example/PATHCANARY/in%20voice.pdf?X-Amz-Credential=CREDCANARY%2F2026&X-Amz-Signature=SIGCANARY1&reads=1';
/** Text in every secret. Only base64 changes its letters. */
const CANARY = 'CANARY';

const directory = mkdtempSync(join(tmpdir(), 'echoed-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const keyFile = join(directory, 'key');
writeFileSync(keyFile, KEY);

const logs: string[] = [];
Runtime.install({
  logger: new DefaultLogger('DEBUG', ({ level, message, meta }) =>
    logs.push(inspect([level, message, meta], { depth: 9 })),
  ),
  telemetryOptions: { logging: { forward: {}, filter: { core: 'DEBUG', other: 'INFO' } } },
});

const html = (text: string) => text.replace(/[&<>"'/=]/g, (character) => `&#${character.charCodeAt(0)};`);
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const { host, pathname, search } = new URL(URL_OF_SOURCE);
const rest = `${pathname}${search}`;
/** Forms in which an answer may repeat the URL. */
const URL_FORMS: Readonly<Record<string, string>> = {
  'as it is': URL_OF_SOURCE,
  'percent-encoded': encodeURIComponent(URL_OF_SOURCE),
  'percent-encoded twice': encodeURIComponent(encodeURIComponent(URL_OF_SOURCE)),
  'without its scheme': `${host}${rest}`,
  'as path and query': rest,
  'as its path': pathname,
  'as its query': search,
  'as a value of its query': 'SIGCANARY1 and CREDCANARY/2026',
  'JSON-escaped': json(URL_OF_SOURCE).replaceAll('/', '\\/'),
  'JSON-escaped with numbers': URL_OF_SOURCE.replace(/[&=]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
  'HTML-escaped': html(URL_OF_SOURCE),
  'with a host in capitals': URL_OF_SOURCE.replace(host, host.toUpperCase()),
  'with its default port': URL_OF_SOURCE.replace(host, `${host}:443`),
  'across the cut': `${'x'.repeat(470)} ${URL_OF_SOURCE}`,
  'far behind': `${'word '.repeat(3_000)} ${URL_OF_SOURCE}`,
};
const KEY_FORMS: Readonly<Record<string, string>> = {
  'as it is': KEY,
  'percent-encoded': encodeURIComponent(KEY),
  'JSON-escaped': KEY.replaceAll('/', '\\/'),
  'HTML-escaped': html(KEY),
  'in base64': base64(`user:${KEY}`),
  'over two lines': `${KEY.slice(0, 6)}\r\n  ${KEY.slice(6)}`,
  'split by a tag': `${KEY.slice(0, 6)}<wbr>${KEY.slice(6)}`,
  'HTML-escaped with numbers alone': [...KEY].map((one) => `&#${one.charCodeAt(0)}`).join(''),
};

type Answers = Partial<Record<EmulatorRequest['operation'], Reply>>;

const refused = (text: string, status = 400) => httpReply({ status, json: { success: false, error: text } });
const failing = (failureReason: string) => ({ read: reportReply({ status: 'FAILED', failureReason }) });
const accepted = (fields: object) =>
  httpReply({
    status: 200,
    json: { object: 'parser_run_status', id: 'parser_run_x', status: 'PROCESSING', ...fields },
  });
/** A position in an answer at which a text is repeated. */
interface Position {
  readonly title: string;
  /** Activity that gets the answer. */
  readonly activity: keyof ParseActivities;
  readonly forms: Readonly<Record<string, string>>;
  readonly answer: (text: string) => Answers;
}

/** Positions with all forms of a secret. */
const POSITIONS: readonly Position[] = [
  {
    title: 'the URL in the error of a submit',
    activity: 'submitParse',
    forms: URL_FORMS,
    answer: (text) => ({ submit: refused(`cannot load ${text}`) }),
  },
  {
    title: 'the URL in a reason',
    activity: 'getStatus',
    // A poll does not know the URL, and a value alone has no shape.
    forms: Object.fromEntries(Object.entries(URL_FORMS).filter(([name]) => !name.includes('value'))),
    answer: (text) => failing(`UNABLE_TO_DOWNLOAD_FILE: ${text}`),
  },
  {
    title: "the URL in a submit's own reason",
    activity: 'submitParse',
    forms: URL_FORMS,
    answer: (text) => ({ submit: accepted({ status: 'FAILED', failureReason: text }) }),
  },
  {
    title: 'the key in the error of a submit',
    activity: 'submitParse',
    forms: KEY_FORMS,
    answer: (text) => ({ submit: refused(`no such key: ${text}`, 401) }),
  },
  { title: 'the key in a reason', activity: 'getStatus', forms: KEY_FORMS, answer: failing },
  {
    title: 'the key in a page of HTML for a submit',
    activity: 'submitParse',
    forms: KEY_FORMS,
    answer: (text) => ({ submit: httpReply({ status: 401, text: `<p>no such key: ${text}</p>` }) }),
  },
];
const FORMS = POSITIONS.flatMap(({ title, activity, forms, answer }) =>
  Object.entries(forms).map(([name, text]) => [`${title}, ${name}`, activity, answer(text)] as const),
);

const CASES: readonly (readonly [title: string, answers: Answers])[] = [
  ...POSITIONS.map(({ title, forms, answer }) => [title, answer(forms['percent-encoded'] as string)] as const),
  ['the key in a code', { submit: httpReply({ status: 422, json: { code: KEY, message: KEY, requestId: KEY } }) }],
  ['the key in a list', { submit: httpReply({ status: 422, json: { errors: [{ message: KEY }, { message: KEY }] } }) }],
  ['the key in headers', { submit: httpReply({ status: 401, headers: { 'x-extend-request-id': KEY }, text: KEY }) }],
  [
    'the key in the content type',
    { submit: httpReply({ status: 200, headers: { 'content-type': `text/${KEY}` }, text: KEY }) },
  ],
  ['the key as the status', { submit: accepted({ status: KEY }), read: refused(`${KEY} ${rest}`, 402) }],
  ['the key as the status of a poll', { read: reportReply({ status: KEY }), result: refused(KEY) }],
  ['the key in the error of a poll', { read: refused(`bad ${KEY}`, 401) }],
  ['the key in the error of a fetch', { result: refused(`bad ${KEY}`, 401) }],
  [
    'the key in a page of HTML',
    { submit: httpReply({ status: 404, text: `<h1>no ${KEY} at ${html(URL_OF_SOURCE)}</h1>` }) },
  ],
  ['the key as the run id', { submit: accepted({ id: `run_${KEY}` }) }],
  ['the URL as the run id', { submit: accepted({ id: URL_OF_SOURCE }) }],
  ['the encoded URL as the run id', { submit: accepted({ id: encodeURIComponent(rest) }) }],
];

let answers: Answers = {};
let trouble: Error | undefined;
const signed: SourceResolver = async () => {
  if (trouble) throw trouble;
  return { fileUrl: URL_OF_SOURCE };
};

let parsing: ParseTestEnvironment;
let activities: ParseActivities;
beforeAll(async () => {
  const { apiKey } = readWorkerConfiguration({ EXTEND_API_KEY_FILE: keyFile }).activities;
  parsing = await createParseTestEnvironment({
    faults: ({ operation }) => answers[operation],
    parse: { apiKey, sources: { signed }, resultDirectory: directory },
  });
  activities = createParseActivities({ apiKey, baseUrl: parsing.emulator.url, sources: { signed } });
});
afterAll(() => parsing.close());

/**
 * Parses a document to its end, and returns the end and all texts about the document: history, progress, error, log.
 */
async function parse(given: Answers, workflowId: string) {
  answers = given;
  const from = logs.length;
  const input = { file: { source: 'signed:invoices/7' }, onAmbiguousSubmit: 'fail', deadlineMs: 60_000 } as const;
  const handle = await parsing.client.start(input, { workflowId });
  const end: unknown = await handle.result().catch((error: unknown) => error);
  const workflow = parsing.temporal.workflow.getHandle(workflowId);
  const history = proto.api.history.v1.History.encode(await workflow.fetchHistory()).finish();
  const progress = await handle.progress();
  const texts = [
    Buffer.from(history).toString('latin1'),
    inspect([progress, await workflow.query('__temporal_workflow_metadata')], { depth: 9 }),
    inspect(end, { depth: 9 }),
    ...logs.slice(from),
  ].join('\n');
  return { end: end as { type?: string; message: string; details: object }, texts };
}

/** Runs an activity to its end, and gives its end, and all texts that it puts into the history and the log. */
async function act(name: keyof ParseActivities, given: Answers) {
  const lines: string[] = [];
  const context = createContext({}, (line) => lines.push(inspect(line, { depth: 9 })));
  const input = { runId: name === 'getStatus' ? await acceptedRun() : '', file: { source: 'signed:invoices/7' } };
  answers = given;
  const end: unknown = await runActivity(activities, name, input as never, context).catch((error: unknown) => error);
  const recorded =
    end instanceof Error
      ? defaultFailureConverter.errorToFailure(end, defaultPayloadConverter)
      : defaultPayloadConverter.toPayload(end);
  const payloads = Buffer.from(JSON.stringify(recorded, asText)).toString();
  return { end, texts: [payloads, inspect(end, { depth: 9 }), ...lines].join('\n') };
}

/** Gives the bytes of a payload as text. */
function asText(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}

/** Submits a document that is accepted, and gives its run. */
async function acceptedRun(): Promise<string> {
  answers = {};
  const { runId } = await runActivity(activities, 'submitParse', { file: { source: 'signed:invoices/7' } });
  return runId;
}

/** The canary in plain text, and in base64 at each of the three offsets. */
function leaksIn(text: string): string[] {
  const encoded = [0, 1, 2].map((before) =>
    base64(`${' '.repeat(before)}${CANARY}`).slice(before === 0 ? 0 : before + 1, 8),
  );
  const pattern = [CANARY, ...encoded.map((part) => part.replace(/[+/=]/g, '\\$&'))].join('|');
  return [...text.matchAll(new RegExp(`.{0,80}(?:${pattern}).{0,40}`, 'g'))].map(([found]) => found);
}

describe('An answer that repeats', () => {
  it.each(FORMS)('%s shows it neither in the end of the activity nor in its log', async (title, name, given) => {
    const { end, texts } = await act(name, given);
    expect(end).toMatchObject(end instanceof Error ? { name: 'ApplicationFailure' } : { status: 'FAILED' });
    // In the other cases the text is cut before the secret.
    if (!/far behind|reason, across/.test(title)) expect(texts).toContain('***');
    expect(leaksIn(texts)).toEqual([]);
  });

  it.each(CASES)('%s shows it nowhere', async (title, given) => {
    const { end, texts } = await parse(given, title);
    expect(end).toMatchObject({ name: expect.stringMatching(/Error$/) });
    expect(texts).toContain('invoices/7');
    // In the other cases the text is cut before the secret, is not shown, or was refused completely.
    if (!/far behind|reason, across|fetch|run id/.test(title)) expect(texts).toContain('***');
    expect(leaksIn(texts)).toEqual([]);
  });

  it('a secret in the run id ends with runMayExist, and the document is not submitted again', async () => {
    const before = parsing.emulator.requests.length;
    const { end } = await parse({ submit: accepted({ id: URL_OF_SOURCE }) }, 'not-kept');
    expect(end).toMatchObject({ type: 'ContractViolation', details: { runMayExist: true, submits: 1 } });
    expect(parsing.emulator.requests).toHaveLength(before + 1);
  });

  it('the old and the new key shows neither key', async () => {
    const given: Answers = { submit: refused(`old ${KEY}, new ${NEW_KEY}`, 429), read: resetReply() };
    const first = await parse({ ...given, submit: refused(KEY, 401) }, 'before-rotation');
    writeFileSync(keyFile, NEW_KEY);
    const second = await parse({ submit: refused(`old ${KEY}, new ${NEW_KEY}`) }, 'after-rotation');
    writeFileSync(keyFile, KEY);
    expect(second.end.message).toContain('old ***, new ***');
    expect(leaksIn(first.texts + second.texts)).toEqual([]);
  });

  it('control characters cannot forge a line or turn a text around', async () => {
    const hostile = 'bad \u001b]0;OWNED\u0007\u001b[2J file\r\n2026-01-01 [INFO] forged \u009b31m \u202egnp.exe';
    const { end, texts } = await parse({ submit: refused(hostile) }, 'hostile');
    expect(end.message).toContain('bad  ]0;OWNED [2J file 2026-01-01 [INFO] forged  31m gnp.exe');
    // Only the log is searched for control characters, because the history has its own control bytes.
    const lines = logs.filter((line) => line.includes('OWNED')).join('');
    expect(lines).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|\\x1[bB]|\\n2026/);
    expect(texts).not.toContain('\u202e');
    const { end: failed } = await parse(failing(hostile), 'hostile-reason');
    expect(inspect(failed.details)).toContain('bad  ]0;OWNED [2J file 2026-01-01 [INFO] forged  31m gnp.exe');
  });
});

describe('An error of a resolver', () => {
  afterAll(() => (trouble = undefined));

  it.each([...Object.entries(URL_FORMS), ...Object.entries(KEY_FORMS)].filter(([name]) => !name.includes('value')))(
    'that repeats its URL or the key shows it neither in the end of the activity nor in its log: %s',
    async (_name, text) => {
      trouble = new SourceError(`cannot sign ${text}`);
      const { end, texts } = await act('submitParse', {});
      expect(end).toMatchObject({ type: 'SourceUnavailable', message: expect.stringContaining('cannot sign') });
      expect(leaksIn(texts)).toEqual([]);
    },
  );

  it.each([
    ['its URL', encodeURIComponent(URL_OF_SOURCE)],
    ['the key', encodeURIComponent(KEY)],
  ])('that repeats %s shows it nowhere', async (name, text) => {
    trouble = new SourceError(`cannot sign ${text}`);
    const { end, texts } = await parse({}, `resolver-${name}`);
    expect(end).toMatchObject({ type: 'SourceUnavailable', message: expect.stringContaining('cannot sign') });
    expect(leaksIn(texts)).toEqual([]);
  });
});

describe('The search', () => {
  it('also finds a canary in base64', () => {
    for (const before of ['', 'u', 'us', 'use']) expect(leaksIn(base64(`${before}:${KEY}`))).not.toEqual([]);
    expect(leaksIn('parser_run_OQKzB0eV_CLTPWWEVeuCy')).toEqual([]);
  });
});

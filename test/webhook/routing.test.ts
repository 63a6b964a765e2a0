/**
 * Risks tested here: an event does not reach its workflow, reaches another one, or is answered so that Extend sends it
 * for ever.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../contract';
import type { DevServer } from '../../local/temporal';
import { startEmulator } from '../../local/extend';
import { createRun } from '../local/extend/api-call';
import { createWebhookHandler, createWebhookListener, type WebhookDelivery, type WebhookHandler } from '../../webhook';
import { startOwnDevServer } from '../support/servers';
import { until } from '../support/until';
import { historyOf } from '../workflows/history';
import { runEvent, SECRET, signedRequest } from './signed';

const OTHER = 'other-namespace';
const KEYWORD = 2;
/** Number of signals that a workflow of this server can take. */
const MAX_SIGNALS = 5;
let server: DevServer;
let connection: Connection;
let clients: Client[];
let handler: WebhookHandler;
const deliveries: WebhookDelivery[] = [];

beforeAll(async () => {
  server = await startOwnDevServer({ dynamicConfig: { 'history.maximumSignalsPerExecution': MAX_SIGNALS } });
  connection = await Connection.connect({ address: server.address });
  clients = ['default', OTHER].map((namespace) => new Client({ connection, namespace }));
  await connection.workflowService.registerNamespace({
    namespace: OTHER,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const { name } = SEARCH_ATTRIBUTES.runId;
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { [name]: KEYWORD } });
  handler = createWebhookHandler({
    client: clients,
    secrets: [SECRET],
    onDelivery: (delivery) => deliveries.push(delivery),
  });
});
afterAll(async () => {
  await connection.close();
  await server.close();
});

/** Starts a workflow that no worker executes, so that a signal stays in its history. */
async function startWorkflow(runId?: string, client = clients[0]!): Promise<string> {
  const workflowId = `w-${randomUUID()}`;
  const typedSearchAttributes = runId === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.runId, value: runId }];
  const handle = await client.workflow.start('parseDocument', {
    taskQueue: 'nothing-polls-this',
    workflowId,
    typedSearchAttributes,
  });
  if (runId !== undefined) {
    const query = `ExtendParseRunId = '${runId}'`;
    await until(async () => (await client.workflow.count(query)).count > 0);
  }
  return handle.workflowId;
}

/** The payloads of the signals `runFinished` that a workflow has got. */
async function signalsOf(workflowId: string, client = clients[0]!): Promise<unknown[]> {
  const events = await historyOf(client, workflowId);
  return events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal == null
      ? []
      : [[signal.signalName, JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString())]],
  );
}

async function deliver(body: string, receiver = handler): Promise<WebhookDelivery & { readonly status: number }> {
  deliveries.length = 0;
  const response = await receiver(signedRequest(body));
  expect(deliveries).toHaveLength(1);
  expect(deliveries[0]!.status).toBe(response.status);
  return deliveries[0]!;
}

const metadataOf = (workflowId: string, namespace = 'default') => ({
  temporal: { namespace, workflowId, firstRunId: 'any', submit: 1 },
});

describe('an event of a run', () => {
  it('reaches the workflow that its metadata names, with run id and event id and nothing else', async () => {
    const workflowId = await startWorkflow();
    const delivery = await deliver(runEvent('pr_1', metadataOf(workflowId), 'event_17'));
    expect(delivery).toMatchObject({ outcome: 'signalled', status: 200, workflowIds: [workflowId], runId: 'pr_1' });
    expect(delivery.delayMs).toBeLessThan(30_000);
    expect(await signalsOf(workflowId)).toEqual([['runFinished', { runId: 'pr_1', eventId: 'event_17' }]]);
  });

  it('that comes again adds no second signal, also at the same time, until it is another event', async () => {
    const workflowId = await startWorkflow();
    const eventId = `event_${randomUUID()}`;
    const body = runEvent('pr_1', metadataOf(workflowId), eventId);
    deliveries.length = 0;
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await handler(signedRequest(body))).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await deliver(body)).toMatchObject({ outcome: 'repeated', status: 200, eventId });
    expect(await signalsOf(workflowId)).toHaveLength(1);
    await deliver(runEvent('pr_1', metadataOf(workflowId), `${eventId}-2`));
    expect(await signalsOf(workflowId)).toHaveLength(2);
  });

  it('that reached no workflow is tried again when it comes again', async () => {
    const workflowId = `w-${randomUUID()}`;
    const body = runEvent('pr_1', metadataOf(workflowId), `event_${workflowId}`);
    expect(await deliver(body)).toMatchObject({ outcome: 'ended' });
    await clients[0]!.workflow.start('parseDocument', { taskQueue: 'nothing-polls-this', workflowId });
    expect(await deliver(body)).toMatchObject({ outcome: 'signalled' });
  });

  it('reaches the workflow of another namespace that has a client', async () => {
    const workflowId = await startWorkflow(undefined, clients[1]);
    await until(async () => (await deliver(runEvent('pr_2', metadataOf(workflowId, OTHER)))).outcome === 'signalled');
    expect(await signalsOf(workflowId, clients[1])).toHaveLength(1);
  });

  it('of a namespace without a client is foreign', async () => {
    const delivery = await deliver(runEvent('pr_3', metadataOf('w', 'somewhere-else')));
    expect(delivery).toMatchObject({ outcome: 'foreign', status: 200 });
  });

  it('without metadata reaches the running workflow with its search attribute', async () => {
    const runId = `parser_run_${randomUUID()}`;
    const [workflowId, other] = [await startWorkflow(runId), await startWorkflow(`${runId}-other`)];
    const payload = { object: 'parser_run_status', id: runId, status: 'PROCESSED' };
    const event = () => JSON.stringify({ eventId: randomUUID(), eventType: 'parser_run.processed', payload });
    expect(await deliver(event())).toMatchObject({ outcome: 'signalled', workflowIds: [workflowId] });
    expect(await signalsOf(other)).toEqual([]);
    await clients[0]!.workflow.getHandle(workflowId).terminate();
    await until(async () => (await deliver(event())).outcome === 'foreign');
  });

  it.each(["x' OR ExecutionStatus = 'Running", 'x"', 'x\\', 'x y'])(
    'cannot extend the query by its id: %s',
    async (runId) => {
      const workflowId = await startWorkflow(`pr_${randomUUID()}`);
      expect(await deliver(runEvent(runId))).toMatchObject({ outcome: 'foreign', status: 200 });
      expect(await signalsOf(workflowId)).toEqual([]);
    },
  );

  it('of an unknown or ended workflow is answered with 200', async () => {
    const workflowId = await startWorkflow();
    await clients[0]!.workflow.getHandle(workflowId).terminate();
    for (const id of [workflowId, `unknown-${randomUUID()}`]) {
      expect(await deliver(runEvent('pr_4', metadataOf(id)))).toMatchObject({ outcome: 'ended', status: 200 });
    }
  });

  it('of a workflow that can take no more signals is answered with 200', async () => {
    const workflowId = await startWorkflow();
    const outcomes: string[] = [];
    for (let count = 0; count <= MAX_SIGNALS; count += 1) {
      const eventId = `event_${randomUUID()}`;
      outcomes.push((await deliver(runEvent('pr_5', metadataOf(workflowId), eventId))).outcome);
    }
    expect(outcomes).toEqual([...Array<string>(MAX_SIGNALS).fill('signalled'), 'ended']);
  });

  it('with the longest workflow id that this package reads is answered with 200', async () => {
    expect(await deliver(runEvent('pr_5', metadataOf('ä'.repeat(1000))))).toMatchObject({ status: 200 });
  });

  it.each(['w\ud800', 'w\0'])(
    'with a workflow id that Temporal can never accept is answered with 200: %j',
    async (id) => {
      const delivery = await deliver(runEvent(`pr_${randomUUID()}`, metadataOf(id)));
      expect(delivery).toMatchObject({ outcome: 'foreign', status: 200 });
    },
  );

  it('of another type is ignored', async () => {
    const body = JSON.stringify({ eventId: 'e', eventType: 'extract_run.processed', payload: { id: 'exr_1' } });
    expect(await deliver(body)).toMatchObject({ outcome: 'ignored', status: 200 });
  });

  it.each(['processed', 'failed'])('that tells of a batch run reaches the workflow with its id: %s', async (end) => {
    const batchRunId = `bpr_${randomUUID()}`;
    const workflowId = await startWorkflow(batchRunId);
    const payload = { object: 'batch_run', id: batchRunId, status: end.toUpperCase(), runCount: 2 };
    const body = JSON.stringify({ eventId: batchRunId, eventType: `batch_parse_run.${end}`, payload });
    const delivery = await deliver(body);
    expect(delivery).toMatchObject({ outcome: 'signalled', runId: batchRunId, workflowIds: [workflowId] });
    expect(await signalsOf(workflowId)).toEqual([['runFinished', { runId: batchRunId, eventId: batchRunId }]]);
  });

  it('of a run that was submitted with many reaches the workflow that waits for them all, or none', async () => {
    const group = await startWorkflow();
    const { temporal } = metadataOf('batch/1');
    const bodies = [false, false, group].map((wakes, at) =>
      runEvent(`pr_many_${at}`, { temporal: { ...temporal, wakes } }),
    );
    const outcomes: string[] = [];
    for (const body of bodies) outcomes.push((await deliver(body)).outcome);
    expect(outcomes).toEqual(['ignored', 'ignored', 'signalled']);
    expect(await signalsOf(group)).toEqual([['runFinished', { runId: 'pr_many_2', eventId: 'event_pr_many_2' }]]);
  });

  it('is answered once, although the callback throws', async () => {
    const client = clients[0]!;
    const failing = createWebhookHandler({
      client,
      secrets: [SECRET],
      onDelivery: () => {
        throw new Error('a callback that fails');
      },
    });
    expect((await failing(signedRequest(runEvent('pr_6', metadataOf('unknown'))))).status).toBe(200);
  });
});

describe('an event with nothing but a signed URL', () => {
  const eventWith = (data: string) =>
    JSON.stringify({ eventId: 'e', eventType: 'parse_run.processed', payload: { data } });
  let url: string;
  /** A handler that may fetch from this machine. */
  let fetching: WebhookHandler;
  const requests: string[] = [];
  const answers: Record<string, { status?: number; headers?: Record<string, string>; body?: string }> = {
    '/gone': { status: 404, body: '{"id":"pr_x"}' },
    '/expired': { status: 403 },
    '/moved': { status: 302, headers: { location: '/payload' } },
    '/text': { body: 'a text that no log may show' },
    '/large': { body: JSON.stringify({ id: 'pr_x', padding: 'x'.repeat(1_000_000) }) },
    '/bomb': { headers: { 'content-encoding': 'gzip' } },
    '/nothing': { body: '{"object":"parse_run_status"}' },
    '/again': { body: '{"data":"http://127.0.0.1/payload"}' },
    '/busy': { status: 503 },
    '/limited': { status: 429 },
  };
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const files = createServer((message, response) => {
    requests.push(`${message.url} ${message.headers.authorization ?? 'without a key'}`);
    const { status = 200, headers = {}, body = '' } = answers[message.url ?? ''] ?? {};
    response.writeHead(status, headers).end(message.url === '/bomb' ? bomb : body);
  });

  beforeAll(async () => {
    await once(files.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    fetching = createWebhookHandler({
      client: clients,
      secrets: [SECRET],
      mayFetchPayload: ({ hostname }) => hostname === '127.0.0.1',
      onDelivery: (delivery) => deliveries.push(delivery),
    });
  });
  afterAll(() => void files.close());

  it('is fetched, and reaches its workflow', async () => {
    const workflowId = await startWorkflow();
    answers['/payload'] = { body: JSON.stringify({ id: 'pr_9', metadata: metadataOf(workflowId) }) };
    requests.length = 0;
    const delivery = await deliver(eventWith(`${url}/payload`), fetching);
    expect(delivery).toMatchObject({ outcome: 'signalled', runId: 'pr_9' });
    expect(await signalsOf(workflowId)).toEqual([['runFinished', { runId: 'pr_9', eventId: 'e' }]]);
    expect(requests).toEqual(['/payload without a key']);
  });

  it.each(['/nothing', '/again'])('is foreign if the payload names no run: %s', async (path) => {
    requests.length = 0;
    expect(await deliver(eventWith(`${url}${path}`), fetching)).toMatchObject({ outcome: 'foreign', status: 200 });
    expect(requests).toHaveLength(1);
  });

  it.each(['/busy', '/limited'])('is answered with 503 while the URL may give the payload later: %s', async (path) => {
    const delivery = await deliver(eventWith(`${url}${path}`), fetching);
    expect(delivery).toMatchObject({ outcome: 'unavailable', status: 503 });
    expect(delivery.reason).not.toContain('127.0.0.1');
  });

  it.each(['/gone', '/expired', '/moved', '/text', '/large', '/bomb'])(
    'is answered with 200 if the URL will never give a payload, because Extend would send the event in vain: %s',
    async (path) => {
      requests.length = 0;
      const delivery = await deliver(eventWith(`${url}${path}`), fetching);
      expect(delivery).toMatchObject({ outcome: 'ignored', status: 200, eventId: 'e' });
      expect(delivery.reason).toMatch(/^the (URL of the )?payload /);
      expect(delivery.reason).not.toMatch(/127\.0\.0\.1|no log may show/);
      expect(requests).toHaveLength(1);
    },
  );

  it.each([
    'http://127.0.0.1/payload',
    'http://169.254.169.254/latest',
    'https://169.254.169.254/latest',
    'https://2852039166/latest',
    'https://[::1]/payload',
    'https://localhost/payload',
    'https://localhost./payload',
    'https://vault/payload',
    'https://vault.internal/payload',
    'https://user:password@files.test/payload',
    'http://files.test/payload',
    'file:///etc/passwd',
    'ftp://a.test/',
    'no URL',
  ])('is not fetched from %s', async (address) => {
    const delivery = await deliver(eventWith(address));
    const reason = 'the URL of the payload may not be fetched';
    expect(delivery).toMatchObject({ outcome: 'ignored', status: 200, reason });
  });
});

describe("the emulator's payloads as signed URLs", () => {
  it.each(['full', 'urlOnly'] as const)('reach the workflow in the shape %s', async (signedUrlShape) => {
    const workflowId = await startWorkflow();
    const fetched: string[] = [];
    const receiver = createWebhookHandler({
      client: clients,
      secrets: [SECRET],
      mayFetchPayload: ({ pathname }) => fetched.push(pathname) > 0,
    });
    const server = createServer(createWebhookListener(receiver)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const endpoints = [{ url, signingSecret: SECRET, payload: { format: 'url' } as const }];
    await using emulator = await startEmulator({ webhooks: { endpoints, signedUrlShape, runDurationMs: 1 } });
    const runId = await createRun(emulator, 'http://emulator.invalid/ok', { metadata: metadataOf(workflowId) });
    await until(() => emulator.webhookDeliveries.some(({ outcome }) => outcome === 'delivered'));
    const [delivery] = emulator.webhookDeliveries;
    expect(await signalsOf(workflowId)).toEqual([['runFinished', { runId, eventId: delivery?.eventId }]]);
    expect(fetched).toHaveLength(signedUrlShape === 'full' ? 0 : 1);
    server.close();
  });
});

describe('a namespace without the search attribute', () => {
  it('has foreign runs only', async () => {
    const client = clients[1]!;
    const only = createWebhookHandler({ client, secrets: [SECRET] });
    await until(async () => (await (await only(signedRequest(runEvent('pr_7')))).text()) === 'foreign\n');
  });
});

describe('secrets that come from a function', () => {
  it('are asked for at each delivery, and 503 follows if there is none', async () => {
    let secrets: readonly string[] = [];
    const rotating = createWebhookHandler({ client: clients, secrets: async () => secrets });
    const answer = async () => (await rotating(signedRequest(runEvent('pr_8', metadataOf('unknown'))))).status;
    expect(await answer()).toBe(503);
    secrets = ['wss_other'];
    expect(await answer()).toBe(401);
    secrets = [SECRET];
    expect(await answer()).toBe(200);
  });
});

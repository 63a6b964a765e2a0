/**
 * Risks tested here: many deliveries, slow senders or huge bodies take all memory, or an answer comes after the 30 s that
 * Extend waits; a delivery that meets a stopped Temporal is lost.
 */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { startEmulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { createWebhookHandler, createWebhookListener, type WebhookDelivery } from '../../webhook';
import { createRun } from '../local/extend/api-call';
import { deadUrl } from '../support/free-port';
import { startGate } from '../support/gate';
import { startOwnDevServer } from '../support/servers';
import { until } from '../support/until';
import { historyOf } from '../workflows/history';
import { runEvent, SECRET, signed, type SignedOptions } from '../webhook/signed';

/** Longest time that Extend waits for an answer, in milliseconds. */
const EXTEND_WAITS_MS = 30_000;

let server: DevServer;
let connection: Connection;
let client: Client;
const deliveries: WebhookDelivery[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  server = await startOwnDevServer();
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
});
afterAll(async () => {
  for (const each of servers) {
    each.close();
    each.closeAllConnections();
  }
  await connection.close();
  await server.close();
});

/** Starts a receiver, and returns its URL. */
async function startReceiver(options: { readonly client?: Client; readonly timeLimitMs?: number } = {}) {
  const onDelivery = (delivery: WebhookDelivery) => deliveries.push(delivery);
  const handler = createWebhookHandler({ client, secrets: [SECRET], onDelivery, ...options });
  const receiver = createServer(createWebhookListener(handler)).listen(0, '127.0.0.1');
  servers.push(receiver);
  await once(receiver, 'listening');
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
}

/** Sends a delivery, and sends it again if the machine drops one of very many connections, as Extend would. */
async function post(url: string, body: string, options: SignedOptions = {}, attempts = 10): Promise<number> {
  try {
    return (await fetch(url, { method: 'POST', body, headers: signed(body, options) })).status;
  } catch (error) {
    if (attempts === 1) throw error;
    return post(url, body, options, attempts - 1);
  }
}

const metadataOf = (workflowId: string) => ({
  temporal: { namespace: 'default', workflowId, firstRunId: 'any', submit: 1 },
});

async function startWorkflow(workflowId: string): Promise<void> {
  await client.workflow.start('parseDocument', { taskQueue: 'nothing-polls-this', workflowId });
}

async function signalCount(workflowId: string): Promise<number> {
  const events = await historyOf(client, workflowId);
  return events.filter((event) => event.workflowExecutionSignaledEventAttributes != null).length;
}

/** The run ids that the signals of a workflow have named. */
async function toldRunsOf(workflowId: string): Promise<ReadonlySet<string>> {
  const events = await historyOf(client, workflowId);
  const runIds = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }): string[] =>
    signal == null ? [] : [JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString()).runId],
  );
  return new Set(runIds);
}

/** Starts ten workflows, and makes the bodies of 1,000 events: 50 for each workflow, and 500 foreign ones. */
async function makeEvents(prefix: string) {
  const workflows = Array.from({ length: 10 }, (_, at) => `${prefix}-${at}`);
  await Promise.all(workflows.map(startWorkflow));
  const bodies = Array.from({ length: 1000 }, (_, at) => {
    const ours = metadataOf(workflows[at % 10]!);
    const foreign = { temporal: { ...ours.temporal, namespace: 'of another cluster' } };
    return runEvent(`pr_${prefix}_${at}`, at % 20 < 10 ? ours : foreign);
  });
  return { workflows, bodies };
}

describe('1,000 deliveries at once, half of them foreign', () => {
  it('are all answered in time, and each workflow gets its signals', async () => {
    const url = await startReceiver();
    const { workflows, bodies } = await makeEvents('load');
    deliveries.length = 0;
    const startedAtMs = performance.now();
    const statuses = await Promise.all(bodies.map((body) => post(url, body)));
    expect(performance.now() - startedAtMs).toBeLessThan(EXTEND_WAITS_MS);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const count = (outcome: string) => deliveries.filter((delivery) => delivery.outcome === outcome).length;
    expect([count('signalled'), count('foreign')]).toEqual([500, 500]);
    expect(await Promise.all(workflows.map(signalCount))).toEqual(workflows.map(() => 50));
  });

  it('while Temporal does not answer: none is lost, because each one is sent again after a 503', async () => {
    await using gate = await startGate(server.address);
    const behind = Connection.lazy({ address: gate.address });
    const url = await startReceiver({ client: new Client({ connection: behind }), timeLimitMs: 8_000 });
    const { workflows, bodies } = await makeEvents('stopped');
    deliveries.length = 0;
    const refused = () => deliveries.filter(({ status }) => status === 503).length;
    const deliver = async (body: string, attempts = 10): Promise<number> => {
      const status = await post(url, body);
      if (status === 200 || attempts === 1) return status;
      await until(() => refused() >= 500);
      gate.open();
      return deliver(body, attempts - 1);
    };
    expect(new Set(await Promise.all(bodies.map((body) => deliver(body))))).toEqual(new Set([200]));
    expect(refused()).toBeGreaterThanOrEqual(500);
    expect(Math.max(...deliveries.map(({ durationMs }) => durationMs))).toBeLessThan(EXTEND_WAITS_MS);
    for (const [at, workflowId] of workflows.entries()) {
      const told = await toldRunsOf(workflowId);
      expect(told.size).toBe(50);
      expect([...told].every((runId) => Number(runId.split('_').at(-1)) % 10 === at)).toBe(true);
    }
    await behind.close();
  });
});

describe('a Temporal server that is stopped', () => {
  it('makes the answer 503 in time, and the delivery is repeated until the server is back', async () => {
    await using gate = await startGate(server.address);
    const behind = Connection.lazy({ address: gate.address });
    const url = await startReceiver({ client: new Client({ connection: behind }), timeLimitMs: 500 });
    const webhooks = { endpoints: [{ url, signingSecret: SECRET }], retryDelayMs: 100, attempts: 8, runDurationMs: 1 };
    await startWorkflow('behind-a-gate');
    await using emulator = await startEmulator({ webhooks });
    deliveries.length = 0;
    await createRun(emulator, 'http://emulator.invalid/ok', { metadata: metadataOf('behind-a-gate') });
    await until(() => emulator.webhookDeliveries.filter(({ status }) => status === 503).length === 2);
    gate.open();
    await until(() => emulator.webhookDeliveries.some(({ outcome }) => outcome === 'delivered'));
    expect(deliveries[0]).toMatchObject({ outcome: 'unavailable', status: 503, reason: expect.any(String) });
    expect(deliveries[0]?.durationMs).toBeLessThan(EXTEND_WAITS_MS);
    expect(deliveries.at(-1)).toMatchObject({ outcome: 'signalled', workflowIds: ['behind-a-gate'] });
    await behind.close();
  });

  it('and comes back after a crash gets the signal once the delivery is repeated', async () => {
    const url = await startReceiver({ timeLimitMs: 500 });
    const webhooks = { endpoints: [{ url, signingSecret: SECRET }], retryDelayMs: 100, runDurationMs: 1 };
    await startWorkflow('redelivered');
    await using emulator = await startEmulator({ webhooks });
    deliveries.length = 0;
    const restarted = server.restart('SIGKILL');
    await createRun(emulator, 'http://emulator.invalid/ok', { metadata: metadataOf('redelivered') });
    await until(() => emulator.webhookDeliveries.some(({ outcome }) => outcome === 'delivered'));
    await restarted;
    expect(deliveries.at(-1)).toMatchObject({ outcome: 'signalled' });
    await until(async () => (await signalCount('redelivered')) >= 1);
    const attempts = emulator.webhookDeliveries.map(({ status }) => status);
    expect(attempts.slice(0, -1)).toEqual(attempts.slice(0, -1).map(() => 503));
  });

  it('that never comes back makes each answer 503 within the time limit', async () => {
    const away = Connection.lazy({ address: new URL(await deadUrl()).host });
    const url = await startReceiver({ client: new Client({ connection: away }), timeLimitMs: 1_000 });
    const bodies = Array.from({ length: 200 }, (_, at) => runEvent(`pr_${at}`, at % 2 === 0 ? metadataOf('w') : {}));
    deliveries.length = 0;
    const statuses = await Promise.all(bodies.map((body) => post(url, body)));
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(Math.max(...deliveries.map(({ durationMs }) => durationMs))).toBeLessThan(EXTEND_WAITS_MS);
    const runId = expect.stringMatching(/^pr_/);
    expect(deliveries[0]).toMatchObject({ outcome: 'unavailable', reason: expect.any(String), runId });
    // The connection is not closed: the SDK would throw out of the timer of a retry.
  });
});

/** Sends the beginning of a body, and then nothing. Resolves with the status of the answer. */
async function postSlowly(url: string, body: string, headers: Record<string, string | number>): Promise<number> {
  const sending = request(url, { method: 'POST', headers });
  sending.on('error', () => undefined);
  sending.write(body.slice(0, 10));
  const [response] = (await once(sending, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  sending.destroy();
  return response.statusCode ?? 0;
}

describe('a sender', () => {
  it('that is slow gets 408 after the time limit, and delays no other delivery', async () => {
    const url = await startReceiver({ timeLimitMs: 2_000 });
    const body = runEvent('pr_slow', metadataOf('unknown'));
    const startedAtMs = performance.now();
    const slow = Array.from({ length: 50 }, () =>
      postSlowly(url, body, { ...signed(body), 'content-length': Buffer.byteLength(body) }),
    );
    expect(await post(url, body)).toBe(200);
    expect(new Set(await Promise.all(slow))).toEqual(new Set([408]));
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
  });

  it('without a right signature is refused before its body is read', async () => {
    const url = await startReceiver();
    expect(await postSlowly(url, 'x'.repeat(20), { 'content-length': 20 })).toBe(401);
  });
});

describe('bodies in pieces of one byte', () => {
  it('are refused early, so that other deliveries are answered meanwhile', async () => {
    const url = await startReceiver();
    const { hostname, port } = new URL(url);
    const bytes = 30_000;
    const headers = Object.entries(signed('another body')).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST / HTTP/1.1\r\nHost: receiver.test\r\n${headers.join('')}Transfer-Encoding: chunked\r\n\r\n`;
    const sendSlices = async (): Promise<string> => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(`${head}${'1\r\nx\r\n'.repeat(bytes)}0\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return answer.toString().split('\r\n', 1)[0] ?? '';
    };
    const startedAtMs = performance.now();
    const sliced = Promise.all(Array.from({ length: 4 }, sendSlices));
    expect(await post(url, runEvent('pr_meanwhile', metadataOf('unknown')))).toBe(200);
    expect(new Set(await sliced)).toEqual(new Set(['HTTP/1.1 400 Bad Request']));
    expect(performance.now() - startedAtMs).toBeLessThan(EXTEND_WAITS_MS);
  });
});

describe('bodies of 10 MB', () => {
  it('are refused, and take little memory, with and without Content-Length', async () => {
    const url = await startReceiver();
    // One buffer for all senders, which are in this process too: the memory that grows is that of the receiver.
    const huge = Buffer.alloc(10_000_000, 'x');
    const headers = signed(huge);
    const send = async (isChunked: boolean): Promise<number> => {
      const length = isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': huge.length };
      const sending = request(url, { method: 'POST', headers: { ...headers, ...length }, agent: false });
      sending.on('error', () => undefined);
      sending.end(huge);
      const [response] = (await once(sending, 'response')) as [import('node:http').IncomingMessage];
      response.resume();
      await once(response, 'close').catch(() => undefined);
      return response.statusCode ?? 0;
    };
    await send(true);
    const before = process.memoryUsage();
    let peakBytes = 0;
    const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers)), 5);
    const statuses: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      statuses.push(...(await Promise.all(Array.from({ length: 25 }, (_, at) => send(at % 2 === 0)))));
    }
    clearInterval(watch);
    expect(new Set(statuses)).toEqual(new Set([413]));
    expect(peakBytes - before.arrayBuffers).toBeLessThan(100_000_000);
  });

  it('give their room back when they are answered', async () => {
    const url = await startReceiver();
    const body = JSON.stringify({ eventType: 'another.type', padding: 'x'.repeat(990_000) });
    const statuses: number[] = [];
    // More than the 64 MB that all bodies have together.
    for (let count = 0; count < 70; count += 1) statuses.push(await post(url, body));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('that come at the same time have one room of memory: 503 follows above it', async () => {
    const url = await startReceiver({ timeLimitMs: 3_000 });
    const part = 'x'.repeat(990_000);
    const headers = { ...signed(part), 'transfer-encoding': 'chunked' };
    const statuses = await Promise.all(
      Array.from({ length: 80 }, async () => {
        const sending = request(url, { method: 'POST', headers, agent: false });
        sending.on('error', () => undefined);
        sending.write(part);
        const [response] = (await once(sending, 'response')) as [import('node:http').IncomingMessage];
        response.resume();
        sending.destroy();
        return response.statusCode;
      }),
    );
    expect([...new Set(statuses)].sort()).toEqual([408, 503]);
    // 64 MB are room for 64 of these bodies.
    expect(statuses.filter((status) => status === 408).length).toBeLessThan(66);
    // The room is free again, for more than what would be left of it otherwise.
    const body = JSON.stringify({ eventType: 'another.type', padding: 'x'.repeat(900_000) });
    expect(await post(url, body)).toBe(200);
  });
});

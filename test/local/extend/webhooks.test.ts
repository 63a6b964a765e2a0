/**
 * Risks tested here: the emulator's events differ from those that Extend documents, an event comes when there should be
 * none, or a delivery outlives the emulator. The vendor's SDK is the referee of signatures and of the calls.
 */
import { describe, expect, it } from '@jest/globals';
import { ExtendClient } from 'extend-ai';
import { startEmulator, type Emulator, type EmulatorOptions, type EndpointOptions } from '../../../local/extend';
import { until } from '../../support/until';
import { startWebhookSink, type SunkDelivery } from '../../support/webhook-sink';
import { callNew, createRun, pollStates, submitUrl } from './api-call';

const SECRET = 'wss_known';
const SOON = { retryDelayMs: 1, runDurationMs: 1 };

const document = (name: string) => `http://emulator.invalid/${name}`;
const vendorOf = (emulator: Emulator) => new ExtendClient({ token: 'any', baseUrl: emulator.url, maxRetries: 0 });
const isSigned = (emulator: Emulator, { body, headers }: SunkDelivery) =>
  vendorOf(emulator).webhooks.verify(body, headers, SECRET);

/** Starts an emulator with one endpoint. */
function startWith(
  endpoint: EndpointOptions,
  webhooks: EmulatorOptions['webhooks'] = {},
  options: EmulatorOptions = {},
): Promise<Emulator> {
  const endpoints = [{ signingSecret: SECRET, ...endpoint }];
  return startEmulator({ ...options, webhooks: { ...SOON, ...webhooks, endpoints } });
}

describe('an event', () => {
  it('of version 2026-02-09 has the state and the metadata of the run, and a signature that the vendor accepts', async () => {
    await using sink = await startWebhookSink();
    await using emulator = await startWith({ url: sink.url });
    const metadata = { order: 7 };
    const id = await createRun(emulator, document('ok'), { metadata });
    const failed = await createRun(emulator, document('failing'));
    await until(() => sink.deliveries.length === 2);
    const byRun = (runId: string) => sink.deliveries.find(({ json }) => json.payload.id === runId);
    expect(byRun(id)?.json).toEqual({
      eventId: expect.stringMatching(/^event_/),
      eventType: 'parse_run.processed',
      payload: {
        object: 'parse_run_status',
        id,
        status: 'PROCESSED',
        failureReason: null,
        failureMessage: null,
        metadata,
      },
    });
    expect(byRun(failed)?.json).toMatchObject({
      eventType: 'parse_run.failed',
      payload: {
        status: 'FAILED',
        failureReason: 'CORRUPT_FILE',
        failureMessage: expect.stringContaining('corrupted'),
      },
    });
    expect(byRun(id)?.headers).toMatchObject({ 'x-extend-api-version': '2026-02-09' });
    expect(sink.deliveries.map((delivery) => isSigned(emulator, delivery))).toEqual([true, true]);
    const { body, headers } = sink.deliveries[0]!;
    expect(isSigned(emulator, { ...sink.deliveries[0]!, body: `${body} `, headers })).toBe(false);
  });

  it('of version 2025-04-21 has the words of that version', async () => {
    await using sink = await startWebhookSink();
    await using emulator = await startWith({ url: sink.url, apiVersion: '2025-04-21' });
    const id = await submitUrl(emulator, document('failing'));
    await until(() => sink.deliveries.length === 1);
    expect(sink.deliveries[0]?.json).toEqual({
      eventId: expect.stringMatching(/^event_/),
      eventType: 'parser_run.failed',
      payload: { object: 'parser_run_status', id, status: 'FAILED', failureReason: 'CORRUPT_FILE' },
    });
    expect(sink.deliveries[0]?.headers).toMatchObject({ 'x-extend-api-version': '2025-04-21' });
  });

  it('comes once for a run whose end a poll saw first, and never for a run that is cancelled or never ends', async () => {
    await using sink = await startWebhookSink();
    await using emulator = await startWith({ url: sink.url }, { runDurationMs: 60_000 });
    const id = await submitUrl(emulator, document('ok?reads=1'));
    expect(await pollStates(emulator, id, 3)).toEqual(['PROCESSING', 'PROCESSED', 'PROCESSED']);
    const cancelled = await createRun(emulator, document('slow'));
    await callNew(emulator, 'POST', `/parse_runs/${cancelled}/cancel`);
    await createRun(emulator, document('never'));
    const last = await createRun(emulator, document('ok?reads=0'));
    await callNew(emulator, 'GET', `/parse_runs/${last}`);
    await until(() => sink.deliveries.length === 2);
    expect(sink.deliveries.map(({ json }) => json.payload.id)).toEqual([id, last]);
  });

  it('tells of a batch when all its runs have ended', async () => {
    await using sink = await startWebhookSink();
    await using emulator = await startWith({ url: sink.url });
    const inputs = ['ok?n=1', 'failing'].map((name) => ({ file: { url: document(name) } }));
    const { body } = await callNew(emulator, 'POST', '/parse_runs/batch', { inputs });
    await until(() => sink.deliveries.length === 3);
    const types = sink.deliveries.map(({ json }) => json.eventType).sort();
    expect(types).toEqual(['batch_parse_run.processed', 'parse_run.failed', 'parse_run.processed']);
    const batch = sink.deliveries.find(({ json }) => json.eventType.startsWith('batch'));
    expect(batch?.json.payload).toMatchObject({ object: 'batch_run', id: body.id, status: 'PROCESSED', runCount: 2 });
  });

  it('comes as a signed URL, above the threshold, in both documented shapes', async () => {
    await using sink = await startWebhookSink();
    const payload = { format: 'url', urlThresholdBytes: 300 } as const;
    await using emulator = await startWith({ url: sink.url, payload });
    await createRun(emulator, document('ok?n=small'));
    await until(() => sink.deliveries.length === 1);
    expect(sink.deliveries[0]?.json.payload).toMatchObject({ status: 'PROCESSED' });
    const metadata = { text: 'x'.repeat(300) };
    const id = await createRun(emulator, document('ok?n=large'), { metadata });
    await until(() => sink.deliveries.length === 2);
    const { json } = sink.deliveries[1]!;
    expect(json.payload).toEqual({ object: 'signed_data_url', id, data: expect.any(String), metadata });
    const { webhooks } = vendorOf(emulator);
    expect(webhooks.isSignedUrlEvent(json)).toBe(true);
    expect(await webhooks.fetchSignedPayload(json)).toMatchObject({ payload: { id, status: 'PROCESSED', metadata } });
    expect((await fetch(json.payload.data.replace(/.$/, '!'))).status).toBe(403);

    await using old = await startWith({ url: sink.url, payload }, { signedUrlShape: 'urlOnly' });
    await createRun(old, document('ok'), { metadata });
    await until(() => sink.deliveries.length === 3);
    expect(Object.keys(sink.deliveries[2]?.json.payload)).toEqual(['data']);
  });
});

describe('a delivery', () => {
  it('is repeated with growing pauses, the same event and a new signature, until it is acknowledged', async () => {
    await using sink = await startWebhookSink((count) => (count < 3 ? 500 : 204));
    await using emulator = await startWith({ url: sink.url }, { retryDelayMs: 600 });
    await createRun(emulator, document('ok'));
    await until(() => emulator.webhookDeliveries.filter(({ outcome }) => outcome !== 'pending').length === 3);
    expect(emulator.webhookDeliveries).toMatchObject([
      { attempt: 1, status: 500, outcome: 'failed' },
      { attempt: 2, status: 500, outcome: 'failed' },
      { attempt: 3, status: 204, outcome: 'delivered', script: 'ok' },
    ]);
    const [first, second, third] = sink.deliveries;
    expect([first?.body, second?.body]).toEqual([third?.body, third?.body]);
    expect(third!.atMs - second!.atMs).toBeGreaterThan(1_700);
    expect(second!.atMs - first!.atMs).toBeGreaterThan(590);
    const timestamps = sink.deliveries.map(({ headers }) => headers['x-extend-request-timestamp']);
    expect(new Set(timestamps).size).toBeGreaterThan(1);
    expect(sink.deliveries.map((delivery) => isSigned(emulator, delivery))).toEqual([true, true, true]);
  });

  it('is given up after the last attempt, and after its time limit', async () => {
    await using sink = await startWebhookSink(() => undefined);
    await using emulator = await startWith({ url: sink.url }, { attempts: 2, timeoutMs: 50 });
    await createRun(emulator, document('ok'));
    await until(() => emulator.webhookDeliveries.filter(({ outcome }) => outcome === 'failed').length === 2);
    expect(emulator.webhookDeliveries.map(({ status }) => status)).toEqual([undefined, undefined]);
  });

  it('is lost, repeated and delayed by script and by option', async () => {
    await using sink = await startWebhookSink();
    const scripts = {
      lost: { webhook: { lost: true } },
      twice: { webhook: { copies: 2 } },
      late: { webhook: { delayMs: 400 } },
    };
    const faults: NonNullable<EmulatorOptions['webhooks']>['faults'] = ({ script }) =>
      script === 'failing' ? { lost: true } : undefined;
    await using emulator = await startWith({ url: sink.url }, { faults }, { scripts });
    const late = await createRun(emulator, document('late'));
    for (const name of ['lost', 'failing']) await createRun(emulator, document(name));
    const twice = await createRun(emulator, document('twice'));
    await until(() => sink.deliveries.length === 3);
    // The event of the first run comes last.
    expect(sink.deliveries.map(({ json }) => json.payload.id)).toEqual([twice, twice, late]);
    expect(new Set(sink.deliveries.map(({ json }) => json.eventId)).size).toBe(2);
    expect(emulator.webhookDeliveries.filter(({ outcome }) => outcome === 'lost')).toHaveLength(2);
  });

  it('ends with the emulator', async () => {
    await using sink = await startWebhookSink(() => 500);
    const emulator = await startWith({ url: sink.url }, { retryDelayMs: 100 });
    await createRun(emulator, document('ok'));
    await until(() => sink.deliveries.length === 1);
    await emulator.close();
    const { length } = sink.deliveries;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sink.deliveries).toHaveLength(length);
  });
});

describe('the endpoints', () => {
  it('are created, read, changed and deleted by the SDK of the vendor', async () => {
    await using sink = await startWebhookSink();
    await using emulator = await startEmulator({ webhooks: SOON });
    const { webhookEndpoints } = vendorOf(emulator);
    const created = await webhookEndpoints.create({
      url: sink.url,
      name: 'ours',
      enabledEvents: ['parse_run.failed'],
      apiVersion: '2026-02-09',
    });
    expect(created).toMatchObject({ object: 'webhook_endpoint', status: 'enabled', name: 'ours', createdBy: null });
    expect(created.signingSecret).toBe(emulator.webhookEndpoints[0]?.signingSecret);
    const read = await webhookEndpoints.retrieve(created.id);
    expect(read).not.toHaveProperty('signingSecret');
    expect((await webhookEndpoints.list()).data).toEqual([read]);
    await createRun(emulator, document('failing?n=1'));
    await createRun(emulator, document('ok'));
    await until(() => sink.deliveries.length === 1);
    const changed = await webhookEndpoints.update(created.id, { status: 'disabled', name: 'off' });
    expect(changed).toMatchObject({ status: 'disabled', name: 'off', url: sink.url });
    await createRun(emulator, document('failing?n=2'));
    expect(await webhookEndpoints.delete(created.id)).toEqual({ id: created.id });
    await expect(webhookEndpoints.retrieve(created.id)).rejects.toMatchObject({ statusCode: 404 });
    expect(sink.deliveries).toHaveLength(1);
  });

  it('are refused if they are wrong', async () => {
    await using emulator = await startEmulator();
    const right = { url: 'https://a.test/', name: 'a', enabledEvents: [], apiVersion: '2026-02-09' };
    const wrong = [
      { url: 'ftp://a.test/' },
      { url: undefined },
      { name: '' },
      { enabledEvents: [1] },
      { apiVersion: '2020-01-01' },
      { status: 'asleep' },
      { advancedOptions: { payload: { format: 'xml' } } },
      { advancedOptions: { headers: [] } },
    ];
    const statuses = [];
    for (const change of wrong) {
      statuses.push((await callNew(emulator, 'POST', '/webhook_endpoints', { ...right, ...change })).status);
    }
    expect(statuses).toEqual(wrong.map(() => 400));
    expect((await callNew(emulator, 'POST', '/webhook_endpoints', right)).status).toBe(200);
  });

  it.each([{ attempts: 0 }, { retryDelayMs: -1 }, { timeoutMs: Number.NaN }])(
    'have no settings %j',
    async (webhooks) => {
      await expect(startEmulator({ webhooks })).rejects.toThrow(`webhooks.${Object.keys(webhooks)[0]} must be`);
    },
  );
});

it('without an endpoint, a scripted run advances by requests only', async () => {
  await using emulator = await startEmulator({ webhooks: SOON });
  const id = await submitUrl(emulator, document('slow'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await pollStates(emulator, id, 2)).toEqual(['PROCESSING', 'PROCESSING']);
});

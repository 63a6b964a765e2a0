/**
 * Risks tested here: the command receives nothing, cannot be stopped without losing a delivery, or shows a secret; an
 * endpoint is registered whose secret is lost.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { httpReply, startEmulator, type Emulator, type Reply } from '../../local/extend';
import { freePort } from '../support/free-port';
import { createDevEnv, devServerAddress } from '../support/servers';
import { until } from '../support/until';
import { runEvent, signed } from '../webhook/signed';
import { Workplace, type Running } from './run-command';

const SECRET = 'wss_secret_of_this_test';
const KEY = 'sk_very_secret';
let workplace: Workplace;
let emulator: Emulator;
let env: TestWorkflowEnvironment;
let fault: Reply | undefined;

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator({ faults: () => fault });
  env = await createDevEnv();
});
afterAll(async () => {
  workplace.remove();
  await env.teardown();
  await emulator.close();
});

const metadataOf = (workflowId: string) => ({
  temporal: { namespace: 'default', workflowId, firstRunId: 'any', submit: 1 },
});

/** Starts the receiver on a free port. Resolves once it listens. */
async function startReceiver(variables: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const given = { TEMPORAL_ADDRESS: devServerAddress(), ...variables };
  const receiver = workplace.start(['webhook', '--port', '0', ...args], { env: given });
  const output = await receiver.waitFor(/listening on port (\d+)/);
  const port = /listening on port (\d+)/.exec(output)?.[1];
  return { receiver, url: `http://127.0.0.1:${port}/` };
}

const post = async (url: string, body: string, secret = SECRET) =>
  (await fetch(url, { method: 'POST', body, headers: signed(body, { secret }) })).status;

/** Ends the receiver as a service manager would. */
async function end({ child, ended }: Running) {
  child.kill('SIGTERM');
  return ended;
}

describe('extend-parse webhook', () => {
  it('signals the workflow, counts the deliveries, and shows no secret', async () => {
    const workflowId = 'webhook-command-1';
    await env.client.workflow.start('parseDocument', { taskQueue: 'nothing-polls-this', workflowId });
    const [health, metrics] = [await freePort(), await freePort()];
    const variables = {
      EXTEND_WEBHOOK_SECRETS: `wss_old, ${SECRET}`,
      EXTEND_PARSE_METRICS_ADDRESS: `127.0.0.1:${metrics}`,
    };
    const { receiver, url } = await startReceiver(variables, ['--health', String(health)]);
    expect((await fetch(`http://127.0.0.1:${health}/`)).status).toBe(200);
    expect(await post(url, runEvent('pr_1', metadataOf(workflowId)))).toBe(200);
    expect(await post(url, runEvent('pr_2', metadataOf('foreign-1').temporal))).toBe(200);
    expect(await post(url, runEvent('pr_3'), 'wss_wrong')).toBe(401);
    expect(await post(url, runEvent('pr_3'), 'wss_wrong')).toBe(401);
    const page = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    expect(page).toContain('extend_parse_webhook_deliveries{outcome="signalled"} 1\n');
    expect(page).toContain('extend_parse_webhook_deliveries{outcome="refused"} 2\n');
    expect(page).toContain('extend_parse_webhook_delay_seconds_count 1\n');
    const { status, stdout, stderr } = await end(receiver);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^listening on port \d+, for default at /),
      expect.stringMatching(
        /^signalled \(200\); parse_run\.processed; run pr_1; workflow webhook-command-1; -?\d+ ms after its timestamp$/,
      ),
      'refused (401); the signature is wrong',
    ]);
    expect(stdout).not.toContain('wss_');
  });

  it('reads the secrets of a file for each delivery', async () => {
    const file = join(workplace.directory, 'secrets');
    writeFileSync(file, 'wss_first\n');
    const { receiver, url } = await startReceiver({ EXTEND_WEBHOOK_SECRETS_FILE: file });
    const body = runEvent('pr_4', metadataOf('unknown-4'));
    expect(await post(url, body, 'wss_second')).toBe(401);
    writeFileSync(file, 'wss_first\nwss_second\n');
    expect(await post(url, body, 'wss_second')).toBe(200);
    await end(receiver);
  });

  it('lets a delivery in flight end after the signal, and takes no new one', async () => {
    const { receiver, url } = await startReceiver({ EXTEND_WEBHOOK_SECRETS: SECRET });
    const body = runEvent('pr_5', metadataOf('unknown-5'));
    const sending = request(url, {
      method: 'POST',
      headers: { ...signed(body, { secret: SECRET }), 'content-length': body.length },
    });
    sending.write(body.slice(0, 10));
    // A second delivery shows that the first one has arrived.
    expect(await post(url, body)).toBe(200);
    receiver.child.kill('SIGTERM');
    await until(async () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    );
    const answer = once(sending, 'response');
    sending.end(body.slice(10));
    const [response] = (await answer) as [import('node:http').IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect((await receiver.ended).status).toBe(0);
  });

  it.each([
    [{}, 'EXTEND_WEBHOOK_SECRETS or EXTEND_WEBHOOK_SECRETS_FILE must be set'],
    [{ EXTEND_WEBHOOK_SECRETS: 'wss_a b' }, 'must have secrets of printable ASCII characters'],
    [{ EXTEND_WEBHOOK_SECRETS: ',' }, 'must have secrets of printable ASCII characters'],
    [{ EXTEND_WEBHOOK_SECRETS: 'wss_a', EXTEND_WEBHOOK_SECRETS_FILE: '/a' }, 'are both set: set one'],
    [{ EXTEND_WEBHOOK_SECRETS_FILE: 'wss_not_a_path' }, 'must name a readable file: ENOENT (the value is not shown)'],
  ])('refuses the environment %j', async (variables, message) => {
    const { status, stderr } = await workplace.run(['webhook', '--port', '0'], { env: variables });
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('wss_');
  });
});

it('refuses a namespace that does not exist, because every event would be one of another program', async () => {
  const env = { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_WEBHOOK_SECRETS: SECRET };
  const args = ['webhook', '--port', '0', '--namespace', 'default', '--namespace', 'nowhere'];
  const { status, stderr } = await workplace.run(args, { env });
  expect([status, stderr]).toEqual([2, expect.stringContaining("the namespace 'nowhere' does not exist")]);
});

describe('the guide of docs/webhooks.md', () => {
  it('leads from nothing to a delivery that wakes the workflow', async () => {
    await using extend = await startEmulator();
    const port = await freePort();
    const extendVariables = { EXTEND_API_KEY: KEY, EXTEND_BASE_URL: extend.url };
    const registered = await workplace.run(['webhook', 'register', `http://127.0.0.1:${port}/`], {
      env: extendVariables,
    });
    const temporal = { TEMPORAL_ADDRESS: devServerAddress() };
    const receiver = workplace.start(['webhook', '--port', String(port)], {
      env: { ...extendVariables, ...temporal, EXTEND_WEBHOOK_SECRETS: registered.stdout.trim() },
    });
    await receiver.waitFor(/listening on port/);
    const parsed = await workplace.run(
      ['parse', 'http://emulator.invalid/ok?guide', '--api-version', '2026-02-09', '--out', 'guide'],
      { env: { ...extendVariables, ...temporal } },
    );
    expect(parsed.status).toBe(0);
    const output = await receiver.waitFor(/^signalled/m);
    expect(output).toMatch(/^signalled \(200\); parse_run\.processed; run pr_\S+; workflow \S+; -?\d+ ms after/m);
    await end(receiver);
  });
});

describe('extend-parse webhook register, list and delete', () => {
  const run = (...args: string[]) =>
    workplace.run(['webhook', ...args], { env: { EXTEND_API_KEY: KEY, EXTEND_BASE_URL: emulator.url } });

  it('register an endpoint for the ends of parse runs, and show its secret once, alone on standard output', async () => {
    const url = 'https://user:password@receiver.test/hook?token=abc';
    const registered = await run('register', url);
    expect(registered.status).toBe(0);
    const [endpoint] = emulator.webhookEndpoints;
    expect(endpoint).toMatchObject({
      url,
      name: 'temporal-extend-parse',
      apiVersion: '2026-02-09',
      enabledEvents: ['parse_run.processed', 'parse_run.failed', 'batch_parse_run.processed', 'batch_parse_run.failed'],
    });
    expect(registered.stdout).toBe(`${endpoint?.signingSecret}\n`);
    expect(registered.stderr).toContain(`${endpoint?.id} is registered for https://receiver.test/hook`);
    const listed = await run('list');
    expect(listed.stdout).toContain(`${endpoint?.id} enabled 2026-02-09 https://receiver.test/hook`);
    expect(listed.stdout).toContain('parse_run.processed parse_run.failed');
    const deleted = await run('delete', endpoint?.id ?? '');
    expect(deleted.status).toBe(0);
    expect(emulator.webhookEndpoints).toEqual([]);
    expect((await run('list')).stderr).toContain('there are no endpoints');
    const again = await run('delete', endpoint?.id ?? '');
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('404') });
    for (const { stdout, stderr } of [listed, deleted, again]) {
      expect(stdout + stderr).not.toMatch(/wss_|password|abc|sk_/);
    }
    expect(registered.stderr).not.toMatch(/wss_|password|abc|sk_/);
  });

  it('registers in the words of the older version too', async () => {
    expect(
      (await run('register', 'https://receiver.test/', '--api-version', '2025-04-21', '--name', 'old')).status,
    ).toBe(0);
    const [endpoint] = emulator.webhookEndpoints;
    expect(endpoint).toMatchObject({
      name: 'old',
      apiVersion: '2025-04-21',
      enabledEvents: ['parser_run.processed', 'parser_run.failed'],
    });
    await run('delete', endpoint?.id ?? '');
  });

  it('refuses a URL without encryption, and reports an error of Extend', async () => {
    expect(await run('register', 'http://receiver.test/')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('https:'),
    });
    fault = httpReply({ status: 403, json: { code: 'FORBIDDEN', message: 'no' } });
    const refused = await run('register', 'https://receiver.test/');
    fault = undefined;
    expect(refused).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('403') });
    expect(emulator.webhookEndpoints).toEqual([]);
  });
});

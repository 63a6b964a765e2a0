/**
 * Risks tested here: the client or the worker connects without TLS, without its key or certificate, or to another
 * namespace; a key is printed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { msToTs } from '@temporalio/common/lib/time';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startEmulator, type Emulator } from '../../local/extend';
import { createAuthority } from '../../examples/06-temporal-cloud/certificates';
import { startLocalCloud, type LocalCloud } from '../../examples/06-temporal-cloud/local-cloud';
import { createDevEnv, devServerAddress } from '../support/servers';
import { compileExample, startExample, startProgram, type RunningExample } from './run-example';

/** One namespace per example, because workers of one namespace and task queue share their work. */
const NAMESPACE = { key: 'documents.a1b2c', certificate: 'letters.a1b2c' };
const API_KEY = 'secret-key-of-temporal';
const DOCUMENT = 'http://emulator.invalid/ok?reads=0';

const authority = createAuthority('authority of the test');
let env: TestWorkflowEnvironment;
let emulator: Emulator;
let directory: string;
let compiled: string;
/** The local clouds, by the credential that each requires. */
let clouds: Record<'key' | 'certificate', LocalCloud>;
/** The examples run at the same time, because they wait most of the time. */
let examples: Record<'key' | 'certificate' | 'wrongKey' | 'unconfigured', RunningExample>;

beforeAll(async () => {
  env = await createDevEnv();
  emulator = await startEmulator();
  directory = mkdtempSync(join(tmpdir(), 'cloud-'));
  for (const namespace of Object.values(NAMESPACE)) {
    const workflowExecutionRetentionPeriod = msToTs('1 day');
    await env.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  }
  const server = devServerAddress();
  clouds = {
    key: await startLocalCloud({ server, authority, apiKey: API_KEY }),
    certificate: await startLocalCloud({ server, authority }),
  };
  compiled = compileExample('06-temporal-cloud');
  const extend = { EXTEND_API_KEY: 'test', EXTEND_BASE_URL: emulator.url };
  const start = (variables: Record<string, string>) =>
    startProgram([join(compiled, 'main.js'), DOCUMENT], { ...extend, ...variables });
  examples = {
    key: start(withKey(API_KEY)),
    certificate: start(withCertificate()),
    wrongKey: start(withKey('wrong-key-of-temporal')),
    unconfigured: startExample('06'),
  };
});
afterAll(async () => {
  await Promise.all(Object.values(examples).map((example) => example.stop()));
  for (const cloud of Object.values(clouds)) await cloud.close();
  await emulator.close();
  await env.teardown();
  rmSync(directory, { recursive: true });
  rmSync(compiled, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** Returns a configuration by environment variables alone. */
function withKey(apiKey: string) {
  return {
    TEMPORAL_ADDRESS: clouds.key.address,
    TEMPORAL_NAMESPACE: NAMESPACE.key,
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: write('ca.pem', authority.cert),
  };
}

/** Returns a configuration by a profile of Temporal's configuration file. */
function withCertificate() {
  const { cert, key } = authority.issue('documents service');
  const profile = `
    [profile.cloud]
    address = "${clouds.certificate.address}"
    namespace = "${NAMESPACE.certificate}"
    [profile.cloud.tls]
    server_ca_cert_path = "${write('ca.pem', authority.cert)}"
    client_cert_path = "${write('client.pem', cert)}"
    client_key_path = "${write('client.key', key)}"`;
  return { TEMPORAL_CONFIG_FILE: write('temporal.toml', profile), TEMPORAL_PROFILE: 'cloud' };
}

/**
 * Returns the calls of one method by one caller. `client` is Temporal's client for Node, `worker` is its native core.
 */
function callsBy({ calls }: LocalCloud, who: 'client' | 'worker', method: string) {
  const agent = { client: /^grpc-node-js/, worker: /^tonic/ }[who];
  return calls.filter(
    ({ headers }) => agent.test(headers['user-agent'] ?? '') && headers[':path']?.endsWith(`/${method}`),
  );
}

function expectParsed(cloud: LocalCloud): void {
  expect(callsBy(cloud, 'client', 'StartWorkflowExecution')).toHaveLength(1);
  expect(callsBy(cloud, 'worker', 'RespondWorkflowTaskCompleted')).not.toEqual([]);
  expect(callsBy(cloud, 'worker', 'RespondActivityTaskCompleted')).not.toEqual([]);
}

it('06 sends the API key with each call of client and worker, over TLS, and prints it nowhere', async () => {
  const { ended, output } = examples.key;
  expect({ status: await ended, ...output }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^# Statement$/m),
  });
  const allowed = clouds.key.calls.filter(({ headers }) => headers.authorization === `Bearer ${API_KEY}`);
  expectParsed({ ...clouds.key, calls: allowed });
  for (const { headers } of allowed) expect(headers['temporal-namespace'] ?? NAMESPACE.key).toBe(NAMESPACE.key);
  expect(output.stderr).toContain(`namespace ${NAMESPACE.key} at ${clouds.key.address}, TLS, an API key`);
  expect(output.stdout + output.stderr).not.toContain(API_KEY);
});

it('06 sends the certificate of a profile for client and worker', async () => {
  const { ended, output } = examples.certificate;
  expect({ status: await ended, ...output }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^# Statement$/m),
  });
  expectParsed(clouds.certificate);
  for (const { headers, certificate } of clouds.certificate.calls) {
    expect({ certificate, authorization: headers.authorization }).toEqual({ certificate: 'documents service' });
  }
  expect(output.stderr).toContain(
    `namespace ${NAMESPACE.certificate} at ${clouds.certificate.address}, TLS, no API key`,
  );
});

it('06 is refused with a wrong key, which is printed nowhere', async () => {
  const { ended, output } = examples.wrongKey;
  expect(await ended).toBe(1);
  expect(output.stderr).toContain('UNAUTHENTICATED: Request unauthorized.');
  expect(output.stdout + output.stderr).not.toContain('wrong-key-of-temporal');
});

it('06 runs if nothing is configured', async () => {
  const { ended, output } = examples.unconfigured;
  expect({ status: await ended, ...output }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^# Statement$/m),
  });
  expect(output.stderr).toMatch(/^namespace default at localhost:\d+, TLS, an API key$/m);
});

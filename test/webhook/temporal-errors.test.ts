/**
 * Risk tested here: an answer of Temporal that never changes makes the receiver answer 503 to every foreign event, so that
 * Extend sends each one again and may disable the endpoint; or an error that passes makes it drop an event.
 */
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createWebhookHandler } from '../../webhook';
import { runEvent, SECRET, signedRequest } from './signed';

/** gRPC's status codes. */
const CODES = {
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;
/** Code with which the server answers every request except that for its version. */
let code: number;
let connection: Connection;
let client: Client;
/** A server of gRPC that answers each request with a code, and with no message. */
const server = createServer().on('stream', (stream, { ':path': path = '' }) => {
  stream.resume();
  const answered = path.endsWith('/GetSystemInfo') ? CODES.unimplemented : code;
  const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(answered) };
  stream.respond(headers, { endStream: true });
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  // Without the client's retries, which go on after the connection is closed.
  connection = Connection.lazy({ address: `127.0.0.1:${port}`, interceptors: [] });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection.close();
  server.close();
});

/** Returns status and outcome of a delivery, for a run with or without the metadata of a workflow. */
async function deliver(answered: number, metadata?: object): Promise<readonly [number, string]> {
  code = answered;
  const handler = createWebhookHandler({ client, secrets: [SECRET] });
  const response = await handler(signedRequest(runEvent('pr_1', metadata)));
  return [response.status, (await response.text()).trimEnd()];
}

const temporal = { namespace: 'default', workflowId: 'w', firstRunId: 'any', submit: 1 };

describe('the search for a workflow', () => {
  it.each([
    ['the attribute is not registered', CODES.invalidArgument],
    ['the credentials may not list workflows', CODES.permissionDenied],
    ['the server has no search', CODES.unimplemented],
  ])('that can never succeed makes the run a foreign one: %s', async (_, answered) => {
    expect(await deliver(answered)).toEqual([200, 'foreign']);
  });

  it.each([
    ['the server is away', CODES.unavailable],
    ['the server has too many requests', CODES.resourceExhausted],
    ['the credentials are not accepted', CODES.unauthenticated],
  ])('that may succeed later makes Extend send the event again: %s', async (_, answered) => {
    expect(await deliver(answered)).toEqual([503, 'unavailable']);
  });
});

describe('the signal', () => {
  it.each([
    ['the workflow does not exist', CODES.notFound, [200, 'ended']],
    ['the workflow can take no more signals', CODES.invalidArgument, [200, 'ended']],
    ['the server is away', CODES.unavailable, [503, 'unavailable']],
    ['the credentials may not signal', CODES.permissionDenied, [503, 'unavailable']],
  ])('that fails, because %s', async (_, answered, expected) => {
    expect(await deliver(answered, { temporal })).toEqual(expected);
  });
});

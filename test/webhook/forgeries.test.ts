/**
 * Risk tested here: a forged delivery passes, or a genuine one is refused. Extend's own verifier is the referee; the two
 * points in which it is more lenient are named.
 */
import { afterAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ExtendClient } from 'extend-ai';
import { createWebhookHandler, findSignatureProblem, type WebhookDelivery } from '../../webhook';
import { deadUrl } from '../support/free-port';
import { SECRET, signed, signedRequest } from './signed';

const vendor = new ExtendClient({ token: 'not used' }).webhooks;
const deliveries: WebhookDelivery[] = [];

/** A handler whose Temporal server does not exist: a request to Temporal would be answered with 503. */
async function handlerWithoutServer(secrets: readonly string[] = [SECRET]) {
  const connection = Connection.lazy({ address: new URL(await deadUrl()).host });
  connections.push(connection);
  const client = new Client({ connection });
  return createWebhookHandler({ client, secrets, onDelivery: (delivery) => deliveries.push(delivery) });
}

const connections: Connection[] = [];
afterAll(() => Promise.all(connections.map((connection) => connection.close())));

const BODY = JSON.stringify({ eventId: 'event_1', eventType: 'workflow.created', payload: {} });
const good = signed(BODY);
const TIMESTAMP = 'x-extend-request-timestamp';
const SIGNATURE = 'x-extend-request-signature';

interface Case {
  readonly name: string;
  readonly status: number;
  readonly vendor: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const huge = JSON.stringify({ eventType: 'workflow.created', padding: 'x'.repeat(1_000_000) });
const notJson = '{"eventType":';

const CASES: readonly Case[] = [
  { name: 'genuine', status: 200, vendor: true, headers: good },
  { name: 'missing signature', status: 401, vendor: false, headers: { [TIMESTAMP]: good[TIMESTAMP] } },
  { name: 'missing timestamp', status: 401, vendor: false, headers: { [SIGNATURE]: good[SIGNATURE] } },
  { name: 'stale', status: 401, vendor: false, headers: signed(BODY, { ageSeconds: 310 }) },
  { name: 'from the future', status: 401, vendor: false, headers: signed(BODY, { ageSeconds: -70 }) },
  { name: 'wrong secret', status: 401, vendor: false, headers: signed(BODY, { secret: 'wss_other' }) },
  { name: 'one byte changed', status: 401, vendor: false, headers: good, body: BODY.replace('event_1', 'event_2') },
  {
    name: 'wrong length',
    status: 401,
    vendor: false,
    headers: { ...good, [SIGNATURE]: good[SIGNATURE].slice(0, 62) },
  },
  {
    name: 'one byte too many',
    status: 401,
    vendor: false,
    headers: { ...good, [SIGNATURE]: `${good[SIGNATURE]}00` },
  },
  {
    name: 'upper case',
    status: 200,
    vendor: true,
    headers: { ...good, [SIGNATURE]: good[SIGNATURE].toUpperCase() },
  },
  {
    name: 'two signatures, the first one wrong',
    status: 401,
    vendor: false,
    headers: { ...good, [SIGNATURE]: `${'0'.repeat(64)}, ${good[SIGNATURE]}` },
  },
  // The vendor's verifier ignores all that follows 64 hexadecimal characters.
  {
    name: 'two signatures, the first one right',
    status: 401,
    vendor: true,
    headers: { ...good, [SIGNATURE]: `${good[SIGNATURE]}, ${'0'.repeat(64)}` },
  },
  {
    name: 'two timestamps',
    status: 401,
    vendor: false,
    headers: { ...good, [TIMESTAMP]: `${good[TIMESTAMP]}, ${good[TIMESTAMP]}` },
  },
  // The vendor's verifier gets a body that was read already, of any size.
  { name: 'huge body', status: 413, vendor: true, headers: signed(huge), body: huge },
  { name: 'not JSON', status: 400, vendor: true, headers: signed(notJson), body: notJson },
];

describe('a delivery', () => {
  it.each(CASES)('$name: $status', async ({ status, vendor: isAccepted, headers, body = BODY }) => {
    const handler = await handlerWithoutServer();
    const response = await handler(new Request('http://receiver.test/', { method: 'POST', headers, body }));
    expect(response.status).toBe(status);
    expect(vendor.verify(body, { ...headers }, SECRET)).toBe(isAccepted);
  });

  it('that is not JSON is refused by the vendor when it is parsed', () => {
    expect(() => vendor.verifyAndParse(notJson, signed(notJson), SECRET)).toThrow('parse');
  });

  it('with a rotated secret is accepted while the list has both secrets', async () => {
    const both = await handlerWithoutServer(['wss_new', SECRET]);
    const onlyNew = await handlerWithoutServer(['wss_new']);
    expect((await both(signedRequest(BODY))).status).toBe(200);
    expect((await both(signedRequest(BODY, { secret: 'wss_new' }))).status).toBe(200);
    expect((await onlyNew(signedRequest(BODY))).status).toBe(401);
  });

  it('that is replayed is accepted within five minutes, by the vendor too, and refused later', () => {
    const check = (seconds: number) =>
      findSignatureProblem({
        timestamp: good[TIMESTAMP],
        signature: good[SIGNATURE],
        body: Buffer.from(BODY),
        secrets: [SECRET],
        nowMs: (Number(good[TIMESTAMP]) + seconds) * 1000,
      });
    expect([0, 0, 300, 301, -60, -61].map(check)).toEqual([
      undefined,
      undefined,
      undefined,
      'stale',
      undefined,
      'future',
    ]);
    expect([1, 2].map(() => vendor.verify(BODY, good, SECRET))).toEqual([true, true]);
  });

  it('without a right signature is not parsed, and tells nothing but that', async () => {
    const handler = await handlerWithoutServer();
    const headers = signed('other');
    deliveries.length = 0;
    const response = await handler(new Request('http://receiver.test/', { method: 'POST', headers, body: BODY }));
    expect(await response.text()).toBe('refused\n');
    const reason = 'the signature is wrong';
    expect(deliveries).toEqual([{ outcome: 'refused', status: 401, reason, durationMs: expect.any(Number) }]);
  });

  it('whose body was read before is answered with 500, so that the mistake is seen', async () => {
    const handler = await handlerWithoutServer();
    const request = signedRequest(BODY);
    await request.text();
    deliveries.length = 0;
    expect((await handler(request)).status).toBe(500);
    expect(deliveries).toMatchObject([{ outcome: 'failed', reason: expect.stringContaining('untouched') }]);
  });

  it('of another method is refused', async () => {
    const handler = await handlerWithoutServer();
    expect((await handler(new Request('http://receiver.test/'))).status).toBe(405);
  });
});

it("the vendor's documented test vector is accepted", () => {
  const vector = {
    secrets: ['wss_test_secret_123'],
    timestamp: '1763078400',
    signature: '19ed374b88b8fe2b4e842d692e033f71e3d1dac6aa12d5d363039e2e34844ccc',
    body: Buffer.from(
      '{"eventId":"event_1234","eventType":"parser_run.processed","payload":{"object":"parser_run_status","id":"parser_run_xK9mLPqRtN3vS8wF5hB2cQ","status":"PROCESSED"}}',
    ),
    nowMs: 1_763_078_400_000,
  };
  expect(findSignatureProblem(vector)).toBeUndefined();
  expect(findSignatureProblem({ ...vector, nowMs: vector.nowMs + 301_000 })).toBe('stale');
  expect(findSignatureProblem({ ...vector, nowMs: vector.nowMs + 301_000, toleranceMs: 400_000 })).toBeUndefined();
});

describe('wrong settings', () => {
  const client = {} as Client;

  it.each([
    ['no secret', { client, secrets: [] }, 'secrets must have at least one secret'],
    ['a blank in a secret', { client, secrets: ['wss_a', 'wss_b c'] }, 'secrets[1] must be one word'],
    ['no client', { client: [], secrets: [SECRET] }, 'client must be a Temporal client'],
    ['no tolerance', { client, secrets: [SECRET], toleranceMs: 0 }, 'toleranceMs must be a positive number'],
    ['too long a limit', { client, secrets: [SECRET], timeLimitMs: 30_000 }, 'timeLimitMs must be a whole number'],
  ])('are refused when the handler is built: %s', (_name, options, message) => {
    expect(() => createWebhookHandler(options)).toThrow(message);
    expect(() => createWebhookHandler(options)).not.toThrow('wss_');
  });
});

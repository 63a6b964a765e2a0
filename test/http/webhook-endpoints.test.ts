/** Risk tested here: an odd answer hides an endpoint, loses a signing secret or shows it in an error. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listEndpoints } from '../../cli/webhook/list-endpoints';
import { createExtendClient } from '../../http';
import { httpReply, startEmulator, type Emulator, type EmulatorRequest, type Reply } from '../../local/extend';

let emulator: Emulator;
let fault: (request: EmulatorRequest) => Reply | undefined = () => undefined;

beforeAll(async () => void (emulator = await startEmulator({ faults: (request) => fault(request) })));
afterAll(() => emulator.close());

const api = () => createExtendClient({ apiKey: 'k', baseUrl: emulator.url }).webhookEndpoints;
const answer = (json: unknown) => (fault = () => httpReply({ status: 200, json }));
const ours = {
  url: 'https://a.test/',
  name: 'n',
  enabledEvents: ['parse_run.failed'],
  apiVersion: '2026-02-09',
} as const;

describe('the endpoints', () => {
  it('are created, listed and deleted in version 2026-02-09', async () => {
    fault = () => undefined;
    const created = await api().create(ours);
    expect(created).toEqual({ ...ours, id: expect.any(String), status: 'enabled', signingSecret: expect.any(String) });
    const { signingSecret: _, ...listed } = created;
    expect(await listEndpoints(api())).toEqual([listed]);
    await api().delete(created.id);
    await expect(api().delete(created.id)).rejects.toMatchObject({ status: 404 });
    expect(emulator.requests.every(({ apiVersion }) => apiVersion === '2026-02-09')).toBe(true);
  });

  it('are read page after page, and a server that repeats a token does not hold the reader', async () => {
    const page = (id: string, nextPageToken: string) => ({ data: [{ id, url: 'https://a.test/' }], nextPageToken });
    fault = ({ query }) =>
      httpReply({ status: 200, json: query['nextPageToken'] ? page('b', 'next') : page('a', 'next') });
    expect((await listEndpoints(api())).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('with odd members are read as far as possible', async () => {
    answer({
      data: [
        { id: 'a', url: 'https://a.test/', name: 7, status: null, enabledEvents: 'none', apiVersion: {} },
        { id: '..', url: 'https://a.test/' },
        { id: 'c' },
        'd',
      ],
    });
    expect(await listEndpoints(api())).toEqual([{ id: 'a', url: 'https://a.test/', enabledEvents: [] }]);
    answer({ endpoints: [] });
    await expect(listEndpoints(api())).rejects.toThrow('data: expected Array');
  });

  it('that are created without a usable answer fail without showing a secret', async () => {
    answer({ id: 'a', url: 'https://a.test/' });
    await expect(api().create(ours)).rejects.toThrow('signingSecret is missing');
    answer({ url: 'https://a.test/', signingSecret: 'wss_hidden_value' });
    const error = await api()
      .create(ours)
      .catch((each: unknown) => each);
    expect(String(error)).toContain('id or url is missing');
    expect(JSON.stringify(error) + String(error)).not.toContain('hidden_value');
  });
});

/** A proxy that is gone or refuses costs no charge: such a submit was not received, and is never ambiguous. */
import { describe, expect, it } from '@jest/globals';
import { ParseApiError } from '../../contract/extend';
import { startEmulator } from '../../local/extend';
import { createExtendClient } from '../../http';
import { deadUrl } from '../support/free-port';
import { startProxy } from '../support/proxy';

const SECRET = 'p4ssw0rd';

/** The error of a submit to an `https:` address through this proxy. */
async function submitError(proxyUrl: string): Promise<ParseApiError> {
  const proxy = { url: proxyUrl };
  const client = createExtendClient({ apiKey: 'k', baseUrl: 'https://extend.invalid', proxy });
  const submit = client.version('2026-02-09').submitParse({ file: { fileUrl: 'http://emulator.invalid/ok' } });
  const error: unknown = await submit.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ParseApiError)) throw new Error('the submit did not fail', { cause: error });
  return error;
}

describe('a client with a proxy', () => {
  it('did not send the request if the proxy is gone', async () => {
    expect(await submitError(await deadUrl())).toMatchObject({
      kind: 'notReceived',
      message: expect.stringMatching(/^no connection for POST \/parse_runs: ECONNREFUSED /),
    });
  });

  it('did not send the request if the proxy refuses the tunnel, and shows no password', async () => {
    await using proxy = await startProxy();
    proxy.refuses = true;
    const error = await submitError(`http://user:${SECRET}@127.0.0.1:${proxy.port}`);
    expect(error).toMatchObject({ kind: 'notReceived', message: expect.stringContaining('Proxy response (407)') });
    expect(proxy.tunnels).toEqual([
      { target: 'extend.invalid:443', authorization: `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}` },
    ]);
    expect(`${error.stack} ${String(error.cause)}`).not.toContain(SECRET);
  });

  it('sends requests for http: URLs directly', async () => {
    await using emulator = await startEmulator();
    await using proxy = await startProxy();
    const client = createExtendClient({
      apiKey: 'k',
      baseUrl: emulator.url,
      proxy: { url: `http://127.0.0.1:${proxy.port}` },
    });
    await client.version('2025-04-21').submitParse({ file: { fileUrl: 'http://emulator.invalid/ok' } });
    expect(proxy.tunnels).toEqual([]);
    expect(emulator.runs).toHaveLength(1);
  });

  it.each(['proxy.example:3128', 'socks5://127.0.0.1:1080'])('refuses %s as the URL of a proxy', (url) => {
    expect(() => createExtendClient({ apiKey: 'k', proxy: { url } })).toThrow(
      new TypeError('proxy.url must be an http: or https: URL (the value is not shown)'),
    );
  });
});

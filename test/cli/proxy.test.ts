/** With `HTTPS_PROXY`, all requests to Extend go through the proxy, and without it none does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { startHttpsFront, startProxy, type HttpsFront } from '../support/proxy';
import { devServerAddress } from '../support/servers';
import { DOCUMENTS, Workplace } from './run-command';

const SECRET = 'p4ssw0rd';
const HARBOUR = join(DOCUMENTS, 'harbour.md');

let workplace: Workplace;
let emulator: Emulator;
let front: HttpsFront;

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator();
  front = await startHttpsFront(emulator.url);
  writeFileSync(join(workplace.directory, 'authority.pem'), front.authority);
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await emulator.close();
  workplace.remove();
});

const configured = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  EXTEND_API_KEY: 'k',
  EXTEND_BASE_URL: front.url,
  EXTEND_API_VERSION: '2026-02-09',
  TEMPORAL_ADDRESS: devServerAddress(),
  NODE_EXTRA_CA_CERTS: join(workplace.directory, 'authority.pem'),
  ...env,
});

describe('extend-parse with HTTPS_PROXY', () => {
  it('uploads, submits, polls and fetches through the proxy, and shows no password', async () => {
    await using proxy = await startProxy();
    const env = configured({ HTTPS_PROXY: `http://user:${SECRET}@127.0.0.1:${proxy.port}` });
    const { status, stdout, stderr } = await workplace.run(['parse', HARBOUR, '--out', 'proxied'], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain(SECRET);
    expect(readFileSync(join(workplace.directory, 'proxied/harbour.md'), 'utf8')).toContain('#');
    expect(proxy.tunnels.length).toBeGreaterThan(0);
    const authorization = `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`;
    for (const tunnel of proxy.tunnels) {
      expect(tunnel).toEqual({ target: `localhost:${front.port}`, authorization });
    }
  });

  it('goes directly to the hosts of NO_PROXY', async () => {
    await using proxy = await startProxy();
    const env = configured({ https_proxy: `127.0.0.1:${proxy.port}`, NO_PROXY: 'example.com,localhost' });
    const { status } = await workplace.run(['parse', HARBOUR, '--out', 'direct'], { env });
    expect({ status, tunnels: proxy.tunnels }).toEqual({ status: 0, tunnels: [] });
  });

  it('names a proxy that refuses, with the answer of the proxy', async () => {
    await using proxy = await startProxy();
    proxy.refuses = true;
    const env = configured({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    const { stdout } = await workplace.run(['doctor'], { env });
    expect(stdout).toMatch(/^WRONG {2}Extend's key: no connection for GET .*Proxy response \(407\)/m);
    expect(stdout).toMatch(/→ Check EXTEND_BASE_URL, HTTPS_PROXY, the name server/);
  });
});

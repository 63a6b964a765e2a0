import { describe, expect, it } from '@jest/globals';
import { startHealthEndpoint } from '../../cli/health-endpoint';
import { parseListenAddress } from '../../cli/parse-listen-address';

describe('parseListenAddress', () => {
  it.each([
    ['8080', '127.0.0.1', 8080],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:65535', '::1', 65535],
  ])('reads %s', (value, host, port) => {
    expect(parseListenAddress(value)).toEqual({ host, port });
  });

  it.each(['65536', 'localhost:80', '::1:80', '0.0.0.0', ':80', ''])('refuses %j', (value) => {
    expect(() => parseListenAddress(value)).toThrow('It must be');
  });
});

it('the health endpoint listens on loopback only, unless an address is given', async () => {
  const endpoint = await startHealthEndpoint({ port: 0 });
  const statusAt = (host: string) => fetch(`http://${host}:${endpoint.port}/`).then(({ status }) => status);
  await expect(statusAt('127.0.0.1')).resolves.toBe(503);
  // On Linux, this is another address of the same machine, which a server on all interfaces answers too.
  await expect(statusAt('127.0.0.2')).rejects.toThrow('fetch failed');
  await endpoint.close();
});

import { isIPv4, isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { parsePort } from './parse-port';

/** An address and a port to listen on. */
export interface ListenAddress {
  /** IP address of this machine. */
  readonly host: string;
  /** 0 means a free port. */
  readonly port: number;
}

/** Parses `8080`, which means loopback, or an IP address and a port: `0.0.0.0:8080`, `[::]:8080`. */
export function parseListenAddress(value: string): ListenAddress {
  const at = value.lastIndexOf(':');
  const port = parsePort(value.slice(at + 1));
  const address = at < 0 ? '127.0.0.1' : value.slice(0, at);
  const host = address.replace(/^\[(.*)\]$/, '$1');
  if (isIPv4(address) || (host !== address && isIPv6(host))) return { host, port };
  throw new InvalidArgumentError('It must be a port, or an IP address and a port, as in 0.0.0.0:8080.');
}

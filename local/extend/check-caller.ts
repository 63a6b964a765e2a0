import type { IncomingMessage } from 'node:http';
import { RefusedRequest } from './refused-request';

/** Names of this machine, with any port. Browsers send these addresses in no other spelling. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Values of `Sec-Fetch-Site` for a page of the emulator itself and for an address that the user typed. */
const OWN_SITES = ['same-origin', 'none'];

/** Longest part of a header that a message quotes, in characters. */
const MAX_SHOWN_LENGTH = 200;

/**
 * Checks that a request comes from a program on this machine and not from a web page. A page of another origin can
 * reach a loopback server in two ways:
 *
 * - directly: then `Origin` names the page's origin. A simple GET carries no `Origin`; browsers mark it by
 *   `Sec-Fetch-Site`.
 * - under a name of its own that resolves to 127.0.0.1: then `Host` has that name.
 *
 * @param url the request target; an absolute URL names a host as well.
 * @throws RefusedRequest 403 for a host or an origin that is not loopback, and for another site that sends no origin.
 */
export function checkCaller({ headersDistinct, httpVersion }: IncomingMessage, url: URL): void {
  const { host: hosts = [], origin: origins = [], 'sec-fetch-site': sites = [] } = headersDistinct;
  // HTTP/1.0 has no Host. No browser speaks it any more.
  const isNamed = hosts.length === 1 || (hosts.length === 0 && httpVersion === '1.0');
  if (!isNamed || ![...hosts, url.host].every((host) => LOOPBACK_HOST.test(host))) {
    const got = hosts.length === 0 ? 'no Host header' : `the Host ${shown(hosts)}`;
    throw new RefusedRequest(403, `The emulator answers requests to localhost, 127.0.0.1 and [::1] only, got ${got}`);
  }
  if (!origins.every(isLoopbackOrigin)) throw refusedPage(shown(origins));
  if (origins.length === 0 && !sites.every((site) => OWN_SITES.includes(site))) {
    throw refusedPage(`Sec-Fetch-Site ${shown(sites)}`);
  }
}

function refusedPage(got: string): RefusedRequest {
  return new RefusedRequest(403, `The emulator does not answer web pages of another origin, got ${got}`);
}

function isLoopbackOrigin(origin: string): boolean {
  const [, host] = /^https?:\/\/(.*)$/i.exec(origin) ?? [];
  return host !== undefined && LOOPBACK_HOST.test(host);
}

function shown(values: readonly string[]): string {
  return JSON.stringify(values.join(', ').slice(0, MAX_SHOWN_LENGTH));
}

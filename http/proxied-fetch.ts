import type { Dispatcher } from 'undici';
import { isHttpUrl } from '../contract/extend';

/** A proxy between the worker and Extend. */
export interface ProxyOptions {
  /** `http:` or `https:` URL of the proxy, with user name and password if the proxy requires them. */
  readonly url: string;
  /**
   * Hosts to which requests go directly, separated by commas: `extend.internal` also covers its subdomains, and `*`
   * covers every host. @default none
   */
  readonly noProxy?: string;
}

/** The function that sends a request: Node's own `fetch`, or one with the same signature. */
export type Fetch = typeof fetch;

/**
 * Builds a `fetch` that sends requests for `https:` URLs through the proxy, by a tunnel (`CONNECT`). The proxy sees the
 * host name and no content. Requests for `http:` URLs go directly, because only this machine may be named by one.
 *
 * Node's `fetch` ignores `HTTPS_PROXY` before Node 24. It accepts the dispatcher of undici, the library that Node's
 * `fetch` is made of. The library is loaded with the first request.
 *
 * @throws TypeError if `url` is not the URL of an HTTP proxy. The message does not show it, because it may hold a
 * password.
 */
export function createProxiedFetch({ url, noProxy = '' }: ProxyOptions): Fetch {
  if (!isHttpUrl(url)) throw new TypeError('proxy.url must be an http: or https: URL (the value is not shown)');
  let dispatcher: Promise<Dispatcher> | undefined;
  return async (input, init) => {
    dispatcher ??= createDispatcher(url, noProxy);
    const options: RequestInit & { readonly dispatcher: Dispatcher } = { ...init, dispatcher: await dispatcher };
    return fetch(input, options);
  };
}

async function createDispatcher(httpsProxy: string, noProxy: string): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  // An empty `httpProxy` keeps the library from reading HTTP_PROXY.
  return new EnvHttpProxyAgent({ httpProxy: '', httpsProxy, noProxy });
}

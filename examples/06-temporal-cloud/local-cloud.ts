/**
 * What Temporal Cloud does in front of its servers, on this machine: it ends TLS, and lets nobody in without the API key
 * or a certificate. For `npm run example 06` where nothing is configured, and for the example's test.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createAuthority, type Authority } from './certificates';

/** A call as it arrived. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** Name in the caller's certificate. */
  readonly certificate?: string;
}

/** Settings of {@link startLocalCloud}. */
export interface LocalCloudOptions {
  /** `host:port` of the Temporal server behind it, without TLS. */
  readonly server: string;
  readonly authority: Authority;
  /** The only API key that is let in. @default none is asked for; then a certificate of the authority is */
  readonly apiKey?: string;
}

/** TLS before a Temporal server. */
export interface LocalCloud {
  /** `host:port` for clients and workers. */
  readonly address: string;
  /** All calls so far, those that were refused too. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

const UNAUTHENTICATED = { 'grpc-status': '16', 'grpc-message': 'Request unauthorized.' };

export async function startLocalCloud({ server, authority, apiKey }: LocalCloudOptions): Promise<LocalCloud> {
  const calls: Call[] = [];
  const behind = connect(`http://${server}`);
  const requestCert = apiKey === undefined;
  const front = createSecureServer({
    ...authority.issue('local cloud'),
    ca: authority.cert,
    requestCert,
    rejectUnauthorized: requestCert,
  });
  const callers = new Set<{ destroy(): void }>();
  front.on('session', (session) => callers.add(session));
  front.on('stream', (stream, headers) => {
    const certificate = (stream.session?.socket as TLSSocket | undefined)?.getPeerCertificate().subject?.CN;
    calls.push({ headers, ...(typeof certificate === 'string' && { certificate }) });
    if (behind.destroyed) stream.destroy();
    else if (apiKey === undefined || headers.authorization === `Bearer ${apiKey}`)
      forward(stream, behind.request(headers));
    else stream.respond({ 'content-type': 'application/grpc', ...UNAUTHENTICATED }, { endStream: true });
  });
  await once(front.listen(0, 'localhost'), 'listening');
  const close = async () => {
    const closed = new Promise((resolve) => front.close(resolve));
    behind.destroy();
    for (const caller of callers) caller.destroy();
    await closed;
  };
  return { address: `localhost:${(front.address() as AddressInfo).port}`, calls, close };
}

/** gRPC tells how a call ended in the trailers. */
function forward(stream: ServerHttp2Stream, onward: ReturnType<ReturnType<typeof connect>['request']>): void {
  let trailers: IncomingHttpHeaders = {};
  onward.on('trailers', (given) => (trailers = given));
  onward.on('response', (headers) => {
    stream.respond(headers, { waitForTrailers: true });
    onward.pipe(stream);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('close', () => onward.destroy());
  for (const side of [stream, onward]) side.on('error', () => side.destroy());
  stream.pipe(onward);
}

/** The local cloud with a key that it makes up, and the variables that lead to it. */
export async function startStandIn(server: string) {
  const authority = createAuthority('local authority');
  const apiKey = randomUUID();
  const cloud = await startLocalCloud({ server, authority, apiKey });
  const variables = {
    TEMPORAL_ADDRESS: cloud.address,
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert,
  };
  return { variables, close: () => cloud.close() };
}

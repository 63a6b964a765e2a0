/**
 * A stand-in for the front of Temporal Cloud on this machine: it terminates TLS, and refuses callers without the API
 * key or a certificate. `npm run example 06` uses it if nothing is configured, and so does the example's test.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createAuthority, type Authority } from './certificates';

/** A call as the local cloud received it. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  /** Name in the caller's certificate; absent without a certificate. */
  readonly certificate?: string;
}

/** Settings of {@link startLocalCloud}. */
export interface LocalCloudOptions {
  /** `host:port` of the Temporal server behind the local cloud, without TLS. */
  readonly server: string;
  readonly authority: Authority;
  /** The only API key that is accepted. @default none: callers need a certificate of the authority instead */
  readonly apiKey?: string;
}

/** A running TLS terminator in front of a Temporal server. */
export interface LocalCloud {
  /** `host:port` for clients and workers. */
  readonly address: string;
  /** All calls so far, refused ones included. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

const UNAUTHENTICATED = { 'grpc-status': '16', 'grpc-message': 'Request unauthorized.' };

/** Starts a TLS terminator on localhost in front of a Temporal server. */
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

/** Forwards a call. Its trailers are forwarded too, because gRPC reports the outcome of a call in them. */
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

/** Starts a local cloud with a random API key, and returns the environment variables with which clients reach it. */
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

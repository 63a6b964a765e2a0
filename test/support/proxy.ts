import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createAuthority } from '../../examples/06-temporal-cloud/certificates';

/** A server on loopback for one test. */
interface TestServer extends AsyncDisposable {
  readonly port: number;
}

/** An HTTP proxy that opens tunnels. */
export interface Proxy extends TestServer {
  /** `host:port` of each tunnel that a client asked for, with the header `proxy-authorization`. */
  readonly tunnels: readonly { readonly target: string; readonly authorization: string | undefined }[];
  /** `true`: the proxy refuses each further tunnel with 407. */
  refuses: boolean;
}

/** An HTTPS address before an HTTP server. */
export interface HttpsFront extends TestServer {
  /** `https://localhost:<port>`. */
  readonly url: string;
  /** The certificate that a client must trust, as PEM. */
  readonly authority: string;
}

/** Starts a proxy that speaks `CONNECT`, and nothing else. */
export async function startProxy(): Promise<Proxy> {
  const tunnels: Proxy['tunnels'][number][] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.writeHead(501).end());
  const proxy = { tunnels, refuses: false, ...(await listen(server, sockets)) };
  server.on('connect', ({ url: target = '', headers }: IncomingMessage, socket: Duplex) => {
    tunnels.push({ target, authorization: headers['proxy-authorization'] });
    sockets.add(socket.on('error', () => undefined));
    if (proxy.refuses) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const { hostname: host, port } = new URL(`tcp://${target}`);
    const onward = connect({ host, port: Number(port) }, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    join(socket, onward, sockets);
  });
  return proxy;
}

/** Starts an HTTPS address before an HTTP server of this machine, with a certificate for `localhost`. */
export async function startHttpsFront(httpUrl: string): Promise<HttpsFront> {
  const sockets = new Set<Duplex>();
  const authority = createAuthority('authority of the test');
  const server = createTlsServer(authority.issue('localhost'), (socket) => {
    join(socket, connect({ host: '127.0.0.1', port: Number(new URL(httpUrl).port) }), sockets);
  });
  const listening = await listen(server, sockets);
  return { ...listening, url: `https://localhost:${listening.port}`, authority: authority.cert };
}

function join(socket: Duplex, onward: Socket, sockets: Set<Duplex>): void {
  sockets.add(socket.on('error', () => onward.destroy()));
  sockets.add(onward.on('error', () => socket.destroy()));
  socket.pipe(onward).pipe(socket);
}

async function listen(server: Server | NetServer, sockets: ReadonlySet<Duplex>): Promise<TestServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

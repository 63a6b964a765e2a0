import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP address before a server. It accepts connections at once, and passes them on from when it is opened. */
export interface Gate extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** Passes on all connections, those that wait included. */
  open(): void;
}

/** Starts a closed gate before the server at `host:port`. */
export async function startGate(target: string): Promise<Gate> {
  const { hostname: host, port } = new URL(`tcp://${target}`);
  const sockets = new Set<Socket>();
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    void opened.then(() => {
      const onward = connect({ host, port: Number(port) });
      sockets.add(onward.on('error', () => socket.destroy()));
      socket.pipe(onward).pipe(socket);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, open, [Symbol.asyncDispose]: close };
}

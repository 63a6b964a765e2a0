import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage } from '../json';
import { CommandError, EXIT_STATUS } from './exit-status';

/** An HTTP endpoint that answers whether a service works. */
export interface HealthEndpoint {
  readonly port: number;
  /** From now on the endpoint answers 200 while the function returns `true`. */
  watch(isWorking: () => boolean): void;
  close(): Promise<void>;
}

/**
 * Answers every request: 200 while the service works, 503 before and while it ends. An orchestrator uses it as a probe,
 * and then needs an address that it can reach.
 *
 * @param work the word for it in the answers; default: `polling`
 *
 * @throws CommandError if the port is taken or not permitted.
 */
export async function startHealthEndpoint({
  port,
  host = '127.0.0.1',
  work = 'polling',
}: {
  /** 0 takes a free port. */
  readonly port: number;
  /** IP address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  readonly work?: string;
}): Promise<HealthEndpoint> {
  let isReady = () => false;
  const server = createServer((_request, response) => {
    const ready = isReady();
    response.writeHead(ready ? 200 : 503, { 'content-type': 'text/plain' }).end(ready ? `${work}\n` : `not ${work}\n`);
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const message = `cannot listen on ${host}, port ${port}: ${errorMessage(error)}`;
    throw new CommandError({ message, exitStatus: EXIT_STATUS.failure });
  }
  return {
    port: (server.address() as AddressInfo).port,
    watch: (isWorking) => (isReady = isWorking),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client, Connection } from '@temporalio/client';
import { DEFAULT_ADDRESS, DEFAULT_NAMESPACE, type Environment } from '../../contract';
import { errorMessage } from '../../json';
import { createWebhookHandler, createWebhookListener, createWebhookMetrics } from '../../webhook';
import { readMetricsAddress, readTemporalConfiguration } from '../../worker';
import { connectClient, messageOf, noServer, type ConfiguredTemporal } from '../connect-temporal';
import { CommandError, EXIT_STATUS, usageError, type ExitStatus } from '../exit-status';
import { startHealthEndpoint, type HealthEndpoint } from '../health-endpoint';
import { listenForInterruption, untilAborted } from '../interruption';
import { orUsageError } from '../or-usage-error';
import type { ListenAddress } from '../parse-listen-address';
import { toSafeLabel } from '../to-label';
import { createDeliveryLog } from './delivery-log';
import { readWebhookSecrets } from './webhook-secrets';

/** Time limit of a whole request, in milliseconds. The handler's own limit is shorter. */
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Time after which an idle connection is closed, in milliseconds. It is longer than that of usual load balancers (60 s),
 * which would otherwise send a delivery on a connection that is being closed, and answer 502 to Extend.
 */
const KEEP_ALIVE_MS = 75_000;
/** Time that deliveries in flight get at the end, in milliseconds: longer than the time limit of the handler. */
const CLOSE_TIMEOUT_MS = 25_000;
/** gRPC's status code of a namespace that does not exist. */
const NOT_FOUND = 5;

/** Options of `extend-parse webhook`. */
export interface WebhookArguments {
  /** Port for deliveries, on all interfaces; 0 chooses a free one. */
  readonly port: number;
  /** Address of the health endpoint. @default none */
  readonly health?: ListenAddress;
  /** Namespaces with documents. @default the configured one */
  readonly namespace?: readonly string[];
}

/**
 * `extend-parse webhook`: receives Extend's webhooks until a signal ends it. It needs no key of Extend. Prints
 * `listening on port <port>` once it receives deliveries; from then on the health endpoint answers 200, until the signal.
 *
 * @throws CommandError if the environment is wrong, a port is taken, a namespace does not exist, or the Temporal server
 * cannot be reached.
 */
export async function webhookCommand(given: WebhookArguments, env: Environment): Promise<ExitStatus> {
  const secrets = await readWebhookSecrets(env);
  const temporal = orUsageError(() => readTemporalConfiguration(env));
  const metricsAddress = orUsageError(() => readMetricsAddress(env));
  const { address = DEFAULT_ADDRESS } = temporal.connectionOptions;
  const target = { connectionOptions: { ...temporal.connectionOptions, address }, namespace: DEFAULT_NAMESPACE };
  const namespaces = [...new Set(given.namespace ?? [temporal.namespace ?? DEFAULT_NAMESPACE])];
  const interruption = listenForInterruption();
  const closers: (() => Promise<void>)[] = [];
  try {
    const health = given.health && (await startHealthEndpoint({ ...given.health, work: 'receiving' }));
    if (health !== undefined) closers.push(() => health.close());
    const metrics = createWebhookMetrics();
    if (metricsAddress !== undefined) closers.push(await serveMetrics(metricsAddress, metrics.toPrometheus));
    const log = createDeliveryLog((line) => console.log(line));
    const handler = createWebhookHandler({
      client: await connectClients(target, namespaces),
      secrets,
      onDelivery: (delivery) => {
        metrics.onDelivery(delivery);
        log(delivery);
      },
    });
    const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS };
    const server = createServer(timeouts, createWebhookListener(handler));
    const port = await listen(server, { port: given.port });
    console.log(`listening on port ${port}, for ${namespaces.join(', ')} at ${address}`);
    await receiveUntil(interruption.signal, server, health);
    return EXIT_STATUS.success;
  } finally {
    for (const close of closers) await close();
  }
}

/** Connects once, and makes a client for each namespace. @throws CommandError if there is no server or no such namespace */
async function connectClients(target: ConfiguredTemporal, namespaces: readonly string[]): Promise<Client[]> {
  const { Client } = await import('@temporalio/client');
  const { address } = target.connectionOptions;
  const connection = await connectClient(target).catch((error: unknown) => {
    throw noServer({ message: `Temporal at ${address} does not answer: ${messageOf(error)}`, cause: error });
  });
  for (const namespace of namespaces) await checkNamespace(connection, namespace);
  return namespaces.map((namespace) => new Client({ connection, namespace }));
}

/** A wrong name would make every event one of another program. @throws CommandError for a namespace that does not exist */
async function checkNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    // Credentials that may only signal need not be allowed to describe a namespace.
    if ((error as { code?: unknown }).code !== NOT_FOUND) return;
    throw usageError(`the namespace '${toSafeLabel(namespace)}' does not exist in Temporal`);
  }
}

/** Receives deliveries until the signal, and then lets those in flight end. */
async function receiveUntil(signal: AbortSignal, server: Server, health: HealthEndpoint | undefined): Promise<void> {
  health?.watch(() => !signal.aborted);
  await untilAborted(signal);
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}

/** Serves the metrics under `/metrics`. @returns a function that ends it */
async function serveMetrics(address: string, toPrometheus: () => string): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const isMetrics = request.url?.split('?', 1)[0] === '/metrics';
    const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
    if (isMetrics) response.writeHead(200, headers).end(toPrometheus());
    else response.writeHead(404).end();
  });
  const { hostname, port } = new URL(`http://${address}`);
  await listen(server, { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? 80 : port) });
  return async () => {
    server.close();
    server.closeAllConnections();
  };
}

/** @throws CommandError if the port is taken or not permitted */
async function listen(server: Server, options: { readonly port: number; readonly host?: string }): Promise<number> {
  server.listen(options);
  try {
    await once(server, 'listening');
  } catch (error) {
    const message = `cannot listen on port ${options.port}: ${errorMessage(error)}`;
    throw new CommandError({ message, exitStatus: EXIT_STATUS.failure });
  }
  return (server.address() as AddressInfo).port;
}

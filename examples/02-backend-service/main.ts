/**
 * A backend service: HTTP endpoints start a parse, report its progress and cancel it. It runs until a signal stops it.
 *
 *     npm run example 02
 *     curl -X PUT localhost:8080/documents/7 -d '{"fileUrl": "https://example.com/invoice.pdf"}'
 *     curl localhost:8080/documents/7
 *     curl -X DELETE localhost:8080/documents/7
 */
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createService } from './service';
import { createWorker } from './worker';

const { TEMPORAL_ADDRESS: address = 'localhost:7233', PORT = '8080' } = process.env;
const TASK_QUEUE = 'example-02';

async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the result
  const connections = [await Connection.connect({ address }), await NativeConnection.connect({ address })] as const;
  const service = createService(new Client({ connection: connections[0] }), TASK_QUEUE);
  const worker = await createWorker(connections[1], TASK_QUEUE);
  service.listen(Number(PORT), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${(service.address() as AddressInfo).port}`);
  });
  await worker.run(); // ends by SIGINT or SIGTERM, after the requests to Extend that are in flight
  service.close();
  for (const connection of connections) await connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

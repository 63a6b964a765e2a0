/**
 * Parses one document with Temporal Cloud, or with any server behind TLS. Client and worker are configured like
 * Temporal's own tools, by environment variables or by a profile. With an API key, which implies TLS:
 *
 *     export TEMPORAL_ADDRESS=documents.a1b2c.tmprl.cloud:7233 TEMPORAL_NAMESPACE=documents.a1b2c TEMPORAL_API_KEY=…
 *     npm run example 06 -- https://example.com/invoice.pdf
 *
 * With a certificate, set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH instead of the key. If no
 * public authority has signed the server's certificate, set TEMPORAL_TLS_SERVER_CA_CERT_PATH. `extend-parse worker`
 * reads the same variables.
 */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ParseClient } from 'temporal-extend-parse/client';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

const { EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
const TASK_QUEUE = 'example-06';

async function main(fileUrl = 'http://emulator.invalid/ok'): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the result
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const { address, apiKey, tls } = connectionOptions;
  const key = apiKey === undefined ? 'no API key' : 'an API key';
  console.error(`namespace ${namespace} at ${address}, ${tls ? 'TLS' : 'no TLS'}, ${key}`);

  const connection = await Connection.connect(connectionOptions);
  const parsing = new ParseClient({ client: new Client({ connection, namespace }), taskQueue: TASK_QUEUE });

  const workerConnection = await NativeConnection.connect(connectionOptions);
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
  });
  const worker = await Worker.create({
    connection: workerConnection,
    namespace,
    taskQueue: TASK_QUEUE,
    plugins: [plugin],
  });

  await worker.runUntil(async () => {
    const result = await parsing.execute({ file: { fileUrl } });
    for await (const { content } of parsing.readChunks(result)) console.log(content);
  });
  await workerConnection.close();
  await connection.close();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

import { Client, Connection } from '@temporalio/client';

/** Connects a client to a server, and closes the connection after its use. */
export async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

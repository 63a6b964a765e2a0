import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync, watch } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { startDevServer, type DevServer } from '../../../local/temporal';
import { devServerExecutable, startOwnDevServer } from '../../support/servers';
import { until } from '../../workflows/scene';

const BUILT_LOCAL = resolve(__dirname, '../../../dist/local/temporal/index.js');

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

function databases({ address }: Pick<DevServer, 'address'>): string[] {
  const port = address.split(':')[1];
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`extend-parse-temporal-${port}-`));
}

/** Comes back once the database is gone; one that stays makes the test time out. */
async function untilNoDatabase(address: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(tmpdir(), () => look());
    const look = () => {
      if (databases({ address }).length > 0) return;
      watcher.close();
      resolve();
    };
    look();
  });
}

async function isRefused(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    // A server that ends resets the connections that it has just accepted.
    socket.on('error', () => undefined).destroy();
  }
}

describe('startDevServer', () => {
  it('starts a server with a web UI that takes workflows at once, and leaves nothing after close', async () => {
    const server = await startOwnDevServer();
    const handle = await withClient(server.address, (client) =>
      client.workflow.start('any', { taskQueue: 'nobody', workflowId: 'first' }),
    );
    expect(handle.workflowId).toBe('first');
    expect((await fetch(server.uiUrl)).status).toBe(200);
    expect(databases(server)).toHaveLength(1);
    await server.close();
    await server.close();
    await expect(fetch(server.uiUrl)).rejects.toThrow();
    expect(databases(server)).toEqual([]);
  });

  it('gives every server a database of its own', async () => {
    await using first = await startOwnDevServer();
    await using second = await startOwnDevServer();
    const options = { taskQueue: 'nobody', workflowId: 'same' };
    await withClient(first.address, (client) => client.workflow.start('any', options));
    const inSecond = withClient(second.address, (client) => client.workflow.getHandle('same').describe());
    await expect(inSecond).rejects.toThrow(/not found/i);
  });

  it('passes dynamic configuration on', async () => {
    await using server = await startOwnDevServer({ dynamicConfig: { 'limit.maxIDLength': 100 } });
    const start = (workflowId: string) =>
      withClient(server.address, (client) => client.workflow.start('any', { taskQueue: 'nobody', workflowId }));
    await expect(start('x'.repeat(101))).rejects.toMatchObject({
      cause: { details: expect.stringContaining('exceeds maximum allowed length (101/100)') },
    });
    await expect(start('x'.repeat(100))).resolves.toBeDefined();
  });

  it('ends, and leaves no database, when the process that started it is killed', async () => {
    const script = `require(process.argv[1]).startDevServer({ executable: process.argv[2] })
      .then((server) => console.log(server.address))`;
    const parent = spawn(process.execPath, ['-e', script, BUILT_LOCAL, devServerExecutable()]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const [host = '', port = ''] = line.toString().trim().split(':');
    const socket = connect({ host, port: Number(port) });
    await once(socket, 'connect');
    const closed = new Promise((resolve) =>
      socket
        .on('error', () => undefined)
        .on('close', resolve)
        .resume(),
    );
    parent.kill('SIGKILL');
    await closed;
    await untilNoDatabase(`${host}:${port}`);
    // The server deletes its database before it closes its port.
    await until(() => isRefused(host, Number(port)));
  });

  it('tells what the server said last when it does not start', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'no-server-'));
    const executable = join(directory, 'temporal');
    writeFileSync(executable, '#!/bin/sh\necho unknown command server >&2\nexit 3\n');
    chmodSync(executable, 0o755);
    await expect(startDevServer({ executable })).rejects.toThrow(
      "Temporal's dev server did not start: unknown command server",
    );
    rmSync(directory, { recursive: true });
  });
});

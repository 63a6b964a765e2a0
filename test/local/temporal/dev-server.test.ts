import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync, watch } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startDevServer, type DevServer } from '../../../local/temporal';
import { devServerExecutable, startOwnDevServer } from '../../support/servers';
import { until } from '../../support/until';
import { withClient } from './with-client';

const BUILT_LOCAL = resolve(__dirname, '../../../dist/local/temporal/index.js');

function databases({ address }: Pick<DevServer, 'address'>): string[] {
  const port = address.split(':')[1];
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`extend-parse-temporal-${port}-`));
}

/** Resolves when the database is deleted. If it stays, the test times out. */
async function untilNoDatabase(address: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(tmpdir(), () => check());
    const check = () => {
      if (databases({ address }).length > 0) return;
      watcher.close();
      resolve();
    };
    check();
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
  it('starts a server with a web UI that accepts workflows at once, and leaves nothing after close', async () => {
    const server = await startOwnDevServer();
    const handle = await withClient(server.address, (client) =>
      client.workflow.start('any', { taskQueue: 'no-worker', workflowId: 'first' }),
    );
    expect(handle.workflowId).toBe('first');
    expect((await fetch(server.uiUrl)).status).toBe(200);
    expect(databases(server)).toHaveLength(1);
    await server.close();
    await server.close();
    await expect(fetch(server.uiUrl)).rejects.toThrow();
    expect(databases(server)).toEqual([]);
  });

  it('starts every server with its own database and its own dynamic configuration', async () => {
    await using first = await startOwnDevServer();
    await using second = await startOwnDevServer({ dynamicConfig: { 'limit.maxIDLength': 100 } });
    const start = ({ address }: DevServer, workflowId: string) =>
      withClient(address, (client) => client.workflow.start('any', { taskQueue: 'no-worker', workflowId }));
    await expect(start(first, 'x'.repeat(101))).resolves.toBeDefined();
    await expect(start(second, 'x'.repeat(101))).rejects.toMatchObject({
      cause: { details: expect.stringContaining('exceeds maximum allowed length (101/100)') },
    });
    await expect(start(first, 'x'.repeat(100))).resolves.toBeDefined();
    const inSecond = withClient(second.address, (client) => client.workflow.getHandle('x'.repeat(100)).describe());
    await expect(inSecond).rejects.toThrow(/not found/i);
    await expect(start(second, 'x'.repeat(100))).resolves.toBeDefined();
  });

  it('ends the server and deletes its database if the process that started it is killed', async () => {
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

  it('starts a server again that ended by itself, because another process took one of its ports', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'unlucky-server-'));
    const executable = join(directory, 'temporal');
    const trace = 'x'.repeat(5_000);
    const script = `#!/bin/sh
if [ "$1" = server ] && mkdir '${directory}/once' 2>/dev/null; then
  echo 'panic: bind: address already in use' >&2; echo '${trace}' >&2; exit 2
fi
exec '${devServerExecutable()}' "$@"
`;
    writeFileSync(executable, script, { mode: 0o755 });
    await using server = await startDevServer({ executable });
    expect((await fetch(server.uiUrl)).status).toBe(200);
    expect(readdirSync(directory)).toContain('once');
    rmSync(directory, { recursive: true });
  });

  it('reports the first error output of a server that does not start', async () => {
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

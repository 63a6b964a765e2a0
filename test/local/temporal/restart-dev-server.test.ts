import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { startOwnDevServer } from '../../support/servers';
import { withClient } from './with-client';

describe('restarting a dev server', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s keeps address and workflows, more than once', async (signal) => {
    const server = await startOwnDevServer();
    const { address, uiUrl } = server;
    const options = { taskQueue: 'no-worker', workflowId: 'kept' };
    const { firstExecutionRunId } = await withClient(address, (client) => client.workflow.start('any', options));
    await server.restart(signal);
    await server.restart(signal);
    expect(server).toMatchObject({ address, uiUrl });
    const found = await withClient(address, (client) => client.workflow.getHandle('kept').describe());
    expect(found).toMatchObject({ runId: firstExecutionRunId, status: { name: 'RUNNING' } });
    await server.close();
    const prefix = `extend-parse-temporal-${address.split(':')[1]}-`;
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))).toEqual([]);
  });

  it('is refused after close', async () => {
    const server = await startOwnDevServer();
    await server.close();
    await expect(server.restart('SIGTERM')).rejects.toThrow('it was closed');
    await expect(fetch(server.uiUrl)).rejects.toThrow();
  });
});

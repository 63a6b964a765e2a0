import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { startOwnDevServer } from '../../support/servers';
import { withClient } from './with-client';

describe('restarting a dev server', () => {
  it('by SIGKILL and by SIGTERM keeps address and workflows, more than once, and is refused after close', async () => {
    const server = await startOwnDevServer();
    const { address, uiUrl } = server;
    const options = { taskQueue: 'no-worker', workflowId: 'kept' };
    const { firstExecutionRunId } = await withClient(address, (client) => client.workflow.start('any', options));
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await server.restart(signal);
      expect(server).toMatchObject({ address, uiUrl });
      const found = await withClient(address, (client) => client.workflow.getHandle('kept').describe());
      expect(found).toMatchObject({ runId: firstExecutionRunId, status: { name: 'RUNNING' } });
    }
    await server.close();
    const prefix = `extend-parse-temporal-${address.split(':')[1]}-`;
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))).toEqual([]);
    await expect(server.restart('SIGTERM')).rejects.toThrow('it was closed');
    await expect(fetch(uiUrl)).rejects.toThrow();
  });
});

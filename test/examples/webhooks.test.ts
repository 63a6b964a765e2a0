/** Risk tested here: a framework changes the body or the headers, so that a genuine delivery is refused. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startEmulator } from '../../local/extend';
import { createRun } from '../local/extend/api-call';
import { createDevEnv, devServerAddress } from '../support/servers';
import { until } from '../support/until';
import { historyOf } from '../workflows/history';
import { startExample } from './run-example';

const SECRET = 'wss_of_the_example';
let env: TestWorkflowEnvironment;

beforeAll(async () => void (env = await createDevEnv()));
afterAll(() => env.teardown());

describe('08, a receiver of webhooks', () => {
  it.each(['node', 'hono', 'route'])('signals the workflow of a delivery: %s', async (kind) => {
    const workflowId = `example-08-${randomUUID()}`;
    await env.client.workflow.start('parseDocument', { taskQueue: 'nothing-polls-this', workflowId });
    const variables = {
      TEMPORAL_ADDRESS: devServerAddress(),
      EXTEND_API_KEY: 'not used',
      EXTEND_WEBHOOK_SECRETS: `wss_old, ${SECRET}`,
      PORT: '0',
    };
    const example = startExample('08', [kind], variables);
    const [, url = ''] = await example.printed(/^listening on (\S+)$/m);
    await using emulator = await startEmulator({ webhooks: { endpoints: [{ url, signingSecret: SECRET }] } });
    const temporal = { namespace: 'default', workflowId, firstRunId: 'any', submit: 1 };
    // The name has characters of more than one byte, which a framework may decode and encode.
    const metadata = { temporal, name: 'Überweisung 日本' };
    const runId = await createRun(emulator, 'http://emulator.invalid/ok', { metadata });
    await until(() => emulator.webhookDeliveries.some(({ outcome }) => outcome === 'delivered'));
    expect(emulator.webhookDeliveries).toMatchObject([{ attempt: 1, status: 200 }]);
    await example.printed(new RegExp(`^signalled 200 parse_run.processed ${runId}$`, 'm'));
    const events = await historyOf(env.client, workflowId);
    expect(events.filter((event) => event.workflowExecutionSignaledEventAttributes != null)).toHaveLength(1);
    const forged = await fetch(url, { method: 'POST', body: '{}' });
    expect(forged.status).toBe(401);
    expect(await example.stop()).toBe(0);
  });

  it('without a secret says how to get one', async () => {
    const { ended, output } = startExample('08', [], { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_API_KEY: 'k' });
    expect(await ended).toBe(1);
    expect(output.stderr).toContain('set EXTEND_WEBHOOK_SECRETS');
  });
});

/** Risk tested here: a log line does not name its run, or it contains a secret. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NativeConnection, Runtime, type LogEntry } from '@temporalio/worker';
import { Client, Connection } from '@temporalio/client';
import { ParseClient } from '../../client';
import { httpReply, startEmulator, type Emulator } from '../../local/extend';
import { createParseWorker } from '../../worker';
import { keepBundles } from '../support/kept-bundles';
import { devServerAddress } from '../support/servers';

const SECRET = 'sk_very_secret_key';
const taskQueue = 'logs';
const entries: LogEntry[] = [];
const unavailable = httpReply({ status: 503, json: { error: `no ${SECRET}, Bearer ${SECRET}` } });

describe('the logs of a worker', () => {
  let emulator: Emulator;
  let runId: string;

  beforeAll(async () => {
    keepBundles();
    const log = (level: LogEntry['level']) => (message: string, meta?: LogEntry['meta']) =>
      void entries.push({ level, message, timestampNanos: 0n, ...(meta && { meta }) });
    const at = { trace: log('TRACE'), debug: log('DEBUG'), info: log('INFO'), warn: log('WARN'), error: log('ERROR') };
    Runtime.install({ logger: { log: (level, message, meta) => log(level)(message, meta), ...at } });
    emulator = await startEmulator({ scripts: { faulty: { reads: [unavailable], results: [unavailable] } } });
    const connection = await NativeConnection.connect({ address: devServerAddress() });
    const client = await Connection.connect({ address: devServerAddress() });
    const worker = await createParseWorker({
      connection,
      taskQueue,
      activities: { apiKey: SECRET, baseUrl: emulator.url },
    });
    const parsing = new ParseClient({ client: new Client({ connection: client }), taskQueue });
    const fileUrl = `http://emulator.invalid/faulty?token=${SECRET}`;
    ({ runId } = await worker.runUntil(parsing.execute({ file: { fileUrl }, polling: { initialDelayMs: 0 } })));
    await connection.close();
    await client.close();
  });
  afterAll(() => emulator.close());

  const linesOf = (component: string) => entries.filter(({ meta }) => meta?.['sdkComponent'] === component);

  it('have the run id on each line of Temporal about an activity of a run', () => {
    const lines = entries.filter(({ level, meta }) => level === 'WARN' && meta?.['activityType'] !== undefined);
    expect(lines.map(({ meta }) => [meta?.['activityType'], meta?.['parserRunId']])).toEqual([
      ['getStatus', runId],
      ['getStatus', runId],
    ]);
  });

  it("have the run id on each line of the workflow itself, beside Temporal's workflow run id", () => {
    const lines = linesOf('workflow');
    expect(lines.map(({ message }) => message)).toEqual(['accepted by Extend', 'ended at Extend: PROCESSED']);
    for (const { meta } of lines) {
      expect(meta).toMatchObject({ parserRunId: runId, workflowType: 'parseDocument' });
      expect(meta?.['runId']).not.toBe(runId);
    }
  });

  it("have the run id on Temporal's lines about the workflow and its submit, as soon as it is known", () => {
    const lines = entries.filter(
      ({ meta }) => meta?.['sdkComponent'] === 'worker' && meta['workflowType'] !== undefined,
    );
    const withId = (wanted: string) =>
      lines.filter(({ message }) => message === wanted).map(({ meta }) => meta?.['parserRunId']);
    expect(withId('Workflow started')).toEqual([undefined]);
    expect(withId('Workflow completed')).toEqual([runId]);
    const completed = lines.filter(({ message }) => message === 'Activity completed');
    expect(completed.map(({ meta }) => [meta?.['activityType'], meta?.['parserRunId']])).toEqual([
      ['submitParse', runId],
      ['getStatus', runId],
      ['getStatus', runId],
      ['fetchResult', runId],
    ]);
  });

  it('contain no secret', () => {
    expect(entries.length).toBeGreaterThan(5);
    for (const { message, meta } of entries) {
      const { error, ...rest } = meta ?? {};
      const text = [message, JSON.stringify(rest), (error as Error | undefined)?.stack].join('\n');
      expect(text).not.toContain(SECRET);
    }
  });
});

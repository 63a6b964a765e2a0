import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ParseClient } from '../../client';
import { freePort } from '../support/free-port';
import { startGate } from '../support/gate';
import { devServerAddress } from '../support/servers';
import { until } from '../support/until';
import { Workplace } from './run-command';

let workplace: Workplace;

beforeAll(() => {
  workplace = new Workplace();
});

afterAll(() => workplace.remove());

describe('extend-parse emulator and worker', () => {
  it('print a line when they are ready, parse a document that a client starts, and end at a signal', async () => {
    const emulatorPort = await freePort();
    const url = `http://127.0.0.1:${emulatorPort}`;
    const emulator = workplace.start(['emulator', '--port', `${emulatorPort}`]);
    await emulator.waitFor(/^listening on .*\n/m);
    const second = workplace.run(['emulator', '--port', `${emulatorPort}`]);
    const port = await freePort();
    const taskQueue = `services-${port}`;
    await using gate = await startGate(devServerAddress());
    const env = {
      EXTEND_API_KEY: 'k',
      EXTEND_BASE_URL: url,
      EXTEND_PARSE_TASK_QUEUE: taskQueue,
      TEMPORAL_ADDRESS: gate.address,
    };
    const worker = workplace.start(['worker', '--health', String(port)], { env });
    await until(async () => (await healthAt(port)) !== undefined);
    expect(await healthAt(port)).toBe(503);
    gate.open();
    await worker.waitFor(/^polling /m);
    expect(await healthAt(port)).toBe(200);
    const connection = await Connection.connect({ address: devServerAddress() });
    const client = new ParseClient({ client: new Client({ connection }), taskQueue });
    const polling = { initialDelayMs: 0 };
    const result = await client.execute({ file: { fileUrl: 'http://emulator.invalid/ok?reads=0' }, polling });
    await connection.close();
    expect(result).toMatchObject({ pageCount: 1, submits: 1, output: { kind: 'inline' } });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ status: 0, stdout: `polling ${taskQueue} at ${gate.address}\n` });
    expect(await second).toEqual({
      status: 1,
      stdout: '',
      stderr: `extend-parse: cannot listen on port ${emulatorPort}: it is in use\n`,
    });
    emulator.child.kill('SIGINT');
    expect(await emulator.ended).toEqual({ status: 0, stdout: `listening on ${url}\n`, stderr: '' });
  });
});

describe('extend-parse dev', () => {
  it('runs a server, an emulator and a worker, prints the variables for programs, and deletes everything at the end', async () => {
    const dev = workplace.start(['dev']);
    const output = await dev.waitFor(/^export EXTEND_PARSE_SOURCE_DIR=.*\n/m);
    const env = Object.fromEntries(
      [...output.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    expect(await (await fetch(/web UI at (\S+)/.exec(output)?.[1] ?? '')).text()).toContain('<html');
    const doctor = await workplace.run(['doctor'], { env });
    expect(doctor).toMatchObject({ status: 0, stdout: expect.stringContaining('all is well') });
    const connection = await Connection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
    const resultDirectory = env['EXTEND_PARSE_RESULT_DIR'] ?? '';
    const client = new ParseClient({ client: new Client({ connection }), resultDirectory });
    const file = { fileUrl: 'http://emulator.invalid/ok?reads=0' };
    const result = await client.execute({ file, result: 'stored', polling: { initialDelayMs: 0 } });
    expect(await client.readRun(result)).toMatchObject({ id: result.runId });
    await connection.close();
    dev.child.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ status: 0, stderr: '' });
    expect([existsSync(resultDirectory), workplace.leftDatabases()]).toEqual([false, []]);
    await expect(fetch(env['EXTEND_BASE_URL'] ?? '')).rejects.toThrow();
  });
});

/** The HTTP status of the health endpoint, or `undefined` while the port is closed. */
async function healthAt(port: number): Promise<number | undefined> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    ({ status }) => status,
    () => undefined,
  );
}

describe('extend-parse worker without a server', () => {
  it('names the address that does not answer', async () => {
    const env = { EXTEND_API_KEY: 'k', TEMPORAL_ADDRESS: '127.0.0.1:9' };
    const { status, stderr } = await workplace.run(['worker'], { env });
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: 'extend-parse: the worker for Temporal at 127.0.0.1:9 ended: Connection refused\n',
    });
  });
});

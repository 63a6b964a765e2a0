import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ParseClient } from '../../client';
import { devServerAddress } from '../support/servers';
import { Workplace } from './run-command';

let workplace: Workplace;

beforeAll(() => {
  workplace = new Workplace();
});

afterAll(() => workplace.remove());

describe('extend-parse emulator and worker', () => {
  it('say when they are ready, parse what others start, and end when told to', async () => {
    const emulator = workplace.start(['emulator']);
    const url = /listening on (http:\S+)\n/.exec(await emulator.waitFor(/listening on .*\n/))?.[1] ?? '';
    const port = await freePort();
    const taskQueue = `services-${port}`;
    const env = {
      EXTEND_API_KEY: 'k',
      EXTEND_BASE_URL: url,
      EXTEND_PARSE_TASK_QUEUE: taskQueue,
      TEMPORAL_ADDRESS: devServerAddress(),
    };
    const worker = workplace.start(['worker', '--health', String(port)], { env });
    const before = await healthBefore({ port, ready: worker.waitFor(/^polling /m) });
    expect(before).toContain(503);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    const connection = await Connection.connect({ address: devServerAddress() });
    const client = new ParseClient({ client: new Client({ connection }), taskQueue });
    const polling = { initialDelayMs: 100, scaleMs: 100 };
    const result = await client.execute({ file: { fileUrl: 'http://emulator.invalid/ok' }, polling });
    await connection.close();
    expect(result).toMatchObject({ pageCount: 1, submits: 1, output: { kind: 'inline' } });
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ status: 0, stdout: `polling ${taskQueue} at ${devServerAddress()}\n` });
    emulator.child.kill('SIGTERM');
    expect(await emulator.ended).toEqual({ status: 0, stdout: `listening on ${url}\n`, stderr: '' });
  });
});

/** Every answer of the health endpoint before the worker was ready. */
async function healthBefore({ port, ready }: { port: number; ready: Promise<unknown> }): Promise<Set<number>> {
  const seen = new Set<number>();
  let isReady = false;
  const settle = () => (isReady = true);
  void ready.then(settle, settle);
  while (!isReady) {
    const status = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.status,
      () => undefined,
    );
    if (status !== undefined && !isReady) seen.add(status);
    await pause(20);
  }
  await ready;
  return seen;
}

describe('extend-parse emulator --port', () => {
  it('listens there, and says so when somebody else does', async () => {
    const port = await freePort();
    const first = workplace.start(['emulator', '--port', String(port)]);
    await first.waitFor(new RegExp(`^listening on http://127\\.0\\.0\\.1:${port}$`, 'm'));
    expect(await workplace.run(['emulator', '--port', String(port)])).toEqual({
      status: 1,
      stdout: '',
      stderr: `extend-parse: cannot listen on port ${port}: it is in use\n`,
    });
    first.child.kill('SIGINT');
    expect((await first.ended).status).toBe(0);
  });
});

describe('extend-parse worker without a server', () => {
  it('names the address', async () => {
    const env = { EXTEND_API_KEY: 'k', TEMPORAL_ADDRESS: '127.0.0.1:9' };
    const { status, stderr } = await workplace.run(['worker'], { env });
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: 'extend-parse: the worker for Temporal at 127.0.0.1:9 ended: Connection refused\n',
    });
  });
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

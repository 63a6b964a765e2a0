/** A reader that goes away, or a full disk, ends the printing and not the work. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { freePort } from '../support/free-port';
import { devServerAddress } from '../support/servers';
import { type Running, Workplace } from './run-command';

/** A document whose first poll finds it parsed. */
const OK = 'http://emulator.invalid/ok?reads=0';
/** Every write to this device fails with ENOSPC. */
const FULL = '/dev/full';

let workplace: Workplace;
let emulator: Emulator;
/** Resolves when the emulator may answer submits. */
let submits: Promise<void> = Promise.resolve();

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator({
    faults: async ({ operation }) => (operation === 'submit' ? void (await submits) : undefined),
  });
});

afterAll(async () => {
  workplace.remove();
  await emulator.close();
});

const configured = (): NodeJS.ProcessEnv => ({
  TEMPORAL_ADDRESS: devServerAddress(),
  EXTEND_API_KEY: 'k',
  EXTEND_BASE_URL: emulator.url,
});

const written = (out: string) => readdirSync(join(workplace.directory, out)).filter((name) => !name.startsWith('.'));

/** Runs a command until it submits, closes its output, lets the emulator answer, and returns the command's end. */
async function closeWhileSubmitting(args: readonly string[], close: (running: Running) => void) {
  let release = () => {};
  submits = new Promise((resolve) => (release = resolve));
  const before = emulator.requests.length;
  const running = workplace.start(args, { env: configured() });
  await emulator.waitFor(({ operation, index }) => operation === 'submit' && index >= before);
  close(running);
  release();
  return running.ended;
}

describe('a closed standard output', () => {
  it('ends the printing of parse, not the work', async () => {
    const { status, stderr } = await closeWhileSubmitting(['parse', OK, '--out', 'pipe'], ({ child }) =>
      child.stdout.destroy(),
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(written('pipe')).toEqual(['ok.json', 'ok.md']);
    expect(emulator.runs.map((run) => run.status)).toEqual(['PROCESSED']);
  });

  it('is a failure if it loses the summary of --json', async () => {
    const { status, stderr } = await closeWhileSubmitting(
      ['batch', '--json', `${OK}&closed`, '--out', 'json', '--key', 'closed'],
      ({ child }) => child.stdout.destroy(),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^the summary could not be written: write EPIPE$/m);
    expect(written('json')).toEqual(['ok.json', 'ok.md', 'outcomes.jsonl']);
  });
});

describe('a closed standard error', () => {
  it('does not keep the summary of --json from being written, nor change the exit status for a failed document', async () => {
    const { status, stdout } = await closeWhileSubmitting(
      ['parse', '--json', OK, 'http://emulator.invalid/failing?reads=0', '--out', 'error'],
      ({ child }) => child.stderr.destroy(),
    );
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ documents: [{ status: 'processed' }, { status: 'failed' }] });
  });
});

const onFullDisk = () => {
  const shell = `exec "$@" > ${FULL}`;

  it('does not end the work: a lost line is no failure, a lost summary is one', async () => {
    submits = Promise.resolve();
    const batch = ['batch', `${OK}&full`, '--out', 'full-batch', '--key', 'full'];
    const [text, summary] = await Promise.all([
      workplace.run(batch, { env: configured(), shell }),
      workplace.run(['parse', '--json', OK, '--out', 'full'], { env: configured(), shell }),
    ]);
    expect(text).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(summary).toMatchObject({ status: 1 });
    expect(summary.stderr).toContain('the summary could not be written: ENOSPC');
    expect(summary.stderr).not.toMatch(/^ +at /m);
    expect(written('full-batch')).toEqual(['ok.json', 'ok.md', 'outcomes.jsonl']);
    expect(written('full')).toEqual(['ok.json', 'ok.md']);
  });

  it('leaves the exit status of doctor as it is', async () => {
    const { status, stderr } = await workplace.run(['doctor'], {
      env: { TEMPORAL_ADDRESS: devServerAddress() },
      shell,
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  });

  it('does not end emulator and worker, whose lines are lost', async () => {
    const port = await freePort();
    const both = `exec "$@" > ${FULL} 2> ${FULL}`;
    const service = workplace.start(['emulator', '--port', `${port}`], { shell: both });
    const baseUrl = `http://127.0.0.1:${port}`;
    while (!(await fetch(baseUrl).catch(() => undefined))) await pause(20);
    const taskQueue = `full-disk-${port}`;
    const env = { ...configured(), EXTEND_BASE_URL: baseUrl, EXTEND_PARSE_TASK_QUEUE: taskQueue };
    const worker = workplace.start(['worker'], { env, shell: both });
    const connection = await Connection.connect({ address: devServerAddress() });
    const client = new ParseClient({ client: new Client({ connection }), taskQueue });
    const polling = { initialDelayMs: 0 };
    // A document that fails also makes Temporal's SDK write a log line.
    const failing = client.execute({ file: { fileUrl: 'http://emulator.invalid/failing?reads=0' }, polling });
    await expect(failing).rejects.toMatchObject({ type: 'ParserRunFailed' });
    await expect(client.execute({ file: { fileUrl: OK }, polling })).resolves.toMatchObject({ pageCount: 1 });
    await connection.close();
    for (const { child, ended } of [worker, service]) {
      child.kill('SIGTERM');
      expect(await ended).toEqual({ status: 0, stdout: '', stderr: '' });
    }
  });
};
// Only Linux has the device.
if (existsSync(FULL)) describe('output on a full disk', onFullDisk);

describe('help', () => {
  it('exits with 0 if its output has no reader', async () => {
    writeFileSync(join(workplace.directory, 'status'), '');
    const shell = '{ "$@"; echo $? > status; } | true';
    await workplace.run(['--help'], { shell });
    expect(readFileSync(join(workplace.directory, 'status'), 'utf8')).toBe('0\n');
  });
});

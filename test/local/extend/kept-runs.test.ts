/** Risk tested here: an emulator that is started again does not have the runs that workflows still wait for. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startEmulator } from '../../../local/extend';
import { call, finishedRun, submitUrl, upload } from './api-call';

let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kept-runs-'));
  directory = join(root, 'emulator');
});

afterEach(() => rmSync(root, { recursive: true }));

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('an emulator with a directory, started again', () => {
  it('has the files and runs of the emulator before, and finishes the runs in flight', async () => {
    const first = await startEmulator({ directory });
    const { body } = await upload(first, bytesOf('# Kept\n'), 'kept.md');
    const fileId: string = body.file.id;
    const submitted = await call(first, 'POST', '/parse/async', { file: { fileId, fileName: 'other.md' } });
    const scripted = await submitUrl(first, 'http://emulator.invalid/ok?reads=3');
    await first.close();
    await using second = await startEmulator({ directory });
    expect(second.runs).toEqual([]);
    const parsed = await finishedRun(second, submitted.body.id);
    expect(parsed).toMatchObject({ id: submitted.body.id, fileId, status: 'PROCESSED' });
    expect(parsed.chunks[0].content).toContain('Kept');
    expect(await finishedRun(second, scripted)).toMatchObject({ id: scripted, status: 'PROCESSED' });
    expect(second.runs.map(({ id }) => id)).toEqual([submitted.body.id, scripted]);
    expect((await call(second, 'GET', `/files/${fileId}`)).body.file).toMatchObject({ id: fileId, name: 'kept.md' });
    const again = await call(second, 'POST', '/parse/async', { file: { fileId } });
    expect(await finishedRun(second, again.body.id)).toMatchObject({ status: 'PROCESSED' });
  });

  it('parses a downloaded file again without its URL', async () => {
    const origin = createServer((_request, response) => response.end('# From afar\n')).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const first = await startEmulator({ directory });
    const { port } = origin.address() as AddressInfo;
    const runId = await submitUrl(first, `http://127.0.0.1:${port}/afar.md`);
    await finishedRun(first, runId);
    await first.close();
    origin.closeAllConnections();
    origin.close();
    await using second = await startEmulator({ directory });
    expect((await finishedRun(second, runId)).chunks[0].content).toContain('From afar');
  });

  it('does not have deleted runs and files, and reads no other files', async () => {
    const first = await startEmulator({ directory });
    const runId = await submitUrl(first, 'http://emulator.invalid/ok');
    const fileId = (await upload(first, bytesOf('gone'), 'gone.txt')).body.file.id as string;
    await call(first, 'DELETE', `/parser_runs/${runId}`);
    await call(first, 'DELETE', `/files/${fileId}`);
    await first.close();
    await using second = await startEmulator({ directory });
    writeFileSync(join(root, 'secret.json'), '{}');
    for (const path of [
      `/parser_runs/${runId}`,
      `/files/${fileId}`,
      '/parser_runs/..%2Fsecret',
      '/files/..%2Fsecret',
    ]) {
      expect((await call(second, 'GET', path)).status).toBe(404);
    }
  });

  it.each(['', '{"id":"parser_run_', 'null', '[]', '{}', '\0\0'])(
    'does not have a run and a file whose kept file is damaged: %j',
    async (damaged) => {
      const first = await startEmulator({ directory });
      const runId = await submitUrl(first, 'http://emulator.invalid/ok');
      const fileId = (await upload(first, bytesOf('text'), 'text.txt')).body.file.id as string;
      await first.close();
      for (const id of [runId, fileId]) writeFileSync(join(directory, `${id}.json`), damaged);
      await using second = await startEmulator({ directory });
      for (const path of [`/parser_runs/${runId}`, `/files/${fileId}`]) {
        expect((await call(second, 'GET', path)).status).toBe(404);
      }
      const { status } = await call(second, 'POST', '/parse/async', { file: { fileId } });
      expect(status).toBe(404);
      expect(await finishedRun(second, await submitUrl(second, 'http://emulator.invalid/ok'))).toMatchObject({
        status: 'PROCESSED',
      });
    },
  );

  it('lets only its own user read the kept files', async () => {
    await using emulator = await startEmulator({ directory });
    await upload(emulator, bytesOf('private'), 'private.txt');
    await submitUrl(emulator, 'http://emulator.invalid/ok?sig=secret');
    const files = readdirSync(directory);
    expect(files).toHaveLength(3);
    const modes = [directory, ...files.map((name) => join(directory, name))].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  });
});

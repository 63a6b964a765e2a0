import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { ParseProgress, ParseResult } from '../../contract';
import { createPlainBatchDisplay, drawBar } from '../../cli/batch/batch-display';
import { startEmulator, type Emulator } from '../../local/extend';
import { Workplace } from '../cli/run-command';
import { createDevEnv, devServerAddress } from '../support/servers';
import { until } from '../support/until';

describe('drawBar', () => {
  it('shows how much is done, and how much failed and is in flight', () => {
    const progress = { total: 300, done: 100, failed: 2, inFlight: 50, failures: {} };
    expect(drawBar(progress)).toBe(`[${'█'.repeat(10)}${'░'.repeat(20)}] 100 of 300 documents, 2 failed, 50 in flight`);
    expect(drawBar({ done: 0, failed: 0, inFlight: 0, failures: {} })).toBe('reading the documents');
  });
});

describe('createPlainBatchDisplay', () => {
  it('writes a line for each tenth', () => {
    const lines: string[] = [];
    const display = createPlainBatchDisplay({ write: (text) => lines.push(text) });
    for (const done of [0, 1, 9, 10, 11, 50])
      display.update({ total: 100, done, failed: 0, inFlight: 0, failures: {} });
    expect(lines).toEqual(['0 of 100 documents\n', '10 of 100 documents\n', '50 of 100 documents\n']);
  });
});

describe('extend-parse batch', () => {
  let workplace: Workplace;
  let emulator: Emulator;

  beforeAll(async () => {
    workplace = new Workplace();
    emulator = await startEmulator();
    const inbox = join(workplace.directory, 'inbox');
    mkdirSync(join(inbox, 'more'), { recursive: true });
    writeFileSync(join(inbox, 'a.md'), '# A\n');
    writeFileSync(join(inbox, 'more', 'b.md'), '# B\n');
    writeFileSync(join(inbox, '.hidden'), 'no document');
  });
  afterAll(async () => {
    await emulator.close();
    workplace.remove();
  });

  const own = () => ({
    TEMPORAL_ADDRESS: devServerAddress(),
    EXTEND_API_KEY: 'secret-key',
    EXTEND_BASE_URL: emulator.url,
  });

  it('parses a folder and a URL, and comes back to the batch by its key', async () => {
    const args = ['batch', 'inbox', 'http://emulator.invalid/failing?sig=secret', '--out', 'out', '--key', 'folder'];
    const { status, stdout } = await workplace.run(args, { env: own() });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^http:\/\/emulator.invalid\/failing: failed, ParserRunFailed: .*CORRUPT_FILE/m);
    expect(stdout).toContain('2 parsed, 1 failed, of 3');
    expect(stdout).not.toContain('secret');
    expect(readdirSync(join(workplace.directory, 'out')).sort()).toEqual([
      '.extend-parse',
      'a.json',
      'a.md',
      'b.json',
      'b.md',
      'outcomes.jsonl',
    ]);
    expect(readFileSync(join(workplace.directory, 'out/b.md'), 'utf8')).toBe('# B\n');
    expect(emulator.runs).toHaveLength(3);
    writeFileSync(join(workplace.directory, 'inbox', 'c.md'), '# C\n');
    const again = await workplace.run([...args, '--json'], { env: own() });
    const summary = JSON.parse(again.stdout);
    expect(summary).toMatchObject({ key: 'folder', local: { temporal: false, extend: false } });
    expect(summary).toMatchObject({ total: 4, processed: 3, failed: 1, skippedLines: 0 });
    expect(existsSync(join(workplace.directory, 'out/c.md'))).toBe(true);
    expect(emulator.runs).toHaveLength(4);
  });

  it('submits a folder in one request with --bulk, and writes the files of each document', async () => {
    const folder = join(workplace.directory, 'many');
    mkdirSync(folder);
    const names = Array.from({ length: 12 }, (_, index) => `note-${index}`);
    for (const name of names) writeFileSync(join(folder, `${name}.md`), `# ${name}\n`);
    const args = ['batch', 'many', '--out', 'bulk', '--bulk', '--api-version', '2026-02-09', '--json'];
    const since = emulator.requests.length;
    const { status, stdout, stderr } = await workplace.run(args, { env: own() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('12 parsed, 0 failed, of 12') });
    expect(JSON.parse(stdout)).toMatchObject({ total: 12, processed: 12, failed: 0 });
    const operations = emulator.requests.slice(since).map(({ operation }) => operation);
    expect(['createBatch', 'submit', 'upload'].map((name) => operations.filter((one) => one === name).length)).toEqual([
      1, 0, 12,
    ]);
    for (const name of names) {
      expect(readFileSync(join(workplace.directory, 'bulk', `${name}.md`), 'utf8')).toBe(`# ${name}\n`);
    }
  });

  it('goes on after an interruption, also where nothing is configured', async () => {
    const lines = ['ok?a', 'never?b'].map((name) => ({ file: { fileUrl: `http://emulator.invalid/${name}` } }));
    const manifest = join(workplace.directory, 'list.jsonl');
    writeFileSync(manifest, lines.map((line) => JSON.stringify(line)).join('\n'));
    const args = ['batch', 'list.jsonl', '--out', 'list'];
    const command = workplace.start(args);
    await command.waitFor(/1 of 2 documents, 1 in flight/);
    command.child.kill('SIGINT');
    const { status, stdout } = await command.ended;
    expect(status).toBe(130);
    expect(stdout).toContain('the same command, given again, continues the batch');
    writeFileSync(manifest, lines.map((line) => JSON.stringify(line).replace('never', 'failing')).join('\n'));
    const again = await workplace.run([...args, '--json']);
    expect(again.status).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ total: 2, processed: 1, failures: { ParserRunFailed: 1 } });
    expect(again.stderr).toContain('1 of 2 documents');
    expect(workplace.leftDatabases()).toEqual([]);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'finishes after %s what was in flight at a local emulator, when a configured server keeps the workflows',
    async (signal) => {
      const inbox = `inbox-${signal}`;
      mkdirSync(join(workplace.directory, inbox));
      const names = ['a', 'b', 'c'];
      for (const name of names) writeFileSync(join(workplace.directory, inbox, `${name}.txt`), `Text of ${name}`);
      const urls = names.map((name) => `http://emulator.invalid/slow?${signal}-${name}`);
      const key = `interrupted-${signal}`;
      const out = `out-${signal}`;
      const args = ['batch', inbox, ...urls, '--out', out, '--key', key, '--json'];
      const env = { TEMPORAL_ADDRESS: devServerAddress() };
      const command = workplace.start(args, { env });
      const temporal = await createDevEnv();
      // The URLs differ in their queries only, so their ids are their positions.
      const handles = ['4', '5', '6'].map((id) => temporal.client.workflow.getHandle(`${key}/${id}`));
      const phaseOf = async (handle: WorkflowHandle) =>
        handle.query<ParseProgress>('progress').then(
          ({ phase }) => phase,
          () => undefined,
        );
      await until(async () => (await Promise.all(handles.map(phaseOf))).every((phase) => phase === 'waiting'));
      command.child.kill(signal);
      await command.ended;
      const kept = join(workplace.directory, out, '.extend-parse');
      expect(readdirSync(kept)).toContainEqual(expect.stringMatching(/^emulator-/));
      const again = await workplace.run(args, { env });
      const results = await Promise.all(handles.map((handle) => handle.result() as Promise<ParseResult>));
      await temporal.teardown();
      expect(JSON.parse(again.stdout)).toMatchObject({ total: 6, processed: 6, failed: 0 });
      expect(again.status).toBe(0);
      expect(results.map(({ submits }) => submits)).toEqual([1, 1, 1]);
      for (const name of names)
        expect(readFileSync(join(workplace.directory, out, `${name}.md`), 'utf8')).toBe(`Text of ${name}\n`);
      expect(readdirSync(kept)).not.toContainEqual(expect.stringMatching(/^emulator-/));
    },
  );

  it.each([
    [['batch'], "missing required argument 'documents'"],
    [['batch', 'nothing'], 'no such file: nothing'],
    [['batch', 'inbox', '--width', '501'], '--width must be at most 500 without --bulk, got 501'],
    [['batch', 'inbox', '--bulk', '--width', '10001'], 'It must be at most 10000'],
    [['batch', 'inbox', '--width', '0'], 'It must be a whole number from 1 on'],
    [['batch', 'a.jsonl', 'inbox'], 'a manifest must be the only argument'],
    [['batch', 'inbox', '--key', ' '], '--key must have 1 to 700 bytes'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr } = await workplace.run(args);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  });
});

/** Risks tested here: a search does not find a text, finds it twice, or the text passes through Temporal. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { createDevEnv, devServerAddress } from '../support/servers';
import { runExample } from './run-example';

const ROOT = join(__dirname, '..', '..');

let emulator: Emulator;
let data: string;
beforeAll(async () => {
  emulator = await startEmulator();
  data = mkdtempSync(join(tmpdir(), 'rag-'));
});
afterAll(async () => {
  await emulator.close();
  rmSync(data, { recursive: true });
});

it('03 stores the chunks of documents in a database, and finds them by their words', async () => {
  const env = {
    TEMPORAL_ADDRESS: devServerAddress(),
    EXTEND_API_KEY: 'test',
    EXTEND_BASE_URL: emulator.url,
    RAG_DATA: data,
  };
  const documents = ['test/documents/harbour.html', 'test/documents/harbour.md'];
  const { stdout, stderr } = await runExample('03', ['warning of storms', ...documents], env);
  expect(stderr).toMatch(/^harbour.md: 3 chunks$/m);
  expect(stdout).toMatch(/^harbour.md: ## Weather\n\nThe signal mast shows storm warnings.$/m);
});

it('03 has no text of the document in its history', async () => {
  const env = await createDevEnv();
  const history = await env.client.workflow.getHandle('ingest-harbour.md').fetchHistory();
  await env.teardown();
  const payloads = [...JSON.stringify(history).matchAll(/"data":"([^"]*)"/g)];
  const texts = payloads.map(([, payload = '']) => Buffer.from(payload, 'base64').toString()).join('\n');
  expect(texts).toContain('harbour.md');
  expect(texts).not.toContain('signal mast');
});

it('03 stores a document once even if its activity runs again, and never a part of one', async () => {
  const program = [join(ROOT, 'scripts/run-ts.mjs'), join(__dirname, 'replace-chunks.ts'), join(data, 'postgres')];
  // The database of the first test. Its documents have none of these words.
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: ROOT });
  const found = { squall: ['a', 'b'], breeze: ['a'], blizzard: [] };
  expect(JSON.parse(stdout)).toEqual({ replaced: 2, failure: 'broken off', ...found });
});

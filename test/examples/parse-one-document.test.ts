import { expect, it } from '@jest/globals';
import { runExample, startExample } from './run-example';

it('01 parses a document with one command if nothing is configured', async () => {
  const { stdout, stderr } = await runExample('01');
  expect(stderr).toMatch(/^Temporal: a local dev server/m);
  expect(stderr).toMatch(/^Extend: a local emulator/m);
  expect(stderr).toMatch(/^pages: 1, polls: \d+, run: parser_run_/m);
  expect(stdout).toMatch(/^# Invoice 2026-118$/m);
});

it('lists the examples if the given one does not exist', async () => {
  const { ended, output } = startExample('99');
  expect(await ended).toBe(2);
  expect(output.stderr).toMatch(/01-parse-one-document, 02-backend-service, 03-rag-pipeline/);
});

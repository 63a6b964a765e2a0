import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeRun } from '../../../contract/extend/decode-run';
import { decodeStateAnswer, decodeSubmitAnswer, decodeUploadAnswer } from '../../../contract/extend/decode-answer';
import { startEmulator, type Emulator } from '../../../local/extend';
import { call, finishedRun, submitUrl, upload } from './api-call';
import { sampleDocument } from './sample-documents';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

describe('the answers fit the schemas of the contract', () => {
  it.each(['ok', 'slow', 'failing', 'huge', 'never'])('for the scripted document %s', async (script) => {
    const file = { fileUrl: `http://emulator.invalid/${script}?schema` };
    const submitted = await call(emulator, 'POST', '/parse/async', { file });
    expect(decodeSubmitAnswer(submitted.body)).toMatchObject({ status: 'PROCESSING' });
    const { body } = await call(emulator, 'GET', `/parser_runs/${submitted.body.id}?responseType=url`);
    expect(decodeStateAnswer(body)).toMatchObject({ status: 'PROCESSING' });
  });

  it.each(['12s0324.pdf', 'tables.docx', 'harbour.html', 'harbour.md', 'orders.csv', 'orders.xlsx'])(
    'for %s',
    async (name) => {
      const uploaded = await upload(emulator, sampleDocument(name), name);
      const { fileId } = decodeUploadAnswer(uploaded.body);
      const { body } = await call(emulator, 'POST', '/parse/async', { file: { fileId } });
      await finishedRun(emulator, body.id);
      const answer = await call(emulator, 'GET', `/parser_runs/${body.id}`);
      const leftOut: string[] = [];
      const run = decodeRun(answer.body.parserRun, (field) => leftOut.push(field));
      expect(leftOut).toEqual([]);
      expect(run).toMatchObject({ id: body.id, fileId, status: 'PROCESSED' });
      expect(run.chunks[0]?.blocks?.length).toBeGreaterThan(0);
    },
  );

  it('for a failed run', async () => {
    const id = await submitUrl(emulator, 'http://emulator.invalid/failing?reads=0&schema');
    const { body } = await call(emulator, 'GET', `/parser_runs/${id}`);
    expect(decodeStateAnswer(body)).toMatchObject({ status: 'FAILED', failureReason: 'CORRUPT_FILE' });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { failureOf, Scene } from '../workflows/scene';
import { endedUrlOf, idsOf, outcomesOf, QUICK } from './batches';

const directory = mkdtempSync(join(tmpdir(), 'manifest-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function manifest(name: string, lines: readonly string[]): string {
  const path = join(directory, `${name}.jsonl`);
  writeFileSync(path, lines.join('\n'));
  return pathToFileURL(path).href;
}

const line = (batch: string, index: number, more: object = {}) =>
  JSON.stringify({ file: { fileUrl: endedUrlOf(batch, index) }, ...more });

describe('A manifest', () => {
  const scene = new Scene({
    server: 'dev-server',
    parse: { sourceDirectory: directory },
  });
  const BAD = [
    line('bad', 1),
    '',
    '{"file":',
    '[]',
    line('bad', 5, { id: 'five' }),
    line('bad', 6, { id: 'five' }),
    line('bad', 7, { colour: 'red' }),
    `{"file":{"fileUrl":"https://example.com/${'x'.repeat(32_000)}"}}`,
    line('bad', 9),
  ];

  it('reports each bad line by its number, and the other documents are parsed', async () => {
    const handle = await scene.client.startBatch({ manifest: manifest('bad', BAD), defaults: QUICK });
    expect(await handle.result()).toMatchObject({ total: 3, processed: 3, skippedLines: 5 });
    const outcomes = await outcomesOf(handle);
    expect(outcomes.filter(({ status }) => status === 'skipped')).toEqual([
      { status: 'skipped', line: 3, message: 'a line must be JSON in UTF-8' },
      { status: 'skipped', line: 4, message: 'a document must be an object, got an array' },
      { status: 'skipped', line: 6, message: 'id must be unique, got "five" as in 5' },
      { status: 'skipped', line: 7, message: 'colour is not a known field' },
      { status: 'skipped', line: 8, message: 'a line must have at most 32000 bytes' },
    ]);
    const parsed = outcomes.flatMap((outcome) => (outcome.status === 'processed' ? [outcome.id] : []));
    expect(parsed.sort()).toEqual(['1', '9', 'five']);
  });

  it('starts nothing if a bad line fails the batch', async () => {
    const before = scene.emulator.requests.length;
    const handle = await scene.client.startBatch({ manifest: manifest('fail', BAD), onBadLine: 'fail' });
    const failure = await failureOf(handle.result());
    expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('line 3: a line must be') });
    expect(failure.message).toContain('line 8: a line must have at most 32000 bytes');
    expect(scene.emulator.requests).toHaveLength(before);
  });

  it('fails with a short message that holds no secret, also if each line has a long name', async () => {
    const name = 'https://h/p?sig=SECRETSECRET\u001b[2J';
    const lines = Array.from({ length: 30 }, (_, index) =>
      line('names', index, { [`${name}${'x'.repeat(30_000)}`]: 1, [`${name}${index}`]: 1 }),
    );
    const handle = await scene.client.startBatch({ manifest: manifest('names', lines), onBadLine: 'fail' });
    const failure = await failureOf(handle.result());
    expect(failure.message).toContain('line 1: https://h/p?*** is not a known field; line 2: ');
    expect(failure.message).toContain('; and 20 more');
    expect(failure.message).not.toMatch(/SECRET|\p{Cc}/u);
    expect(failure.message.length).toBeLessThan(2_000);
  });

  it('with lines that are nested too deeply has bad lines, and is read only once', async () => {
    const deep = '['.repeat(15_000) + ']'.repeat(15_000);
    const lines = [
      // A byte order mark before the first line is skipped.
      `\ufeff${line('deep', 1)}`,
      `{"file":{"fileUrl":"${endedUrlOf('deep', 2)}"},"config":{"a":${deep}}}`,
      `{"file":{"fileUrl":"${endedUrlOf('deep', 3)}"},"future":${deep}}`,
      `{"id":${deep},"file":{"fileUrl":"${endedUrlOf('deep', 4)}"}}`,
      deep,
    ];
    const skipping = await scene.client.startBatch({ manifest: manifest('deep', lines), defaults: QUICK });
    expect(await skipping.result()).toMatchObject({ total: 1, processed: 1, skippedLines: 4 });
    expect((await outcomesOf(skipping)).filter(({ status }) => status === 'skipped')).toEqual([
      { status: 'skipped', line: 2, message: expect.stringMatching(/^config must have at most 100 levels/) },
      { status: 'skipped', line: 3, message: 'future is not a known field' },
      {
        status: 'skipped',
        line: 4,
        message: expect.stringMatching(/^id must be a string .*got more than 100 levels$/),
      },
      { status: 'skipped', line: 5, message: 'a document must be an object, got more than 100 levels' },
    ]);
    const failing = await scene.client.startBatch({ manifest: manifest('deep', lines), onBadLine: 'fail' });
    const failure = await failureOf(failing.result());
    expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('line 2: config must') });
  });

  it.each([
    ['empty', () => manifest('empty', ['', ' ']), 'InvalidInput', 'at least one document'],
    ['missing', () => pathToFileURL(join(directory, 'none')).href, 'SourceUnavailable', 'is not a readable file'],
    ['elsewhere', () => 'ftp://example.com/a', 'SourceUnavailable', "no resolver for the scheme 'ftp:'"],
  ])('that is %s ends the batch', async (_, name, type, message) => {
    const handle = await scene.client.startBatch({ manifest: name() });
    expect(await failureOf(handle.result())).toMatchObject({ type, message: expect.stringContaining(message) });
  });

  it('of more than 100,000 documents is refused', async () => {
    const lines = Array.from({ length: 100_001 }, () => '7');
    const handle = await scene.client.startBatch({ manifest: manifest('many', lines) });
    expect(await failureOf(handle.result())).toMatchObject({ type: 'InvalidInput' });
  });

  it('gives each document its own result when its lines have moved, and the batch is started again', async () => {
    const urls = ['a', 'b', 'c'].map((name) => `${endedUrlOf('moved', 0)}&name=${name}`);
    const linesOf = (...given: readonly (string | undefined)[]) =>
      given.map((fileUrl) => JSON.stringify({ file: { fileUrl } }));
    const start = async (lines: readonly string[]) => {
      const input = { manifest: manifest('moved', lines), defaults: QUICK, retryFailed: true };
      const handle = await scene.client.startBatch(input, { idempotencyKey: 'moved' });
      await handle.result();
      return outcomesOf(handle);
    };
    await start(linesOf(urls[0], urls[1]));
    const outcomes = await start(linesOf(urls[2], urls[0], urls[1]));
    const parsed = outcomes.map((outcome) => {
      const runId = outcome.status === 'processed' ? outcome.result.runId : undefined;
      return ['id' in outcome && outcome.id, scene.emulator.runs.find(({ id }) => id === runId)?.fileUrl];
    });
    const byId = (one: unknown[], other: unknown[]) => Number(one[0]) - Number(other[0]);
    expect(parsed.sort(byId)).toEqual([
      ['1', urls[2]],
      ['2', urls[0]],
      ['3', urls[1]],
    ]);
  });

  it('may have grown or shrunk when the batch is started again', async () => {
    const lines = [
      line('grown', 0, { id: 'a' }),
      line('grown', 1, { id: 'b', file: { fileUrl: endedUrlOf('grown', 1, 'failing') } }),
    ];
    const input = { manifest: manifest('grown', lines), defaults: QUICK, stopAfterFailures: 1, retryFailed: true };
    const first = await scene.client.startBatch(input, { idempotencyKey: 'grown' });
    expect(await first.result()).toMatchObject({ total: 2, processed: 1, failed: 1 });
    manifest('grown', [line('grown', 2, { id: 'c' }), ...lines]);
    const second = await scene.client.startBatch(input, { idempotencyKey: 'grown' });
    expect(await second.result()).toMatchObject({ total: 3, processed: 2, failed: 1 });
    manifest('grown', lines.slice(1));
    const third = await scene.client.startBatch(input, { idempotencyKey: 'grown' });
    expect(await third.result()).toMatchObject({ total: 1, processed: 0, failed: 1 });
    expect(idsOf(await outcomesOf(third), 'processed')).toEqual([]);
    expect(scene.emulator.runs.filter(({ fileUrl }) => fileUrl?.includes('n=grown-'))).toHaveLength(5);
  });
});

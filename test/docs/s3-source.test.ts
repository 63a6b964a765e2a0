/** The resolver that docs/sources.md shows returns URLs that Extend can download. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SourceResolver } from '../../storage';
import { startS3Server, type S3Server } from '../storage/start-s3-server';
import { createParseTestEnvironment } from '../../testing';
import { loadBlock } from './load-block';

const { createS3Source } = loadBlock('docs/sources.md', 's3-source.ts') as {
  createS3Source: (client: S3Client) => SourceResolver;
};

let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3Server();
  client = server.client();
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

describe('The resolver of docs/sources.md', () => {
  it('signs a URL that Extend downloads', async () => {
    const Body = readFileSync(join(__dirname, '../documents/harbour.md'));
    await client.send(new PutObjectCommand({ Bucket: server.bucket, Key: 'notes/harbour of 2031.md', Body }));
    await using parsing = await createParseTestEnvironment({ parse: { sources: { s3: createS3Source(client) } } });
    const source = `s3://${server.bucket}/notes/harbour%20of%202031.md`;
    const { output } = await parsing.client.execute({ file: { source } });
    expect(output).toMatchObject({ chunks: [{ content: expect.stringContaining('# ') }] });
    expect(parsing.emulator.requests[0]?.bodyJson).toMatchObject({
      file: { fileUrl: expect.stringContaining('X-Amz-Expires=900') },
    });
  });

  it('fails finally for a source that names no object', async () => {
    const { signal } = new AbortController();
    const resolve = createS3Source(client);
    await expect(resolve('s3://bucket', { signal })).rejects.toMatchObject({ name: 'SourceError' });
  });
});

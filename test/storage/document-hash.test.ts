import { describe, expect, it } from '@jest/globals';
import type { ParseInput } from '../../contract';
import { documentHash } from '../../storage/document-hash';

const ofUrl = (query: string) => documentHash({ file: { fileUrl: `https://bucket.example.com/a.pdf${query}` } });

describe('documentHash', () => {
  it.each([
    ['S3, version 4', '?X-Amz-Date=1&X-Amz-Signature=a&X-Amz-Expires=9', '?X-Amz-Date=2&X-Amz-Signature=b'],
    ['S3, with a session token', '?X-Amz-Signature=a', '?X-Amz-Signature=b&X-Amz-Security-Token=t'],
    ['S3, version 2', '?AWSAccessKeyId=1&Expires=1&Signature=a', '?AWSAccessKeyId=2&Expires=2&Signature=b'],
    ['Google Cloud Storage', '?X-Goog-Date=1&X-Goog-Signature=a', '?X-Goog-Date=2&X-Goog-Signature=b'],
    ['CloudFront', '?Expires=1&Signature=a&Key-Pair-Id=k', '?Policy=p&Signature=b&Key-Pair-Id=l'],
    ['Azure', '?sv=2024-11-04&st=1&se=1&sr=b&sp=r&sig=a', '?sv=2025-01-05&st=2&se=2&sr=b&sp=r&sig=b'],
    ['Azure, by a user', '?skoid=1&skt=1&ske=1&sks=b&skv=1&sig=a', '?skoid=1&skt=2&ske=2&sks=b&skv=1&sig=b'],
  ])('is the same for a fresh URL of %s', (_store, before, after) => {
    expect(ofUrl(after)).toBe(ofUrl(before));
    expect(ofUrl(after)).toBe(ofUrl(''));
  });

  it.each([
    ['an ordinary parameter', '?id=1', '?id=2'],
    ['an ordinary parameter beside a signature', '?versionId=1&X-Amz-Signature=a', '?versionId=2&X-Amz-Signature=a'],
    ['a short name that starts with s', '?sku=1', '?sku=2'],
    ['a name that signs only beside a signature', '?st=berlin', '?st=hamburg'],
    ['a policy number', '?policy=1', '?policy=2'],
    ['an expiry without a signature', '?expires=1', '?expires=2'],
  ])('differs by %s', (_what, one, other) => {
    expect(ofUrl(one)).not.toBe(ofUrl(other));
  });

  it('does not depend on the order of names, at any depth', () => {
    const one = {
      file: { fileId: 'f', fileName: 'n' },
      config: { target: 'markdown', advancedOptions: { a: 1, b: 2 } },
    };
    const other = {
      config: { advancedOptions: { b: 2, a: 1 }, target: 'markdown' },
      file: { fileName: 'n', fileId: 'f' },
    };
    expect(documentHash(other)).toBe(documentHash(one));
  });

  it('differs by the retention that was asked for', () => {
    const file = { fileId: 'f' };
    expect(documentHash({ file, dataRetention: 'zero' })).not.toBe(documentHash({ file }));
  });

  it('does not depend on the options of the wait', () => {
    const file = { fileId: 'f' };
    const patient: ParseInput = { file, polling: { engine: 'retry' }, deadlineMs: 1000, onAmbiguousSubmit: 'fail' };
    expect(documentHash(patient)).toBe(documentHash({ file }));
    expect(documentHash({ runId: 'r', deadlineMs: 5 })).toBe(documentHash({ runId: 'r' }));
  });

  it.each<[string, ParseInput, ParseInput]>([
    ['file', { file: { fileId: 'f' } }, { file: { fileId: 'g' } }],
    ['kind of file', { file: { fileId: 'file:///f' } }, { file: { source: 'file:///f' } }],
    ['path of the URL', { file: { fileUrl: 'https://a.example/x' } }, { file: { fileUrl: 'https://a.example/y' } }],
    ['configuration', { file: { fileId: 'f' } }, { file: { fileId: 'f' }, config: { target: 'spatial' } }],
    [
      'order of a list',
      { file: { fileId: 'f' }, config: { advancedOptions: { pageRanges: [{ start: 1 }, { start: 2 }] } } },
      { file: { fileId: 'f' }, config: { advancedOptions: { pageRanges: [{ start: 2 }, { start: 1 }] } } },
    ],
    ['run', { runId: 'r' }, { runId: 's' }],
  ])('differs by %s', (_what, one, other) => {
    expect(documentHash(one)).not.toBe(documentHash(other));
  });
});

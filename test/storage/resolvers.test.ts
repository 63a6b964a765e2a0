import { describe, expect, it } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/common';
import { createParseActivities } from '../../activities';
import { createSources, SourceError, type SourceResolver } from '../../storage';
import { httpReply, rateLimitedReply, resetReply, type EmulatorRequest, type Reply } from '../../testing';
import { createContext, failureOf as activityFailureOf, runActivity } from '../activities/run-activity';
import { failureOf, Scene } from '../workflows/scene';

/** Calls of the resolver in order, and its behaviour. */
let asked: string[] = [];
let troubles: Error[] = [];
let urls = 0;

const fresh: SourceResolver = async (source) => {
  asked.push(source);
  const trouble = troubles.shift();
  if (trouble) throw trouble;
  urls += 1;
  return { fileUrl: `http://emulator.invalid/ok?reads=0&signature=SECRET${urls}`, fileName: 'resolved.pdf' };
};

const content: SourceResolver = async (source) => {
  asked.push(source);
  const trouble = troubles.shift();
  if (trouble) throw trouble;
  return { content: new Blob(['# A note\n\nIt is short.\n']), fileName: 'note.md' };
};

let givesContent = false;
/** Gives a URL when the source is opened for the upload, and a content when it is opened for the submit. */
const fickle: SourceResolver = async (source, options) => {
  givesContent = !givesContent;
  return (givesContent ? fresh : content)(source, options);
};

const spoiled: { operation: string; reply: Reply }[] = [];
function faults({ operation }: EmulatorRequest): Reply | undefined {
  const at = spoiled.findIndex((entry) => entry.operation === operation);
  return at < 0 ? undefined : spoiled.splice(at, 1)[0]?.reply;
}

const scene = new Scene({ faults, parse: { sources: { fresh, content, fickle } } });

async function parse(source: string, options: { trouble?: Error[]; deleteRun?: 'always'; fileName?: string } = {}) {
  const { trouble = [], deleteRun, fileName } = options;
  asked = [];
  troubles = [...trouble];
  const from = scene.emulator.requests.length;
  const file = { source, ...(fileName && { fileName }) };
  const end: unknown = await scene.client
    .execute({ file, ...(deleteRun && { deleteRun }) })
    .catch((error: unknown) => error);
  const requests = scene.emulator.requests.slice(from);
  const bodies = requests.filter(({ operation }) => operation === 'submit').map(({ bodyJson }) => bodyJson);
  return { end, bodies, count: (operation: string) => requests.filter((one) => one.operation === operation).length };
}

describe('A resolver that gives a URL', () => {
  it('is called immediately before each submit, so that no URL is old', async () => {
    spoiled.push(
      { operation: 'submit', reply: rateLimitedReply({ retryAfter: 1 }) },
      { operation: 'submit', reply: resetReply({ acted: true }) },
    );
    const before = urls;
    const { end, bodies, count } = await parse('fresh://bucket/key');
    expect(end).toMatchObject({ submits: 2 });
    // One call finds out if there is something to upload; then one call follows per submit.
    expect(asked).toEqual(Array<string>(4).fill('fresh://bucket/key'));
    const fileUrl = (at: number) => `http://emulator.invalid/ok?reads=0&signature=SECRET${before + at}`;
    expect(bodies).toEqual([2, 3, 4].map((at) => ({ file: { fileUrl: fileUrl(at), fileName: 'resolved.pdf' } })));
    expect(count('upload')).toBe(0);
  });

  it('gives a file name that the input overrides', async () => {
    const { bodies } = await parse('fresh://a', { fileName: 'mine.pdf' });
    expect(bodies).toMatchObject([{ file: { fileName: 'mine.pdf' } }]);
  });

  it('may be named in capital letters', async () => {
    expect((await parse('FRESH://a')).end).toMatchObject({ submits: 1 });
  });

  it('that fails sometimes is called again, and the failures do not count as submits', async () => {
    const trouble = [new Error('no credentials'), new Error('no credentials yet')];
    expect((await parse('fresh://a', { trouble })).end).toMatchObject({ submits: 1 });
    expect(asked).toHaveLength(4);
    const later = { trouble: [undefined as never, new Error('no credentials')] };
    const { end, count } = await parse('fresh://a', later);
    expect(end).toMatchObject({ submits: 1 });
    expect([asked.length, count('submit')]).toEqual([3, 1]);
  });

  it('that refuses ends the document, and nothing is sent', async () => {
    for (const trouble of [
      [new SourceError('no such key: https://s3/a?sig=SECRET')],
      [undefined as never, new SourceError('gone')],
    ]) {
      const { end, count } = await parse('fresh://a', { trouble });
      expect(end).toMatchObject({ type: 'SourceUnavailable' });
      expect(String(end)).not.toContain('SECRET');
      expect(count('submit')).toBe(0);
    }
  });
});

describe('A resolver that gives a content', () => {
  it('is called once, and its content is uploaded once, for any number of submits', async () => {
    spoiled.push(
      { operation: 'submit', reply: resetReply({ acted: true }) },
      { operation: 'submit', reply: httpReply({ status: 502 }) },
    );
    const { end, bodies, count } = await parse('content:1', { deleteRun: 'always' });
    const file = scene.emulator.files.at(-1);
    expect(end).toMatchObject({ submits: 3, fileId: file?.id });
    expect([asked.length, count('upload')]).toEqual([1, 1]);
    expect(bodies).toEqual(Array.from({ length: 3 }, () => ({ file: { fileId: file?.id } })));
    expect(file).toMatchObject({ name: 'note.md', deleted: true });
  });

  it('is called again if the upload fails', async () => {
    spoiled.push({ operation: 'upload', reply: resetReply() });
    expect((await parse('content:1')).end).toMatchObject({ submits: 1 });
    expect(asked).toHaveLength(2);
  });

  it('may not give a URL first', async () => {
    givesContent = false;
    const { end, count } = await parse('fickle:1');
    expect(end).toMatchObject({ type: 'SourceUnavailable' });
    expect([count('upload'), count('submit')]).toEqual([0, 0]);
  });
});

describe('A resolver that gives nothing usable', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'http://h/a.pdf?SECRET'],
    ['an empty object', {}],
    ['a number for the URL', { fileUrl: 7 }],
    ['no URL', { fileUrl: 'SECRET' }],
    ['a file: URL', { fileUrl: 'file:///etc/passwd?SECRET' }],
    ['an empty name', { fileUrl: 'http://h/a?SECRET', fileName: '' }],
    ['a content without a name', { content: new Blob(['a']) }],
    ['a content that is a text', { content: 'SECRET', fileName: 'a.md' }],
    ['both', { content: new Blob(['a']), fileName: 'a.md', fileUrl: 'http://h/a?SECRET' }],
  ])('ends the document before anything is sent: %s', async (_title, opened) => {
    const odd = async () => opened as never;
    const activities = createParseActivities({ apiKey: 'k', baseUrl: scene.emulator.url, sources: { odd } });
    const from = scene.emulator.requests.length;
    const failures: ApplicationFailure[] = [
      await activityFailureOf(activities, 'submitParse', { file: { source: 'odd:1' } }),
      await activityFailureOf(activities, 'uploadFile', { source: 'odd:1' }),
    ];
    for (const failure of failures) {
      expect(failure).toMatchObject({ type: 'SourceUnavailable', nonRetryable: true });
      expect(failure.message).toMatch(/^the source's resolver must give /);
      expect(failure.message).not.toContain('SECRET');
    }
    expect(scene.emulator.requests).toHaveLength(from);
  });

  it('because it hangs ends with the activity', async () => {
    const stuck = () => new Promise<never>(() => undefined);
    const activities = createParseActivities({ apiKey: 'k', baseUrl: scene.emulator.url, sources: { stuck } });
    for (const [name, input] of [
      ['uploadFile', { source: 'stuck:1' }],
      ['submitParse', { file: { source: 'stuck:1' } }],
    ] as const) {
      const context = createContext();
      const opening = runActivity(activities, name, input, context);
      context.cancel();
      await expect(opening).rejects.toMatchObject({ name: 'CancelledFailure' });
    }
  });
});

describe('The schemes', () => {
  it.each(['S3', 's3:', '3s', '', 's 3', 's3://'])('cannot be named %j', (scheme) => {
    expect(() => createSources({ sources: { [scheme]: fresh } })).toThrow(
      new TypeError(`sources must be named by schemes in lower case, got '${scheme}'`),
    );
  });

  it('that have no resolver end the document', async () => {
    const failure = await failureOf(scene.client.execute({ file: { source: 'gs://SECRET@bucket/key' } }));
    expect(failure.type).toBe('SourceUnavailable');
    expect(failure.message).toContain("no resolver for the scheme 'gs:'");
    expect(failure.message).not.toContain('SECRET');
  });

  it('may replace the built-in resolver of files', async () => {
    const { signal } = new AbortController();
    const opened = createSources({ sources: { file: fresh }, sourceDirectory: '/nowhere' })('file:///a', { signal });
    expect(await opened).toMatchObject({ fileName: 'resolved.pdf' });
  });
});

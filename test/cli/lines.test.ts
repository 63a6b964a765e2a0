import { describe, expect, it } from '@jest/globals';
import type { ParseProgress } from '../../contract';
import { commonDirectory } from '../../cli/common-directory';
import { describeLive, describePhase } from '../../cli/describe-progress';
import { describeOutcome } from '../../cli/document-report';
import { readDocuments, type Document } from '../../cli/documents';
import { createPlainBatchDisplay } from '../../cli/batch/batch-display';
import { describeFinding } from '../../cli/finding';
import { detailsOf, messageOf } from '../../cli/connect-temporal';
import { toLabel, toPrintableJson } from '../../cli/to-label';
import { createPlainDisplay } from '../../cli/progress-display';

const WAITING: ParseProgress = {
  phase: 'waiting',
  runId: 'parser_run_1',
  status: 'PROCESSING',
  submits: 1,
  polls: 2,
  startedAtMs: 1_000,
  deadlineAtMs: 86_401_000,
};

describe('describePhase', () => {
  it('shows status and run id of a document whose run is polled', () => {
    expect(describePhase(WAITING)).toBe('waiting, PROCESSING, parser_run_1');
    expect(describePhase({ ...WAITING, phase: 'submitting' })).toBe('submitting');
  });

  it('shows the last failure', () => {
    expect(describePhase({ ...WAITING, phase: 'fetching', lastFailure: 'Unavailable: 503' })).toBe(
      'fetching the result, last failure: Unavailable: 503',
    );
  });
});

describe('the failure that a document waits after', () => {
  it('is shown with the time of the next attempt, and hides an earlier one', () => {
    const progress: ParseProgress = { ...WAITING, phase: 'submitting', lastFailure: 'an earlier one' };
    const nextAttemptAtMs = new Date(2026, 10, 27, 9, 5, 7, 900).getTime();
    expect(describePhase(progress, { message: 'no connection', nextAttemptAtMs })).toBe(
      'submitting, last failure: no connection; next attempt at 09:05:07',
    );
    expect(describePhase(progress, { message: 'no connection' })).toBe('submitting, last failure: no connection');
  });
});

describe('describeLive', () => {
  it('counts polls and seconds', () => {
    expect(describeLive({ progress: WAITING, nowMs: 6_400 })).toBe('waiting, PROCESSING, parser_run_1, 2 polls, 5 s');
    expect(describeLive({ progress: { ...WAITING, polls: 1 }, nowMs: 0 })).toMatch(/, 1 poll, 0 s$/);
  });
});

describe('messageOf and detailsOf', () => {
  const words = 'refused "Bearer secret" of\u001b[2J sk_secret\nat https://u:secret@h/?a=secret';
  const shown = 'refused "Bearer ***" of [2J sk_*** at https://***@h/?***';

  it("give an error's words in one line without secrets", () => {
    expect([messageOf(new Error(words)), messageOf(words)]).toEqual([shown, shown]);
    expect(detailsOf(Object.assign(new Error('7 PERMISSION_DENIED'), { details: words }))).toBe(shown);
    expect(messageOf(new Error('Status { code: 7, message: "no sk_secret", details: [] }'))).toBe('no sk_***');
  });
});

describe('createPlainDisplay', () => {
  it('writes a line when the phase of a document changes, and none when only a count does', () => {
    const lines: string[] = [];
    const display = createPlainDisplay({ write: (text) => lines.push(text) });
    const documents = ['http://files.example/x?n=1', 'http://files.example/x?n=2'].map((input): Document => ({
      input,
      label: 'http://files.example/x',
      location: { url: input },
    }));
    const [one, other] = documents as [Document, Document];
    display.update(one, { progress: WAITING });
    display.update(other, { progress: WAITING });
    display.update(one, { progress: { ...WAITING, polls: 3 } });
    display.update(one, { progress: { ...WAITING, phase: 'fetching' } });
    display.finish(one, 'done');
    expect(lines).toEqual([
      'http://files.example/x: waiting, PROCESSING, parser_run_1\n',
      'http://files.example/x: waiting, PROCESSING, parser_run_1\n',
      'http://files.example/x: fetching the result\n',
      'done\n',
    ]);
  });
});

describe('Names and messages from outside', () => {
  const HOSTILE = 'a\u001b]0;T\u0007\u001b[2Jb\u009b31m\u202egnp\r\nforged.txt';
  const SHOWN = 'a ]0;T [2Jb 31mgnp forged.txt';
  const outcome = {
    input: HOSTILE,
    status: 'failed',
    failure: { type: 'RequestRejected', message: HOSTILE, details: {} },
  } as const;

  it('are printed without control and bidirectional characters', () => {
    expect(toLabel(HOSTILE)).toBe(SHOWN);
    expect(toLabel('  a   b')).toBe('  a b');
    const lines: string[] = [];
    const display = createPlainDisplay({ write: (text) => lines.push(text) });
    const document: Document = { input: HOSTILE, label: HOSTILE, location: { path: HOSTILE } };
    display.update(document, { progress: { ...WAITING, status: HOSTILE, lastFailure: HOSTILE } });
    display.finish(document, describeOutcome({ label: document.label, outcome }));
    createPlainBatchDisplay({ write: (text) => lines.push(text) }).say(HOSTILE);
    expect(lines).toEqual([
      `${SHOWN}: waiting, ${SHOWN}, parser_run_1, last failure: ${SHOWN}\n`,
      `${SHOWN}: failed, RequestRejected: ${SHOWN}\n`,
      `${SHOWN}\n`,
    ]);
    const finding = describeFinding({ state: 'wrong', subject: 'x', says: HOSTILE, remedy: HOSTILE });
    expect(finding).toBe(`WRONG  x: ${SHOWN}\n       → ${SHOWN}`);
  });

  it('stay on one line in a refusal', async () => {
    const refused: unknown = await readDocuments([HOSTILE]).catch((error: unknown) => error);
    expect((refused as Error).message).toBe(`no such file: ${SHOWN}`);
  });

  it('are escaped in JSON, so that none is lost', () => {
    const json = toPrintableJson({ outcome });
    expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    expect(JSON.parse(json)).toEqual({ outcome });
  });
});

describe('describeOutcome', () => {
  it('names pages and files of a parsed document', () => {
    const files = { markdown: 'parsed/x.md', json: 'parsed/x.json' };
    const outcome = { input: 'x.pdf', status: 'processed', pageCount: 2, ...files } as const;
    expect(describeOutcome({ label: 'x.pdf', outcome })).toBe('x.pdf: parsed, 2 pages: parsed/x.md, parsed/x.json');
  });

  it('says so if a parsed document yields no text', () => {
    const outcome = {
      input: 'x.pdf',
      status: 'processed',
      pageCount: 1,
      empty: true,
      markdown: 'x.md',
      json: 'x.json',
    } as const;
    expect(describeOutcome({ label: 'x.pdf', outcome })).toBe(
      'x.pdf: parsed, 1 page, but no text was found in it: x.md, x.json',
    );
  });

  it('has no page count if Extend reports none', () => {
    const outcome = { input: 'x.pdf', status: 'processed', markdown: 'x.md', json: 'x.json' } as const;
    expect(describeOutcome({ label: 'x.pdf', outcome })).toBe('x.pdf: parsed: x.md, x.json');
  });

  it('names type, reason and run of a failed one, on one line', () => {
    const failure = { type: 'ParseDeadlineExceeded', message: 'the deadline\nhas passed', details: {} };
    const outcome = { input: 'x.pdf', status: 'failed', runId: 'parser_run_1', failure } as const;
    expect(describeOutcome({ label: 'x.pdf', outcome })).toBe(
      'x.pdf: failed, ParseDeadlineExceeded: the deadline has passed [parser_run_1]',
    );
  });
});

describe('commonDirectory', () => {
  it.each([
    [['/a/b/x.pdf'], '/a/b'],
    [['/a/b/x.pdf', '/a/b/c/y.pdf'], '/a/b'],
    [['/a/b/x.pdf', '/a/bc/y.pdf'], '/a'],
    [['/a/b/x.pdf', '/a/..b/y.pdf'], '/a'],
    [['/a/x.pdf', '/b/y.pdf'], '/'],
    [[], undefined],
  ])('of %j is %s', (paths, directory) => {
    expect(commonDirectory(paths)).toBe(directory);
  });
});

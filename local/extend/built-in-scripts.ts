import { rateLimitedReply } from './reply';
import type { ScriptedDocument } from './scripted-document';

/** Scripted documents that every emulator has, by the name in `http://emulator.invalid/<name>`. */
export const BUILT_IN_SCRIPTS: Readonly<Record<string, ScriptedDocument>> = {
  /** Answers PROCESSING once, then one page with a heading, a paragraph and a table. */
  ok: {},
  /** Answers PROCESSING ten times, then as `ok`. */
  slow: { processingReads: 10 },
  /** Answers PROCESSING twice, then FAILED. */
  failing: { processingReads: 2, status: 'FAILED', failureReason: 'CORRUPT_FILE' },
  /** Answers two submits and the first poll with 429 and `Retry-After: 1`, then as `ok`. */
  'rate-limited': {
    submit: [rateLimitedReply({ retryAfter: 1 }), rateLimitedReply({ retryAfter: 1 })],
    reads: [rateLimitedReply({ retryAfter: 1 })],
  },
  /** Answers as `ok`, with a result of about 4 MB: more than Temporal carries. `?mb=` asks for another size. */
  huge: { pageCount: 80, resultBytes: 4_000_000 },
  /** Answers PROCESSING for ever. */
  never: { processingReads: Number.POSITIVE_INFINITY },
};

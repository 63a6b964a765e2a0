import { rateLimitedReply } from './reply';
import type { ScriptedDocument } from './scripted-document';

/** The scripted documents that every emulator knows, by the name in `http://emulator.invalid/<name>`. */
export const BUILT_IN_SCRIPTS: Readonly<Record<string, ScriptedDocument>> = {
  /** PROCESSING once, then a page with a heading, a paragraph and a table. */
  ok: {},
  /** PROCESSING ten times, then as `ok`. */
  slow: { processingReads: 10 },
  /** PROCESSING twice, then FAILED. */
  failing: { processingReads: 2, status: 'FAILED', failureReason: 'CORRUPT_FILE' },
  /** Two submits and the first read are told to wait a second, then as `ok`. */
  'rate-limited': {
    submit: [rateLimitedReply({ retryAfter: 1 }), rateLimitedReply({ retryAfter: 1 })],
    reads: [rateLimitedReply({ retryAfter: 1 })],
  },
  /** As `ok`, with a result of some 4 MB: more than Temporal carries. `?mb=` asks for another size. */
  huge: { pageCount: 80, resultBytes: 4_000_000 },
  /** PROCESSING for ever. */
  never: { processingReads: Number.POSITIVE_INFINITY },
};

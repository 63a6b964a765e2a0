import {
  dripReply,
  endlessReply,
  hangReply,
  htmlReply,
  httpReply,
  naturalReply,
  paddedReply,
  rateLimitedReply,
  reportReply,
  resetReply,
  truncatedReply,
  type Reply,
} from '../../local/extend';
import type { SeededRandom } from './seeded-random';

/** The time that faults may cost: `quick` faults end within seconds, `thorough` faults include hanging requests. */
export type Patience = 'quick' | 'thorough';

/** Share of the answers to submits that are lost: `some`, or `many`, which is a fifth before and a fifth after the run was created. */
export type Losses = 'some' | 'many';

/** The faults that the submits of one document meet. */
export interface SubmitFaults {
  /** Answers in order. After them, each answer is natural. */
  readonly replies: readonly Reply[];
  /** `true`: one of the answers leaves open if a run exists. */
  readonly isAmbiguous: boolean;
  /** The failure that ends the document, if Extend refuses its submits for good. */
  readonly refusedAs?: 'RequestRejected' | 'OutOfCredits' | 'Unauthorized' | 'FileNotFound';
}

type SubmitKind =
  'none' | 'lost' | 'reset' | 'rateLimited' | 'serverError' | 'unreadable' | 'slow' | 'refused' | 'hang';
type PollKind = 'none' | 'reset' | 'rateLimited' | 'serverError' | 'unreadable' | 'slow' | 'large' | 'unknown' | 'hang';

/** Refusals per document: enough to refuse also the submit that follows one of a killed worker. */
const REFUSALS = 20;
const REFUSED = [
  [400, 'RequestRejected'],
  [402, 'OutOfCredits'],
  [403, 'Unauthorized'],
  [404, 'FileNotFound'],
  [422, 'RequestRejected'],
] as const;
const SERVER_ERRORS = [408, 500, 502, 503, 504] as const;

const SUBMIT_WEIGHTS: Record<Losses, Record<SubmitKind, number>> = {
  some: { none: 40, lost: 11, reset: 5, rateLimited: 12, serverError: 12, unreadable: 8, slow: 6, refused: 4, hang: 1 },
  many: { none: 35, lost: 20, reset: 20, rateLimited: 6, serverError: 6, unreadable: 5, slow: 5, refused: 2, hang: 1 },
};

/** Chooses the faults that a document's submits meet. */
export function chooseSubmitFaults(random: SeededRandom, patience: Patience, losses: Losses = 'some'): SubmitFaults {
  const { hang, ...quick } = SUBMIT_WEIGHTS[losses];
  const weights = { ...quick, hang: patience === 'thorough' ? hang : 0 };
  const kind = random.weighted(Object.entries(weights).map(([name, weight]) => [weight, name as SubmitKind] as const));
  if (kind === 'refused') return refusal(random);
  const isAmbiguous = !['none', 'rateLimited', 'slow'].includes(kind);
  const isTwice = isAmbiguous && patience === 'thorough' && kind !== 'hang' && random.chance(0.1);
  const all = Array.from({ length: isTwice ? 2 : 1 }, () => submitReplies(kind, random)).flat();
  const replies = patience === 'quick' ? all.slice(0, 1) : all;
  // A slow answer gives time in which its worker may be killed.
  return { replies: [...replies, naturalReply({ delayMs: random.whole(0, 1_500) })], isAmbiguous };
}

function submitReplies(kind: Exclude<SubmitKind, 'refused'>, random: SeededRandom): readonly Reply[] {
  switch (kind) {
    case 'none':
      return [];
    case 'lost':
      return [resetReply({ acted: true, delayMs: random.whole(0, 500) })];
    case 'reset':
      return [resetReply()];
    case 'rateLimited':
      return Array.from({ length: random.whole(1, 2) }, () => rateLimited(random));
    case 'serverError':
      return [serverError(random, { acted: random.chance(0.5) })];
    case 'unreadable':
      return [unreadable(random)];
    case 'slow':
      return [dripReply({ pieceBytes: 8, everyMs: 80 })];
    case 'hang':
      return [hangReply({ acted: random.chance(0.5) })];
  }
}

function refusal(random: SeededRandom): SubmitFaults {
  const [status, refusedAs] = random.weighted(REFUSED.map((entry) => [1, entry] as const));
  const reply = httpReply({ status, json: { error: 'refused by plan' } });
  return { replies: Array.from({ length: REFUSALS }, () => reply), isAmbiguous: false, refusedAs };
}

/** Chooses the answers to the first polls of a run, or to the first fetches of its result. */
export function choosePollFaults(random: SeededRandom, patience: Patience, what: 'reads' | 'results'): Reply[] {
  const most = what === 'results' || patience === 'quick' ? 1 : 4;
  const isPoll = what === 'reads' ? 1 : 0;
  return Array.from({ length: random.whole(0, most) }, () => {
    const kind = random.weighted<PollKind>([
      [30, 'none'],
      [10, 'reset'],
      [10, 'rateLimited'],
      [12, 'serverError'],
      [10, 'unreadable'],
      [6, 'slow'],
      [3, 'large'],
      [4 * isPoll, 'unknown'],
      [patience === 'thorough' ? isPoll : 0, 'hang'],
    ]);
    return pollReply(kind, random, what);
  });
}

function pollReply(kind: PollKind, random: SeededRandom, what: 'reads' | 'results'): Reply {
  switch (kind) {
    case 'none':
      return naturalReply({ delayMs: random.whole(0, 300) });
    case 'reset':
      return resetReply();
    case 'rateLimited':
      return rateLimited(random);
    case 'serverError':
      return serverError(random, {});
    case 'unreadable':
      return unreadable(random);
    case 'slow':
      return dripReply({ pieceBytes: 32, everyMs: 20 });
    case 'large':
      // A poll stops reading as soon as it knows the status. A fetch reads the whole body, so that body has an end.
      return what === 'reads' && random.chance(0.5) ? endlessReply({ everyMs: 5 }) : paddedReply({ bytes: 1_000_000 });
    case 'unknown':
      return reportReply({ status: random.chance(0.5) ? 'QUEUED' : 'NEEDS_REVIEW' });
    case 'hang':
      return hangReply();
  }
}

function rateLimited(random: SeededRandom): Reply {
  return rateLimitedReply(random.chance(0.7) ? { retryAfter: random.whole(0, 2) } : {});
}

function serverError(random: SeededRandom, acting: { readonly acted?: boolean }): Reply {
  const status = random.weighted(SERVER_ERRORS.map((value) => [1, value] as const));
  const headers = random.chance(0.3) ? { 'retry-after': String(random.whole(1, 2)) } : {};
  return httpReply({ status, headers, text: '<html><body>out of order</body></html>', ...acting });
}

/** An answer with status 200 that cannot be read. As the answer to a submit, it means that the run exists. */
function unreadable(random: SeededRandom): Reply {
  return random.weighted<Reply>([
    [1, truncatedReply({ how: 'framing' })],
    [1, truncatedReply({ how: 'json' })],
    [1, htmlReply({ acted: true })],
  ]);
}

import type { Prose } from './prose';

/** A wording that the house does not use. */
export interface Rule {
  /** Name of the rule, as a finding shows it. */
  readonly rule: string;
  /** The wording. */
  readonly pattern: RegExp;
  /** The better word, or the advice. */
  readonly better: string;
  /** A text that breaks the rule. */
  readonly bad: string;
  /** A text that resembles `bad` and keeps the rule. */
  readonly good: string;
}

/** Rules for the first words of comments. */
export const OPENINGS: readonly Rule[] = [
  {
    rule: 'a comment begins with a question word',
    pattern: /^(?:@(?:returns|throws|example)\s+)?(?:What|Who|Whom|Whose|Where|Whether|How)\b(?!-)/,
    better: 'a sentence with subject and verb, or a noun that says what the thing is',
    bad: 'What the run tells.',
    good: "The run's state.",
  },
];

/** Rules for all words of comments, strings and pages. */
export const WORDS: readonly Rule[] = [
  {
    rule: 'an actor without a name',
    pattern: /\b(?:somebody|nobody|anybody|everybody|whoever|whomever|someone|anyone|no one)\b/gi,
    better: 'the actor: the caller, the worker, Temporal, the store',
    bad: 'Somebody else was faster.',
    good: 'Another caller was faster.',
  },
  {
    rule: "'that one'",
    pattern:
      /(?<!\bso\s+)\bthat\s+one\b(?=\s*(?:[.,;:)]|$)|\s(?:is|was|has|had|does|did|holds|ends|goes|may|can|must|will|would|alone|too|and|or)\b)/gi,
    better: 'the noun',
    bad: 'It waits until that one has ended.',
    good: 'The longest time that one download takes, so that one can stop it.',
  },
  {
    rule: "'theirs'",
    pattern: /\btheirs\b/gi,
    better: 'the noun',
    bad: 'The workflow is theirs.',
    good: 'The workflow belongs to the other caller.',
  },
  {
    rule: "'mend'",
    pattern: /\bmend(?:s|ed|ing)?\b/gi,
    better: 'fix',
    bad: 'Mend the variable.',
    good: 'An amended input.',
  },
  {
    rule: "'under way'",
    pattern: /\b(?:under\s+way|underway)\b/gi,
    better: 'in flight, or: that has started and not ended',
    bad: 'A run under\nway.',
    good: 'A run in flight, under one key.',
  },
  {
    rule: "'in progress'",
    pattern: /\bin\s+progress\b/gi,
    better: 'in flight',
    bad: 'Documents in progress.',
    good: 'A change in progressive steps.',
  },
  {
    rule: "'take over'",
    pattern: /\b(?:take|takes|took|taken|taking)\s+over\b|\btakeovers?\b/gi,
    better: 'adopt, or: carry over',
    bad: 'The next execution takes over the outcomes.',
    good: 'The next execution adopts the outcomes, and takes overlapping pages.',
  },
  {
    rule: "'status read'",
    pattern: /\bstatus\s+(?:reads?|look-?ups?)\b/gi,
    better: 'poll',
    bad: 'The time between two status reads.',
    good: 'The status reader.',
  },
  {
    rule: "'run' for a workflow execution",
    pattern: /\bruns?\s+of\s+(?:a|the|each|this|its)\s+batch\b(?!')|\bbatch's\s+runs\b|\bsingle\s+runs?\b/gi,
    better: 'workflow execution, or single workflow',
    bad: 'No run of a batch has more events.',
    good: "While a batch runs: the runs of the batch's documents.",
  },
  {
    rule: "'job' for a run",
    pattern: /\bpars(?:e|ing)\s+jobs?\b/gi,
    better: 'run',
    bad: 'The parse job has ended.',
    good: 'The job of the pipeline.',
  },
];

/** A wording in a file that a rule refuses. */
export interface Finding {
  readonly line: number;
  readonly rule: string;
  readonly words: string;
  readonly better: string;
}

/** Finds the wordings that break a rule. */
export function findingsIn(pieces: readonly Prose[]): Finding[] {
  return pieces.flatMap((piece) => {
    const start = piece.text.search(/\S/);
    const openings = piece.kind === 'comment' && start >= 0 ? openingsOf(piece, start) : [];
    return [...openings, ...WORDS.flatMap((rule) => matchesOf(rule, piece, 0))];
  });
}

/** The text of a comment and of each of its tags is checked for its opening. */
function openingsOf(piece: Prose, start: number): Finding[] {
  const tags = [...piece.text.matchAll(/(?<=\n\s*)@(?:returns|throws)\s+\w/g)].map(({ index }) => index);
  return [start, ...tags].flatMap((position) => OPENINGS.flatMap((rule) => matchesOf(rule, piece, position)));
}

function matchesOf({ rule, pattern, better }: Rule, { text, line }: Prose, from: number): Finding[] {
  const matches = [...text.slice(from).matchAll(new RegExp(pattern, pattern.flags.replace('g', '') + 'g'))];
  return matches.map(({ 0: words, index }) => ({
    line: line + text.slice(0, from + index).split('\n').length - 1,
    rule,
    words: words.replace(/\s+/g, ' '),
    better,
  }));
}

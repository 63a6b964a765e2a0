import { createHash } from 'node:crypto';
import type { ParseInput } from '../contract';

/** Query parameters that sign a URL. Their values differ each time a URL is made for the same document. */
const SIGNING_PREFIX = /^x-(amz|goog)-/i;
/** These parameters sign only together with that of the first column. Alone, `st` or `policy` may name the document. */
const SIGNING_GROUPS: readonly (readonly [proof: string, names: readonly string[]])[] = [
  ['signature', ['signature', 'expires', 'policy', 'key-pair-id', 'awsaccesskeyid', 'googleaccessid']],
  [
    'sig',
    ['sig', 'sv', 'ss', 'srt', 'sr', 'sp', 'st', 'se', 'sip', 'spr', 'sks', 'skt', 'ske', 'skv', 'skoid', 'sktid'],
  ],
];

/**
 * Hash of a document, its configuration and its `dataRetention`, or of the run to attach to. Options of the wait do not count, nor do the
 * parameters that sign a URL (S3, Google Cloud Storage, CloudFront, Azure), so a fresh URL of the same document gives
 * the same hash.
 */
export function documentHash(input: ParseInput): string {
  const subject =
    'runId' in input
      ? { runId: input.runId }
      : { file: plainFile(input), config: input.config, dataRetention: input.dataRetention };
  return createHash('sha256').update(stableJson(subject)).digest('hex');
}

function plainFile({ file }: Exclude<ParseInput, { runId: string }>): object {
  if (!('fileUrl' in file)) return file;
  const url = new URL(file.fileUrl);
  const names = [...url.searchParams.keys()];
  const signing = signingNames(names.map((name) => name.toLowerCase()));
  for (const name of names) {
    if (SIGNING_PREFIX.test(name) || signing.has(name.toLowerCase())) url.searchParams.delete(name);
  }
  return { ...file, fileUrl: url.href };
}

function signingNames(present: readonly string[]): ReadonlySet<string> {
  return new Set(SIGNING_GROUPS.flatMap(([proof, names]) => (present.includes(proof) ? names : [])));
}

/** JSON with sorted names, so that the caller's order of names does not matter. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

import { createHash } from 'node:crypto';
import { isAttachInput, type ParseInput } from '../contract';

/** Query parameters that sign a URL: the same document has others each time its URL is made. */
const SIGNING_PREFIX = /^x-(amz|goog)-/i;
/** These sign only where the parameter of the first column is there too: alone, `st` or `policy` may name the document. */
const SIGNING_GROUPS: readonly (readonly [proof: string, names: readonly string[]])[] = [
  ['signature', ['signature', 'expires', 'policy', 'key-pair-id', 'awsaccesskeyid', 'googleaccessid']],
  [
    'sig',
    ['sig', 'sv', 'ss', 'srt', 'sr', 'sp', 'st', 'se', 'sip', 'spr', 'sks', 'skt', 'ske', 'skv', 'skoid', 'sktid'],
  ],
];

/**
 * Hash of what is parsed and how: the document and its configuration, or the run that is attached to. How it is waited
 * for does not count, nor what signs a URL (S3, Google Cloud Storage, CloudFront, Azure): a fresh URL of the same
 * document gives the same hash.
 */
export function documentHash(input: ParseInput): string {
  const subject = isAttachInput(input) ? { runId: input.runId } : { file: plainFile(input), config: input.config };
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

/** JSON with sorted names: the order in which a caller writes them does not matter. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

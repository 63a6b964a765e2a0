import { documentWorkflowId, groupWorkflowId } from '../../contract';
import type { ParseBatchRequest, RunMetadata } from '../../contract/extend';
import type { Secret } from '../../privacy';
import { toRunMetadata } from '../run-metadata';
import { secretsOf } from '../submit-parse';
import type { OpenGroup, StandingDocument } from './open-group';
import { withDocument, type NamedDocument, type Postponed } from './open-sources';

/** Limit of the inputs of a request, in bytes of UTF-8 JSON. The documents beyond it are sent with the next request. */
const MAX_INPUT_BYTES = 3_500_000;

/** A request, with the documents in it. */
export interface GroupRequest {
  readonly documents: readonly StandingDocument<'toSubmit'>[];
  readonly inputs: ParseBatchRequest['inputs'];
  readonly secrets: readonly Secret[];
}

/** Makes the request, as far as its size permits. A document whose metadata are too large fails. */
export async function toRequest(
  group: OpenGroup,
  named: readonly NamedDocument[],
  postponed: Postponed,
): Promise<GroupRequest> {
  const documents: StandingDocument<'toSubmit'>[] = [];
  const inputs: ParseBatchRequest['inputs'][number][] = [];
  const secrets: Secret[] = [];
  let bytes = 0;
  for (const { one, file } of named) {
    await withDocument(group, one, postponed, async () => {
      const input = { file, metadata: metadataOf(group, one, { isLast: one === named.at(-1)?.one }) };
      bytes += Buffer.byteLength(JSON.stringify(input));
      if (bytes > MAX_INPUT_BYTES && inputs.length > 0) return;
      documents.push(one);
      inputs.push(input);
      secrets.push(...secretsOf(one.document.file, file));
    });
    if (bytes > MAX_INPUT_BYTES) break;
  }
  return { documents, inputs, secrets };
}

/**
 * Gives the metadata of a document's run. The documents of a group have no workflows, so an event about the run of the
 * last document wakes the workflow of the group, when most of the other runs have ended too. The others wake nothing: a
 * thousand signals would fill the history.
 */
function metadataOf(
  { reference, ledger }: OpenGroup,
  { document: { id, metadata } }: StandingDocument<'toSubmit'>,
  { isLast }: { readonly isLast: boolean },
): RunMetadata {
  const { batchId, startId, group } = reference;
  const wakes = isLast ? groupWorkflowId(batchId, startId, group) : (false as const);
  const identity = { firstRunId: startId, submit: ledger.nextNumber };
  return toRunMetadata(metadata, identity, { workflowId: documentWorkflowId(batchId, id), wakes });
}

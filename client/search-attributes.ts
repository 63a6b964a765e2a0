import { isGrpcServiceError, type Client } from '@temporalio/client';
import { TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { SearchAttributesNotRegisteredError } from './errors';
import type { StartParseOptions } from './parse-client';

/** gRPC's status code of a request that the server will never accept. */
const INVALID_ARGUMENT = 3;

/** What a start says of itself: the search attributes where they are asked for, and a summary for Temporal's UI. */
export function describingOptions(
  { searchAttributes = false, workflow = {} }: StartParseOptions,
  attributes: readonly SearchAttributePair[],
  name: string | undefined,
): NonNullable<StartParseOptions['workflow']> {
  const { typedSearchAttributes: theirs = [] } = workflow;
  const pairs = theirs instanceof TypedSearchAttributes ? theirs.getAll() : theirs;
  return {
    ...(name !== undefined && { staticSummary: `parse ${name}` }),
    ...workflow,
    ...(searchAttributes && {
      typedSearchAttributes: new TypedSearchAttributes([...attributes]).updateCopy([...pairs]),
    }),
  };
}

/** Starts a workflow. @throws SearchAttributesNotRegisteredError where ours are asked for and the server has none */
export async function startDescribed<T>(
  client: Client,
  { searchAttributes = false }: StartParseOptions,
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const isTheirs = !searchAttributes || !isGrpcServiceError(cause) || Number(cause.code) !== INVALID_ARGUMENT;
    if (isTheirs || !/search attribute/i.test(cause.details)) throw error;
    throw new SearchAttributesNotRegisteredError(client.options.namespace, cause.details, { cause: error });
  }
}

import { isGrpcServiceError, type Client } from '@temporalio/client';
import { SearchAttributesNotRegisteredError } from './errors';
import type { StartParseOptions } from './start-options';

/** gRPC's status code of a request that the server never accepts. */
const INVALID_ARGUMENT = 3;

/**
 * Starts a workflow.
 *
 * @throws SearchAttributesNotRegisteredError if the options ask for this package's search attributes, and the server
 * does not have them.
 */
export async function startWithAttributes<T>(
  client: Client,
  { searchAttributes = false }: StartParseOptions,
  start: () => Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const isRefusal = isGrpcServiceError(cause) && Number(cause.code) === INVALID_ARGUMENT;
    if (!searchAttributes || !isRefusal || !/search attribute/i.test(cause.details)) throw error;
    throw new SearchAttributesNotRegisteredError(client.options.namespace, cause.details, { cause: error });
  }
}

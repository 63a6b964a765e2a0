import { DefaultFailureConverter } from '@temporalio/common';

/** Failure converter that also encodes messages and stacks with the codec. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

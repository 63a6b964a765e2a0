import { DefaultFailureConverter } from '@temporalio/common';

/** Messages and stacks of failures go through the codec too. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

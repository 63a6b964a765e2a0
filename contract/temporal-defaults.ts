/** Address of the Temporal server, unless the configuration names another one. */
export const DEFAULT_ADDRESS = 'localhost:7233';

/** Temporal namespace, unless the configuration names another one. */
export const DEFAULT_NAMESPACE = 'default';

/** Task queue of workers and clients, unless they are given another one. A wire name. */
export const DEFAULT_TASK_QUEUE = 'extend-parse';
